"""Other rules in place of those that hold: hours of a unit replaced as a whole, grace, policies. Pure.

Dates are local, both ends included, None means no limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from central.workdays import ScheduleRow, is_valid

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Grace:
    """Another grace for a unit and all below it that have no hours of their own; None leaves one as it is.

    The unit may have its hours from above. session: only that one, None for all.
    """

    unit: str
    session: str | None = None
    late: timedelta | None = None
    early: timedelta | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Another policy of a unit and all below it, as text; names are those of `central.rules.policy`."""

    unit: str
    name: str
    value: str
    valid_from: date | None = None
    valid_to: date | None = None


Dated = TypeVar("Dated", ScheduleRow, Choice)


@dataclass(frozen=True, slots=True)
class Supposition:
    """Other rules. document: the draft that proposes them, for whoever reads the result."""

    document: str
    hours: tuple[ScheduleRow, ...] = ()
    graces: tuple[Grace, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def units(self) -> frozenset[str]:
        """Every unit that is named."""
        named = [h.unit for h in self.hours] + [g.unit for g in self.graces] + [c.unit for c in self.choices]
        return frozenset(named)


def supposed_hours(rows: Iterable[ScheduleRow], other: Supposition) -> list[ScheduleRow]:
    """The rows of hours under the supposition: its own replace all of their unit on their dates."""
    found: list[ScheduleRow] = []
    for row in rows:
        kept = [row]
        for own in other.hours:
            if own.unit == row.unit:
                kept = [part for old in kept for part in _outside(old, own.valid_from, own.valid_to)]
        found += kept
    return [*found, *other.hours]


def with_graces(row: ScheduleRow, way_down: Sequence[str], on: date, other: Supposition) -> ScheduleRow:
    """A row under the graces of every unit on its way down to whoever asks; the nearest to them counts most."""
    for unit in way_down:
        for grace in other.graces:
            if grace.unit == unit and grace.session in (None, row.session) and is_valid(grace, on):
                late = row.grace_late if grace.late is None else grace.late
                early = row.grace_early if grace.early is None else grace.early
                row = replace(row, grace_late=late, grace_early=early)
    return row


def supposed_choices(choices: Iterable[Choice], other: Supposition) -> list[Choice]:
    """The policies under the supposition: its own replace those of their unit and name on their dates."""
    found: list[Choice] = []
    for choice in choices:
        kept = [choice]
        for own in other.choices:
            if (own.unit, own.name) == (choice.unit, choice.name):
                kept = [part for old in kept for part in _outside(old, own.valid_from, own.valid_to)]
        found += kept
    return [*found, *other.choices]


def _outside(row: Dated, first: date | None, last: date | None) -> list[Dated]:
    """The row before and after these dates; the whole row where it has no day in common with them."""
    if _inside(row, first, last) is None:
        return [row]
    parts = []
    if first is not None and (row.valid_from is None or row.valid_from < first):
        parts.append(replace(row, valid_to=first - ONE))
    if last is not None and (row.valid_to is None or row.valid_to > last):
        parts.append(replace(row, valid_from=last + ONE))
    return parts


def _inside(row: Dated, first: date | None, last: date | None) -> Dated | None:
    """The row on these dates alone; None where it has none of them."""
    start = max((d for d in (row.valid_from, first) if d is not None), default=None)
    end = min((d for d in (row.valid_to, last) if d is not None), default=None)
    if start is not None and end is not None and start > end:
        return None
    return replace(row, valid_from=start, valid_to=end)
