"""Staying late, one line a case: the OUT of the last session, which ends at 17:00."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from central.rules import evaluate
from central.rules.day import LOCAL, Day, HolidayPunch, ManualEntry, Plan, PlanKind, Policy, Session, Tap, TapPairing
from central.rules.overtime import overtime

NOON = datetime(2018, 11, 12, 12, tzinfo=LOCAL)


def at(clock: str) -> datetime:
    hour, minute, second = (int(part) for part in [*clock.split(":"), "0"][:3])
    return NOON.replace(hour=hour, minute=minute, second=second)


SESSIONS = (Session("AM", at("07:30"), at("12:00")), Session("PM", at("13:30"), at("17:00")))


def day(*clocks: str) -> Day:
    return Day(date(2018, 11, 12), SESSIONS, tuple(Tap(at(clock), clock) for clock in clocks))


@pytest.mark.parametrize(
    ("clocks", "minutes"),
    [
        (["07:25", "12:00", "13:25", "18:20"], 80),
        (["07:25", "12:00", "13:25", "17:30"], 30),
        (["07:25", "12:00", "13:25", "17:29:59"], None),
        (["07:25", "12:00", "13:25", "17:45:59"], 45),
        (["07:25", "18:00"], 60),
        (["07:25", "12:00"], None),
        ([], None),
    ],
)
def test_thirty_minutes_or_more_after_the_last_session_are_proposed(clocks, minutes):
    proposal = overtime(evaluate(day(*clocks)))
    assert (None if proposal is None else proposal.minutes) == minutes
    assert proposal is None or (proposal.since, proposal.on_holiday) == (at("17:00"), False)


def test_a_day_without_sessions_or_a_covered_last_session_proposes_nothing():
    stayed = day("07:25", "12:00", "13:25", "18:20")
    assert overtime(evaluate(replace(stayed, sessions=()))) is None
    assert overtime(evaluate(replace(stayed, plans=(Plan(PlanKind.FIELD_DUTY, "PM"),)))) is None
    assert overtime(evaluate(replace(stayed, plans=(Plan(PlanKind.FIELD_DUTY, "AM"),)))).minutes == 80


def test_a_manual_entry_proposes_too():
    entered = replace(day(), manual=(ManualEntry("PM", at("13:30"), at("17:40")),))
    assert overtime(evaluate(entered)).minutes == 40


def test_an_out_in_doubt_proposes_nothing():
    unsure = Tap(at("17:31"), "17:31", "door", timedelta(hours=2))
    doubted = replace(day("07:25", "12:00", "13:25"), taps=(*day("07:25", "12:00", "13:25").taps, unsure))
    assert overtime(evaluate(doubted)) is None


@pytest.mark.parametrize(("count", "minutes"), [(1, 50), (2, 80), (3, 60)])
def test_the_last_session_counts_whether_there_are_one_two_or_three(count, minutes):
    three = (*SESSIONS, Session("EVE", at("18:30"), at("20:30")))
    last_out = {1: "12:50", 2: "18:20", 3: "21:30"}[count]
    came = {1: "07:25", 2: "13:25", 3: "18:25"}[count]
    proposal = overtime(evaluate(replace(day(came, last_out), sessions=three[:count])))
    assert (proposal.minutes, proposal.until) == (minutes, at(last_out))


EXTRA = Policy(holiday_punch=HolidayPunch.EXTRA)


@pytest.mark.parametrize(
    ("clocks", "minutes"),
    [
        (["08:00", "10:30"], 150),
        (["08:00", "09:00", "15:00", "18:10"], 610),
        (["08:00", "08:29:59"], None),
        (["08:00"], None),
    ],
)
def test_taps_on_a_holiday_are_extra_work_where_the_office_says_so(clocks, minutes):
    free = replace(day(*clocks), plans=(Plan(PlanKind.HOLIDAY),), policy=EXTRA)
    verdict = evaluate(free)
    assert verdict.status == "holiday", "the day stays a holiday"
    proposal = overtime(verdict, policy=EXTRA)
    assert (None if proposal is None else proposal.minutes) == minutes
    assert overtime(verdict) is None, "elsewhere they count for nothing"
    assert proposal is None or proposal.until == at(clocks[-1])
    assert proposal is None or (proposal.on_holiday and proposal.since == at("08:00"))


def test_extra_work_on_a_holiday_without_hours_and_on_half_a_holiday_is_proposed_too():
    sunday = replace(day("08:00", "10:30"), sessions=(), plans=(Plan(PlanKind.HOLIDAY),), policy=EXTRA)
    assert overtime(evaluate(sunday), policy=EXTRA).minutes == 150
    half = replace(day("08:00", "10:30", "13:25", "17:40"), plans=(Plan(PlanKind.HOLIDAY, "AM"),), policy=EXTRA)
    assert overtime(evaluate(half), policy=EXTRA).minutes == 150
    stayed = replace(day("13:25", "17:40"), plans=(Plan(PlanKind.HOLIDAY, "AM"),), policy=EXTRA)
    assert overtime(evaluate(stayed), policy=EXTRA).minutes == 40, "the other half is judged as always"


@pytest.mark.parametrize(
    "doubtful",
    [Tap(at("08:00"), "08:00", "door", timedelta(seconds=1)), Tap(at("08:00"), "08:00", "door", forked=True)],
    ids=["clock", "fork"],
)
def test_a_doubtful_tap_on_a_holiday_proposes_nothing(doubtful):
    free = replace(day("10:30"), plans=(Plan(PlanKind.HOLIDAY),), policy=EXTRA)
    assert overtime(evaluate(replace(free, taps=(*free.taps, doubtful))), policy=EXTRA) is None


def test_beside_half_a_holiday_taps_outside_all_windows_are_no_extra_work():
    narrow = tuple(
        replace(s, window_before=timedelta(minutes=60), window_after=timedelta(minutes=60)) for s in SESSIONS
    )
    half = replace(day("05:00", "08:00", "10:30"), sessions=narrow, plans=(Plan(PlanKind.HOLIDAY, "AM"),), policy=EXTRA)
    assert overtime(evaluate(half), policy=EXTRA).minutes == 150
    whole = replace(half, plans=(Plan(PlanKind.HOLIDAY),))
    assert overtime(evaluate(whole), policy=EXTRA).minutes == 330


@pytest.mark.parametrize(
    ("clocks", "minutes"),
    [
        (["08:00", "09:00", "15:00", "16:00"], 120),
        (["08:00", "09:00", "15:00"], None),
        (["08:00", "08:10", "15:00", "15:20"], 30),
        (["08:00", "08:10", "15:00", "15:19"], None),
        ([], None),
    ],
)
def test_where_taps_are_in_turn_only_the_time_inside_is_extra_work(clocks, minutes):
    policy = replace(EXTRA, pairing=TapPairing.ALTERNATING)
    free = replace(day(*clocks), plans=(Plan(PlanKind.HOLIDAY),), policy=policy)
    proposal = overtime(evaluate(free), policy=policy)
    assert (None if proposal is None else proposal.minutes) == minutes
    assert proposal is None or proposal.on_holiday
