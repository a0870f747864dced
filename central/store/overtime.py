"""Overtime proposals: one a staff-day at most, replaced with its verdict."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from central.store.keys import among_asked, asked, pairs
from central.tables import OvertimeProposal

OVERTIME: sa.Table = OvertimeProposal.__table__  # type: ignore[attr-defined]
_STORED = sa.select(OVERTIME).where(among_asked(OVERTIME))


class OvertimeRow(NamedTuple):
    """A proposal, columns as in `tables.OvertimeProposal`."""

    staff: str
    date: dt.date
    minutes: int
    out_ms: int | None
    proposed_ms: int


class ProposalLine(NamedTuple):
    """A line of `proposals`: the names are the columns."""

    staff: str
    date: dt.date
    minutes: int


def proposals(db: sa.Connection, first: dt.date, last: dt.date) -> list[ProposalLine]:
    """The proposals of the dates, both included, ordered by staff and date."""
    o = OVERTIME.c
    query = sa.select(o.staff, o.date, o.minutes).where(o.date.between(first, last)).order_by(o.staff, o.date)
    return [ProposalLine(*row) for row in db.execute(query)]


def replace(db: sa.Connection, wanted: Mapping[tuple[str, dt.date], OvertimeRow | None]) -> int:
    """Let these be the proposals of the staff-days, None = nothing is proposed; returns how many changed."""
    stored = _stored(db, wanted.keys())
    gone = [day for day, row in wanted.items() if day in stored and not _same(stored[day], row)]
    fresh = [row for day, row in wanted.items() if row is not None and not _same(row, stored.get(day))]
    if gone:
        same = (OVERTIME.c.staff == sa.bindparam("s")) & (OVERTIME.c.date == sa.bindparam("d"))
        db.execute(sa.delete(OVERTIME).where(same), [{"s": staff, "d": on} for staff, on in gone])
    if fresh:
        db.execute(sa.insert(OVERTIME), [row._asdict() for row in fresh])
    return len({*gone, *((row.staff, row.date) for row in fresh)})


def _stored(db: sa.Connection, days: Collection[tuple[str, dt.date]]) -> dict[tuple[str, dt.date], OvertimeRow]:
    if not days:
        return {}
    return {
        (row.staff, row.date): OvertimeRow(*(getattr(row, name) for name in OvertimeRow._fields))
        for row in pairs(db.execute(_STORED, asked(days)), days)
    }


def _same(one: OvertimeRow, other: OvertimeRow | None) -> bool:
    return other is not None and one._replace(proposed_ms=0) == other._replace(proposed_ms=0)
