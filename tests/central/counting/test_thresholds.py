"""Where a count reaches a limit. One line: the threshold, the half-days, and the windows with their counts."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.counting import Crossing, HalfDay, Rule, Threshold, Window, count_in, crossings
from central.counting.windows import Period
from tests.central.counting.test_tallies import MONDAY, half_days, one

YEAR_START = dt.date(2018, 1, 1)


def threshold(rule: str, window: str, limit: int, **more: object) -> Threshold:
    return Threshold(1, Rule(rule), Window(window), limit, "05/QĐ", YEAR_START, **more)  # type: ignore[arg-type]


def shown(found: tuple[Crossing, ...]) -> list[str]:
    return [f"{c.window.first:%d.%m}-{c.window.last:%d.%m} {c.count}" for c in found]


@pytest.mark.parametrize(
    ("rule", "window", "limit", "text", "expected"),
    [
        ("late_times", "month", 3, "m+ m+ m+", ["01.11-30.11 3"]),
        ("late_times", "month", 4, "m+ m+ m+", []),
        ("late_minutes", "month", 12, "m+ m+", ["01.11-30.11 12"]),
        ("early_times", "month", 1, "e+", ["01.11-30.11 1"]),
        ("early_minutes", "month", 4, "e+", []),
        ("absent_half_days", "year", 2, "V+ +V", ["01.01-31.12 2"]),
        ("absent_half_days", "month", 1, "!! ?? .. PP LL", []),  # nothing of this is an absence
        ("absent_half_days", "rolling_30", 2, "V+ +V", ["05.11-04.12 2"]),
        ("absent_half_days", "rolling_365", 2, "V+ +V", ["05.11-04.11 2"]),
        ("absent_half_days", "consecutive", 4, "VV - - VV", ["05.11-08.11 4"]),
        ("absent_half_days", "consecutive", 4, "VV V+ V+", []),
    ],
)
def test_crossings(rule: str, window: str, limit: int, text: str, expected: list[str]):
    assert shown(crossings(threshold(rule, window, limit), half_days(text))) == expected


def test_thirty_days_are_thirty_days_whatever_the_month():
    apart_29, apart_30 = (half_days("m") + half_days("m", MONDAY + dt.timedelta(days=n)) for n in (29, 30))
    assert len(crossings(threshold("late_times", "rolling_30", 2), apart_29)) == 1
    assert crossings(threshold("late_times", "rolling_30", 2), apart_30) == ()


def test_each_month_is_a_crossing_of_its_own():
    found = half_days("m m") + half_days("m m", dt.date(2018, 12, 3))
    assert shown(crossings(threshold("late_times", "month", 2), found)) == ["01.11-30.11 2", "01.12-31.12 2"]


def test_a_rolling_window_that_was_reached_is_not_counted_again():
    found = half_days("m m m m") + half_days("m m", MONDAY + dt.timedelta(days=30))
    assert shown(crossings(threshold("late_times", "rolling_30", 2), found)) == ["05.11-04.12 4", "05.12-03.01 2"]


def test_what_was_decided_counts_in_no_other_rolling_window_or_row():
    decided = [Period(MONDAY, MONDAY + dt.timedelta(days=29))]
    earlier = half_days("m", MONDAY - dt.timedelta(days=3))
    assert crossings(threshold("late_times", "rolling_30", 2), earlier + half_days("m m m"), decided) == ()
    assert crossings(threshold("absent_half_days", "consecutive", 2), half_days("VV"), decided) == ()


def test_only_half_days_while_the_threshold_holds_are_counted():
    later = threshold("late_times", "month", 2, last=MONDAY)
    assert crossings(later, half_days("m m")) == ()
    assert shown(crossings(later, half_days("mm m"))) == ["01.11-30.11 2"]


def test_the_count_of_a_decided_window_can_be_asked_for():
    month = Period(dt.date(2018, 11, 1), dt.date(2018, 11, 30))
    assert count_in(threshold("late_minutes", "month", 2), half_days("m m"), month) == 12
    assert count_in(threshold("absent_half_days", "consecutive", 2), half_days("VV +V"), month) == 2
    assert count_in(threshold("absent_half_days", "consecutive", 2), [], month) == 0


HALVES = st.lists(
    st.builds(one, st.dates(MONDAY, MONDAY + dt.timedelta(70)), st.integers(0, 1), st.sampled_from("+Vm"))
)


@given(HALVES, st.sampled_from(Rule), st.sampled_from(Window), st.integers(1, 5))
def test_windows_never_overlap_and_each_reaches_the_limit(found: list[HalfDay], rule: Rule, window: Window, limit: int):
    chosen = Threshold(1, rule, window, limit, "05/QĐ", YEAR_START)
    halves = list({(h.on, h.position): h for h in found}.values())
    reached = crossings(chosen, halves)
    assert reached == crossings(chosen, reversed(halves))
    assert all(c.count >= limit for c in reached)
    assert all(a.window.last < b.window.first for a, b in pairwise(reached))
