"""The calendar: the days that stand, what is proposed, and everything that was decided. Rows are only added."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.tables import CalendarDay, CalendarDecision, CalendarProposal, DayVerdict, Staff

DAY: sa.Table = CalendarDay.__table__  # type: ignore[attr-defined]
PROPOSAL: sa.Table = CalendarProposal.__table__  # type: ignore[attr-defined]
DECISION: sa.Table = CalendarDecision.__table__  # type: ignore[attr-defined]
VERDICT: sa.Table = DayVerdict.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of the calendar, columns as in `tables.CalendarDay`."""

    id: int
    date: dt.date
    kind: str
    unit: str
    session: str | None
    doc_no: str
    for_date: dt.date | None
    name: str | None


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposed day, columns as in `tables.CalendarProposal`."""

    id: int
    date: dt.date
    kind: str
    unit: str
    session: str | None
    for_date: dt.date | None
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision, columns as in `tables.CalendarDecision`."""

    id: int
    action: str
    day_id: int | None
    proposal_id: int | None
    decided_by: str
    reason: str
    decided_ms: int


def _columns(table: sa.Table, row: type[Any]) -> list[sa.Column[Any]]:
    return [table.c[name] for name in row.__slots__]


def _withdrawn() -> sa.Select[Any]:
    return sa.select(DECISION.c.day_id).where(DECISION.c.action == "withdrawn", DECISION.c.day_id.is_not(None))


def standing(db: sa.Connection) -> list[DayRow]:
    """Every day that stands, by date: imported, added or confirmed, and not withdrawn."""
    query = sa.select(*_columns(DAY, DayRow)).where(DAY.c.id.not_in(_withdrawn()))
    return [DayRow(*row) for row in db.execute(query.order_by(DAY.c.date, DAY.c.unit, DAY.c.id))]


def days_of_year(db: sa.Connection, year: int) -> list[DayRow]:
    """Every day of a year that ever stood, by date."""
    within = DAY.c.date.between(dt.date(year, 1, 1), dt.date(year, 12, 31))
    query = sa.select(*_columns(DAY, DayRow)).where(within).order_by(DAY.c.date, DAY.c.unit, DAY.c.id)
    return [DayRow(*row) for row in db.execute(query)]


def days(db: sa.Connection, ids: Collection[int]) -> list[DayRow]:
    """The days with these ids, whether they stand or not."""
    query = sa.select(*_columns(DAY, DayRow)).where(DAY.c.id.in_(ids)).order_by(DAY.c.id)
    return [DayRow(*row) for row in db.execute(query)]


def proposals_of_year(db: sa.Connection, year: int) -> list[ProposalRow]:
    """Everything that was ever proposed for a year, by date."""
    query = sa.select(*_columns(PROPOSAL, ProposalRow)).where(PROPOSAL.c.year == year)
    return [ProposalRow(*row) for row in db.execute(query.order_by(PROPOSAL.c.date, PROPOSAL.c.unit, PROPOSAL.c.id))]


def proposals(db: sa.Connection, ids: Collection[int]) -> list[ProposalRow]:
    """The proposals with these ids, by date."""
    query = sa.select(*_columns(PROPOSAL, ProposalRow)).where(PROPOSAL.c.id.in_(ids))
    return [ProposalRow(*row) for row in db.execute(query.order_by(PROPOSAL.c.date, PROPOSAL.c.id))]


def decisions(db: sa.Connection) -> list[DecisionRow]:
    """Everything that was decided, in order."""
    query = sa.select(*_columns(DECISION, DecisionRow)).order_by(DECISION.c.id)
    return [DecisionRow(*row) for row in db.execute(query)]


def propose(db: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add proposals (columns of `tables.CalendarProposal`)."""
    if found := list(rows):
        db.execute(sa.insert(PROPOSAL), [dict(row) for row in found])


def add_day(db: sa.Connection, row: Mapping[str, Any]) -> int:
    """Add a day; returns its id."""
    return int(db.execute(sa.insert(DAY).values(dict(row)).returning(DAY.c.id)).scalar_one())


def decide(db: sa.Connection, row: Mapping[str, Any]) -> None:
    """Note a decision (columns of `tables.CalendarDecision`)."""
    db.execute(sa.insert(DECISION).values(dict(row)))


def versions(db: sa.Connection) -> dict[str, int]:
    """The newest decision about each unit's own days, by unit: it grows with every change of what a door rests on."""
    same = DAY.c.id == DECISION.c.day_id
    query = sa.select(DAY.c.unit, sa.func.max(DECISION.c.id)).join(DECISION, same).group_by(DAY.c.unit)
    return {row[0]: row[1] for row in db.execute(query)}


def judged_staff(db: sa.Connection, on: dt.date) -> list[str]:
    """Whoever has a verdict of the date."""
    return list(db.execute(sa.select(VERDICT.c.staff).where(VERDICT.c.date == on).order_by(VERDICT.c.staff)).scalars())


def judged_period(db: sa.Connection) -> tuple[dt.date, dt.date] | None:
    """The first and the last date with a verdict; None before any."""
    first, last = db.execute(sa.select(sa.func.min(VERDICT.c.date), sa.func.max(VERDICT.c.date))).one()
    return None if first is None else (first, last)
