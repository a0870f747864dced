"""Marks of what has to be computed again: written in the transaction that stores the fact, deleted with the result.

Each mark has a version that grows with every new mark, so that an evaluator that worked on older facts keeps off it.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from central.store.keys import among_asked, asked
from central.tables import Counter, StaleBoot, StaleDay, StaleDoor, UnjudgedFact


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A stale staff-day and the version of its mark."""

    staff: str
    date: dt.date
    version: int


@dataclass(frozen=True, slots=True)
class MarkedBoot:
    """A boot whose event times are to be worked out, and the version of its mark."""

    device: str
    boot: str
    version: int


@dataclass(frozen=True, slots=True)
class MarkedDoor:
    """A device whose coverage changed from since_ms on, and the version of its mark."""

    device: str
    since_ms: int
    version: int


def upsert(db: sa.Connection, table: Any) -> Any:
    """An `insert` that knows ON CONFLICT, for the database at hand."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)


def _anew() -> int:
    return secrets.randbits(48)


BULK = dt.timedelta(days=30)
"""How far before the newest of many marks others are taken along."""
FEW = 50
"""Fewer marks of the newest date than this do not belong to a bulk."""
_MARK_DAY_SQLITE = (
    "INSERT INTO stale_day (staff, date, version, marked_ms) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (staff, date) DO UPDATE SET version = version + 1, marked_ms = excluded.marked_ms"
)


def mark_days(db: sa.Connection, days: Collection[tuple[str, dt.date]], now_ms: int) -> None:
    """Mark (staff, date) pairs stale. On SQLite in the driver's own words: every punch that comes in marks two."""
    # Sorted, so that two writers lock rows in one order. One random number does for all: each row compares its own.
    version = _anew()
    if db.dialect.name == "sqlite":
        texts = {date: date.isoformat() for _, date in days}
        if found := sorted({(staff, texts[date]) for staff, date in days}):
            db.exec_driver_sql(_MARK_DAY_SQLITE, [(*day, version, now_ms) for day in found])
        return
    rows = [(staff, date, version, now_ms) for staff, date in sorted(set(days))]
    if not rows:
        return
    table = StaleDay.__table__  # type: ignore[attr-defined]
    insert = upsert(db, table)
    changes = {"version": table.c.version + 1, "marked_ms": insert.excluded.marked_ms}
    names = ("staff", "date", "version", "marked_ms")
    db.execute(
        insert.on_conflict_do_update(index_elements=["staff", "date"], set_=changes),
        [dict(zip(names, row, strict=True)) for row in rows],
    )


def mark_boots(db: sa.Connection, boots: Iterable[tuple[str, str]]) -> None:
    """Mark (device, boot) pairs: the times of their events are to be worked out."""
    rows = [{"device": device, "boot": boot, "version": _anew()} for device, boot in sorted(set(boots))]
    if rows:
        table = StaleBoot.__table__  # type: ignore[attr-defined]
        insert = upsert(db, table)
        db.execute(
            insert.on_conflict_do_update(index_elements=["device", "boot"], set_={"version": table.c.version + 1}), rows
        )


def mark_door(db: sa.Connection, device: str, since_ms: int) -> None:
    """Mark a device: what is known about its door changed at or after since_ms."""
    mark_doors(db, {device: since_ms})


def mark_doors(db: sa.Connection, since_ms: Mapping[str, int]) -> None:
    """Mark devices, each from its own instant on."""
    if since_ms:
        table = StaleDoor.__table__  # type: ignore[attr-defined]
        insert = upsert(db, table)
        new = insert.excluded.since_ms
        earlier = sa.case((table.c.since_ms < new, table.c.since_ms), else_=new)
        rows = [{"device": device, "since_ms": since, "version": _anew()} for device, since in sorted(since_ms.items())]
        changes = {"version": table.c.version + 1, "since_ms": earlier}
        db.execute(insert.on_conflict_do_update(index_elements=["device"], set_=changes), rows)


