"""Doors: registered stations and the newest word of each."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import MS, ms


class Device(SQLModel, table=True):
    """A registered station. id: its permanent random id; code: what people call it; key: base64url Ed25519 public key.

    unit: whose door it is. A retired or revoked device is nobody's door any more; a revoked one is also refused.
    """

    id: str = Field(primary_key=True, max_length=40)
    code: str = Field(unique=True, max_length=40)
    unit: str | None = Field(default=None, index=True, max_length=40)
    location: str = Field(default="", max_length=200)
    key: str = Field(max_length=64)
    registered_ms: int = ms()  # type: ignore[assignment]
    revoked_ms: int | None = ms(default=None)  # type: ignore[assignment]
    retired_ms: int | None = ms(default=None)  # type: ignore[assignment]


class DeviceState(SQLModel, table=True):
    """The newest word of a device. One row a device, replaced in the transaction that stores the word.

    journal + connection: its newest session. heard_ms: receipt of its newest message. delivered_until_ms: wire.md,
    "Coverage". Stamp fields as sent. cfg: configuration version applied. report: the heartbeat's JSON line.
    """

    __tablename__ = "device_state"
    device: str = Field(primary_key=True, max_length=40)
    journal: str | None = Field(default=None, max_length=16)
    connection: int = 0
    online: bool = False
    heard_ms: int = ms()  # type: ignore[assignment]
    delivered_until_ms: int | None = ms(default=None)  # type: ignore[assignment]
    utc_ms: int | None = ms(default=None)  # type: ignore[assignment]
    clock: str = Field(default="none", max_length=8)
    cfg: int = Field(default=0, sa_type=MS)
    version: str = Field(default="", max_length=64)
    oldest_unacked_s: int | None = None
    report: str = Field(default="{}", sa_type=sa.Text)
