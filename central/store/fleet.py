"""The device registry, what devices last said of themselves, and the counters that processes share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.store.collected import NAME as COLLECTED
from central.store.marks import upsert
from central.tables import Badge, Counter, Device, DeviceState, Journal, Unit

DEVICE: sa.Table = Device.__table__  # type: ignore[attr-defined]
STATE: sa.Table = DeviceState.__table__  # type: ignore[attr-defined]
BADGE: sa.Table = Badge.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
UNIT: sa.Table = Unit.__table__  # type: ignore[attr-defined]
COUNTER: sa.Table = Counter.__table__  # type: ignore[attr-defined]

TERMINAL_KEY = "terminal"
"""Stands where a station has its public key: nothing of another maker's terminal comes over MQTT."""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A registered device; columns as in `tables.Device`. An empty key: a door that waits for its station."""

    id: str
    code: str
    unit: str | None
    location: str
    key: str
    registered_ms: int
    revoked_ms: int | None
    retired_ms: int | None


@dataclass(frozen=True, slots=True)
class Word:
    """What central keeps of a device's newest word, as far as the next word depends on it."""

    device: str
    journal: str | None
    connection: int
    online: bool
    delivered_until_ms: int | None


def counters(db: sa.Connection) -> dict[str, int]:
    """All shared counters by name: what tells a process that something changed."""
    counting = sa.select(COUNTER.c.name, COUNTER.c.value).where(COUNTER.c.name != COLLECTED)
    return {row[0]: row[1] for row in db.execute(counting)}


def devices_count_held(db: sa.Connection) -> int:
    """The shared counter `devices`, which cannot grow until the transaction ends."""
    query = sa.select(COUNTER.c.value).where(COUNTER.c.name == "devices").with_for_update(read=True)
    return int(db.execute(query).scalar() or 0)


def bump(db: sa.Connection, name: str, by: int = 1) -> None:
    """Let a counter grow."""
    insert = upsert(db, COUNTER).values(name=name, value=by)
    db.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": COUNTER.c.value + by}))


def devices(db: sa.Connection) -> list[DeviceRow]:
    """All registered devices by code."""
    c = DEVICE.c
    query = sa.select(c.id, c.code, c.unit, c.location, c.key, c.registered_ms, c.revoked_ms, c.retired_ms)
    return [DeviceRow(*row) for row in db.execute(query.order_by(c.code))]


def insert_device(db: sa.Connection, row: DeviceRow) -> None:
    """Register; raises IntegrityError where id or code is taken."""
    db.execute(sa.insert(DEVICE).values(_values(row)))
    bump(db, "devices")


def fill_door(db: sa.Connection, row: DeviceRow) -> None:
    """A door that waited for its station, under the same code, gets it."""
    db.execute(sa.update(DEVICE).where(DEVICE.c.code == row.code).values(_values(row)))
    bump(db, "devices")


def rename(db: sa.Connection, device: str, code: str) -> None:
    """People call it by another code from now on; raises IntegrityError where that is taken."""
    db.execute(sa.update(DEVICE).where(DEVICE.c.id == device).values(code=code))
    bump(db, "devices")


def move(db: sa.Connection, device: str, unit: str) -> None:
    """It belongs to this unit, at the end of all its moves (`moves`)."""
    db.execute(sa.update(DEVICE).where(DEVICE.c.id == device).values(unit=unit))
    bump(db, "devices")


def unit_codes(db: sa.Connection) -> list[str]:
    """The codes of all units of any time."""
    return sorted(set(db.execute(sa.select(UNIT.c.code)).scalars()))


def has_sent(db: sa.Connection, device: str) -> bool:
    """Whether anything of the device is stored."""
    return db.execute(sa.select(JOURNAL.c.id).where(JOURNAL.c.device == device).limit(1)).first() is not None


def _values(row: DeviceRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def revoke_device(db: sa.Connection, device: str, now_ms: int) -> None:
    """From now on everything it sends is refused. The first revocation stays."""
    c = DEVICE.c
    db.execute(sa.update(DEVICE).where(c.id == device, c.revoked_ms.is_(None)).values(revoked_ms=now_ms))
    bump(db, "devices")


def holders(db: sa.Connection) -> dict[str, tuple[str, ...]]:
    """Everybody who ever held a badge, by badge number."""
    found: dict[str, tuple[str, ...]] = {}
    for number, staff in db.execute(sa.select(BADGE.c.number, BADGE.c.staff).distinct()):
        found[number] = (*found.get(number, ()), staff)
    return found


def words(db: sa.Connection, names: Iterable[str]) -> dict[str, Word]:
    """The newest word of each of these devices that ever spoke, locked."""
    c = STATE.c
    query = sa.select(c.device, c.journal, c.connection, c.online, c.delivered_until_ms)
    rows = db.execute(query.where(c.device.in_(sorted(set(names)))).order_by(c.device).with_for_update())
    return {row[0]: Word(*row) for row in rows}


def save_words(db: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the words of devices (columns of `tables.DeviceState`; those not given stay as they are)."""
    for row in sorted(rows, key=lambda r: str(r["device"])):
        insert = upsert(db, STATE).values(row)
        changes = {name: insert.excluded[name] for name in row if name != "device"}
        db.execute(insert.on_conflict_do_update(index_elements=["device"], set_=changes))


def gone_offline(db: sa.Connection, device: str) -> None:
    """The broker says that the connection of a device ended."""
    db.execute(sa.update(STATE).where(STATE.c.device == device).values(online=False))


def withdraw_delivery(db: sa.Connection, names: Iterable[str]) -> None:
    """Events of these devices were taken away again: what they delivered is not known until the next heartbeat."""
    if found := sorted(set(names)):
        db.execute(sa.update(STATE).where(STATE.c.device.in_(found)).values(delivered_until_ms=None))


def deliver(db: sa.Connection, names: Iterable[str], until_ms: int) -> list[str]:
    """These devices count as having delivered up to until_ms at least; returns those that had not."""
    wanted = sorted(set(names))
    query = sa.select(STATE.c.device).where(STATE.c.device.in_(wanted), STATE.c.delivered_until_ms >= until_ms)
    there = set(db.execute(query).scalars())
    behind = [device for device in wanted if device not in there]
    for device in behind:
        row = {"device": device, "heard_ms": until_ms, "delivered_until_ms": until_ms}
        values = {"connection": 0, "online": False, "clock": "none", "cfg": 0, "version": "", "report": "{}", **row}
        insert = upsert(db, STATE).values(values)
        later = {"delivered_until_ms": until_ms}
        db.execute(insert.on_conflict_do_update(index_elements=["device"], set_=later))
    return behind
