"""Claims: slots for stations that are to be let in, from the opening to the certificate."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.tables import Claim, DeviceState

CLAIM: sa.Table = Claim.__table__  # type: ignore[attr-defined]
STATE: sa.Table = DeviceState.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim; columns as in `tables.Claim`."""

    id: int
    door: str
    unit: str | None
    location: str
    replaces: bool
    secret_hash: bytes
    opened_ms: int
    expires_ms: int
    device: str | None
    key: str | None
    begun_ms: int | None
    wrong_digits: int
    confirmed_ms: int | None
    fetched_ms: int | None
    ended: str


@dataclass(frozen=True, slots=True)
class Slot:
    """For whom a claim is good; columns as in `tables.Claim`."""

    door: str
    unit: str | None = None
    location: str = ""
    replaces: bool = False


def open_claim(db: sa.Connection, slot: Slot, secret_hash: bytes, opened_ms: int, expires_ms: int) -> None:
    """A new slot; what was open for the door before is of no use any more."""
    c = CLAIM.c
    mine = (c.door == slot.door) & c.confirmed_ms.is_(None) & (c.ended == "")
    db.execute(sa.update(CLAIM).where(mine).values(ended="a newer claim"))
    row: dict[str, Any] = {name: getattr(slot, name) for name in slot.__slots__} | {"secret_hash": secret_hash}
    row |= {"opened_ms": opened_ms, "expires_ms": expires_ms, "wrong_digits": 0, "ended": ""}
    db.execute(sa.insert(CLAIM).values(row))


def claim_by_secret(db: sa.Connection, secret_hash: bytes) -> ClaimRow | None:
    """The claim with this secret, locked until the transaction ends."""
    query = _query().where(CLAIM.c.secret_hash == secret_hash).with_for_update()
    return _first(db, query)


def newest_claim(db: sa.Connection, door: str) -> ClaimRow | None:
    """The newest claim of a door, locked until the transaction ends."""
    return _first(db, _query().where(CLAIM.c.door == door).order_by(CLAIM.c.id.desc()).limit(1).with_for_update())


def all_claims(db: sa.Connection) -> list[ClaimRow]:
    """Every claim, the newest last."""
    return [ClaimRow(*row) for row in db.execute(_query().order_by(CLAIM.c.id))]


def heard_devices(db: sa.Connection) -> set[str]:
    """The devices that central has heard of."""
    return set(db.execute(sa.select(STATE.c.device)).scalars())


def change_claim(db: sa.Connection, claim: int, **values: Any) -> None:
    """New values for columns of a claim."""
    db.execute(sa.update(CLAIM).where(CLAIM.c.id == claim).values(**values))


def _query() -> sa.Select[Any]:
    return sa.select(*(CLAIM.c[name] for name in ClaimRow.__slots__))


def _first(db: sa.Connection, query: sa.Select[Any]) -> ClaimRow | None:
    row = db.execute(query).first()
    return None if row is None else ClaimRow(*row)
