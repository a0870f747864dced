"""Messages that could not be taken, with their bytes: the same message twice is one row with a count."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

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


def hold(db: sa.Connection, messages: Iterable[Held]) -> None:
    """Keep messages."""
    found = list(messages)
    for once in (False, True):
        rows = [_row(held) for held in found if held.once is once]
        if rows:
            insert = upsert(db, TABLE)
            again: dict[str, object] = {"times": TABLE.c.times + 1, "released_ms": None}
            if once:
                again |= {"payload": insert.excluded.payload, "received_ms": insert.excluded.received_ms}
            db.execute(insert.on_conflict_do_update(index_elements=["digest"], set_=again), rows)


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
