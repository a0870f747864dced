"""A door to append at: real files, a counted source of journal names, fixed stamps."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from edge.journal import Journal
from edge.wire.chain import chain_start, links
from edge.wire.events import Clock, Punch, Stamp, decode_event

DEVICE = "door-0001"


class Bench:
    """Opens journals in one folder and closes what is left open."""

    def __init__(self, folder: Path, segment_bytes: int = 262_144, ring_events: int = 200_000) -> None:
        self.folder, self.segment_bytes, self.ring_events = folder, segment_bytes, ring_events
        self.sync: Callable[[int], None] = os.fdatasync
        self._names = count(1)
        self._open: list[Journal] = []

    def name(self) -> str:
        return f"{0xABCDEF00 + next(self._names):016x}"

    def open(self, device: str = DEVICE, boot: str = "boot-1") -> Journal:
        journal = Journal.open(
            self.folder,
            device,
            boot,
            "0.1",
            self.stamp(0),
            self.name,
            segment_bytes=self.segment_bytes,
            ring_events=self.ring_events,
            sync=lambda fd: self.sync(fd),
        )
        self._open.append(journal)
        return journal

    def crash(self, journal: Journal) -> None:
        """What the kernel does at a kill: files closed, nothing saved."""
        journal._let_go()
        journal._closed = True

    def close(self) -> None:
        for journal in self._open:
            if not journal._closed:
                journal.close()

    @staticmethod
    def stamp(uptime_ms: int) -> Stamp:
        return Stamp(uptime_ms, 1_795_000_000_000 + uptime_ms, Clock.NTP, 3)

    @staticmethod
    def punch(number: int) -> Punch:
        return Punch(f"em:{number:08X}", "r1", ("known",))

    def tap(self, journal: Journal, *numbers: int) -> list[bytes]:
        return [journal.append(self.punch(number), self.stamp(number)).line for number in numbers]

    @staticmethod
    def offered(journal: Journal) -> dict[tuple[str, int], bytes]:
        """Every un-acknowledged event as the uplink would send it, its chain checked."""
        found: dict[tuple[str, int], bytes] = {}
        for opened in journal.open_journals():
            for first, last in journal.pending(opened.journal):
                while first <= last:
                    slice_ = journal.read(opened.journal, first, last)
                    assert slice_.first == first and slice_.lines
                    if first == 1:
                        assert slice_.before == chain_start(DEVICE, opened.journal)
                    after = links(slice_.before, slice_.lines)[-1]
                    assert journal.around(opened.journal, slice_.last + 1, slice_.last + 1)[0] == after
                    for seq, line in enumerate(slice_.lines, first):
                        assert decode_event(line).seq == seq
                        found[opened.journal, seq] = line
                    first = slice_.last + 1
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "journal")
    yield made
    made.close()


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(folder: Path | None = None, **sizes: int) -> Bench:
        made.append(Bench(folder or tmp_path / "journal", **sizes))
        return made[-1]

    yield make
    for bench in made:
        bench.close()
