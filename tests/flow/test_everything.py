"""Everything fails, at random, at the same time. By hand: `pytest -m soak tests/flow`."""

import os
import random
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.flow.site import Site

DOORS = ("D-1", "D-2", "D-3", "D-4")
RELAYED = DOORS[2:]
COLLECTORS = ("one", "two")
FAULTS = 60


class Trouble:
    """Faults by name; each leaves the system able to recover by itself."""

    def __init__(self, site: Site, draw: random.Random) -> None:
        self.site, self.draw = site, draw
        self.cuts = self.power_cuts = 0
        self._copy = site.folder / "yesterday"

    def wait(self, most_s: float) -> None:
        threading.Event().wait(self.draw.random() * most_s)

    def station(self) -> None:
        code = self.draw.choice(DOORS)
        self.site.fleet.kill(code)
        self.power_cuts += 1
        self.wait(1)
        self.site.power(code)

    def stopped_station(self) -> None:
        code = self.draw.choice(DOORS)
        assert self.site.fleet.stop(code) == 0
        self.power_cuts += 1
        self.site.power(code)

    def collector(self) -> None:
        name = self.draw.choice(COLLECTORS)
        self.site.kill(name)
        self.wait(3)
        self.site.collect(name)

    def broker(self) -> None:
        self.site.broker.kill()
        self.wait(3)
        self.site.broker.restart()

    def network(self) -> None:
        code = self.draw.choice(RELAYED)
        self.site.fleet.cut(code)
        self.wait(12)
        self.site.fleet.join(code)

    def reader(self) -> None:
        code = self.draw.choice(DOORS)
        self.site.fleet.unplug(code)
        self.wait(1)
        self.site.fleet.plug(code)

    def backup(self) -> None:
        """Copy the database while nobody writes to it."""
        for name in COLLECTORS:
            self.site.stop(name)
        shutil.rmtree(self._copy, ignore_errors=True)
        self._copy.mkdir()
        for file in self.site.folder.glob("central.db*"):
            shutil.copy2(file, self._copy)
        for name in COLLECTORS:
            self.site.collect(name)

    def restore(self) -> None:
        """Put the newest copy back."""
        if not self._copy.exists():
            return
        for name in COLLECTORS:
            self.site.kill(name)
        for file in self.site.folder.glob("central.db*"):
            file.unlink()
        for file in self._copy.iterdir():
            shutil.copy2(file, self.site.folder)
        for name in COLLECTORS:
            self.site.collect(name)

    def freeze(self) -> None:
        """A process that hangs and comes to again: with sockets open, and perhaps with the database's lock."""
        station = self.site.fleet[self.draw.choice(DOORS)].process
        pids = [self.site.broker.pid, self.site.pid(self.draw.choice(COLLECTORS))]
        pid = self.draw.choice([*pids, *([station.pid] if station else [])])
        os.kill(pid, signal.SIGSTOP)
        self.wait(15)
        os.kill(pid, signal.SIGCONT)

    def all(self) -> list[Callable[[], None]]:
        often = [self.station, self.station, self.collector, self.broker, self.network, self.reader, self.freeze]
        return [*often, *often, self.stopped_station, self.backup, self.restore]


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_everything_failed_in_any_order_all_green_taps_are_stored(site: Site, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    for code in DOORS:
        site.door(code, relay=code in RELAYED)
    for name in COLLECTORS:
        site.collect(name)
    site.power(*DOORS)
    trouble = Trouble(site, draw)
    with ExitStack() as running:
        running.enter_context(site.stream(*DOORS, every_s=0.02))
        for _ in range(FAULTS):
            draw.choice(trouble.all())()
            trouble.wait(1)
    site.settled(180, unseen=trouble.power_cuts)
