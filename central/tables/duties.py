"""What was found about duty slots and staying late: computed, replaced with every judging, never edited."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class DutyVerdict(SQLModel, table=True):
    """The verdict of one duty slot. staff: who has to come; by: who came, or whose taps decided, empty for nobody.

    start_min / end_min: minutes after the midnight of `date` at which the slot begins and ends (end may exceed 1440).
    doer: whose taps decide. outcome: kept, late, stood_in, no_show, pending, needs_checking. in_ms: the tap that
    counts. recheck_ms: as in `DayVerdict`. why: JSON."""

    __tablename__ = "duty_verdict"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True, index=True)
    start_min: int = Field(primary_key=True)
    end_min: int = Field(primary_key=True)
    kind: str = Field(primary_key=True, max_length=40)
    unit: str = Field(default="", index=True, max_length=40)
    doer: str = Field(max_length=40)
    outcome: str = Field(max_length=16)
    by: str = Field(default="", max_length=40)
    late_min: int = 0
    recheck_ms: int | None = ms(default=None, index=True)  # type: ignore[assignment]
    in_ms: int | None = ms(default=None)  # type: ignore[assignment]
    evaluated_ms: int = ms()  # type: ignore[assignment]
    why: str = Field(default="{}", sa_type=sa.Text)


class OvertimeProposal(SQLModel, table=True):
    """Staying after the day's last session, proposed and never approved by itself. minutes: from that session's end to
    the OUT (out_ms), rounded down. One a staff-day; gone when the facts no longer say so."""

    __tablename__ = "overtime_proposal"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True, index=True)
    minutes: int
    out_ms: int | None = ms(default=None)  # type: ignore[assignment]
    proposed_ms: int = ms()  # type: ignore[assignment]
