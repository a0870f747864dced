"""A series of cuts: what happens in each life of the door, and what is measured."""

import itertools
import json
import random
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.simulate import rdm6300_frame
from tests.flow.site import Site
from tests.rig.guest import Guest, GuestError, Power
from tests.rig.judging import Judgement, Key, Light, judge, lights

DOOR = "D-RIG"
GREEN_S = 400.0
"""A door that shows nothing green for so long after it was switched on did not come back."""
STORED_S, LIED_S = 120.0, 30.0
"""What is not at central so long after the first light of a life is waited for no more; the judgement comes at the end.
The shorter one where losses are expected: under a lying disk and in the control."""
CROWDS = 1 / 16
"""Chance of a life in which people come so fast that two cards are in the field: amber, which is not what is proved."""
ANSWER_S = 2.0
"""A card that was held to the reader is answered within this, on a slow machine too."""
DISKS = ("volatile", "lying")
NO_FSYNC = {"LD_PRELOAD": "libeatmydata.so"}
"""The control: every fsync of every unit does nothing, the journal's too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A series. Shares are chances of a life; run_s: how long people tap after everything older is stored."""

    image: Path
    state: Path
    cuts: int
    disk: str = "volatile"
    fsync: bool = True
    seed: int = 1
    in_boot: float = 0.2
    away: float = 0.2
    flapping: float = 0.1
    early: float = 0.2
    run_s: tuple[float, float] = (0.2, 6.0)
    lie_s: float = 3.0
    survive: float = 0.5
    accel: str = "tcg"
    cpu: str = "Nehalem"
    minutes: float = 600.0


@dataclass(frozen=True, slots=True)
class Life:
    """What is drawn for one life. cut_boot: the share of an ordinary start after which the power goes, None = later.

    network: up, away or flapping. early: its clock starts in 1970. every_s: between two people. run_s: see `Options`.
    """

    cut_boot: float | None
    network: str
    early: bool
    every_s: float
    run_s: float


def lives(options: Options) -> Iterator[Life]:
    """One for each cut; then a last one, undisturbed, in which everything must arrive."""
    draw = random.Random(options.seed)  # noqa: S311 - moments, not secrets
    for number in range(options.cuts):
        cut_boot = draw.random() if draw.random() < options.in_boot and number else None
        early, where = draw.random() < options.early, draw.random()
        network = "away" if where < options.away else "flapping" if where < options.away + options.flapping else "up"
        every_s = 0.3 if draw.random() < CROWDS else draw.choice((0.85, 0.85, 1.1))
        yield Life(cut_boot, network, early, every_s, draw.uniform(*options.run_s))
    yield Life(None, "up", False, 0.8, 3.0)


