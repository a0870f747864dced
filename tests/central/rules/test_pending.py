"""Unknown is not absent, nor late."""

import pytest

from central.rules import evaluate
from central.rules.day import Basis, Cause, Flag


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("07:00", "pending pending"),
        ("13:30", "pending pending"),  # the morning closes when the afternoon starts
        ("13:30:01", "absent pending"),
        ("18:00", "absent pending"),  # the last session an hour after its end
        ("18:00:01", "absent absent"),
    ],
)
def test_a_session_is_open_until_its_close_lies_strictly_before_now(outcomes, now, said):
    assert outcomes("", now=now) == said


@pytest.mark.parametrize(
    ("delivered", "said"),
    [("-1/17:00", "pending pending"), ("13:30", "pending pending"), ("13:30:01", "absent pending")],
)
def test_a_session_is_open_until_every_door_has_delivered_past_its_close(outcomes, delivered, said):
    assert outcomes("", now="+3/09:00", delivered=delivered) == said


def test_a_window_of_its_own_closes_the_session(outcomes):
    assert outcomes("", now="17:20", after_min=20) == "absent pending"
    assert outcomes("", now="17:20:01", after_min=20) == "absent absent"


def test_the_first_session_of_the_next_date_closes_a_night_shift(day):
    early = day("", hours="E +1/06:30-+1/10:00").sessions[0]
    night = {"hours": "N 22:00-+1/06:00", "following": early}
    assert evaluate(day("", now="+1/06:30:01", **night)).status == "absent"
    assert evaluate(day("", now="+1/06:30", **night)).status == "pending"


def test_the_arrival_is_shown_while_the_session_is_open(ends, flags, outcomes):
    facts = {"punches": "07:28 10:00", "now": "10:30", "delivered": "10:29"}
    assert (ends(**facts), flags(**facts), outcomes(**facts)) == ("07:28 - - -", [], "pending pending")


def test_late_is_said_once_everything_before_that_tap_is_delivered(flags):
    assert flags("07:40", now="08:00", delivered="07:39:59") == []
    assert flags("07:40", now="08:00", delivered="07:40") == ["late 10"]


def test_lateness_that_waits_for_a_door_is_given_as_the_reason(judged):
    reasons = judged("07:40", now="08:00", delivered="07:20").sessions[0].reasons
    assert [(r.cause, r.withheld) for r in reasons] == [
        (Cause.NOT_OVER, None),
        (Cause.UNDELIVERED, None),
        (Cause.UNDELIVERED, Flag.LATE),
    ]


def test_an_arrival_on_time_waits_for_no_door(judged):
    morning = judged("07:28", now="08:00", delivered="07:20").sessions[0]
    assert [r.withheld for r in morning.reasons] == [None, None]
    assert morning.late_min == 0


def test_an_open_session_says_what_its_arrival_rests_on(judged):
    entered, tapped = judged("13:30", now="14:00", delivered="07:00", entry="AM=07:29-").sessions
    assert (entered.outcome, entered.basis, tapped.basis) == ("pending", Basis.MANUAL, Basis.PUNCHES)


def test_an_open_session_never_misses_anything_nor_ends_early(flags):
    assert flags("07:30 09:00", now="12:00", delivered="12:00") == []


def test_a_lone_tap_nearer_to_the_end_may_still_become_the_out(ends, flags):
    assert ends("10:00", now="12:00") == "- - - -"
    assert flags("10:00", now="12:00") == []


def test_the_reasons_say_how_old_the_knowledge_is(judged):
    (waiting,) = judged("", now="+1/09:00", delivered="12:00").sessions[0].reasons
    assert waiting.cause is Cause.UNDELIVERED
    assert (waiting.start.hour, waiting.end.strftime("%H:%M")) == (12, "13:30")


def test_a_plan_and_a_whole_manual_entry_wait_for_no_door(outcomes):
    assert outcomes("", now="06:00", plan="leave:AM", entry="PM=13:30-17:00") == "leave present"


def test_half_a_manual_entry_waits_for_the_other_half(outcomes, ends):
    assert outcomes("", now="12:00", entry="AM=07:29-") == "pending pending"
    assert ends("11:30", entry="AM=07:29-") == "07:29 11:30 - -"
    assert outcomes("", now="12:00", entry="AM=-11:30") == "pending pending"


@pytest.mark.parametrize(
    ("punches", "now", "delivered", "recheck"),
    [
        ("", "07:00", "07:00", "13:30"),
        ("07:40", "08:00", "07:20", "07:40"),  # a lateness waits for the other doors
        ("07:40", "08:00", "07:50", "13:30"),
        ("", "14:00", "13:00", "13:30"),
        ("", "14:00", "14:00", "18:00"),
        ("", "18:01", "18:01", None),
    ],
)
def test_a_verdict_says_when_it_may_change_by_itself(judged, punches, now, delivered, recheck):
    moment = judged(punches, now=now, delivered=delivered).recheck
    assert (moment and moment.strftime("%H:%M")) == recheck
