"""The audit log: who changed which fact, when, and why. Rows are added, never changed."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import MS, ms


class AuditRow(SQLModel, table=True):
    """One change of one row. seq: 1, 2, 3 ... without gaps. who: the name that was given, else the account; action:
    the command; what: `TABLE KEY`; before / after: the row as JSON, None where there was none or is none; origin:
    account and machine. hash: SHA-256(prev_hash + the canonical form of the rest), see `central.store.audit`."""

    __tablename__ = "audit"
    seq: int = Field(primary_key=True, sa_type=MS, sa_column_kwargs={"autoincrement": False})
    utc_ms: int = ms(index=True)  # type: ignore[assignment]
    who: str = Field(max_length=120)
    action: str = Field(max_length=40)
    what: str = Field(max_length=200)
    before: str | None = Field(default=None, sa_type=sa.Text)
    after: str | None = Field(default=None, sa_type=sa.Text)
    why: str = Field(default="", max_length=400)
    origin: str = Field(default="", max_length=200)
    prev_hash: bytes
    hash: bytes


class AuditHead(SQLModel, table=True):
    """Central's signature over the log as it stood at the close of a local date, or when somebody asked. rows and hash:
    how many rows it had, and the last one's hash; note: the signed note (`edge.wire.heads`), which says the same."""

    __tablename__ = "audit_head"
    id: int | None = Field(default=None, primary_key=True)
    date: dt.date = Field(index=True)
    utc_ms: int = ms()  # type: ignore[assignment]
    rows: int = ms()  # type: ignore[assignment]
    hash: bytes
    note: bytes
