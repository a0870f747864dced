"""Uncertain clocks, forked journals, taps set aside: needs checking, never an accusation."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from central.rules import evaluate
from central.rules.day import Cause, Flag, Outcome
from central.rules.doubt import edges_of, placements
from tests.central.rules.conftest import a_day


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
        ("07:40~5 11:31~1 13:30 17:00", ["needs_checking"]),  # each as far as its own uncertainty
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


def test_a_sure_tap_stays_where_it_is_beside_unsure_ones_of_its_door(day):
    facts = day("07:35:01 11:40~2 13:30 17:00")
    sure = replace(facts, taps=(replace(facts.taps[0], uncertainty=timedelta(milliseconds=500)), *facts.taps[1:]))
    assert [v.flags for v in evaluate(sure).sessions] == [(Flag.LATE,), ()]


def test_a_forked_tap_that_helps_is_counted_and_the_session_needs_checking(flags, judged):
    assert flags("07:30? 11:30 13:30 17:00") == ["needs_checking"]
    (reason,) = judged("07:30? 11:30 13:30 17:00").sessions[0].reasons
    assert (reason.cause, [t.ref for t in reason.taps]) == (Cause.FORK, ["07:30?"])


def test_a_session_names_the_forked_taps_of_its_own(judged):
    verdict = judged("07:30? 11:30 13:30 17:00?")
    assert [[t.ref for r in v.reasons for t in r.taps] for v in verdict.sessions] == [["07:30?"], ["17:00?"]]


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
        ("07:30~10? 07:50 11:30 13:30 17:00", ["needs_checking"]),  # a question is kinder than a lateness
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
    assert flags("", aside="23:00", plan="leave:AM", entry="PM=-17:00") == ["needs_checking"]


def test_a_question_is_not_withheld_once_more(judged):
    morning = judged("07:40~5 11:30 13:30 17:00", aside="23:00").sessions[0]
    assert [(r.cause, r.withheld) for r in morning.reasons] == [(Cause.CLOCK, Flag.LATE), (Cause.SET_ASIDE, None)]


def test_a_day_off_has_nothing_to_check(judged):
    assert judged("09:00~10 10:00?", hours="", aside="23:00").sessions == ()


MINUTES = st.sampled_from([450, 455, 540, 690, 720, 750, 810, 1020]).flatmap(lambda m: st.integers(m - 12, m + 12))
DOUBTFUL = st.tuples(st.booleans(), MINUTES, st.sampled_from([0, 0, 1, 2, 5, 10, 20]))
SHIFTS_S = st.lists(st.tuples(st.integers(-1200, 1200), st.integers(-1200, 1200)), min_size=20, max_size=20)


@settings(max_examples=150, deadline=None)
@given(words=st.lists(DOUBTFUL, min_size=1, max_size=5, unique_by=lambda w: w[1]), shifts=SHIFTS_S)
@example(
    words=[(False, 454, 2), (False, 457, 0), (False, 749, 0), (True, 811, 2), (False, 816, 2)], shifts=[(-600, 840)]
)
@example(words=[(False, 448, 0), (True, 1020, 20), (False, 1024, 0)], shifts=[(0, 180)])
@example(words=[(False, 580, 10), (True, 595, 10), (False, 1020, 0)], shifts=[(413, -495)])
def test_what_is_held_against_somebody_holds_wherever_their_doubtful_taps_may_lie(words, shifts):
    """One clock a door, and anywhere within what each tap is sure to: against times drawn by chance."""
    told = " ".join(f"{'!' * other}{m // 60:02}:{m % 60:02}{f'~{unsure}' * bool(unsure)}" for other, m, unsure in words)
    facts = a_day(told)
    said = evaluate(facts).sessions
    for shift in shifts:
        by = dict(zip(("door", "other door"), (timedelta(seconds=s) for s in shift), strict=True))
        moved = tuple(
            replace(t, at=t.at + max(-t.uncertainty, min(by[t.device], t.uncertainty)), uncertainty=timedelta(0))
            for t in facts.taps
        )
        possible = evaluate(replace(facts, taps=moved)).sessions
        for verdict, one in zip(said, possible, strict=True):
            assert set(verdict.flags) - {Flag.NEEDS_CHECKING} <= set(one.flags), told
            assert verdict.outcome is not Outcome.ABSENT or one.outcome is Outcome.ABSENT, told


def put(punches: str, **facts) -> list[str]:
    """Where the taps of a one-line day are put, one way after the other: their times, seconds where they matter."""
    day = a_day(punches, **facts)
    ways = placements(day.taps, edges_of(day), day.policy.dedup)
    return [" ".join(f"{t.at:%H:%M:%S}".removesuffix(":00") for t in way) for way in ways]


@pytest.mark.parametrize(
    ("punches", "times"),
    [
        # its ends, the start, the end of grace, and between
        ("07:32~4", ["07:28", "07:29", "07:30", "07:32:30", "07:35", "07:35:30", "07:36"]),
        # the end of the morning and the beginning of its grace
        ("11:27~4", ["11:23", "11:24", "11:25", "11:27:30", "11:30", "11:30:30", "11:31"]),
        # the middle of a session, where a lone tap is as near to both ends; the middle of the gap between two
        ("09:30~1", ["09:29", "09:29:30", "09:30", "09:30:30", "09:31"]),
        ("12:30~1", ["12:29", "12:29:30", "12:30", "12:30", "12:30:01", "12:30:30", "12:31"]),
        # another tap: as far from it as two may be one, on it, as far behind it
        ("09:00 09:03~4", [
            "09:00 08:59", "09:00 08:59:30", "09:00 09:00", "09:00 09:00:30", "09:00 09:01", "09:00 09:04",
            "09:00 09:07",
        ]),
    ],
)  # fmt: skip
def test_a_doubtful_tap_is_put_wherever_the_answer_can_change(punches, times):
    assert put(punches, grace_early_min=5) == times


def test_it_is_put_where_doors_have_delivered_up_to_and_where_it_is_now():
    asked = put("09:00~3", now="09:01", delivered="08:59")
    assert asked == ["08:57", "08:58", "08:59", "09:00", "09:01", "09:02", "09:03"]


def test_taps_of_one_clock_go_together_each_as_far_as_it_is_sure_to():
    """The second stops two minutes before the first, and may be one with it then."""
    assert put("08:00~2 08:05~4") == [
        "07:58 08:01", "07:58 08:01:30", "07:58 08:02", "07:58 08:02:30", "07:58 08:03",
        "07:59 08:04", "08:00 08:05", "08:00:30 08:05:30", "08:01 08:06", "08:01:30 08:06:30", "08:02 08:07",
        "08:02 08:08", "08:02 08:09",
    ]  # fmt: skip


def test_another_clock_is_put_beside_what_is_put_already():
    expected = [f"{one} {other}" for one in ("07:58", "08:00", "08:02") for other in ("08:09", "08:10", "08:11")]
    assert put("08:00~2 !08:10~1") == expected


def test_where_the_ways_are_too_many_nothing_is_said_against_anybody(judged):
    many = " ".join(f"{'!' * (minute % 2)}{7 + minute // 60:02}:{minute % 60:02}~20" for minute in range(36, 300, 7))
    day = judged(f"{many} 17:00")
    assert [v.flags for v in day.sessions] == [(Flag.NEEDS_CHECKING,)] * 2
    assert all(reason.cause is Cause.CLOCK for v in day.sessions for reason in v.reasons)


def test_a_manual_entry_and_a_plan_stand_where_the_ways_are_too_many(judged):
    many = " ".join(f"{'!' * (minute % 2)}{13 + minute // 60:02}:{minute % 60:02}~20" for minute in range(30, 200, 7))
    day = judged(f"07:40 11:30 {many}", entry="AM=07:30-11:30")
    assert [v.flags for v in day.sessions] == [(), (Flag.NEEDS_CHECKING,)]
    (reason,) = day.sessions[1].reasons
    assert (f"{reason.start:%H:%M}", f"{reason.end:%H:%M}") == ("13:10", "16:38")
    assert len(reason.taps) == len(many.split()), "the sure taps are not in doubt"
