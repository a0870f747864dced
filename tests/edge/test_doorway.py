"""The door loop: the journal first, then the light; and what happens when the journal does not take it."""

import pytest

from edge.door import Feedback
from edge.doorway import Mode
from edge.readers import BadInput, EventKind, ReaderEvent
from edge.wire.events import ClockSet, Fault, Lost, Ok, Punch, Read, Stop
from tests.edge.door_bench import BADGE, MS, Bench


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.disk.full = False
    made.journal.close()


def test_green_comes_after_the_punch_is_durable_and_says_which_it_is(bench):
    bench.tap()
    assert bench.bodies() == [Punch(BADGE, "door", ("unknown",))]
    assert bench.feedbacks() == [Feedback.RECORDED]
    assert bench.durable_when_shown == [2]
    context = bench.shown[0][1]
    assert (context["badge"], context["journal"], context["seq"]) == (BADGE, bench.journal.journal, 2)


def test_a_full_disk_is_never_green_and_the_next_try_counts(bench):
    bench.disk.full = True
    bench.tap()
    assert bench.feedbacks() == [Feedback.NOT_RECORDED]
    bench.disk.full = False
    bench.tap()
    assert bench.feedbacks()[-1] is Feedback.RECORDED
    assert bench.bodies()[0] == Punch(BADGE, "door", ("unknown",))
    assert isinstance(bench.bodies()[1], Ok)


def test_the_same_badge_again_is_answered_and_not_recorded(bench):
    bench.tap()
    bench.tap()
    assert bench.feedbacks() == [Feedback.RECORDED, Feedback.ALREADY_RECORDED]
    assert len(bench.bodies()) == 1


def test_a_reader_that_is_lost_is_said_once_with_its_end(bench):
    bench.hear(EventKind.CONNECTED)
    bench.hear(EventKind.LOST)
    bench.hear(EventKind.LOST)
    assert [state.state for state in bench.door.states()] == ["lost", "lost"]
    assert bench.health.faults() == ("reader_lost_door",)
    began_ms = bench.ns // MS
    bench.wait(4_000)
    bench.hear(EventKind.CONNECTED)
    assert bench.bodies() == [Fault("reader_lost", "door"), Ok("reader_lost", "door", began_ms)]
    assert bench.health.faults() == ()
    assert bench.feedbacks() == [Feedback.READY, Feedback.READER_LOST, Feedback.READY]
    assert [state.state for state in bench.door.states()] == ["ok", "lost"]


def test_frames_that_waited_while_the_disk_was_slow_still_confirm_each_other(bench):
    for after_ms in (0, 100, 200):
        bench.door.put(ReaderEvent(EventKind.READ, "door", bench.ns + after_ms * MS, BADGE))
    bench.ns += 4_000 * MS
    for _ in range(4):
        bench.door.turn(0)
    assert bench.bodies() == [Punch(BADGE, "door", ("unknown",))]
    assert bench.door.states()[0].errors == ()


def test_a_read_on_a_desk_or_in_a_mode_is_no_punch(bench):
    bench.tap(reader="desk")
    bench.door.put(Mode("door", "enrol", 10))
    bench.wait(0)
    bench.tap("em:00000002")
    bench.wait(10_000)
    bench.tap("em:00000003")
    assert bench.bodies() == [
        Read(BADGE, "desk", "info"),
        Read("em:00000002", "door", "enrol"),
        Punch("em:00000003", "door", ("unknown",)),
    ]


def test_the_clock_event_comes_before_the_first_event_of_the_new_time(bench):
    bench.wait(1_000)
    before_ms = bench.utc_ms + bench.ns // MS
    bench.utc_ms -= 3_600_000
    bench.hear(EventKind.READ, badge=BADGE)
    bench.hear(EventKind.READ, badge=BADGE)
    assert bench.bodies() == [
        ClockSet(before_ms, before_ms - 3_600_000, "ntp"),
        Punch(BADGE, "door", ("unknown",)),
    ]


def test_a_bad_read_is_shown_and_noise_is_only_counted(bench):
    bench.hear(EventKind.ERROR, error=BadInput.NOISE)
    bench.hear(EventKind.ERROR, error=BadInput.BAD_CHECKSUM)
    assert bench.feedbacks() == [Feedback.BAD_READ]
    assert dict(bench.door.states()[0].errors) == {"noise": 1, "bad_checksum": 1}


def test_a_loss_that_somebody_found_is_journalled(bench):
    bench.door.lost("ab" * 8, ((3, 4),))
    bench.wait(0)
    assert bench.bodies() == [Lost("ab" * 8, 3, 4, None, None)]


def test_the_guard_against_repeats_survives_a_restart(tmp_path):
    first = Bench(tmp_path)
    first.tap()
    first.journal.close()
    second = Bench(tmp_path)
    second.ns = first.ns
    second.door.remember(second.journal.recent(100))
    second.tap()
    assert second.feedbacks() == [Feedback.ALREADY_RECORDED]
    second.wait(10_000)
    second.tap()
    assert second.feedbacks()[-1] is Feedback.RECORDED
    second.journal.close()


@pytest.mark.parametrize("back_at_once", [True, False])
def test_a_fault_that_the_last_journal_left_open_gets_its_end(tmp_path, back_at_once):
    first = Bench(tmp_path)
    first.hear(EventKind.LOST)
    began_ms = first.ns // MS
    first.journal.close()
    second = Bench(tmp_path)
    second.ns += 5_000 * MS
    second.door.remember(second.journal.recent(100))
    if not back_at_once:
        second.hear(EventKind.LOST)
    second.wait(1_000)
    second.hear(EventKind.CONNECTED)
    second.hear(EventKind.CONNECTED)
    faults = [] if back_at_once else [Fault("reader_lost", "door")]
    assert second.bodies() == [*faults, Ok("reader_lost", "door", began_ms)]
    second.journal.close()


def test_the_last_event_is_the_stop(bench):
    bench.tap()
    bench.door.stop("SIGTERM")
    assert bench.bodies()[-1] == Stop("SIGTERM")
