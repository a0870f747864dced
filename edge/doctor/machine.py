"""The computer as the doctor sees it: its files below a root, its programs, the station's settings, who is asked."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge.reading import PortKind, kind_of
from edge.settings import ReaderSettings, Settings

UNIT = "diemdanh-edge.service"
COMMAND_S = 10


@dataclass(frozen=True, slots=True)
class Machine:
    """root: `/` on a Pi. run: runs a program, returns what it printed, None when it is not there or failed.

    ask: puts a question, in Vietnamese and in English, to a person and returns yes or no; None when nobody is asked.
    mono_ns, utc_ms: monotonic and civil time. wait_s: lets time pass.
    """

    settings: Settings
    ask: Callable[[str, str], bool] | None
    mono_ns: Callable[[], int]
    utc_ms: Callable[[], int]
    wait_s: Callable[[float], None]
    root: Path = Path("/")
    run: Callable[..., str | None] = field(default_factory=lambda: run)

    def at(self, path: str | Path) -> Path:
        """An absolute path of the computer."""
        return self.root / str(path).lstrip("/")

    def read(self, path: str | Path) -> str | None:
        """A text file without its outer blanks and zero bytes; None when it cannot be read."""
        try:
            return self.at(path).read_text("utf-8", "replace").replace("\0", "").strip()
        except OSError:
            return None

    def boot_file(self, name: str) -> Path | None:
        """`config.txt` or `cmdline.txt`, where this system keeps it."""
        places = (self.at(f"/boot/firmware/{name}"), self.at(f"/boot/{name}"))
        return next((place for place in places if place.is_file()), None)

    def model(self) -> str:
        """`Raspberry Pi 5 Model B Rev 1.0`, or "" on any other computer."""
        return self.read("/proc/device-tree/model") or ""

    def target(self, reader: ReaderSettings) -> str:
        """Where a reader's stable path leads at this moment: `ttyUSB0`; "" when it leads nowhere."""
        path = self.device(reader)
        return path.resolve().name if path.exists() else ""

    def device(self, reader: ReaderSettings) -> Path:
        """The device file behind a reader's port; of pins that name no chip, the first chip."""
        if kind_of(reader) is not PortKind.PINS:
            return self.at(reader.port)
        chip = reader.port.partition(":")[0]
        return self.at("/dev/gpiochip0" if chip == "gpio" else chip)

    def located(self, reader: ReaderSettings) -> ReaderSettings:
        """The reader with its port below this root, ready to be opened."""
        return reader if kind_of(reader) is PortKind.PINS else replace(reader, port=str(self.at(reader.port)))

    def readers(self, *kinds: PortKind) -> tuple[ReaderSettings, ...]:
        """The readers on ports of these kinds, all when none is named."""
        return tuple(reader for reader in self.settings.readers if not kinds or kind_of(reader) in kinds)

    def station_runs(self) -> bool:
        """Whether this computer's own station is up, and holds the ports."""
        return self.run("systemctl", "is-active", UNIT) == "active"

    def holders(self, path: Path) -> Iterator[str]:
        """The names of programs that have a device open."""
        wanted = str(path.resolve())
        for process in self.at("/proc").glob("[0-9]*"):
            try:
                if any(str(fd.readlink()) == wanted for fd in (process / "fd").iterdir()):
                    yield (process / "comm").read_text("utf-8", "replace").strip()
            except OSError:
                continue  # it ended, or is not ours to look into


def run(*words: str) -> str | None:
    """What a program printed; None when it is missing, failed or took longer than ten seconds."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_S, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
