"""By hand: a door whose journal partition is damaged, or not there, starts without a person and is never green on the
wrong disk.

    python -m tests.rig.partition_proof --image IMAGE --state FOLDER

IMAGE as `tests/rig/build_image.sh` makes it. Ends with 0 when all of it is shown. Needs no network: the door records.
"""

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.phrases import PHRASES, Feedback
from edge.simulate import rdm6300_frame
from tests.rig.guest import Guest, GuestError, Power
from tests.rig.series import check_tools

BOOT_S, DARK_S = 400.0, 30.0
PIECE = 1 << 16
NOT_RECORDED = PHRASES[Feedback.NO_JOURNAL].screen
SCREEN = {"DIEMDANH_DISPLAY_KIND": "text", "DIEMDANH_DISPLAY_PORT": "/dev/ttyS0"}
"""The door's display is the console: what it says can be read there."""


def main() -> int:
    """0 = shown, 1 = not, 2 = the machine itself failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig.partition_proof", description=__doc__)
    for name in ("image", "state"):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER")
    told = parser.parse_args()
    state = told.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    try:
        check_tools(told.image)
        shown = damaged(told.image.resolve(), state) and gone(told.image.resolve(), state)
    except (GuestError, OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"partition_proof: {error}\n")
        return 2
    return 0 if shown else 1


def damaged(image: Path, state: Path) -> bool:
    """A damage that a careful check leaves to a person is mended at the start, and the door records."""
    disk = state / "data.img"
    shutil.copyfile(image / "data.ext4", disk)
    for request in ("mkdir lost", "mkdir lost/inode", "unlink lost/inode", "set_super_value state 2"):
        subprocess.run(["debugfs", "-w", "-R", request, disk], check=True, capture_output=True)
    shutil.copyfile(disk, state / "copy.img")
    careful = subprocess.run(["e2fsck", "-p", state / "copy.img"], capture_output=True, check=False)
    told("a careful check leaves this damage to a person", careful.returncode == 4)
    with Door(image, state) as door:
        return told("the door records all the same", door.sees(door.recorded, BOOT_S))


def gone(image: Path, state: Path) -> bool:
    """Without the partition the door says so and records nothing; with it again it records without a person."""
    whole = (image / "data.ext4").read_bytes()
    (state / "data.img").write_bytes(bytes(len(whole)))
    with Door(image, state) as door:
        door.sees(lambda: door.refuses() or door.recorded(), BOOT_S)
        shown = told(f"without its partition it shows {NOT_RECORDED!r}", door.refuses())
        shown &= told("and takes no card for recorded", not door.sees(door.recorded, DARK_S) and door.taps > 0)
        with (state / "data.img").open("r+b", buffering=0) as disk:  # put back while the machine runs
            for at in reversed(range(0, len(whole), PIECE)):  # its head last: before that it is no file system
                if any(piece := whole[at : at + PIECE]):
                    os.pwrite(disk.fileno(), piece, at)
        return shown & told("with the partition again it records by itself", door.sees(door.recorded, BOOT_S))


class Door:
    """A guest at whose reader people tap, from switching on to the cut."""

    def __init__(self, image: Path, state: Path) -> None:
        self._state = state
        self.taps = 0
        self.guest = Guest(
            Power(
                image=image,
                state=state,
                draw=random.Random(1),  # noqa: S311
                environment=SCREEN,
                early=False,
                accel="tcg",
                cpu="Nehalem",
                lie_s=None,
                survive=0.5,
            )
        )
        self._over = threading.Event()
        self._people = threading.Thread(target=self._tap, name="people")

    def __enter__(self) -> "Door":
        self.guest.start()
        self._people.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._people.join()
        self.guest.cut()

    def _tap(self) -> None:
        for badge in itertools.count(1):
            if self._over.wait(1.0):
                return
            self.guest.reader.send(rdm6300_frame(f"em:{badge:08X}") * 2)
            self.taps += 1

    def sees(self, shown: Callable[[], bool], seconds: float) -> bool:
        """Whether it comes about."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and self.guest.alive and not self.guest.given_up:
            if shown():
                return True
            time.sleep(0.5)
        return False

    def recorded(self) -> bool:
        """Somebody was told so."""
        return any(seen.entry.get("recorded") for seen in self.guest.seen())

    def refuses(self) -> bool:
        """The display says that nothing is recorded."""
        return NOT_RECORDED.encode() in (self._state / "console.log").read_bytes()


def told(what: str, shown: bool) -> bool:
    """Say whether it was shown."""
    sys.stdout.write(f"{'ok    ' if shown else 'FAILED'}  {what}\n")
    sys.stdout.flush()
    return shown


if __name__ == "__main__":
    sys.exit(main())
