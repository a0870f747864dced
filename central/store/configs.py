"""What was published to each door."""

from dataclasses import dataclass

import sqlalchemy as sa

from central.store.marks import upsert
from central.tables import PublishedConfig


@dataclass(frozen=True, slots=True)
class Published:
    """The newest configuration of a device: version (UTC ms), hash of what it says, and the message."""

    version: int
    hash: str
    payload: bytes


def _table() -> sa.Table:
    return PublishedConfig.__table__  # type: ignore[attr-defined, no-any-return]


def published(db: sa.Connection, device: str) -> Published | None:
    """The newest configuration of the device; None before the first."""
    table = _table()
    row = db.execute(sa.select(table.c.version, table.c.hash, table.c.payload).where(table.c.device == device)).first()
    return Published(*row) if row else None


def hashes(db: sa.Connection) -> dict[str, str]:
    """Device -> hash of its newest configuration."""
    table = _table()
    return {row.device: row.hash for row in db.execute(sa.select(table.c.device, table.c.hash))}


def save(db: sa.Connection, device: str, version: int, content_hash: str, payload: bytes) -> None:
    """Replace the device's newest configuration."""
    values = {"version": version, "hash": content_hash, "payload": payload}
    insert = upsert(db, _table()).values(device=device, **values)
    db.execute(insert.on_conflict_do_update(index_elements=["device"], set_=values))
