"""What rests on a time when no door of the office could record is not asserted."""

from datetime import timedelta

import pytest

from central.rules.day import Cause, Flag, Outcome, Policy
from central.rules.doors import all_down

FULL = "07:50 11:00 13:30 17:00"


@pytest.mark.parametrize(
    ("down", "said"),
    [
        ("07:10-07:30", ["late 20", "early_leave 30"]),  # over before the session starts
        ("07:10-07:30:01", ["early_leave 30", "needs_checking"]),
        ("07:49:59-08:30", ["early_leave 30", "needs_checking"]),
        ("07:50-08:30", ["late 20", "early_leave 30"]),  # from the very moment of the tap
        ("11:00-11:10", ["late 20", "needs_checking"]),
        ("10:00-11:00", ["late 20", "early_leave 30"]),
        ("07:40-11:10", ["needs_checking"]),
    ],
)
def test_late_rests_on_start_to_in_and_early_on_out_to_end(flags, down, said):
    assert flags(FULL, down=down) == said


@pytest.mark.parametrize(
    ("down", "said"),
    [
        ("07:00-07:15", ["missing_in"]),
        ("07:00-07:15:01", ["needs_checking"]),
        ("07:59:59-09:00", ["needs_checking"]),
        ("08:00-09:00", ["missing_in"]),
        ("11:20-11:40", ["missing_in"]),  # the doors of the other end say nothing of this one
    ],
)
def test_missing_in_rests_on_a_quarter_before_to_half_an_hour_after_the_start(flags, down, said):
    assert flags("11:30 13:30 17:00", down=down) == said


@pytest.mark.parametrize(
    ("down", "said"),
    [
        ("10:00-11:00", ["missing_out"]),
        ("10:59-11:00:01", ["needs_checking"]),
        ("11:59:59-12:00", ["needs_checking"]),
        ("12:00-13:00", ["missing_out"]),
        ("07:20-07:29", ["missing_out"]),
    ],
)
def test_missing_out_rests_on_half_an_hour_around_the_end(flags, down, said):
    assert flags("07:30 13:30 17:00", down=down) == said


@pytest.mark.parametrize("down", ["07:20-07:25", "11:20-11:25"])
def test_an_absence_becomes_a_question(judged, down):
    verdict = judged("13:30 17:00", down=down).sessions[0]
    assert (verdict.outcome, verdict.flags, verdict.symbol) == ("incomplete", (Flag.NEEDS_CHECKING,), "+")
    assert [(r.cause, r.withheld) for r in verdict.reasons] == [(Cause.DOORS_DOWN, Outcome.ABSENT)]


def test_doors_down_in_the_middle_of_an_absence_excuse_nothing(outcomes):
    assert outcomes("13:30 17:00", down="08:30-10:30") == "absent present"


FLEXIBLE = Policy(flexible=timedelta(minutes=30))


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("13:30 17:00", ["needs_checking"]),  # who came when? the hours may have been half an hour earlier
        ("07:30 13:30 17:00", ["missing_out"]),  # they were not: the person came at half past seven
    ],
)
def test_flexible_hours_widen_what_an_absence_rests_on_until_somebody_has_come(flags, punches, said):
    assert flags(punches, down="10:35-10:50", policy=FLEXIBLE) == said


def test_minutes_stay_when_the_flag_is_withheld(judged):
    verdict = judged(FULL, down="07:40-07:41").sessions[0]
    assert (verdict.outcome, verdict.late_min, verdict.early_min) == ("present", 20, 30)


def test_lateness_is_not_asserted_while_open_either(flags):
    assert flags("07:50", down="07:40-07:41", now="09:00") == ["needs_checking"]


def test_a_manual_entry_is_not_touched(flags):
    assert flags("", down="07:00-12:00", entry="AM=07:50-11:00", plan="leave:PM") == ["late 20", "early_leave 30"]
    assert flags("", down="07:40-07:41", entry="AM=07:50-", plan="leave:PM") == ["late 20", "missing_out"]


def test_one_open_door_is_enough_to_change_nothing(spans):
    assert all_down([spans("07:00-08:00"), ()]) == ()
    assert all_down([]) == ()


def test_all_doors_are_down_where_their_downtimes_meet(spans):
    first, second = spans("07:30-08:00 07:00-07:40 09:00-10:00"), spans("07:20-07:50 09:30-11:00")
    assert all_down([first, second]) == spans("07:20-07:50 09:30-10:00")
    assert all_down([spans("07:00-08:00"), spans("08:00-09:00")]) == ()
    assert all_down([spans("08:00-09:00 07:00-08:00")]) == spans("07:00-09:00")
    assert all_down([spans("07:00-07:10 08:00-09:00 08:30-09:30")]) == spans("07:00-07:10 08:00-09:30")
    assert all_down([spans("07:00-07:10 08:00-09:00 08:15-08:30")]) == spans("07:00-07:10 08:00-09:00")
