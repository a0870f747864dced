"""What an office counts: its thresholds, the cases that they open, and every step of each case."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class OfficeThreshold(SQLModel, table=True):
    """An office's own limit (see central/counting). doc_no: the document that set it; it is required. valid_to: None
    until it is ended, by end_doc_no."""

    __tablename__ = "office_threshold"
    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(max_length=24)
    window: str = Field(max_length=16)
    limit: int
    unit: str = Field(default="", max_length=40)
    category: str = Field(default="", max_length=40)
    valid_from: dt.date
    valid_to: dt.date | None = None
    doc_no: str = Field(max_length=80)
    end_doc_no: str = Field(default="", max_length=80)
    added_ms: int = ms()  # type: ignore[assignment]


class OfficeCase(SQLModel, table=True):
    """A proposal: a person reached a threshold in the window that starts at window_start. One row for each, for ever.

    state: open, withdrawn (the count fell below the limit) or decided (a person decided; decision_no, decided_by).
    counted: the newest count. opened_ms: when it was first opened; its age counts from there.
    """

    __tablename__ = "office_case"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    threshold: int = Field(foreign_key="office_threshold.id", index=True)
    window_start: dt.date
    window_end: dt.date
    state: str = Field(index=True, max_length=16)
    counted: int
    opened_ms: int = ms()  # type: ignore[assignment]
    decision_no: str = Field(default="", max_length=80)
    decided_by: str = Field(default="", max_length=120)
    decided_ms: int | None = ms(default=None)  # type: ignore[assignment]
    __table_args__ = (sa.UniqueConstraint("staff", "threshold", "window_start", name="case_identity"),)


class CaseEvent(SQLModel, table=True):
    """A step of a case; rows are only ever added. kind: opened, counted (another count), withdrawn, reopened, decided,
    fell (below the limit after its decision). by: who decided, "" for the product itself."""

    __tablename__ = "case_event"
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="office_case.id", index=True)
    at_ms: int = ms()  # type: ignore[assignment]
    kind: str = Field(max_length=16)
    counted: int
    doc_no: str = Field(default="", max_length=80)
    by: str = Field(default="", max_length=120)
