"""Signed months: sheets as they were signed, what was proposed to change afterwards, and who did what.

Lines and events are only ever added. A sheet in force has no unlocked_ms; an unlocked one stays as it was.
"""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class MonthSheet(SQLModel, table=True):
    """The signed sheet of a unit and all below it. month: YYYY-MM. digest: SHA-256 (hex) of the canonical form."""

    __tablename__ = "month_sheet"
    id: int | None = Field(default=None, primary_key=True)
    month: str = Field(index=True, max_length=7)
    unit: str = Field(max_length=40)
    signed_by: str = Field(max_length=120)
    doc_no: str = Field(max_length=80)
    signed_ms: int = ms()  # type: ignore[assignment]
    lines: int
    digest: str = Field(max_length=64)
    unlocked_ms: int | None = ms(default=None)  # type: ignore[assignment]


class MonthLine(SQLModel, table=True):
    """A line of a signed sheet: a session's verdict as it was signed. unit: the person's home unit on that date.
    rests_on: the facts behind it, as JSON, for naming what is new later; not under the digest."""

    __tablename__ = "month_line"
    sheet_id: int = Field(primary_key=True, foreign_key="month_sheet.id")
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True)
    session: str = Field(primary_key=True, max_length=16)
    unit: str = Field(default="", max_length=40)
    position: int = 0
    outcome: str = Field(max_length=16)
    flags: str = Field(default="", max_length=80)
    symbol: str = Field(default="", max_length=8)
    late_min: int = 0
    early_min: int = 0
    rests_on: str = Field(default="[]", sa_type=sa.Text)
    __table_args__ = (sa.Index("month_line_day", "staff", "date"),)


class MonthAdjustment(SQLModel, table=True):
    """What a fact that came after the signature would change in one line, proposed in a later month (listed_in).

    before_* / after_*: the line as it counts without it, and with it; an empty outcome means that there is no such
    line. reason: the facts that are new or gone, in words of the why. withdrawn_ms: when the facts said the signed
    value again; a withdrawn proposal stays as a trace."""

    __tablename__ = "month_adjustment"
    sheet_id: int = Field(primary_key=True, foreign_key="month_sheet.id")
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True)
    session: str = Field(primary_key=True, max_length=16)
    listed_in: str = Field(primary_key=True, index=True, max_length=7)
    before_outcome: str = Field(default="", max_length=16)
    before_flags: str = Field(default="", max_length=80)
    before_symbol: str = Field(default="", max_length=8)
    before_late_min: int = 0
    before_early_min: int = 0
    after_outcome: str = Field(default="", max_length=16)
    after_flags: str = Field(default="", max_length=80)
    after_symbol: str = Field(default="", max_length=8)
    after_late_min: int = 0
    after_early_min: int = 0
    reason: str = Field(default="", sa_type=sa.Text)
    proposed_ms: int = ms()  # type: ignore[assignment]
    withdrawn_ms: int | None = ms(default=None)  # type: ignore[assignment]


class MonthEvent(SQLModel, table=True):
    """Who locked or unlocked which month when, by which document or for which reason. Only ever added to."""

    __tablename__ = "month_event"
    id: int | None = Field(default=None, primary_key=True)
    at_ms: int = ms()  # type: ignore[assignment]
    month: str = Field(index=True, max_length=7)
    unit: str = Field(max_length=40)
    what: str = Field(max_length=16)
    by: str = Field(max_length=120)
    doc_no: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=200)
    sheet_id: int = Field(foreign_key="month_sheet.id")
    digest: str = Field(max_length=64)
