"""Where a person's count reaches an office's limit: each crossing once, whatever the order of the verdicts. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from central.counting.tallies import HalfDay, rows_of_absence
from central.counting.windows import DAYS, Period, Window, ending
from central.rules.day import Flag, Outcome


class Rule(StrEnum):
    """What is counted."""

    LATE_TIMES = "late_times"
    LATE_MINUTES = "late_minutes"
    EARLY_TIMES = "early_times"
    EARLY_MINUTES = "early_minutes"
    ABSENT_HALF_DAYS = "absent_half_days"


@dataclass(frozen=True, slots=True)
class Threshold:
    """An office's own limit, by a document. Reached when the count is `limit` or more.

    unit: for it and all below it, "" for everybody. category: staff category, "" for all. Only half-days from `first`
    to `last` count; last None: until it is ended.
    """

    id: int
    rule: Rule
    window: Window
    limit: int
    document: str
    first: date
    last: date | None = None
    unit: str = ""
    category: str = ""

    def holds(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A limit reached: the threshold, the window in which it was, and the count in it. The window's start is what a
    case is known by."""

    threshold: int
    window: Period
    count: int


def crossings(
    threshold: Threshold, half_days: Iterable[HalfDay], decided: Collection[Period] = ()
) -> tuple[Crossing, ...]:
    """Every crossing by one person, in order of time; windows of one threshold never overlap.

    half_days: those in the threshold's scope, in any order. decided: windows that a person has decided on already:
    what counted there is settled and counts in no other rolling window or row; calendar windows are found again, so
    that their case is known by the same start.
    """
    counted = sorted((h for h in half_days if threshold.holds(h.on)), key=lambda h: (h.on, h.position))
    if threshold.window is Window.CONSECUTIVE:
        return _rows(threshold, counted, decided)
    remarks = [h for h in counted if _weight(threshold.rule, h)]
    if threshold.window in DAYS:
        return _rolling(threshold, remarks, decided)
    return _calendar(threshold, remarks)


def count_in(threshold: Threshold, half_days: Iterable[HalfDay], window: Period) -> int:
    """The count in one window: for a decided case, whose window stays as it was decided."""
    counted = [h for h in half_days if threshold.holds(h.on) and h.on in window]
    if threshold.window is Window.CONSECUTIVE:
        return max((len(row) for row in rows_of_absence(counted)), default=0)
    return sum(_weight(threshold.rule, h) for h in counted)


def _weight(rule: Rule, half: HalfDay) -> int:
    """What a half-day adds to the count."""
    return {
        Rule.LATE_TIMES: int(Flag.LATE in half.flags),
        Rule.LATE_MINUTES: half.late,
        Rule.EARLY_TIMES: int(Flag.EARLY_LEAVE in half.flags),
        Rule.EARLY_MINUTES: half.early,
        Rule.ABSENT_HALF_DAYS: int(half.outcome is Outcome.ABSENT),
    }[rule]


def _calendar(threshold: Threshold, remarks: Iterable[HalfDay]) -> tuple[Crossing, ...]:
    counts: dict[Period, int] = defaultdict(int)
    for half in remarks:
        counts[ending(threshold.window, half.on)] += _weight(threshold.rule, half)
    reached = sorted((p for p, count in counts.items() if count >= threshold.limit), key=lambda p: p.first)
    return tuple(Crossing(threshold.id, period, counts[period]) for period in reached)


def _rolling(threshold: Threshold, remarks: Sequence[HalfDay], decided: Collection[Period]) -> tuple[Crossing, ...]:
    """Windows that begin with a half-day that counts; after a crossing the next window begins beyond it."""
    length = timedelta(days=DAYS[threshold.window] - 1)
    left = [h for h in remarks if not any(h.on in period for period in decided)]
    found: list[Crossing] = []
    beyond: date | None = None
    for half in left:
        if beyond is not None and half.on <= beyond:
            continue
        period = Period(half.on, half.on + length)
        count = sum(_weight(threshold.rule, h) for h in left if h.on in period)
        if count >= threshold.limit:
            found.append(Crossing(threshold.id, period, count))
            beyond = period.last
    return tuple(found)


def _rows(threshold: Threshold, counted: Iterable[HalfDay], decided: Collection[Period]) -> tuple[Crossing, ...]:
    """Rows of half-days absent; one that began in a decided window is that case's, however long it grew since."""
    found = [
        Crossing(threshold.id, Period(row[0].on, row[-1].on), len(row))
        for row in rows_of_absence(counted)
        if len(row) >= threshold.limit
    ]
    return tuple(c for c in found if not any(c.window.first in period for period in decided))
