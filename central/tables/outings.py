"""What people decided about field duty that a door's button told of and nobody had planned."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class OutingDecision(SQLModel, table=True):
    """One decision about one way to the field. staff, date: whose, and the work date. taps: `JOURNAL:SEQ` of the taps
    with the button that tell of it, with blanks between them. approved: it was field duty in `sessions` (names, with
    blanks; "" for none); else the taps alone count. Nobody approves a way of his own. `withdrawn_ms` takes the
    decision back and leaves it here.
    """

    __tablename__ = "outing_decision"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    date: dt.date = Field(index=True)
    taps: str = Field(sa_type=sa.Text)
    approved: bool
    sessions: str = Field(default="", max_length=120)
    place: str = Field(default="", max_length=80)
    reason: str = Field(max_length=200)
    doc_no: str = Field(default="", max_length=80)
    decided_by: str = Field(max_length=80)
    decided_ms: int = ms()  # type: ignore[assignment]
    withdrawn_by: str | None = Field(default=None, max_length=80)
    withdrawn_reason: str | None = Field(default=None, max_length=200)
    withdrawn_ms: int | None = ms(default=None)  # type: ignore[assignment]
    __table_args__ = (sa.CheckConstraint("NOT approved OR decided_by <> staff", name="outing_approved_by_another"),)
