"""What is to be computed, and what was: marks of stale facts, verdicts, published configurations."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import MS, ms


class StaleDay(SQLModel, table=True):
    """A staff-day whose verdict no longer follows from the facts. version grows at every mark; the evaluator deletes
    the row only with the verdict it wrote, and only if the version is still the one it read."""

    __tablename__ = "stale_day"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True)
    version: int = Field(default=1, sa_type=MS)
    marked_ms: int = ms()  # type: ignore[assignment]
    __table_args__ = (sa.Index("stale_day_date", "date"),)


class StaleBoot(SQLModel, table=True):
    """A boot of a device whose event times have to be worked out again. Same versioning as StaleDay."""

    __tablename__ = "stale_boot"
    device: str = Field(primary_key=True, max_length=40)
    boot: str = Field(primary_key=True, max_length=64)
    version: int = Field(default=1, sa_type=MS)


class StaleDoor(SQLModel, table=True):
    """A device whose coverage changed at or after since_ms. Same versioning as StaleDay."""

    __tablename__ = "stale_door"
    device: str = Field(primary_key=True, max_length=40)
    since_ms: int = ms()  # type: ignore[assignment]
    version: int = Field(default=1, sa_type=MS)


class DayVerdict(SQLModel, table=True):
    """The verdict of one staff-day. status: cases/README words (see central/rules). recheck_ms: the instant that both
    now and the delivered-until of the doors waited for must pass before it can change by itself; None = final until a
    fact changes. why: JSON, what the verdict rests on."""

    __tablename__ = "day_verdict"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True, index=True)
    status: str = Field(max_length=24)
    unit: str = Field(default="", index=True, max_length=40)
    recheck_ms: int | None = ms(default=None, index=True)  # type: ignore[assignment]
    evaluated_ms: int = ms()  # type: ignore[assignment]
    why: str = Field(default="{}", sa_type=sa.Text)


class SessionVerdict(SQLModel, table=True):
    """The verdict of one session. flags: words separated by a space, in the fixed order."""

    __tablename__ = "session_verdict"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True, index=True)
    session: str = Field(primary_key=True, max_length=16)
    position: int = 0
    outcome: str = Field(max_length=16)
    flags: str = Field(default="", max_length=80)
    symbol: str = Field(default="", max_length=8)
    in_ms: int | None = ms(default=None)  # type: ignore[assignment]
    out_ms: int | None = ms(default=None)  # type: ignore[assignment]
    late_min: int = 0
    early_min: int = 0
    worked_min: int = 0


class PublishedConfig(SQLModel, table=True):
    """The configuration last published to a device: its version, the hash of its content, and the payload."""

    __tablename__ = "published_config"
    device: str = Field(primary_key=True, max_length=40)
    version: int = Field(sa_type=MS)
    hash: str = Field(max_length=64)
    payload: bytes


class Counter(SQLModel, table=True):
    """Numbers that several processes share: `roster` grows with every change of who, plans or doors."""

    name: str = Field(primary_key=True, max_length=40)
    value: int = Field(default=0, sa_type=MS)
