"""Stored session verdicts as half-days to count, and whom they are of."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from central.counting.tallies import HalfDay
from central.rules.day import Flag, Outcome
from central.tables import Assignment, DayVerdict, SessionVerdict, Staff

DAY: sa.Table = DayVerdict.__table__  # type: ignore[attr-defined]
SESSION: sa.Table = SessionVerdict.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
POST: sa.Table = Assignment.__table__  # type: ignore[attr-defined]
COUNTING = 4
"""The first half of the number of our advisory locks."""
SHARES = 64
"""Into how many shares people fall; those of one share are counted one transaction after the other."""
AT_ONCE = 400
"""People asked for in one query: databases limit the number of values."""


class Counted(NamedTuple):
    """Whom a tally is of. rank and name_sort order lists."""

    staff: str
    name: str
    category: str
    name_sort: str


def half_days(
    db: sa.Connection, staff: Collection[str] | None, first: dt.date, last: dt.date
) -> dict[str, list[HalfDay]]:
    """The half-days of these people (None: of everybody) on the dates, both included; in no order."""
    found: dict[str, list[HalfDay]] = defaultdict(list)
    s = SESSION.c
    columns = (s.staff, s.date, s.position, s.outcome, s.flags, s.late_min, s.early_min, DAY.c.unit)
    same = (DAY.c.staff == s.staff) & (DAY.c.date == s.date)
    query = sa.select(*columns).join(DAY, same).where(s.date.between(first, last))
    for some in _some(staff):
        for row in db.execute(query if some is None else query.where(s.staff.in_(some))):
            flags = frozenset(Flag(f) for f in row.flags.split())
            half = HalfDay(row.date, row.position, Outcome(row.outcome), flags, row.late_min, row.early_min, row.unit)
            found[row.staff].append(half)
    return found


def people_counted(db: sa.Connection, staff: Collection[str] | None = None) -> dict[str, Counted]:
    """Names and categories of these people (None: of everybody)."""
    s = STAFF.c
    query = sa.select(s.code, s.full_name, s.category, s.name_sort)
    rows = (r for some in _some(staff) for r in db.execute(query if some is None else query.where(s.code.in_(some))))
    return {row.code: Counted(*row) for row in rows}


def ranks(db: sa.Connection, on: dt.date) -> dict[str, int]:
    """Everybody's rank on the date (0 = head), for the order of lists."""
    p = POST.c
    begun, lasts = sa.or_(p.valid_from.is_(None), p.valid_from <= on), sa.or_(p.valid_to.is_(None), p.valid_to >= on)
    return {row.staff: row.rank for row in db.execute(sa.select(p.staff, p.rank).where(begun, lasts))}


def lock_people(db: sa.Connection, staff: Collection[str]) -> None:
    """Keep other transactions from counting the same people until this one ends, in one order for everybody.

    Without it two evaluators that write two days of one person would each count without the other's day. No row is
    locked, so that nobody who changes people waits for somebody who waits for them. SQLite has one writer anyhow.
    """
    if db.dialect.name == "sqlite" or not staff:
        return
    shares = sorted({crc32(code.encode()) % SHARES for code in staff})
    numbers = sa.func.unnest(sa.cast(shares, ARRAY(sa.Integer))).column_valued("share")
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(COUNTING, numbers))).all()


def _some(staff: Collection[str] | None) -> Iterator[list[str] | None]:
    if staff is None:
        yield None
        return
    ordered = sorted(staff)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
