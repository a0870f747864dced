"""Marks of what has to be computed again: written in the transaction that stores the fact, deleted with the result.

Each mark has a version that grows with every new mark, so that an evaluator that worked on older facts keeps off it.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from central.tables import StaleBoot, StaleDay, StaleDoor


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


def mark_days(db: sa.Connection, days: Iterable[tuple[str, dt.date]], now_ms: int) -> None:
    """Mark (staff, date) pairs stale. On SQLite in the driver's own words: every punch that comes in marks two."""
    # Sorted, so that two writers lock rows in one order.
    rows = [(staff, date, _anew(), now_ms) for staff, date in sorted(set(days))]
    if not rows:
        return
    if db.dialect.name == "sqlite":
        db.exec_driver_sql(_MARK_DAY_SQLITE, [(staff, date.isoformat(), *rest) for staff, date, *rest in rows])
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
    """The oldest marks, at most `limit`."""
    table = StaleDay.__table__  # type: ignore[attr-defined]
    order = sa.select(table.c.staff, table.c.date, table.c.version).order_by(table.c.marked_ms, table.c.staff)
    return [MarkedDay(*row) for row in db.execute(order.limit(limit))]


def stale_boots(db: sa.Connection, limit: int = 50) -> list[MarkedBoot]:
    """At most `limit` marked boots."""
    table = StaleBoot.__table__  # type: ignore[attr-defined]
    return [
        MarkedBoot(*row) for row in db.execute(sa.select(table.c.device, table.c.boot, table.c.version).limit(limit))
    ]


def stale_doors(db: sa.Connection, limit: int = 500) -> list[MarkedDoor]:
    """At most `limit` marked doors."""
    table = StaleDoor.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.device, table.c.since_ms, table.c.version).limit(limit)
    return [MarkedDoor(*row) for row in db.execute(query)]


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
