"""Absent, incomplete, present: a missing end is a question, not an absence."""

import pytest


@pytest.mark.parametrize(
    ("punches", "outcome", "said"),
    [
        ("07:30 11:30 13:30 17:00", "present present", []),
        ("07:30 13:30 17:00", "incomplete present", ["missing_out"]),
        ("11:30 13:30 17:00", "incomplete present", ["missing_in"]),
        ("07:30 17:00", "incomplete incomplete", ["missing_out", "missing_in"]),
        ("13:30 17:00", "absent present", []),
        ("", "absent absent", []),
    ],
)
def test_what_is_missing(flags, outcomes, punches, outcome, said):
    assert outcomes(punches) == outcome
    assert flags(punches) == said


def test_flags_come_in_their_fixed_order(flags):
    assert flags("07:50 11:00 13:30 17:00") == ["late 20", "early_leave 30"]
    assert flags("07:50 13:30 17:00") == ["late 20", "missing_out"]


@pytest.mark.parametrize(("punches", "signs"), [("07:30 11:30", "+ V"), ("07:30 17:00", "+ +")])
def test_the_timesheet_shows_a_plus_for_a_session_with_any_tap(judged, punches, signs):
    assert " ".join(v.symbol for v in judged(punches).sessions) == signs
