"""Half-days counted in the database: by person, by date, and one date's sessions one by one."""

import datetime as dt
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.verdicts import in_unit
from central.tables import DayVerdict, SessionVerdict, Staff

DAY: sa.Table = DayVerdict.__table__  # type: ignore[attr-defined]
SESSION: sa.Table = SessionVerdict.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
DUE = ("present", "incomplete", "absent")
"""Outcomes of half-days that people had to spend at the office, and that are decided."""


class Counts(NamedTuple):
    """Half-days. due: had to be at the office; of these late, left early, absent, with a tap missing. checking and
    pending: not decided. late_min, early_min: minutes."""

    due: int = 0
    late: int = 0
    late_min: int = 0
    early: int = 0
    early_min: int = 0
    absent: int = 0
    incomplete: int = 0
    checking: int = 0
    pending: int = 0

    def and_also(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class OfPerson(NamedTuple):
    """What was counted of a person while at a unit."""

    staff: str
    name: str
    name_sort: str
    unit: str
    counts: Counts


class OfDate(NamedTuple):
    """What was counted on a date."""

    on: dt.date
    counts: Counts


class SeenSession(NamedTuple):
    """A session of one date, with the times that count (UTC ms)."""

    staff: str
    name: str
    name_sort: str
    unit: str
    status: str
    session: str | None
    outcome: str | None
    flags: str | None
    symbol: str | None
    in_ms: int | None
    out_ms: int | None
    late_min: int | None
    early_min: int | None


def _count(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


_s = SESSION.c
_checking = _s.flags.like("%needs_checking%")
_late, _early = _s.flags.like("%late%"), _s.flags.like("%early_leave%")
_COUNTS = (
    _count(_s.outcome.in_(DUE)),
    _count(_late),
    sa.func.sum(sa.case((_late, _s.late_min), else_=0)),
    _count(_early),
    sa.func.sum(sa.case((_early, _s.early_min), else_=0)),
    _count(_s.outcome == "absent"),
    _count(_s.outcome == "incomplete"),
    _count(_checking),
    _count(_s.outcome == "pending"),
)
_SAME = (DAY.c.staff == _s.staff) & (DAY.c.date == _s.date)


def by_person(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, staff: str | None = None
) -> list[OfPerson]:
    """The counts of the dates, both included: a row for each person and unit. unit: it and all below it; staff: only
    this person."""
    columns = (STAFF.c.code, STAFF.c.full_name, STAFF.c.name_sort, DAY.c.unit)
    query = sa.select(*columns, *_COUNTS).join_from(SESSION, DAY, _SAME).join(STAFF, STAFF.c.code == _s.staff)
    query = query.where(*_within(db, first, last, unit, staff)).group_by(*columns)
    return [
        OfPerson(*row[:4], Counts._make(row[4:])) for row in db.execute(query.order_by(STAFF.c.name_sort, STAFF.c.code))
    ]


def by_date(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, staff: str | None = None
) -> list[OfDate]:
    """The counts of each of the dates that has any verdict, in their order."""
    query = sa.select(_s.date, *_COUNTS).join_from(SESSION, DAY, _SAME)
    query = query.where(*_within(db, first, last, unit, staff)).group_by(_s.date).order_by(_s.date)
    return [OfDate(row[0], Counts._make(row[1:])) for row in db.execute(query)]


def sessions_on(db: sa.Connection, on: dt.date, unit: str | None, staff: str | None = None) -> list[SeenSession]:
    """Every session of a date, and people without any on a line of their own; by person and place in the day."""
    columns = (
        STAFF.c.code, STAFF.c.full_name, STAFF.c.name_sort, DAY.c.unit, DAY.c.status,
        _s.session, _s.outcome, _s.flags, _s.symbol, _s.in_ms, _s.out_ms, _s.late_min, _s.early_min,
    )  # fmt: skip
    query = sa.select(*columns).join_from(DAY, STAFF, STAFF.c.code == DAY.c.staff).outerjoin(SESSION, _SAME)
    query = query.where(DAY.c.date == on).order_by(STAFF.c.name_sort, STAFF.c.code, _s.position)
    if unit is not None:
        query = query.where(in_unit(db, unit, on, on))
    if staff is not None:
        query = query.where(DAY.c.staff == staff)
    return [SeenSession._make(row) for row in db.execute(query)]


def _within(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, staff: str | None
) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [_s.date.between(first, last)]
    if unit is not None:
        found.append(in_unit(db, unit, first, last))
    if staff is not None:
        found.append(_s.staff == staff)
    return found
