"""What was planned: hours, the calendar, leave, field duty."""

import datetime as dt

from sqlmodel import Field, SQLModel

from central.tables.columns import source


class ScheduleRow(SQLModel, table=True):
    """One session of a unit's hours. weekdays: bit 0 = Monday. start_min / end_min: minutes after the work date's
    midnight (end may exceed 1440). window_*_min: None = none set. doc_no: the announcement that set the hours."""

    __tablename__ = "schedule_row"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(index=True, max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    weekdays: int
    session: str = Field(max_length=16)
    start_min: int
    end_min: int
    grace_late_min: int = 0
    grace_early_min: int = 0
    window_before_min: int | None = None
    window_after_min: int | None = None
    doc_no: str = Field(default="", max_length=80)
    source: str = source()  # type: ignore[assignment]


class CalendarDay(SQLModel, table=True):
    """kind: holiday, swapped_off or make_up (for_date = the day it is worked for); for `unit` and all below it.

    session: only that session of the day (half holidays), None = the whole day. name: what the day is called. Which
    days stand no more is said in `CalendarDecision`.
    """

    __tablename__ = "calendar_day"
    id: int | None = Field(default=None, primary_key=True)
    date: dt.date = Field(index=True)
    kind: str = Field(max_length=16)
    unit: str = Field(max_length=40)
    session: str | None = Field(default=None, max_length=16)
    doc_no: str = Field(default="", max_length=80)
    for_date: dt.date | None = None
    name: str | None = Field(default=None, max_length=120)


class Leave(SQLModel, table=True):
    """Approved leave, trip (CT) or study (H). half: None = whole days, else the session's name."""

    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    date_from: dt.date = Field(index=True)
    date_to: dt.date = Field(index=True)
    half: str | None = Field(default=None, max_length=16)
    symbol: str = Field(max_length=8)
    reason: str = Field(default="", max_length=200)
    source: str = source()  # type: ignore[assignment]


class FieldDuty(SQLModel, table=True):
    """Planned field duty of one session."""

    __tablename__ = "field_duty"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    date: dt.date = Field(index=True)
    session: str = Field(max_length=16)
    place: str = Field(default="", max_length=80)
    purpose: str = Field(default="", max_length=200)
    confirmed_by: str | None = Field(default=None, max_length=40)
    source: str = source()  # type: ignore[assignment]
