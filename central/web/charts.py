"""Where the marks of the small charts stand: a heat calendar, a week a column, and bars a day. Shapes only; colours are
the style sheet's, and every mark says in words what it shows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from central.store.tallied import Counts, OfDate
from central.web.ratios import ratio

CELL, GAP, LEFT, TOP = 18, 3, 34, 18
HEIGHT, BAR, BETWEEN = 120, 6, 4
STEPS = (0.0, 0.05, 0.1, 0.2, 0.35)
"""Shares from which on a day is one step darker."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A day. step: 0 = nobody late or absent, up to 5; label: in words."""

    x: int
    y: int
    step: int
    day: int
    label: str


@dataclass(frozen=True, slots=True)
class HeatMonth:
    """Where a month begins."""

    x: int
    text: str


@dataclass(frozen=True, slots=True)
class Heat:
    """The calendar. weekdays: y of each row's name, Monday first."""

    width: int
    height: int
    cells: tuple[HeatCell, ...]
    months: tuple[HeatMonth, ...]
    weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's two bars, from the bottom up."""

    x: int
    late_height: int
    absent_height: int
    label: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Bars a day. most: the share in percent at the top."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    most: int


def missed(counts: Counts) -> float:
    """The share of half-days that began late or did not take place."""
    return (counts.late + counts.absent) / counts.due if counts.due else 0.0


def heat_of(dates: Sequence[OfDate], language: str, words: str) -> Heat:
    """The calendar of the dates that have anything to show. words: what the share is of."""
    shown = [one for one in dates if one.counts.due]
    if not shown:
        return Heat(0, 0, (), (), ())
    monday = shown[0].on - dt.timedelta(days=shown[0].on.weekday())
    cells, months = [], dict[str, int]()
    for one in shown:
        x = LEFT + (one.on - monday).days // 7 * (CELL + GAP)
        y = TOP + one.on.weekday() * (CELL + GAP)
        label = f"{one.on:%d/%m/%Y}: {ratio(one.counts.late + one.counts.absent, one.counts.due, language)} {words}"
        cells.append(HeatCell(x, y, _step(missed(one.counts)), one.on.day, label))
        months.setdefault(f"{one.on:%m/%Y}", x)
    width = max(cell.x for cell in cells) + CELL + 2
    starts, last = [], -100
    for text, x in months.items():
        if x - last >= 50:
            starts.append(HeatMonth(x, text))
            last = x
    rows = tuple(TOP + day * (CELL + GAP) for day in range(7))
    return Heat(max(width, LEFT + 60), rows[-1] + CELL + 2, tuple(cells), tuple(starts), rows)


def _step(share: float) -> int:
    return sum(share > limit for limit in STEPS)


def trend_of(dates: Sequence[OfDate], language: str, late: str, absent: str) -> Trend:
    """The bars of the dates that have anything to show. late, absent: what they are called."""
    shown = [one for one in dates if one.counts.due]
    shares = [max(one.counts.late, one.counts.absent) / one.counts.due for one in shown]
    most = max((*(int(share * 100) + 1 for share in shares), 10))
    bars = []
    for number, one in enumerate(shown):
        of = one.counts.due
        label = (
            f"{one.on:%d/%m/%Y}: {ratio(one.counts.late, of, language)} {late}, "
            f"{ratio(one.counts.absent, of, language)} {absent}"
        )
        late_height, absent_height = (round(HEIGHT * n / of * 100 / most) for n in (one.counts.late, one.counts.absent))
        bars.append(Bar(LEFT + number * (2 * BAR + BETWEEN), late_height, absent_height, label))
    return Trend(LEFT + max(len(bars), 8) * (2 * BAR + BETWEEN), HEIGHT, tuple(bars), most)
