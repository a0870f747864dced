"""A tap is stamped when it is made, however long the disk holds the door up; uptimes never decrease in a journal."""

import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from edge.arrivals import MOST_WAITING, Arrivals
from edge.readers import EventKind, ReaderEvent
from edge.wire.events import Clock, ClockSet, Ok, Punch, Read, Stamp
from tests.edge.door_bench import MS, Bench

SHORT, LONG = 70, 9_000


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.disk.full = False
    made.journal.close()


def held_to(bench: Bench, badge: str) -> None:
    """Two frames of a card, 65 ms apart, without a turn of the door in between."""
    for _ in range(2):
        bench.ns += 65 * MS
        bench.door.put(ReaderEvent(EventKind.READ, "door", bench.ns, badge))


def served(bench: Bench) -> None:
    """All that came is dealt with, and time is let pass once."""
    stopped = threading.Event()
    stopped.set()
    bench.door.run(stopped)
    bench.door.turn(0)


def test_a_tap_made_while_the_disk_was_slow_is_as_early_as_it_was_made(bench):
    held_to(bench, "em:00000001")

    def slow() -> None:
        bench.ns += 2_000 * MS
        held_to(bench, "em:00000002")
        bench.ns += 60_000 * MS

    bench.disk.meanwhile.append(slow)
    served(bench)
    first, second = bench.events()
    assert second.stamp.uptime_ms - first.stamp.uptime_ms == 2_130
    assert second.stamp.utc_ms - first.stamp.utc_ms == 2_130
    assert [context["utc_ms"] for _, context in bench.shown] == [first.stamp.utc_ms, second.stamp.utc_ms]


def test_a_disk_that_comes_back_makes_nobody_late_who_was_waiting(bench):
    bench.disk.full = True
    held_to(bench, "em:00000001")
    served(bench)
    bench.disk.full = False
    held_to(bench, "em:00000002")
    held_to(bench, "em:00000003")
    made_ms = bench.ns // MS
    bench.ns += 30_000 * MS
    served(bench)
    assert [type(event.body) for event in bench.events()] == [Punch, Ok, Punch]
    assert bench.events()[-1].stamp.uptime_ms == made_ms


def test_a_tap_from_before_the_clock_was_set_keeps_its_time_and_comes_before_that(bench):
    served(bench)
    held_to(bench, "em:00000001")
    before_ms = bench.clock.stamp().utc_ms
    bench.ns += 5_000 * MS
    bench.utc_ms += 3_600_000
    held_to(bench, "em:00000002")
    served(bench)
    assert [type(event.body) for event in bench.events()] == [Punch, ClockSet, Punch]
    assert bench.events()[0].stamp.utc_ms == before_ms


def test_nothing_is_promised_about_a_tap_that_still_waits_for_the_disk(bench):
    """A heartbeat says: all before this moment is in the journals I list."""
    held_to(bench, "em:00000001")
    made = bench.clock.stamp()
    bench.door.turn(0)
    promised: list[Stamp] = []

    def slow() -> None:
        bench.ns += 20_000 * MS
        promised.append(bench.door.settled(bench.clock.stamp()))

    bench.disk.meanwhile.append(slow)
    served(bench)
    assert promised == [made], "while it is on its way to the disk too"
    assert bench.door.settled(bench.clock.stamp()) == bench.clock.stamp()


def test_a_reader_gone_mad_fills_no_memory_and_a_lost_reader_is_heard_all_the_same(bench):
    for number in range(MOST_WAITING + 500):
        bench.door.put(ReaderEvent(EventKind.READ, "door", bench.ns, f"em:{number:08X}"))
    bench.door.put(ReaderEvent(EventKind.LOST, "door", bench.ns))
    assert bench.health.counts()["frames_dropped"] == 500
    served(bench)
    assert bench.health.faults() == ("reader_lost_door",)


def test_a_reader_gone_mad_has_no_card_at_another_one_dropped(bench):
    for number in range(MOST_WAITING + 1):
        bench.door.put(ReaderEvent(EventKind.READ, "door", bench.ns, f"em:{number:08X}"))
    bench.door.put(ReaderEvent(EventKind.READ, "desk", bench.ns, "em:008EB2F9"))
    assert bench.health.counts()["frames_dropped"] == 1
    served(bench)
    assert bench.bodies() == [Read("em:008EB2F9", "desk", "info")]


def test_who_waits_for_a_message_gets_it_and_what_is_dealt_with_is_gone():
    arrivals = Arrivals[str](lambda: Stamp(7, None, Clock.NONE))
    assert arrivals.first(0) is None
    assert arrivals.oldest() is None
    arrivals.put("a")
    assert arrivals.first(10).message == arrivals.first(0).message == "a"
    arrivals.done()
    assert arrivals.first(0) is None


def happens(bench: Bench, what: str, ms: int) -> None:
    if what == "stall":
        bench.disk.meanwhile.append(lambda: setattr(bench, "ns", bench.ns + ms * MS))
    elif what in ("full", "room"):
        bench.disk.full = what == "full"
    elif what in ("lost", "back"):
        kind = EventKind.LOST if what == "lost" else EventKind.CONNECTED
        bench.door.put(ReaderEvent(kind, "door", bench.ns))
    elif what == "set":
        bench.utc_ms += (ms - LONG // 2) * 1_000
    else:
        bench.door.turn(0)


@settings(max_examples=40, deadline=None)
@given(
    some.lists(
        some.tuples(
            some.sampled_from(["tap", "stall", "full", "room", "lost", "back", "set", "turn"]), some.integers(1, LONG)
        ),
        max_size=25,
    )
)
def test_whatever_happens_a_punch_bears_the_moment_of_its_tap_and_time_never_runs_back(story):
    """Not later by a single millisecond: only what was seen between two looks at the clock may be moved, and is not."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        served(bench)
        taps: dict[str, Stamp] = {}
        promised: list[tuple[int, int]] = []
        for number, (what, ms) in enumerate(story):
            if what == "tap":
                held_to(bench, f"em:{number:08X}")
                taps[f"em:{number:08X}"] = bench.clock.stamp()
            else:
                happens(bench, what, ms)
            promised.append((bench.journal.head, bench.door.settled(bench.clock.stamp()).uptime_ms))
            bench.ns += SHORT * MS
        served(bench)
        events = bench.events()
        uptimes = [event.stamp.uptime_ms for event in events]
        assert uptimes == sorted(uptimes)
        punches = [event for event in events if isinstance(event.body, Punch)]
        assert all(event.stamp == taps[event.body.badge] for event in punches)
        for head, uptime_ms in promised:
            assert all(event.stamp.uptime_ms >= uptime_ms for event in events if event.seq > head)
        bench.disk.full = False
        bench.journal.close()
