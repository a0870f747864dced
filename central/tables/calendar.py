"""How the calendar came about: what was proposed, and who decided what. Rows are added, never changed."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class CalendarProposal(SQLModel, table=True):
    """A day that a library believes to be off or worked; it changes nothing until somebody confirms it.

    Columns as in `CalendarDay`; year: of the proposal, source: library and version.
    """

    __tablename__ = "calendar_proposal"
    id: int | None = Field(default=None, primary_key=True)
    year: int = Field(index=True)
    date: dt.date
    kind: str = Field(max_length=16)
    unit: str = Field(max_length=40)
    session: str | None = Field(default=None, max_length=16)
    for_date: dt.date | None = None
    name: str = Field(default="", max_length=120)
    source: str = Field(default="", max_length=80)
    proposed_ms: int = ms()  # type: ignore[assignment]


class CalendarDecision(SQLModel, table=True):
    """What somebody decided about a day of the calendar (`day_id`), or about a proposal.

    action: added or confirmed (the day stands from then on), withdrawn (it stands no more), dismissed (the proposal
    is not wanted). A day without any decision came with an import and stands.
    """

    __tablename__ = "calendar_decision"
    id: int | None = Field(default=None, primary_key=True)
    action: str = Field(max_length=16)
    day_id: int | None = Field(default=None, foreign_key="calendar_day.id", index=True)
    proposal_id: int | None = Field(default=None, foreign_key="calendar_proposal.id", index=True)
    decided_by: str = Field(max_length=80)
    reason: str = Field(default="", max_length=200)
    decided_ms: int = ms()  # type: ignore[assignment]

    __table_args__ = (sa.UniqueConstraint("day_id", "action", name="uq_calendar_decision_day_action"),)
