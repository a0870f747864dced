"""Only what is durable counts as recorded; a full disk is said when it is over."""

import errno
import os
import secrets
import threading

import pytest

from edge.clock import BUILD_UTC_MS, Sources, StationClock, Trust
from edge.health import Health
from edge.journal import Journal
from edge.recorder import LOST_BURST, LOST_EVERY_NS, RETRY_NS, Recorder
from edge.settings import ClockSettings
from edge.wire.events import Clock as Quality
from edge.wire.events import Lost, Ok, Punch, Stamp, decode_event


class Disk:
    """An fsync that fails while the disk is full."""

    full = False
    code = errno.ENOSPC

    def __call__(self, handle: int) -> None:
        if self.full:
            raise OSError(self.code, os.strerror(self.code))


class Bench:
    def __init__(self, folder) -> None:
        self.ns = 5_000_000_000
        trust = Trust(Quality.NTP)
        sources = Sources(lambda: BUILD_UTC_MS * 1_000_000 + self.ns, self._now, self._now, lambda: trust, "boot-1")
        clock = StationClock(sources, ClockSettings())
        self.health = Health(clock.mono_ns)
        self.disk = Disk()
        self.told = 0
        folder.mkdir()
        self.journal = Journal.open(
            folder, "d0001", "boot-1", "0.1", clock.stamp(), lambda: secrets.token_hex(8), segment_bytes=65536,
            sync=self.disk,
        )  # fmt: skip
        self.recorder = Recorder(self.journal, clock, self.health, threading.Lock(), self._tell)

    def _now(self) -> int:
        return self.ns

    def _tell(self) -> None:
        self.told += 1

    def bodies(self) -> list[object]:
        found: list[object] = []
        while len(found) < self.journal.head:
            part = self.journal.read(self.journal.journal, len(found) + 1, self.journal.head)
            found += [decode_event(line).body for line in part.lines]
        return found


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "journal")
    yield made
    made.journal.close()


PUNCH = Punch("em:008EB2F9", "door", ("known",))


def test_a_recorded_event_is_in_the_journal_and_the_uplink_is_told(bench):
    written = bench.recorder.record(PUNCH)
    assert written.seq == 2
    assert bench.bodies()[1:] == [PUNCH]
    assert bench.told == 1


def test_what_the_disk_refuses_is_not_recorded_and_shown_as_a_fault(bench):
    bench.disk.full = True
    assert bench.recorder.record(PUNCH) is None
    assert bench.health.faults() == ("disk_full",)
    assert bench.told == 0
    bench.disk.full = False
    assert len(bench.bodies()) == 1


def test_when_the_disk_takes_events_again_ok_says_since_when_it_did_not(bench):
    bench.disk.full = True
    bench.recorder.record(PUNCH)
    bench.ns += RETRY_NS
    bench.recorder.tick()
    assert bench.recorder.refusing
    bench.disk.full = False
    bench.recorder.tick()
    assert bench.recorder.refusing, "not before the next try is due"
    bench.ns += RETRY_NS
    bench.recorder.tick()
    assert not bench.recorder.refusing
    assert bench.bodies()[1:] == [Ok("disk_full", "journal", 5_000)]
    assert bench.health.faults() == ()


def test_a_disk_that_turned_read_only_is_told_from_a_full_one_until_it_takes_events_again(bench, caplog):
    bench.disk.full, bench.disk.code = True, errno.EROFS
    assert bench.recorder.record(PUNCH) is None
    assert bench.health.faults() == ("disk_full", "disk_read_only")
    assert "restart this computer" in caplog.text
    bench.disk.full = False
    bench.recorder.record(PUNCH)
    assert bench.health.faults() == ()


def test_a_tap_that_is_recorded_again_ends_the_fault_at_once(bench):
    bench.disk.full = True
    bench.recorder.record(PUNCH)
    bench.disk.full = False
    assert bench.recorder.record(PUNCH) is not None
    assert bench.bodies()[1:] == [PUNCH, Ok("disk_full", "journal", 5_000)]


def test_a_loss_is_said_once(bench):
    for _ in range(2):
        bench.recorder.record_lost("ab" * 8, ((3, 5),))
    bench.recorder.record_lost("ab" * 8, ((3, 7),))
    assert bench.bodies()[1:] == [Lost("ab" * 8, 3, 5, None, None), Lost("ab" * 8, 6, 7, None, None)]


def test_what_was_seen_a_moment_before_the_last_event_counts_as_of_then(bench):
    """Two threads may see two things in one order and hand them over in the other."""
    early = Stamp(4_990, BUILD_UTC_MS + 4_990, Quality.NTP)
    bench.recorder.record(PUNCH)
    bench.recorder.record(PUNCH, early)
    stamps = [decode_event(line).stamp for line in bench.journal.read(bench.journal.journal, 2, 9).lines]
    assert stamps == [Stamp(5_000, BUILD_UTC_MS + 5_000, Quality.NTP)] * 2


def test_questions_about_invented_journals_do_not_fill_the_disk(bench):
    """Central's true question, drowned among them, is answered when it asks again."""
    for number in range(1_000):
        bench.recorder.record_lost(f"{number:016x}", ((1, 9),))
    assert bench.journal.head == 1 + LOST_BURST
    assert bench.health.counts()["lost_not_said"] == 1_000 - LOST_BURST
    bench.ns += LOST_EVERY_NS
    for _ in range(3):
        bench.recorder.record_lost("ab" * 8, ((3, 5),))
    assert bench.bodies()[-1] == Lost("ab" * 8, 3, 5, None, None)
    assert bench.journal.head == 2 + LOST_BURST
