"""Terminals of other makers: which PIN is whose, what is stored of them, and what was last heard of them."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.moments import local_date
from central.store import imports
from central.store.fleet import TERMINAL_KEY, bump
from central.store.marks import upsert
from central.tables import Badge, Device, DeviceState, Event, Journal

BADGE: sa.Table = Badge.__table__  # type: ignore[attr-defined]
DEVICE: sa.Table = Device.__table__  # type: ignore[attr-defined]
EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
STATE: sa.Table = DeviceState.__table__  # type: ignore[attr-defined]
SOURCE = "terminal"
JOURNAL_NAME = "terminal"
"""The one journal of a terminal (wire R11)."""
GROUP = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a terminal's delivery. delivered_ms: None before its first; report: a JSON line."""

    delivered_ms: int | None
    report: str


def registered(db: sa.Connection, device: str) -> bool:
    """Whether it is a terminal that may send."""
    query = sa.select(DEVICE.c.id).where(
        DEVICE.c.id == device, DEVICE.c.key == TERMINAL_KEY, DEVICE.c.revoked_ms.is_(None)
    )
    return db.execute(query).first() is not None


def heard(db: sa.Connection, device: str) -> Heard:
    """The newest word of a terminal, locked until the transaction ends."""
    query = sa.select(STATE.c.delivered_until_ms, STATE.c.report).where(STATE.c.device == device).with_for_update()
    row = db.execute(query).first()
    return Heard(None, "{}") if row is None else Heard(row.delivered_until_ms, row.report)


def says(db: sa.Connection, device: str, now_ms: int, delivered_ms: int | None, report: str, *, online: bool) -> None:
    """Keep the newest word of a terminal."""
    row = {
        "device": device, "journal": JOURNAL_NAME, "connection": 0, "online": online, "heard_ms": now_ms,
        "delivered_until_ms": delivered_ms, "clock": "rtc", "cfg": 0, "version": "", "report": report,
    }  # fmt: skip
    insert = upsert(db, STATE).values(row)
    changes = {name: insert.excluded[name] for name in row if name != "device"}
    db.execute(insert.on_conflict_do_update(index_elements=["device"], set_=changes))


def stored_seqs(db: sa.Connection, journal_id: int, seqs: Collection[int]) -> set[int]:
    """Those of the seqs that are stored."""
    asked, found = sorted(seqs), set()
    for first in range(0, len(asked), GROUP):
        part = asked[first : first + GROUP]
        query = sa.select(EVENT.c.seq).where(EVENT.c.journal_id == journal_id, EVENT.c.seq.in_(part))
        found |= set(db.execute(query).scalars())
    return found


def punches(db: sa.Connection, devices: Collection[str]) -> dict[str, int]:
    """How many punches are stored, by device."""
    query = sa.select(JOURNAL.c.device, sa.func.count()).join(EVENT, EVENT.c.journal_id == JOURNAL.c.id)
    rows = db.execute(query.where(JOURNAL.c.device.in_(sorted(devices))).group_by(JOURNAL.c.device))
    return {row[0]: row[1] for row in rows}


class PinRow(NamedTuple):
    """A badge number of a PIN in a person's hands; both ends included, None = no limit."""

    number: str
    staff: str
    valid_from_ms: int | None
    valid_to_ms: int | None


def pins(db: sa.Connection, prefix: str) -> list[PinRow]:
    """Who holds or held which PIN of one terminal, in order of number and time."""
    return sorted(_pin_row(row) for row in _pins(db, prefix))


def _pins(db: sa.Connection, prefix: str) -> list[dict[str, Any]]:
    like = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = db.execute(sa.select(BADGE).where(BADGE.c.number.like(like, escape="\\")))
    return [dict(row._mapping) for row in rows if row.number.startswith(prefix)]


def _pin_row(row: Mapping[str, Any]) -> PinRow:
    return PinRow(*(row[name] for name in PinRow._fields))


def assign(db: sa.Connection, prefix: str, holders: Collection[PinRow], now_ms: int) -> None:
    """Let this be all that is said of the PINs of one terminal; what holds no more is kept as a former fact."""
    stored = _pins(db, prefix)
    known = {_pin_row(row) for row in stored}
    fresh = [row for row in holders if row not in known]
    imports.take_away(db, BADGE, [row for row in stored if _pin_row(row) not in set(holders)], now_ms)
    if fresh:
        db.execute(sa.insert(BADGE), [{**row._asdict(), "state": "active", "source": SOURCE} for row in fresh])
    bump(db, "roster")


@dataclass(frozen=True, slots=True)
class Word:
    """The newest word of a terminal; report: a JSON line."""

    device: str
    heard_ms: int
    delivered_ms: int | None
    report: str


def words(db: sa.Connection, devices: Collection[str]) -> list[Word]:
    """The newest words of those that ever spoke."""
    s = STATE.c
    query = sa.select(s.device, s.heard_ms, s.delivered_until_ms, s.report).where(s.device.in_(sorted(devices)))
    return [Word(*row) for row in db.execute(query)]


def days_of_pin(db: sa.Connection, number: str, from_ms: int | None, to_ms: int | None) -> set[dt.date]:
    """The days on which the punches of a PIN between two instants lie, and those before them, for night shifts."""
    at = sa.func.coalesce(EVENT.c.time_ms, EVENT.c.received_ms)
    query = sa.select(at).where(EVENT.c.badge == number)
    if from_ms is not None:
        query = query.where(at >= from_ms)
    if to_ms is not None:
        query = query.where(at <= to_ms)
    days = {local_date(at_ms) for at_ms in db.execute(query).scalars()}
    return days | {day - dt.timedelta(days=1) for day in days}
