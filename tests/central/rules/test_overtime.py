"""Staying late, one line a case: the OUT of the last session, which ends at 17:00."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from central.rules import evaluate
from central.rules.day import LOCAL, Day, ManualEntry, Plan, PlanKind, Session, Tap
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
