"""Morning and afternoon are the first and the second session of a day, whatever the hours call them."""

import datetime as dt

import pytest

from central.rules.day import LOCAL, Plan, PlanKind, Session
from central.rules.halves import of_halves, session_of


def day(*sessions: str) -> list[Session]:
    """`AM 07:30` ...: sessions of an hour, in order."""
    found = []
    for text in sessions:
        name, start = text.split()
        begins = dt.datetime.combine(dt.date(2018, 11, 12), dt.time.fromisoformat(start), LOCAL)
        found.append(Session(name, begins, begins + dt.timedelta(hours=1)))
    return found


@pytest.mark.parametrize(
    ("sessions", "morning", "afternoon"),
    [
        (("AM 07:30", "PM 13:30"), "AM", "PM"),
        (("sáng 07:30", "chiều 13:30"), "sáng", "chiều"),
        (("S1 07:00", "S2 10:00", "S3 14:00"), "S1", "S2"),
        (("sáng 07:30",), "sáng", "PM"),
        (("chiều 13:30",), "AM", "chiều"),
        (("trưa 11:59",), "trưa", "PM"),
        (("trưa 12:00",), "AM", "trưa"),
        (("trưa 12:30",), "AM", "trưa"),
        (("AM 07:30",), "AM", "PM"),
        (("AM 07:30", "tối 18:00"), "AM", "PM"),
        ((), "AM", "PM"),
    ],
)
def test_a_half_means_the_session_at_its_place(sessions: tuple[str, ...], morning: str, afternoon: str):
    assert (session_of("AM", day(*sessions)), session_of("PM", day(*sessions))) == (morning, afternoon)


def test_a_session_that_is_named_is_meant():
    assert session_of("chiều", day("sáng 07:30", "chiều 13:30")) == "chiều"
    assert session_of("ca 3", day("sáng 07:30", "chiều 13:30")) == "ca 3"


def test_a_plan_takes_the_days_own_name_of_its_half():
    sessions = day("sáng 07:30", "chiều 13:30")
    half, whole = Plan(PlanKind.LEAVE, "PM", "P"), Plan(PlanKind.LEAVE)
    assert of_halves(half, sessions) == Plan(PlanKind.LEAVE, "chiều", "P")
    assert of_halves(whole, sessions) is whole and of_halves(half, day("AM 07:30", "PM 13:30")) is half
