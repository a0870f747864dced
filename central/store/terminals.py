"""Terminals of other makers: which PIN is whose, what is stored of them, and what was last heard of them."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

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


def pins(db: sa.Connection, prefix: str) -> dict[str, str]:
    """Badge number of a PIN -> staff code, of one terminal."""
    like = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    query = sa.select(BADGE.c.number, BADGE.c.staff).where(BADGE.c.number.like(like, escape="\\"))
    return {number: staff for number, staff in db.execute(query) if number.startswith(prefix)}


def assign(db: sa.Connection, holders: Mapping[str, str], now_ms: int) -> None:
    """Let these badge numbers of PINs belong to these people; whoever held one before does not any more."""
    query = sa.select(BADGE).where(BADGE.c.number.in_(sorted(holders)))
    imports.take_away(db, BADGE, [dict(row._mapping) for row in db.execute(query)], now_ms)
    rows = [{"number": n, "staff": s, "state": "active", "source": SOURCE} for n, s in sorted(holders.items())]
    if rows:
        db.execute(sa.insert(BADGE), rows)
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


def days_of_pins(db: sa.Connection, holders: Mapping[str, str]) -> set[tuple[str, dt.date]]:
    """The days on which the punches of these badge numbers lie, for their holders: they count from now on."""
    query = sa.select(EVENT.c.badge, sa.func.coalesce(EVENT.c.time_ms, EVENT.c.received_ms))
    found = set()
    for badge, at_ms in db.execute(query.where(EVENT.c.badge.in_(sorted(holders)))):
        day = local_date(at_ms)
        found |= {(holders[badge], day), (holders[badge], day - dt.timedelta(days=1))}
    return found
