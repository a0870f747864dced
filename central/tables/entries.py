"""Manual entries: facts beside the punches, never instead of them."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms, source


class ManualEntry(SQLModel, table=True):
    """What somebody else says about a session (a forgotten badge), with who, why and on which evidence.

    in_s / out_s: seconds after the midnight of `date`, None where the taps are to say. It changes nothing before
    somebody other than its author approved it; `withdrawn_ms` takes it back and leaves it here. The punch stays.
    """

    __tablename__ = "manual_entry"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    date: dt.date = Field(index=True)
    session: str = Field(max_length=16)
    in_s: int | None = None
    out_s: int | None = None
    reason: str = Field(default="", max_length=200)
    evidence: str = Field(default="", max_length=200)
    doc_no: str = Field(default="", max_length=80)
    entered_by: str = Field(max_length=40)
    entered_ms: int = ms()  # type: ignore[assignment]
    approved_by: str | None = Field(default=None, max_length=40)
    approved_ms: int | None = ms(default=None)  # type: ignore[assignment]
    withdrawn_by: str | None = Field(default=None, max_length=40)
    withdrawn_ms: int | None = ms(default=None)  # type: ignore[assignment]
    source: str = source()  # type: ignore[assignment]
    __table_args__ = (sa.CheckConstraint("approved_by <> entered_by", name="manual_entry_approved_by_another"),)
