"""Who may speak: claims by which a new station is let in, and the certificates that were issued."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class Claim(SQLModel, table=True):
    """A slot for one station at one door, and the secret by which it asks for it.

    door: the code that people call it by. replaces: the station that is there gives way. secret_hash: SHA-256 of the
    claim's secret, which is nowhere else. device and key: the first station that came with it, begun_ms when.
    wrong_digits: how often other digits were confirmed than the station shows. confirmed_ms: a person compared them.
    fetched_ms: the station has its certificate. ended: why it is of no use any more ("" = it is); one that was
    confirmed never ends.
    """

    id: int | None = Field(default=None, primary_key=True)
    door: str = Field(index=True, max_length=40)
    unit: str | None = Field(default=None, max_length=40)
    location: str = Field(default="", max_length=200)
    replaces: bool = False
    secret_hash: bytes = Field(unique=True)
    opened_ms: int = ms()  # type: ignore[assignment]
    expires_ms: int = ms()  # type: ignore[assignment]
    device: str | None = Field(default=None, max_length=40)
    key: str | None = Field(default=None, max_length=64)
    begun_ms: int | None = ms(default=None)  # type: ignore[assignment]
    wrong_digits: int = 0
    confirmed_ms: int | None = ms(default=None)  # type: ignore[assignment]
    fetched_ms: int | None = ms(default=None)  # type: ignore[assignment]
    ended: str = Field(default="", max_length=40)


class Certificate(SQLModel, table=True):
    """A certificate of a station. serial: hex. A revoked one is on the broker's revocation list until it expires."""

    serial: str = Field(primary_key=True, max_length=40)
    device: str = Field(index=True, max_length=40)
    pem: str = Field(sa_type=sa.Text)
    issued_ms: int = ms()  # type: ignore[assignment]
    expires_ms: int = ms()  # type: ignore[assignment]
    revoked_ms: int | None = ms(default=None)  # type: ignore[assignment]
