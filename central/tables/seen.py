"""What people saw: roll calls and inspections. Kept apart from punches and plans; nothing here changes either."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import source


class RollCall(SQLModel, table=True):
    """One round through a room. at_min: minutes after the midnight of `date`; taken_by: the staff who looked."""

    __tablename__ = "roll_call"
    id: int | None = Field(default=None, primary_key=True)
    date: dt.date = Field(index=True)
    at_min: int
    room: str = Field(max_length=40)
    taken_by: str = Field(default="", max_length=40)
    source: str = source()  # type: ignore[assignment]
    __table_args__ = (sa.UniqueConstraint("date", "at_min", "room", name="roll_call_once"),)


class RollCallLine(SQLModel, table=True):
    """What was seen of one person. status: present, late, absent, field_duty, leave ..., in the words of the sheet."""

    __tablename__ = "roll_call_line"
    roll_call_id: int = Field(primary_key=True, foreign_key="roll_call.id")
    staff: str = Field(primary_key=True, foreign_key="staff.code", index=True, max_length=40)
    status: str = Field(max_length=24)
    note: str = Field(default="", max_length=200)


class Inspection(SQLModel, table=True):
    """A surprise inspection of a unit."""

    id: int | None = Field(default=None, primary_key=True)
    date: dt.date = Field(index=True)
    at_min: int
    unit: str = Field(max_length=40)
    decision_no: str = Field(default="", max_length=80)
    source: str = source()  # type: ignore[assignment]
    __table_args__ = (sa.UniqueConstraint("date", "at_min", "unit", name="inspection_once"),)


class InspectionLine(SQLModel, table=True):
    """What the team found about one person."""

    __tablename__ = "inspection_line"
    inspection_id: int = Field(primary_key=True, foreign_key="inspection.id")
    staff: str = Field(primary_key=True, foreign_key="staff.code", index=True, max_length=40)
    status: str = Field(max_length=24)
    finding: str = Field(default="", max_length=200)
