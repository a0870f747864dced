"""Messages that could not be taken, with their bytes: the same message twice is one row with a count.

What is kept is bounded, for each device and over all: whoever can reach the broker could fill the disk otherwise. The
oldest go, those that were released first, and are counted. No event is lost by it: a device keeps what was refused or
never acknowledged, and is asked for it once it is registered.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from central.store.fleet import bump, counters
from central.store.marks import upsert
from central.tables import Quarantine

TABLE: sa.Table = Quarantine.__table__  # type: ignore[attr-defined]
_SENT = re.compile(rb'"sent_ms":[0-9]{1,16}')
"""When a batch was sent: all that a batch which is sent again has new."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message for quarantine. device: None where the topic names none. code, problem: see `tables.Quarantine`.

    once: keep only one for this topic and code (a heartbeat of a strange device is new each minute and worth nothing).
    """

    topic: str
    device: str | None
    code: str
    problem: str
    payload: bytes
    received_ms: int
    once: bool = False

    @property
    def digest(self) -> bytes:
        """What makes two of them the same."""
        rest = b"" if self.once else _SENT.sub(b"", self.payload, count=1)
        return sha256(self.topic.encode("utf-8", "replace") + b"\0" + self.code.encode() + b"\0" + rest).digest()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept: rows and bytes, of one device (or of all topics that name none), and over all."""

    device_rows: int = 2_000
    device_bytes: int = 32 * 1024 * 1024
    rows: int = 50_000
    bytes: int = 512 * 1024 * 1024


EVIDENCE = ("contradicts_seal", "poison")
"""Codes that are never dropped: stored events that a seal overruled, and messages on which this software failed."""
DROPPED = "quarantine_dropped"


def hold(db: sa.Connection, messages: Iterable[Held], bounds: Bounds = Bounds()) -> None:
    """Keep messages; the oldest go where there are too many."""
    found = list(messages)
    for once in (False, True):
        rows = [_row(held) for held in found if held.once is once]
        if rows:
            insert = upsert(db, TABLE)
            again: dict[str, object] = {"times": TABLE.c.times + 1, "released_ms": None}
            if once:
                again |= {"payload": insert.excluded.payload, "received_ms": insert.excluded.received_ms}
            db.execute(insert.on_conflict_do_update(index_elements=["digest"], set_=again), rows)
    for device in sorted({held.device for held in found}, key=str):
        _drop(db, TABLE.c.device == device, bounds.device_rows, bounds.device_bytes)
    if found:
        _drop(db, sa.true(), bounds.rows, bounds.bytes)


def _drop(db: sa.Connection, of: sa.ColumnElement[bool], rows: int, size: int) -> None:
    """Delete the oldest until a tenth of the room is free again; what keeps coming goes after what came once."""
    c = TABLE.c
    mine = of & c.code.not_in(EVIDENCE)
    there = db.execute(sa.select(sa.func.count(), sa.func.sum(sa.func.length(c.payload))).where(mine)).one()
    if there[0] <= rows and (there[1] or 0) <= size:
        return
    newest = (c.released_ms.is_not(None), c.times == 1, c.received_ms.desc(), c.id.desc())
    ranked = sa.select(
        c.id,
        sa.func.row_number().over(order_by=newest).label("rank"),
        sa.func.sum(sa.func.length(c.payload)).over(order_by=newest).label("size"),
    ).where(mine)
    kept = ranked.subquery()
    over = sa.select(kept.c.id).where((kept.c.rank > rows * 9 // 10) | (kept.c.size > size * 9 // 10))
    bump(db, DROPPED, db.execute(sa.delete(TABLE).where(c.id.in_(over))).rowcount)


def dropped(db: sa.Connection) -> int:
    """How many messages had to go to make room, ever."""
    return counters(db).get(DROPPED, 0)


def _row(held: Held) -> dict[str, object]:
    return {
        "received_ms": held.received_ms,
        "topic": _short(held.topic),
        "device": held.device,
        "code": held.code,
        "problem": held.problem[:2000],
        "payload": held.payload,
        "digest": held.digest,
        "times": 1,
    }


def _short(topic: str) -> str:
    return topic.encode("utf-8", "replace").decode().replace("\0", "?")[:200]


def count(db: sa.Connection) -> dict[str, int]:
    """Messages in quarantine by code, released ones left out."""
    query = sa.select(TABLE.c.code, sa.func.count()).where(TABLE.c.released_ms.is_(None)).group_by(TABLE.c.code)
    return {row[0]: row[1] for row in db.execute(query)}


@dataclass(frozen=True, slots=True)
class HeldOf:
    """What is held of a device under one code: how many messages and bytes, from when to when, the newest problem."""

    code: str
    messages: int
    bytes: int
    first_ms: int
    last_ms: int
    problem: str


def held_of(db: sa.Connection, device: str) -> list[HeldOf]:
    """What is held of a device, by code."""
    c = TABLE.c
    mine = (c.device == device) & c.released_ms.is_(None)
    sums = (sa.func.count(), sa.func.sum(sa.func.length(c.payload)), sa.func.min(c.received_ms))
    query = sa.select(c.code, *sums, sa.func.max(c.received_ms)).where(mine).group_by(c.code).order_by(c.code)
    found = []
    for code, count, size, first_ms, last_ms in db.execute(query).all():
        newest = sa.select(c.problem).where(mine, c.code == code).order_by(c.received_ms.desc(), c.id.desc()).limit(1)
        found.append(HeldOf(code, count, int(size), first_ms, last_ms, str(db.execute(newest).scalar())))
    return found


@dataclass(frozen=True, slots=True)
class Released:
    """A message on its way from quarantine into intake."""

    topic: str
    payload: bytes
    received_ms: int


def release(db: sa.Connection, device: str, code: str, now_ms: int) -> list[Released]:
    """Let go what is held of a device under `code`, oldest first."""
    c = TABLE.c
    mine = (c.device == device) & (c.code == code) & c.released_ms.is_(None)
    rows = db.execute(sa.select(c.topic, c.payload, c.received_ms).where(mine).order_by(c.received_ms, c.id)).all()
    db.execute(sa.update(TABLE).where(mine).values(released_ms=now_ms))
    return [Released(*row) for row in rows]