DAY: sa.Table = StaleDay.__table__  # type: ignore[attr-defined]
BOOT: sa.Table = StaleBoot.__table__  # type: ignore[attr-defined]
DOOR: sa.Table = StaleDoor.__table__  # type: ignore[attr-defined]
FAULT: sa.Table = UnjudgedFact.__table__  # type: ignore[attr-defined]
COUNTER: sa.Table = Counter.__table__  # type: ignore[attr-defined]


def _tried(marks: sa.Table, kind: str, name: Any, detail: Any) -> sa.ColumnElement[bool]:
    """Whether a mark is to be worked on: not the very one that failed before."""
    f = FAULT.c
    same = (f.kind == kind) & (f.name == name) & (f.detail == detail) & (f.version == marks.c.version)
    return ~sa.exists().where(same)


# Built once: a round asks all of them, and building costs as much as asking.
_MOST = sa.bindparam("most", type_=sa.Integer)
_DAYS_TRIED = _tried(DAY, "day", DAY.c.staff, sa.cast(DAY.c.date, sa.String))
_BOOTS_TRIED = _tried(BOOT, "boot", BOOT.c.device, BOOT.c.boot)
_DOORS_TRIED = _tried(DOOR, "door", DOOR.c.device, sa.literal(""))
_STALE_DAYS = (
    sa.select(DAY.c.staff, DAY.c.date, DAY.c.version)
    .where(_DAYS_TRIED)
    .order_by(DAY.c.date.desc(), DAY.c.marked_ms, DAY.c.staff)
    .limit(_MOST)
)
_MONTH = (
    sa.select(DAY.c.staff, DAY.c.date, DAY.c.version)
    # Not the plain column: its index would make SQLite read and sort every mark of the month for each thousand. Nor an
    # upper bound, which nothing is beyond: PostgreSQL, before it has statistics, expects few rows between two of them.
    .where(_DAYS_TRIED, sa.func.coalesce(DAY.c.date, DAY.c.date) >= sa.bindparam("first"))
    .limit(_MOST)
)
_STALE_MONTH = {
    False: _MONTH.order_by(DAY.c.staff, DAY.c.date),
    True: _MONTH.order_by(DAY.c.staff.desc(), DAY.c.date.desc()),
}
_STALE_BOOTS = sa.select(BOOT.c.device, BOOT.c.boot, BOOT.c.version).where(_BOOTS_TRIED).limit(_MOST)
_STALE_DOORS = sa.select(DOOR.c.device, DOOR.c.since_ms, DOOR.c.version).where(_DOORS_TRIED).limit(_MOST)
_HELD = (
    sa.select(DAY.c.staff, DAY.c.date, DAY.c.version)
    .where(among_asked(DAY))
    .order_by(DAY.c.staff, DAY.c.date)
    .with_for_update()
)
_SETTLED = sa.delete(DAY).where(
    DAY.c.staff == sa.bindparam("s"), DAY.c.date == sa.bindparam("d"), DAY.c.version == sa.bindparam("v")
)
_ROSTER = sa.select(sa.func.coalesce(sa.func.sum(COUNTER.c.value), 0)).where(COUNTER.c.name.in_(("roster", "devices")))
_GLANCE = sa.select(
    sa.exists(sa.select(BOOT.c.boot).where(_BOOTS_TRIED)).label("boots"),
    sa.exists(sa.select(DOOR.c.device).where(_DOORS_TRIED)).label("doors"),
    sa.exists(sa.select(FAULT.c.kind)).label("aside"),
    _ROSTER.scalar_subquery().label("roster"),
)


@dataclass(frozen=True, slots=True)
class Glance:
    """What there is to do besides judging days, in one query. boots, doors: some are marked; aside: something is set
    aside; roster: the version of who, plans and doors."""

    boots: bool
    doors: bool
    aside: bool
    roster: int


