"""Late and early: strict, in full seconds, whole minutes from the scheduled boundary."""

from dataclasses import replace
from datetime import timedelta

import pytest

from central.rules import evaluate


def test_a_day_kept_to_the_minute_has_no_flags(flags):
    assert flags("07:30 11:30 13:30 17:00") == []


def test_arriving_a_minute_past_grace_is_late_by_the_whole_delay(flags):
    assert flags("07:36 11:30 13:30 17:00") == ["late 6"]


@pytest.mark.parametrize(
    ("arrival", "said"),
    [
        ("07:29:59", []),
        ("07:30:01", []),
        ("07:34:59", []),
        ("07:35", []),
        ("07:35:01", ["late 5"]),
        ("07:35:59", ["late 5"]),
        ("07:36", ["late 6"]),
        ("08:30", ["late 60"]),
    ],
)
def test_late_begins_strictly_after_grace_and_counts_from_the_start(flags, arrival, said):
    assert flags(f"{arrival} 11:30 13:30 17:00") == said


@pytest.mark.parametrize(
    ("leave", "said"),
    [("17:00", []), ("16:59:59", ["early_leave 0"]), ("16:59", ["early_leave 1"]), ("16:00", ["early_leave 60"])],
)
def test_early_begins_a_second_before_the_end_and_may_be_no_minutes(flags, leave, said):
    assert flags(f"07:30 11:30 13:30 {leave}") == said


def test_grace_for_leaving_is_strict_too(flags):
    assert flags("07:30 11:25 13:30 17:00", grace_early_min=5) == []
    assert flags("07:30 11:24:59 13:30 17:00", grace_early_min=5) == ["early_leave 5"]


def test_fractions_of_a_second_never_count(day):
    kept = day("07:35 11:30 13:30 17:00")
    breath = timedelta(milliseconds=999)
    later = replace(kept, taps=tuple(replace(t, at=t.at + breath) for t in kept.taps))
    assert all(not v.flags for v in evaluate(later).sessions)


def test_an_incomplete_session_is_judged_on_the_end_that_is_there(flags):
    assert flags("07:45 13:30 17:00") == ["late 15", "missing_out"]
    assert flags("11:00 13:30 17:00") == ["early_leave 30", "missing_in"]


def test_worked_minutes_lie_inside_the_session(judged):
    assert [v.worked_min for v in judged("07:00 11:45 13:30:30 17:00").sessions] == [240, 209]
    assert [v.worked_min for v in judged("07:30 13:30 17:00").sessions] == [0, 210]


def test_worked_minutes_are_never_negative(judged):
    assert [v.worked_min for v in judged("05:00 06:00").sessions] == [0, 0]