@dataclass(slots=True)
class Record:
    """What a series saw."""

    cuts: int = 0
    in_boot: int = 0
    away: int = 0
    flapping: int = 0
    early: int = 0
    early_lives: set[int] = field(default_factory=set)
    taps: int = 0
    late: int = 0
    unflushed: int = 0
    survived: int = 0
    writes: int = 0
    flushes: int = 0
    lights: list[Light] = field(default_factory=list)
    green_s: list[float] = field(default_factory=list)
    stored_s: list[float] = field(default_factory=list)
    cycle_s: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Series:
    """The door, cut again and again; `run` it within a running `site`. say: told of every life."""

    def __init__(self, options: Options, site: Site, say: Callable[[str], None]) -> None:
        self._options, self._site, self._say = options, site, say
        self._draw = random.Random(options.seed + 1)  # noqa: S311
        self._badges = itertools.count(1)
        self._given_up: set[Key] = set()  # lights that did not come in time: nobody waits for them again
        self.record = Record()

    def run(self) -> Judgement:
        """Every life, then the judgement. A door that does not come back ends the series: see `Record.broken`."""
        shutil.copyfile(self._options.image / "data.ext4", self._options.state / "data.img")
        end_s = time.monotonic() + self._options.minutes * 60
        *cut, final = lives(self._options)
        for number, life in enumerate(cut):
            if time.monotonic() < end_s and not self.record.broken:
                self._live(number, life, last=False)
        if self.record.broken:
            self._say(f"the series ends here, the door did not come back: {self.record.broken[0]}")
        else:
            self._live(len(cut), final, last=True)
        return judge(self.record.lights, self.stored())

    def stored(self) -> dict[Key, str]:
        """Every punch at central."""
        return {Key(one.journal, one.seq): badge for one, badge in self._site.punches().items()}

    def _power(self, life: Life) -> Power:
        options = self._options
        environment = {"DIEMDANH_BROKER_PORT": str(self._site.broker.port)}
        environment |= {} if options.fsync else NO_FSYNC
        return Power(
            image=options.image,
            state=options.state,
            draw=self._draw,
            environment=environment,
            early=life.early,
            accel=options.accel,
            cpu=options.cpu,
            lie_s=options.lie_s if options.disk == "lying" else None,
            survive=options.survive,
        )

    def _live(self, number: int, life: Life, last: bool) -> None:
        record, guest = self.record, Guest(self._power(life))
        guest.start()
        try:
            if life.network != "up":
                guest.network(False)
            with self._people(guest, life):
                self._spend(guest, life)
            if last:  # nobody taps any more: now all of it must arrive
                time.sleep(ANSWER_S)
                shown = record.lights + lights(_dated(guest), number)
                self._wait_stored(shown, guest)
        except GuestError as error:
            record.broken.append(f"life {number}: {error}")
        finally:
            lost = guest.cut()
        record.lights += lights(_dated(guest), number)
        record.cycle_s.append(time.monotonic() - guest.started_s)
        record.unflushed, record.survived = record.unflushed + lost.unflushed, record.survived + lost.survived
        record.writes, record.flushes = record.writes + guest.disk.writes, record.flushes + guest.disk.flushes
        if not last:
            self._count(number, life)
        self._keep(number)
        self._say(f"life {number}: {life}, {record.cycle_s[-1]:.1f} s, {len(record.lights)} lights until now")

    def _count(self, number: int, life: Life) -> None:
        record = self.record
        record.cuts += 1
        record.in_boot += life.cut_boot is not None
        record.away += life.network == "away"
        record.flapping += life.network == "flapping"
        record.early += life.early
        record.early_lives |= {number} if life.early else set()

    def _keep(self, number: int) -> None:
        with (self._options.state / "lights.jsonl").open("a", encoding="utf-8") as file:
            for light in self.record.lights:
                if light.boot == number:
                    key = light.key
                    row = [light.boot, key.journal, key.seq, light.badge, light.green, light.at_ms, light.feedback]
                    file.write(json.dumps(row) + "\n")

    def _spend(self, guest: Guest, life: Life) -> None:
        """From switching on to the moment of the cut."""
        record = self.record
        if life.cut_boot is not None:
            usual_s = statistics.median(record.green_s) if record.green_s else 30.0
            time.sleep(life.cut_boot * usual_s)
            return
        green_s = _wait(lambda: _first_green(guest), GREEN_S, guest)
        if guest.given_up:
            raise GuestError("systemd is in emergency mode and waits for a person")
        if green_s is None:
            raise GuestError(f"nothing recorded within {GREEN_S:g} s; see {self._options.state}/console.log")
        record.green_s.append(green_s - guest.started_s)
        if life.network == "up":
            began_s = time.monotonic()
            record.late += not self._wait_stored(record.lights, guest)
            record.stored_s.append(time.monotonic() - began_s)
        self._run_on(guest, life)

    def _run_on(self, guest: Guest, life: Life) -> None:
        until_s, up = time.monotonic() + life.run_s, False
        while (left_s := until_s - time.monotonic()) > 0:
            if life.network == "flapping":
                up = not up
                guest.network(up)
            time.sleep(min(left_s, 1.5))
        if not guest.alive:
            raise GuestError(f"QEMU ended by itself; see {self._options.state}/qemu.log")

    def _wait_stored(self, shown: Sequence[Light], guest: Guest) -> bool:
        """Whether all of it came to central in time, but for what was given up before; the rest is given up now."""
        patient = self._options.disk != "lying" and self._options.fsync
        if _wait(lambda: self._all_stored(shown), STORED_S if patient else LIED_S, guest) is not None:
            return True
        stored = self.stored()
        self._given_up |= {light.key for light in shown if light.key not in stored}
        return False

    def _all_stored(self, shown: Sequence[Light]) -> float | None:
        """Now, if all of it is at central but for what was given up."""
        stored = self.stored()
        here = all(light.key in stored or light.key in self._given_up for light in shown)
        return time.monotonic() if here else None

    @contextmanager
    def _people(self, guest: Guest, life: Life) -> Iterator[None]:
        """They tap from the moment the power comes: what nobody reads yet is lost, as at a real door."""
        over = threading.Event()

        def play() -> None:
            while not over.wait(life.every_s * self._draw.uniform(0.9, 1.3)):
                guest.reader.send(rdm6300_frame(f"em:{next(self._badges):08X}") * 2)
                self.record.taps += 1

        thread = threading.Thread(target=play, name="people")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _dated(guest: Guest) -> list[tuple[int, Mapping[str, object]]]:
    ahead_s = time.time() - time.monotonic()
    return [(round((seen.at_s + ahead_s) * 1000), seen.entry) for seen in guest.seen()]


def _first_green(guest: Guest) -> float | None:
    return next((seen.at_s for seen in guest.seen() if seen.entry.get("recorded")), None)


def _wait(found: Callable[[], float | None], seconds: float, guest: Guest) -> float | None:
    """What `found` found, None when it did not within `seconds`, QEMU ended, or its system waits for a person."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s and guest.alive and not guest.given_up:
        if (at_s := found()) is not None:
            return at_s
        time.sleep(0.25)
    return None


def check_tools(image: Path) -> None:
    """Raises GuestError with what is missing and how to get it."""
    if shutil.which("qemu-system-x86_64") is None:
        raise GuestError(
            "qemu-system-x86_64 is missing: apt-get install --no-install-recommends qemu-system-x86 seabios"
        )
    for name in ("vmlinux", "root.ext4", "data.ext4", "door.json"):
        if not (image / name).exists():
            raise GuestError(f"{image / name} is missing: build it with sudo tests/rig/build_image.sh {image}")
    subprocess.run(["qemu-system-x86_64", "--version"], check=True, stdout=subprocess.DEVNULL)