def glance(db: sa.Connection) -> Glance:
    """One look at everything that may come before the marked days."""
    row = db.execute(_GLANCE).one()
    return Glance(bool(row.boots), bool(row.doors), bool(row.aside), int(row.roster))


def stale_days(db: sa.Connection, limit: int = 500, bulk: int = 1_000, *, backwards: bool = False) -> list[MarkedDay]:
    """At most `limit` marks, those of the newest dates first: the board waits for today, an old month can wait.

    More than that are a bulk. What was marked meanwhile on a newer date goes before it; else at most `bulk` of the
    month that ends on the newest date, person by person, for a person's month is gathered at little more than the cost
    of a day; backwards: from the last person on. What is set aside (`faults`) is left out as long as its mark has the
    version that failed; likewise below.
    """
    newest = [MarkedDay(*row) for row in db.execute(_STALE_DAYS, {"most": limit})]
    if len(newest) < limit:
        return newest
    last = newest[0].date
    urgent = [mark for mark in newest if mark.date == last]
    if len(urgent) < min(FEW, limit):
        return urgent
    month = {"most": bulk, "first": last - BULK}
    return [MarkedDay(*row) for row in db.execute(_STALE_MONTH[backwards], month)]


def days_left(db: sa.Connection) -> int:
    """How many staff-days are marked."""
    return int(db.execute(sa.select(sa.func.count()).select_from(DAY)).scalar_one())


def stale_boots(db: sa.Connection, limit: int = 50) -> list[MarkedBoot]:
    """At most `limit` marked boots."""
    return [MarkedBoot(*row) for row in db.execute(_STALE_BOOTS, {"most": limit})]


def stale_doors(db: sa.Connection, limit: int = 500) -> list[MarkedDoor]:
    """At most `limit` marked doors."""
    return [MarkedDoor(*row) for row in db.execute(_STALE_DOORS, {"most": limit})]


def marked_days(db: sa.Connection, first: dt.date, last: dt.date) -> set[tuple[str, dt.date]]:
    """The staff-days of the dates, both included, that are marked."""
    t = StaleDay.__table__  # type: ignore[attr-defined]
    rows = db.execute(sa.select(t.c.staff, t.c.date).where(t.c.date.between(first, last)))
    return {(row.staff, row.date) for row in rows}


def still_held(db: sa.Connection, found: Collection[MarkedDay]) -> list[MarkedDay]:
    """Those of the marks that are still the ones that were read, locked, in the order in which everybody locks them.

    A day that was marked again, or settled by another evaluator, has newer facts than whoever asks.
    """
    wanted = {(m.staff, m.date): m for m in found}
    now = {(row.staff, row.date): row.version for row in db.execute(_HELD, asked(wanted.keys()))}
    return [mark for key, mark in sorted(wanted.items()) if now.get(key) == mark.version]


def settle_days(db: sa.Connection, marks: Iterable[MarkedDay]) -> None:
    """Delete the marks whose version is still the one that was worked on."""
    if db.dialect.name == "sqlite":
        if found := [(m.staff, m.date.isoformat(), m.version) for m in marks]:
            db.exec_driver_sql("DELETE FROM stale_day WHERE staff = ? AND date = ? AND version = ?", found)
        return
    rows = [{"s": m.staff, "d": m.date, "v": m.version} for m in marks]
    if rows:
        db.execute(_SETTLED, rows)


def settle_boot(db: sa.Connection, mark: MarkedBoot) -> None:
    """Delete the mark if its version is still the one that was worked on."""
    t = StaleBoot.__table__  # type: ignore[attr-defined]
    same = (t.c.device == mark.device) & (t.c.boot == mark.boot) & (t.c.version == mark.version)
    db.execute(sa.delete(t).where(same))


def settle_door(db: sa.Connection, mark: MarkedDoor) -> None:
    """Delete the mark if its version is still the one that was worked on."""
    t = StaleDoor.__table__  # type: ignore[attr-defined]
    db.execute(sa.delete(t).where((t.c.device == mark.device) & (t.c.version == mark.version)))
