"""Counting half-days: one line a period, the counts beside it."""

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.counting import HalfDay, Tally, tally
from central.counting.tallies import rows_of_absence
from central.counting.windows import Period, Window, ending
from central.rules.day import Flag, Outcome

MONDAY = dt.date(2018, 11, 5)
LETTERS = {
    "+": Outcome.PRESENT, "?": Outcome.INCOMPLETE, "V": Outcome.ABSENT, ".": Outcome.PENDING, "P": Outcome.LEAVE,
    "C": Outcome.TRIP, "H": Outcome.STUDY, "S": Outcome.FIELD_DUTY, "L": Outcome.HOLIDAY,
}  # fmt: skip


def half_days(text: str, first: dt.date = MONDAY, unit: str = "X") -> list[HalfDay]:
    """`V+ V! +m5`: a word a date, a letter a half-day: outcome, or `m` late 6, `e` early 3, `!` needs checking,
    `o` missing out; `-` a date without hours."""
    found = []
    for n, word in enumerate(text.split()):
        for position, letter in enumerate(word.replace("-", "")):
            found.append(one(first + dt.timedelta(days=n), position, letter, unit))
    return found


def one(on: dt.date, position: int, letter: str, unit: str = "X") -> HalfDay:
    if letter == "m":
        return HalfDay(on, position, Outcome.PRESENT, frozenset({Flag.LATE}), 6, 0, unit)
    if letter == "e":
        return HalfDay(on, position, Outcome.PRESENT, frozenset({Flag.EARLY_LEAVE}), 0, 3, unit)
    if letter == "!":
        return HalfDay(on, position, Outcome.PRESENT, frozenset({Flag.NEEDS_CHECKING}), 50, 0, unit)
    if letter == "o":
        return HalfDay(on, position, Outcome.INCOMPLETE, frozenset({Flag.MISSING_OUT}), 0, 0, unit)
    return HalfDay(on, position, LETTERS[letter], unit=unit)


def rows(text: str) -> list[int]:
    return [len(row) for row in rows_of_absence(half_days(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Tally()),
        ("++ ++", Tally(half_days=4)),
        ("m+ +m", Tally(half_days=4, times_late=2, late_min=12)),
        ("e+", Tally(half_days=2, times_early=1, early_min=3)),
        ("!+", Tally(half_days=2, checking=1)),  # 50 minutes on the clock, nothing said: nothing counted
        ("+o", Tally(half_days=2, missing_taps=1)),
        (". .", Tally(half_days=2, pending=2)),
        ("VV", Tally(half_days=2, half_days_absent=2, absent_in_a_row=2)),
        ("LL PP CC HH SS", Tally(half_days=8)),
    ],
)
def test_what_a_period_adds_up_to(text: str, expected: Tally):
    assert tally(half_days(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VV VV", [4]),
        ("V+ VV", [1, 2]),
        ("+V - - V+", [2]),  # the days off between are passed over
        ("VV LL VV", [4]),  # a holiday too
        ("VV PP VV", [2, 2]),  # leave is a reason, it interrupts
        ("VV .V", [2, 1]),  # what is not known is no absence
        ("V! V?", [1, 1]),
        ("VS VV", [1, 2]),
        ("++", []),
    ],
)
def test_half_days_absent_in_a_row(text: str, expected: list[int]):
    assert rows(text) == expected


HALVES = st.lists(
    st.builds(one, st.dates(MONDAY, MONDAY + dt.timedelta(9)), st.integers(0, 1), st.sampled_from("+V?m!.PL"))
)


@given(HALVES, st.randoms(use_true_random=False))
def test_the_order_of_the_half_days_does_not_matter(found: list[HalfDay], chance: object):
    unique: Iterable[HalfDay] = {(h.on, h.position): h for h in found}.values()
    shuffled = list(unique)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tally(shuffled) == tally(unique)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (Window.MONTH, dt.date(2018, 11, 1), dt.date(2018, 11, 30)),
        (Window.YEAR, dt.date(2018, 1, 1), dt.date(2018, 12, 31)),
        (Window.ROLLING_30, dt.date(2018, 10, 7), dt.date(2018, 11, 5)),
        (Window.ROLLING_365, dt.date(2017, 11, 6), dt.date(2018, 11, 5)),
    ],
)
def test_the_window_that_holds_or_ends_with_a_date(window: Window, first: dt.date, last: dt.date):
    period = ending(window, MONDAY)
    assert period == Period(first, last)
    assert first in period and last in period and last + dt.timedelta(days=1) not in period and "x" not in period
