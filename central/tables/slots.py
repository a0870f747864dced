"""The duty roster: who has to be where outside the usual hours, and who does it instead."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import source


class DutySlot(SQLModel, table=True):
    """One slot of the duty roster. staff: who has to come, also after a swap.

    start_min / end_min: minutes after the midnight of `date`; above 1440 on the next date. swapped_with: the colleague
    the slot was taken over from. stand_in: whose taps decide instead of the staff's. deputy: who is to be told. credit:
    who earns the compensatory credit, None = whoever does the duty.
    """

    __tablename__ = "duty_slot"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", max_length=40)
    date: dt.date = Field(index=True)
    start_min: int
    end_min: int
    kind: str = Field(max_length=40)
    swapped_with: str | None = Field(default=None, max_length=40)
    stand_in: str | None = Field(default=None, index=True, max_length=40)
    deputy: str | None = Field(default=None, max_length=40)
    credit: str | None = Field(default=None, max_length=40)
    note: str = Field(default="", max_length=200)
    doc_no: str = Field(default="", max_length=80)
    source: str = source()  # type: ignore[assignment]
    __table_args__ = (
        sa.UniqueConstraint("staff", "date", "start_min", "end_min", "kind", name="duty_slot_once"),
        sa.CheckConstraint("end_min > start_min", name="duty_slot_ends_after_it_begins"),
    )
