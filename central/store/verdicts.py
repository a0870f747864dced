"""Verdicts: written with the end of their marks, read by date and unit."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from central.moments import midnight_ms
from central.store.keys import among_asked, asked, pairs
from central.store.roster import below, load_branches
from central.tables import DayVerdict, SessionVerdict, Staff, StaleDay

DAY: sa.Table = DayVerdict.__table__  # type: ignore[attr-defined]
SESSION: sa.Table = SessionVerdict.__table__  # type: ignore[attr-defined]
STALE: sa.Table = StaleDay.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]


_DAY_COLUMNS = ("staff", "date", "status", "unit", "recheck_ms", "evaluated_ms", "why")
_STORED_DAYS = sa.select(DAY).where(among_asked(DAY))
_STORED_SESSIONS = sa.select(SESSION).where(among_asked(SESSION)).order_by(SESSION.c.position, SESSION.c.session)
_NEW_SESSIONS = sa.insert(SESSION)
_OLD_SESSIONS = sa.delete(SESSION).where(SESSION.c.staff == sa.bindparam("s"), SESSION.c.date == sa.bindparam("d"))
_WAITING = sa.select(DAY.c.staff, DAY.c.date, DAY.c.recheck_ms, DAY.c.why).where(
    DAY.c.recheck_ms >= sa.bindparam("from_ms"), DAY.c.recheck_ms < sa.bindparam("before_ms")
)
Key = tuple[str, dt.date]
"""(staff, work date)."""


class SessionRow(NamedTuple):
    """One session's verdict, columns as in `tables.SessionVerdict`."""

    session: str
    position: int
    outcome: str
    flags: str
    symbol: str
    in_ms: int | None
    out_ms: int | None
    late_min: int
    early_min: int
    worked_min: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """A staff-day's verdict, columns as in `tables.DayVerdict`."""

    staff: str
    date: dt.date
    status: str
    unit: str
    recheck_ms: int | None
    evaluated_ms: int
    why: str
    sessions: tuple[SessionRow, ...] = ()


class VerdictRow(NamedTuple):
    """A line of `verdicts`: the names are the columns."""

    staff: str
    date: dt.date
    session: str
    outcome: str
    flags: str
    symbol: str
    late_min: int
    early_min: int


class Located(NamedTuple):
    """A line of `verdicts` with the person's home unit on the date and the session's place in the day."""

    unit: str
    position: int
    row: VerdictRow


@dataclass(frozen=True, slots=True)
class Waiting:
    """A verdict that changes by itself once recheck_ms is passed by now and by the doors waited for (in `why`)."""

    staff: str
    date: dt.date
    recheck_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """A staff-day with something held against the person; checking: some of it needs checking."""

    staff: str
    date: dt.date
    checking: bool
    why: str


@cache
def _replacing(dialect: str) -> Any:
    """The insert of days in the words of a database, built once."""
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(DAY)
    kept = {name: insert.excluded[name] for name in _DAY_COLUMNS[2:]}
    return insert.on_conflict_do_update(index_elements=["staff", "date"], set_=kept)


