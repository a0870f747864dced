"""The door loop: the journal first, then the light; and what happens when the journal does not take it."""

import pytest

from edge.clock import Trust
from edge.doorway import Mode, Pressed
from edge.phrases import Feedback, Words
from edge.readers import BadInput, EventKind, ReaderEvent
from edge.roster import View
from edge.wire.config import RosterEntry
from edge.wire.events import Button, ClockSet, Fault, Lost, Ok, Punch, Read, Stop
from edge.wire.events import Clock as Quality
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


PARTIAL = "w26:8EB2F9"


@pytest.mark.parametrize(
    ("badges", "meant"),
    [
        ({BADGE: "active"}, BADGE),
        ({"nfca:DE8EB2F9": "active", "nfca:0416C6DE8EB2F9": "active"}, "nfca:DE8EB2F9"),  # seven bytes are no 32 bits
        ({BADGE: "active", "em:FF8EB2F9": "blocked"}, BADGE),
        ({BADGE: "active", "em:FF8EB2F9": "active"}, PARTIAL),  # either: nobody's
        ({BADGE: "blocked"}, PARTIAL),
        ({BADGE: "active", PARTIAL: "active"}, PARTIAL),  # this is how the office wrote it down
        ({"em:008EB2F8": "active"}, PARTIAL),
        ({}, PARTIAL),
    ],
)
def test_24_bits_of_a_wiegand_reader_are_the_only_badge_of_the_site_that_they_may_be(bench, badges, meant):
    entries = {badge: RosterEntry(badge, "N. V. Đạt", state) for badge, state in badges.items()}
    bench.roster.view = View(7, entries)
    bench.tap(PARTIAL, reader="desk")
    bench.wait(6_000)
    bench.tap(PARTIAL)
    (shown, punch) = bench.bodies()
    assert (shown.badge, punch.badge) == (PARTIAL, meant), "only a punch is taken for somebody's"
    assert punch.evidence == (PARTIAL if meant != PARTIAL else None)
    assert punch.remarks == (("known",) if meant in badges else ("unknown",))


def test_a_partial_number_that_was_recorded_is_no_second_punch_after_a_restart(tmp_path):
    first = Bench(tmp_path)
    first.roster.view = View(7, {BADGE: RosterEntry(BADGE, "N. V. Đạt", "active")})
    first.tap(PARTIAL)
    first.journal.close()
    again = Bench(tmp_path)
    again.roster.view = first.roster.view
    again.ns = first.ns
    again.door.remember(again.journal.recent(100))
    again.tap(PARTIAL)
    assert again.bodies() == [], "the guard knows it by its whole number"
    again.journal.close()


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


def test_the_guard_survives_a_restart_of_a_door_whose_clock_was_never_set(tmp_path):
    """Uptimes of one boot can be compared without it; those of another cannot."""
    first = Bench(tmp_path, trust=Trust(Quality.NONE))
    first.tap()
    kept = first.journal.recent(100)
    first.journal.close()
    second = Bench(tmp_path, trust=Trust(Quality.NONE))
    second.ns = first.ns
    second.door.remember(kept)
    second.tap()
    second.wait(10_000)
    second.tap()
    assert second.feedbacks() == [Feedback.ALREADY_RECORDED, Feedback.CLOCK_NOT_SET]
    second.door.remember(kept[1:])
    second.tap()
    assert second.feedbacks()[-1] is Feedback.CLOCK_NOT_SET, "whose boot it was is not known any more"
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


def test_field_duty_then_badge_is_going_out_and_later_coming_back(bench):
    bench.wait(0)
    for _ in range(2):
        bench.door.put(Pressed("field_duty"))
        bench.wait(0)
        bench.tap()
        bench.wait(60_000)
    bench.tap()
    assert bench.bodies() == [
        Button("field_duty"),
        Punch(BADGE, "door", ("unknown", "field_out")),
        Button("field_duty"),
        Punch(BADGE, "door", ("unknown", "field_in")),
        Punch(BADGE, "door", ("unknown",)),
    ]
    assert [answer.lcd[0][:8] for answer in bench.written] == [
        "CHON: DI",
        "DI CO SO",
        "CHON: DI",
        "CO SO VE",
        "DA GHI 0",
    ]
    assert bench.feedbacks() == [Feedback.FIELD_CHOSEN, Feedback.RECORDED] * 2 + [Feedback.RECORDED]


@pytest.mark.parametrize("again", [True, False])
def test_a_choice_that_nobody_uses_ends_by_itself_or_by_a_second_press(bench, again):
    bench.door.put(Pressed("field_duty"))
    bench.wait(0)
    if again:
        bench.door.put(Pressed("field_duty"))
        bench.wait(0)
    else:
        bench.wait(10_000)
    bench.tap()
    assert bench.bodies()[-1] == Punch(BADGE, "door", ("unknown",))


def test_who_is_out_is_known_after_a_restart_and_forgotten_the_next_day(tmp_path):
    first = Bench(tmp_path)
    first.door.put(Pressed("field_duty"))
    first.tap()
    kept = first.journal.recent(10)
    first.journal.close()
    for hours, remark in ((3, "field_in"), (20, "field_out")):
        second = Bench(tmp_path)
        second.ns = first.ns + hours * 3_600_000 * MS
        second.door.remember(kept)
        second.door.put(Pressed("field_duty"))
        second.tap()
        assert second.bodies()[-1].remarks[-1] == remark
        second.journal.close()


def test_the_words_say_what_the_lights_say(bench):
    bench.hear(EventKind.LOST)
    assert bench.door.idle().lines[0] == "Đầu đọc bị ngắt"
    bench.hear(EventKind.CONNECTED)
    assert bench.door.idle().lines[0] == "Xin mời quẹt thẻ"
    bench.trust = Trust(Quality.NONE)
    assert bench.door.idle().words == Words(
        ("Xin mời quẹt thẻ", "Chưa có giờ đúng"), ("XIN MOI QUET THE", "CHUA CO GIO DUNG")
    )
    bench.disk.full = True
    bench.tap()
    assert bench.written[-1].lcd[0] == "CHUA GHI DUOC"
