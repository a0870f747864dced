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

from central.store.keys import among
from central.tables import StaleBoot, StaleDay, StaleDoor, UnjudgedFact


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


def stale_days(db: sa.Connection, limit: int = 500) -> list[MarkedDay]:
    """At most `limit` marks, those of the newest dates first: the board waits for today, an old month can wait.

    What is set aside (`faults`) is left out as long as its mark has the version that failed; likewise below.
    """
    t = StaleDay.__table__  # type: ignore[attr-defined]
    query = sa.select(t.c.staff, t.c.date, t.c.version).where(_tried(t, "day", t.c.staff, sa.cast(t.c.date, sa.String)))
    return [
        MarkedDay(*row) for row in db.execute(query.order_by(t.c.date.desc(), t.c.marked_ms, t.c.staff).limit(limit))
    ]


def days_left(db: sa.Connection) -> int:
    """How many staff-days are marked."""
    table = StaleDay.__table__  # type: ignore[attr-defined]
    return int(db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def stale_boots(db: sa.Connection, limit: int = 50) -> list[MarkedBoot]:
    """At most `limit` marked boots."""
    t = StaleBoot.__table__  # type: ignore[attr-defined]
    query = sa.select(t.c.device, t.c.boot, t.c.version).where(_tried(t, "boot", t.c.device, t.c.boot))
    return [MarkedBoot(*row) for row in db.execute(query.limit(limit))]


def stale_doors(db: sa.Connection, limit: int = 500) -> list[MarkedDoor]:
    """At most `limit` marked doors."""
    t = StaleDoor.__table__  # type: ignore[attr-defined]
    query = sa.select(t.c.device, t.c.since_ms, t.c.version).where(_tried(t, "door", t.c.device, sa.literal("")))
    return [MarkedDoor(*row) for row in db.execute(query.limit(limit))]


def _tried(marks: sa.Table, kind: str, name: Any, detail: Any) -> sa.ColumnElement[bool]:
    """Whether a mark is to be worked on: not the very one that failed before."""
    f = UnjudgedFact.__table__  # type: ignore[attr-defined]
    same = (f.c.kind == kind) & (f.c.name == name) & (f.c.detail == detail) & (f.c.version == marks.c.version)
    return ~sa.exists().where(same)


def marked_days(db: sa.Connection, first: dt.date, last: dt.date) -> set[tuple[str, dt.date]]:
    """The staff-days of the dates, both included, that are marked."""
    t = StaleDay.__table__  # type: ignore[attr-defined]
    rows = db.execute(sa.select(t.c.staff, t.c.date).where(t.c.date.between(first, last)))
    return {(row.staff, row.date) for row in rows}


def still_held(db: sa.Connection, found: Collection[MarkedDay]) -> list[MarkedDay]:
    """Those of the marks that are still the ones that were read, locked, in the order in which everybody locks them.

    A day that was marked again, or settled by another evaluator, has newer facts than whoever asks.
    """
    t = StaleDay.__table__  # type: ignore[attr-defined]
    wanted = {(m.staff, m.date): m for m in found}
    query = sa.select(t.c.staff, t.c.date, t.c.version).where(among(t, wanted.keys()))
    now = {(row.staff, row.date): row.version for row in db.execute(query.order_by(*t.primary_key).with_for_update())}
    return [mark for key, mark in sorted(wanted.items()) if now.get(key) == mark.version]


def settle_days(db: sa.Connection, marks: Iterable[MarkedDay]) -> None:
    """Delete the marks whose version is still the one that was worked on."""
    rows = [{"s": m.staff, "d": m.date, "v": m.version} for m in marks]
    if rows:
        t = StaleDay.__table__  # type: ignore[attr-defined]
        same = (t.c.staff == sa.bindparam("s")) & (t.c.date == sa.bindparam("d")) & (t.c.version == sa.bindparam("v"))
        db.execute(sa.delete(t).where(same), rows)


def settle_boot(db: sa.Connection, mark: MarkedBoot) -> None:
    """Delete the mark if its version is still the one that was worked on."""
    t = StaleBoot.__table__  # type: ignore[attr-defined]
    same = (t.c.device == mark.device) & (t.c.boot == mark.boot) & (t.c.version == mark.version)
    db.execute(sa.delete(t).where(same))


def settle_door(db: sa.Connection, mark: MarkedDoor) -> None:
    """Delete the mark if its version is still the one that was worked on."""
    t = StaleDoor.__table__  # type: ignore[attr-defined]
    db.execute(sa.delete(t).where((t.c.device == mark.device) & (t.c.version == mark.version)))
