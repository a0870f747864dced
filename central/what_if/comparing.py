"""Both judgements of every staff-day of a period: under the rules that hold, and under the supposed ones.

Reads and judges only. Both sides are judged now from the same facts, so that nothing differs but the rules.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import sqlalchemy as sa

from central.ledger.gathering import Key, Known, gather_many
from central.rules import evaluate
from central.rules.day import DayVerdict, Flag, Outcome, SessionVerdict
from central.store import counting
from central.store import roster as rosters
from central.store.choices import Policies, PolicyRow
from central.store.roster import Roster
from central.unknown import check_unit
from central.what_if.supposing import Choice, Supposition, supposed_choices, supposed_hours, with_graces

AT_ONCE = 400
"""Staff-days gathered together: what bounds the memory."""
Progress = Callable[[str, int, int], None]


class Change(NamedTuple):
    """A staff-session that would be judged otherwise: the names are the columns. Empty outcome: no such session."""

    staff: str
    name: str
    unit: str
    date: dt.date
    session: str
    outcome_before: str
    outcome_after: str
    flags_before: str
    flags_after: str
    late_min_before: int
    late_min_after: int
    early_min_before: int
    early_min_after: int


class UnitTotal(NamedTuple):
    """What would change in one unit. sessions: judged under the rules that hold; people: with any change."""

    unit: str
    sessions: int
    changed: int
    people: int
    times_late_before: int
    times_late_after: int
    late_min_before: int
    late_min_after: int
    times_early_before: int
    times_early_after: int
    absent_before: int
    absent_after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result: who would change and how, and the totals of every unit that has people in the period."""

    document: str
    changes: tuple[Change, ...]
    totals: tuple[UnitTotal, ...]


def compare(
    db: sa.Connection,
    other: Supposition,
    first: dt.date,
    last: dt.date,
    now_ms: int,
    unit: str | None = None,
    progress: Progress = lambda *_: None,
) -> Comparison:
    """Judge the period under both. unit: it and all below it. Raises UnknownUnitError for a unit that is not there."""
    roster = rosters.load_roster(db)
    for code in sorted(other.units | ({unit} if unit is not None else set())):
        check_unit(roster.units, code, first, last)
    supposed = suppose(roster, other)
    names = {code: person.name for code, person in counting.people_counted(db).items()}
    total = _Totals()
    keys = _keys(db, first, last)
    below = _Below(db, unit)
    changes: list[Change] = []
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        progress("judging", start, len(keys))
        before, after = (gather_many(db, way, some, now_ms) for way in (roster, supposed))
        for key in some:
            if key in before and below.holds(before[key]):
                changes += _both(before[key], after[key], names[key[0]], total)
    progress("judging", len(keys), len(keys))
    return Comparison(other.document, tuple(sorted(changes, key=lambda c: (c.staff, c.date))), total.rows())


def suppose(roster: Roster, other: Supposition) -> Roster:
    """The roster as it would be under the supposition."""
    known = (Choice(r.unit, r.name, r.value, r.valid_from, r.valid_to) for r in roster.policies.rows)
    chosen = (
        PolicyRow(c.unit, c.valid_from, c.valid_to, c.name, c.value, other.document)
        for c in supposed_choices(known, other)
    )
    workdays = roster.workdays.under(
        lambda rows: supposed_hours(rows, other), lambda row, way_down, on: with_graces(row, way_down, on, other)
    )
    return replace(roster, workdays=workdays, policies=Policies(tuple(chosen)))


def _keys(db: sa.Connection, first: dt.date, last: dt.date) -> Sequence[Key]:
    """Everybody employed, date by date: near dates are gathered in the same queries."""
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [(staff, on) for on in days for staff in rosters.employed_on(db, on)]


class _Below:
    """Whose day it is: of the unit asked for, or of one below it on that date."""

    def __init__(self, db: sa.Connection, unit: str | None) -> None:
        self._unit, self._branches = unit, rosters.load_branches(db)
        self._known: dict[dt.date, frozenset[str]] = {}

    def holds(self, known: Known) -> bool:
        if self._unit is None:
            return True
        on = known.day.work_date
        if on not in self._known:
            self._known[on] = rosters.below(self._branches, self._unit, on)
        return known.post is not None and known.post.unit in self._known[on]


def _both(before: Known, after: Known, name: str, total: "_Totals") -> Iterator[Change]:
    unit = "" if before.post is None else before.post.unit
    old, new = _by_session(evaluate(before.day)), _by_session(evaluate(after.day))
    for session in dict.fromkeys((*old, *new)):
        was, becomes = old.get(session), new.get(session)
        changed = _said(was) != _said(becomes)
        total.add(unit, before.person.code, was, becomes, changed)
        if changed:
            yield _change(before, name, unit, session, _said(was), _said(becomes))


def _by_session(verdict: DayVerdict) -> dict[str, SessionVerdict]:
    return {s.session.name: s for s in verdict.sessions}


class _Said(NamedTuple):
    outcome: str
    flags: str
    late_min: int
    early_min: int


def _said(s: SessionVerdict | None) -> _Said:
    return _Said("", "", 0, 0) if s is None else _Said(s.outcome, " ".join(s.flags), s.late_min, s.early_min)


def _change(known: Known, name: str, unit: str, session: str, was: _Said, becomes: _Said) -> Change:
    return Change(
        known.person.code,
        name,
        unit,
        known.day.work_date,
        session,
        was.outcome,
        becomes.outcome,
        was.flags,
        becomes.flags,
        was.late_min,
        becomes.late_min,
        was.early_min,
        becomes.early_min,
    )


class _Totals:
    """Counts by unit."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0] * 10)
        self._people: dict[str, set[str]] = defaultdict(set)

    def add(
        self, unit: str, staff: str, was: SessionVerdict | None, becomes: SessionVerdict | None, changed: bool
    ) -> None:
        counts = self._counts[unit]
        counts[0] += was is not None
        counts[1] += changed
        if changed:
            self._people[unit].add(staff)
        for side, s in enumerate((was, becomes)):
            if s is not None:
                counts[2 + side] += Flag.LATE in s.flags
                counts[4 + side] += s.late_min if Flag.LATE in s.flags else 0
                counts[6 + side] += Flag.EARLY_LEAVE in s.flags
                counts[8 + side] += s.outcome is Outcome.ABSENT

    def rows(self) -> tuple[UnitTotal, ...]:
        return tuple(
            UnitTotal._make((unit, *counts[:2], len(self._people[unit]), *counts[2:]))
            for unit, counts in sorted(self._counts.items())
        )