_REPLACE_SQLITE = (
    "INSERT INTO day_verdict (staff, date, status, unit, recheck_ms, evaluated_ms, why) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (staff, date) DO UPDATE SET status = excluded.status, unit = excluded.unit, "
    "recheck_ms = excluded.recheck_ms, evaluated_ms = excluded.evaluated_ms, why = excluded.why"
)
_SESSIONS_SQLITE = (
    "INSERT INTO session_verdict (staff, date, session, position, outcome, flags, symbol, in_ms, out_ms, late_min, "
    "early_min, worked_min) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def write(db: sa.Connection, rows: Collection[DayRow], *, new: Collection[Key] = ()) -> None:
    """Replace the verdicts of staff-days. new: those that have none, so that there is nothing to take away.

    On SQLite in the driver's own words: a month has hundreds of thousands, all written by one process.
    """
    if not rows:
        return
    if db.dialect.name == "sqlite":
        _write_sqlite(db, rows, new)
        return
    days = [{name: getattr(row, name) for name in _DAY_COLUMNS} for row in rows]
    db.execute(_replacing(db.dialect.name), days)
    if old := [{"s": row.staff, "d": row.date} for row in rows if (row.staff, row.date) not in new]:
        db.execute(_OLD_SESSIONS, old)
    sessions = [{"staff": row.staff, "date": row.date, **s._asdict()} for row in rows for s in row.sessions]
    if sessions:
        db.execute(_NEW_SESSIONS, sessions)


def _write_sqlite(db: sa.Connection, rows: Collection[DayRow], new: Collection[Key]) -> None:
    dated = [(row, row.date.isoformat()) for row in rows]
    days = [(row.staff, on, row.status, row.unit, row.recheck_ms, row.evaluated_ms, row.why) for row, on in dated]
    db.exec_driver_sql(_REPLACE_SQLITE, days)
    if old := [(row.staff, on) for row, on in dated if (row.staff, row.date) not in new]:
        db.exec_driver_sql("DELETE FROM session_verdict WHERE staff = ? AND date = ?", old)
    if sessions := [(row.staff, on, *session) for row, on in dated for session in row.sessions]:
        db.exec_driver_sql(_SESSIONS_SQLITE, sessions)


def verdict_rows(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None = None) -> list[VerdictRow]:
    """Session verdicts of the dates, both included, ordered by staff, date and session; of a unit and all below it."""
    s = SESSION.c
    query = sa.select(s.staff, s.date, s.session, s.outcome, s.flags, s.symbol, s.late_min, s.early_min)
    query = query.where(s.date.between(first, last))
    if unit is not None:
        same = (DAY.c.staff == s.staff) & (DAY.c.date == s.date)
        query = query.join(DAY, same).where(in_unit(db, unit, first, last))
    return [VerdictRow(*row) for row in db.execute(query.order_by(s.staff, s.date, s.position, s.session))]


def located(db: sa.Connection, first: dt.date, last: dt.date) -> list[Located]:
    """Session verdicts of the dates, both included, with whose they are; in no order."""
    s = SESSION.c
    columns = (s.staff, s.date, s.session, s.outcome, s.flags, s.symbol, s.late_min, s.early_min)
    same = (DAY.c.staff == s.staff) & (DAY.c.date == s.date)
    query = sa.select(DAY.c.unit, s.position, *columns).join(DAY, same).where(s.date.between(first, last))
    return [Located(row[0], row[1], VerdictRow._make(row[2:])) for row in db.execute(query)]


def day_rows(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None = None) -> list[DayRow]:
    """Day verdicts of the dates with their sessions, ordered by staff and date; of a unit and all below it."""
    within: list[sa.ColumnElement[bool]] = [DAY.c.date.between(first, last)]
    if unit is not None:
        within.append(in_unit(db, unit, first, last))
    columns = (DAY.c.staff, DAY.c.date, DAY.c.status, DAY.c.unit, DAY.c.recheck_ms, DAY.c.evaluated_ms, DAY.c.why)
    days = db.execute(sa.select(*columns).where(*within).order_by(DAY.c.staff, DAY.c.date)).all()
    sessions: dict[tuple[str, dt.date], list[SessionRow]] = {(d.staff, d.date): [] for d in days}
    query = sa.select(SESSION).where(SESSION.c.date.between(first, last)).order_by(SESSION.c.position)
    for row in db.execute(query):
        if (row.staff, row.date) in sessions:
            sessions[row.staff, row.date].append(SessionRow(*(getattr(row, name) for name in SessionRow._fields)))
    return [DayRow(*d, tuple(sessions[d.staff, d.date])) for d in days]


def in_unit(db: sa.Connection, unit: str, first: dt.date, last: dt.date) -> sa.ColumnElement[bool]:
    """Day verdicts whose unit was the unit or below it on their own date: a term for each stretch with one tree."""
    branches = load_branches(db)
    turns = {b.valid_from for b in branches if b.valid_from}
    turns |= {b.valid_to + dt.timedelta(days=1) for b in branches if b.valid_to and b.valid_to < last}
    begins = [first, *sorted(day for day in turns if first < day <= last)]
    ends = [*(day - dt.timedelta(days=1) for day in begins[1:]), last]
    stretches = zip(begins, ends, strict=True)
    return sa.or_(*(DAY.c.date.between(b, e) & DAY.c.unit.in_(below(branches, unit, b)) for b, e in stretches))


def stored(db: sa.Connection, days: Collection[tuple[str, dt.date]]) -> dict[tuple[str, dt.date], DayRow]:
    """The verdicts of these staff-days, as far as there are any."""
    if not days:
        return {}
    sessions: dict[tuple[str, dt.date], list[SessionRow]] = defaultdict(list)
    for row in pairs(db.execute(_STORED_SESSIONS, asked(days)), days):
        sessions[row.staff, row.date].append(SessionRow(*(getattr(row, name) for name in SessionRow._fields)))
    found: dict[tuple[str, dt.date], DayRow] = {}
    for day in pairs(db.execute(_STORED_DAYS, asked(days)), days):
        found[day.staff, day.date] = DayRow(
            day.staff,
            day.date,
            day.status,
            day.unit,
            day.recheck_ms,
            day.evaluated_ms,
            day.why,
            tuple(sessions[day.staff, day.date]),
        )
    return found


def day_row(db: sa.Connection, staff: str, on: dt.date) -> DayRow | None:
    """One person's verdict of one date; None when there is none yet."""
    d, s = DAY.c, SESSION.c
    columns = (d.staff, d.date, d.status, d.unit, d.recheck_ms, d.evaluated_ms, d.why)
    row = db.execute(sa.select(*columns).where(d.staff == staff, d.date == on)).first()
    if row is None:
        return None
    query = sa.select(SESSION).where(s.staff == staff, s.date == on).order_by(s.position)
    sessions = (SessionRow(*(getattr(found, name) for name in SessionRow._fields)) for found in db.execute(query))
    return DayRow(*row, tuple(sessions))


def waiting(db: sa.Connection, from_ms: int, before_ms: int) -> list[Waiting]:
    """Verdicts with from_ms <= recheck_ms < before_ms."""
    return [Waiting(*row) for row in db.execute(_WAITING, {"from_ms": from_ms, "before_ms": before_ms})]


def latest_date(db: sa.Connection, until: dt.date) -> dt.date | None:
    """The newest date, not after `until`, that was judged after it had begun: a tap dated ahead begins no date."""
    while True:
        date: dt.date | None = db.execute(sa.select(sa.func.max(DAY.c.date)).where(DAY.c.date <= until)).scalar()
        if date is None:
            return None
        evaluated_ms = db.execute(sa.select(sa.func.max(DAY.c.evaluated_ms)).where(DAY.c.date == date)).scalar_one()
        if evaluated_ms >= midnight_ms(date):
            return date
        until = date - dt.timedelta(days=1)


def without_verdict(db: sa.Connection, staff: Sequence[str], on: dt.date) -> list[str]:
    """Those of `staff` who have neither a verdict nor a mark on the date."""
    known = set(db.execute(sa.select(DAY.c.staff).where(DAY.c.date == on)).scalars())
    known |= set(db.execute(sa.select(STALE.c.staff).where(STALE.c.date == on)).scalars())
    return [code for code in staff if code not in known]


_JUDGED_SQLITE = (
    "SELECT day_verdict.staff, day_verdict.date FROM json_each(?) AS wanted CROSS JOIN day_verdict "
    "ON day_verdict.staff = wanted.value AND day_verdict.date BETWEEN ? AND ?"
)


def judged(db: sa.Connection, days: Collection[tuple[str, dt.date]]) -> set[tuple[str, dt.date]]:
    """Those of the staff-days that have a verdict."""
    if not days:
        return set()
    staff, dates = {day[0] for day in days}, {day[1] for day in days}
    if db.dialect.name == "sqlite":
        # One text whatever the number of people: this is asked with every group of punches.
        values = (json.dumps(sorted(staff)), min(dates).isoformat(), max(dates).isoformat())
        found = {(row[0], row[1]) for row in db.exec_driver_sql(_JUDGED_SQLITE, values)}
        return {day for day in days if (day[0], day[1].isoformat()) in found} if found else set()
    query = sa.select(DAY.c.staff, DAY.c.date).where(DAY.c.staff.in_(staff), DAY.c.date.in_(dates))
    return {(row.staff, row.date) for row in db.execute(query)} & set(days)


def judged_between(db: sa.Connection, staff: Collection[str] | None, first: dt.date, last: dt.date) -> set[Key]:
    """The staff-days of the dates, both included, that have a verdict; of these people, None = of everybody."""
    query = sa.select(DAY.c.staff, DAY.c.date).where(DAY.c.date.between(first, last))
    if staff is not None:
        query = query.where(DAY.c.staff.in_(staff))
    return {(row.staff, row.date) for row in db.execute(query)}


def held_against(db: sa.Connection, staff: Collection[str], since: dt.date) -> list[Held]:
    """Days from `since` on with something that rests on a door: a flag, an incomplete or an absent session."""
    s = SESSION.c
    checking: Any = sa.func.max(sa.case((s.flags.like("%needs_checking%"), 1), else_=0))
    accused = sa.or_(s.flags != "", s.outcome.in_(("absent", "incomplete")))
    same = (DAY.c.staff == s.staff) & (DAY.c.date == s.date)
    query = sa.select(s.staff, s.date, checking, sa.func.max(DAY.c.why)).join(DAY, same)
    query = query.where(s.staff.in_(staff), s.date >= since, accused).group_by(s.staff, s.date)
    return [Held(row[0], row[1], bool(row[2]), row[3]) for row in db.execute(query)]
