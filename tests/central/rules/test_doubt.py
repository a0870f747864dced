"""Uncertain clocks, forked journals, taps set aside: needs checking, never an accusation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from central.rules import evaluate
from central.rules.day import Cause, Flag, Outcome


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:40~3 11:30 13:30 17:00", ["late 10"]),  # late however the clock went
        ("07:40~5 11:30 13:30 17:00", ["needs_checking"]),  # at the earliest exactly at grace
        ("07:20~10 11:30 13:30 17:00", []),
        ("07:30~6 11:30 13:30 17:00", ["needs_checking"]),  # may have been late: a question, no accusation
        ("07:50 11:20~5 13:30 17:00", ["late 20", "early_leave 10"]),
        ("07:50 11:20~15 13:30 17:00", ["late 20", "needs_checking"]),
        ("09:00~45 13:30 17:00", ["needs_checking"]),  # IN or OUT
        ("07:30 12:30~2 17:00", ["needs_checking", "needs_checking"]),
        ("07:30~200 11:30~200 13:30~200 17:00~200", ["needs_checking", "needs_checking"]),
        ("07:36~2 !11:29~2 13:30 17:00", ["needs_checking"]),
    ],
)
def test_what_depends_on_the_uncertainty_needs_checking(flags, punches, said):
    assert flags(punches) == said


def test_minutes_and_reason_stay_with_a_doubtful_lateness(judged):
    morning = judged("07:40~5 11:30 13:30 17:00").sessions[0]
    assert (morning.late_min, morning.outcome) == (10, "present")
    (reason,) = morning.reasons
    assert (reason.cause, reason.withheld, [t.ref for t in reason.taps]) == (Cause.CLOCK, Flag.LATE, ["07:40~5"])
    assert (reason.start.minute, reason.end.minute) == (35, 45)


def test_two_doors_may_be_wrong_in_different_ways(flags):
    assert flags("09:20~1 09:21:30~1 13:30 17:00") == ["late 110", "early_leave 128"]
    assert flags("09:20~1 !09:21:30~1 13:30 17:00") == ["late 110", "needs_checking"]  # perhaps one tap


def test_a_reason_spans_the_doubtful_taps_of_its_own_session(judged):
    morning = judged("07:40~5 !11:28~7 13:31~5 17:00").sessions[0]
    assert [[t.ref for t in r.taps] for r in morning.reasons] == [["07:40~5", "!11:28~7"]] * 2
    assert {(f"{r.start:%H:%M}", f"{r.end:%H:%M}") for r in morning.reasons} == {("07:35", "11:35")}


def test_an_absence_that_a_wrong_clock_may_explain_is_a_question(judged):
    afternoon = judged("07:30 11:30 12:00~60").sessions[1]
    assert (afternoon.outcome, afternoon.flags) == (Outcome.INCOMPLETE, (Flag.NEEDS_CHECKING,))
    assert afternoon.reasons[0].withheld is Outcome.ABSENT


@pytest.mark.parametrize("punches", ["17:30~1440", "17:30~900", "07:20 17:30~1440", "05:00~1440"])
def test_a_tap_that_may_be_of_any_hour_leaves_nobody_absent_or_missing(judged, punches):
    for session in judged(punches).sessions:
        assert session.outcome is not Outcome.ABSENT
        assert set(session.flags) <= {Flag.NEEDS_CHECKING}


def test_less_than_a_second_is_no_uncertainty(day):
    kept = day("07:35 11:30 13:30 17:00")
    almost = replace(kept, taps=tuple(replace(t, uncertainty=timedelta(milliseconds=999)) for t in kept.taps))
    assert all(not v.flags for v in evaluate(almost).sessions)
    whole = replace(kept, taps=tuple(replace(t, uncertainty=timedelta(seconds=1)) for t in kept.taps))
    assert evaluate(whole).sessions[0].flags == (Flag.NEEDS_CHECKING,)


def test_a_forked_tap_that_helps_is_counted_and_the_session_needs_checking(flags, judged):
    assert flags("07:30? 11:30 13:30 17:00") == ["needs_checking"]
    (reason,) = judged("07:30? 11:30 13:30 17:00").sessions[0].reasons
    assert (reason.cause, [t.ref for t in reason.taps]) == (Cause.FORK, ["07:30?"])


def test_a_forked_tap_that_harms_is_not_counted(flags, outcomes):
    facts = "07:30 11:30 13:30 16:00? 17:00"
    assert flags(facts) == ["needs_checking"]
    assert flags("07:30 12:10 12:20? 13:40? 17:00") == ["needs_checking"]
    assert flags("07:30 11:50? 12:10 17:00") == ["needs_checking", "needs_checking"]
    assert outcomes("07:40? 11:30 13:30 17:00") == "present present"


def test_of_two_versions_of_a_tap_the_kinder_counts(ends):
    assert ends("07:30? 07:50? 11:30 13:30 17:00").startswith("07:30")
    assert ends("07:30 11:00? 11:30? 13:30 17:00").startswith("07:30 11:30")


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:30? 13:30 17:00", ["missing_out", "needs_checking"]),  # a tap missing is kinder than an absence
        ("07:50 09:20? 13:30 17:00", ["late 20", "early_leave 130", "needs_checking"]),  # there is kinder than missing
        ("07:40? 07:50? 11:30 13:30 17:00", ["late 10", "needs_checking"]),  # of two latenesses the shorter
    ],
)
def test_which_way_is_kinder(flags, punches, said):
    assert flags(punches) == said


def test_a_fork_does_not_touch_what_does_not_rest_on_it(flags):
    assert flags("07:30? 11:30", plan="leave") == []
    assert flags("07:30? 13:30 17:00", entry="AM=07:30-11:30") == []
    assert flags("-1/09:00? 07:50 11:30 13:30 17:00") == ["late 20"]


def test_an_accusation_that_holds_either_way_stays(flags):
    assert flags("07:50 11:00? 11:10? 13:30 17:00") == ["late 20", "early_leave 20", "needs_checking"]


def test_a_tap_set_aside_makes_the_day_a_question(flags, outcomes, judged):
    facts = {"punches": "07:50 13:30 17:00", "aside": "23:00"}
    assert flags(**facts) == ["needs_checking", "needs_checking"]
    assert outcomes("07:30 11:30", aside="23:00") == "present incomplete"
    assert judged(**facts).needs_checking
    assert {r.cause for v in judged(**facts).sessions for r in v.reasons} == {Cause.SET_ASIDE}


def test_a_tap_set_aside_does_not_touch_plans_and_whole_manual_entries(flags):
    assert flags("", aside="23:00", plan="leave:AM", entry="PM=13:40-17:00") == ["late 10"]
    assert flags("", aside="23:00", plan="leave:AM", entry="PM=13:40-") == ["needs_checking"]


def test_a_day_off_has_nothing_to_check(judged):
    assert judged("09:00~10 10:00?", hours="", aside="23:00").sessions == ()
