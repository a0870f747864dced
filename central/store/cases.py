"""Cases that thresholds open: one row each, and every step of it for ever."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from central.counting.windows import Period
from central.tables import CaseEvent, OfficeCase, OfficeThreshold, Staff

CASE: sa.Table = OfficeCase.__table__  # type: ignore[attr-defined]
STEP: sa.Table = CaseEvent.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
THRESHOLD: sa.Table = OfficeThreshold.__table__  # type: ignore[attr-defined]


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"


class StepKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    COUNTED = "counted"
    """The count or the end of its window changed."""
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    DECIDED = "decided"
    FELL = "fell"
    """The count fell below the limit after the decision; the decision stands until a person changes it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A proposal that a person decides on."""

    id: int
    staff: str
    threshold: int
    window: Period
    state: CaseState
    count: int
    opened_ms: int
    decision_no: str = ""
    decided_by: str = ""
    decided_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's history."""

    at_ms: int
    kind: StepKind
    count: int
    document: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class NamedCase:
    """A case with the person's name and the threshold's rule, limit and document, for a list."""

    case: Case
    name: str
    rule: str
    kind: str
    limit: int
    document: str


def cases_of(db: sa.Connection, staff: Collection[str]) -> list[Case]:
    """All cases of these people, in the order in which they were opened."""
    query = sa.select(CASE).where(CASE.c.staff.in_(staff)).order_by(CASE.c.id)
    return [_read(row) for row in db.execute(query)]


def case_by_number(db: sa.Connection, number: int, *, lock: bool = False) -> Case | None:
    """The case; None when there is none of this number."""
    query = sa.select(CASE).where(CASE.c.id == number)
    row = db.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _read(row)


def listed(db: sa.Connection, state: CaseState | None = CaseState.OPEN) -> list[NamedCase]:
    """Cases of a state (None: of all), the oldest first."""
    t = THRESHOLD.c
    columns = (*CASE.c, STAFF.c.full_name, t.rule, t.window, t.limit, t.doc_no)
    query = sa.select(*columns).join(STAFF, STAFF.c.code == CASE.c.staff).join(THRESHOLD, t.id == CASE.c.threshold)
    if state is not None:
        query = query.where(CASE.c.state == state.value)
    return [
        NamedCase(_read(row), row.full_name, row.rule, row.window, row.limit, row.doc_no)
        for row in db.execute(query.order_by(CASE.c.opened_ms, CASE.c.id))
    ]


def history(db: sa.Connection, case: int) -> list[Step]:
    """Every step of a case, in order."""
    s = STEP.c
    query = sa.select(s.at_ms, s.kind, s.counted, s.doc_no, s.by).where(s.case_id == case).order_by(s.id)
    return [Step(r.at_ms, StepKind(r.kind), r.counted, r.doc_no, r.by) for r in db.execute(query)]


def open_case(db: sa.Connection, staff: str, threshold: int, window: Period, count: int, now_ms: int) -> None:
    """A new case, open, with its first step."""
    values = {
        "staff": staff,
        "threshold": threshold,
        "window_start": window.first,
        "window_end": window.last,
        "state": CaseState.OPEN.value,
        "counted": count,
        "opened_ms": now_ms,
        "decision_no": "",
        "decided_by": "",
    }
    number = db.execute(sa.insert(CASE).values(values).returning(CASE.c.id)).scalar_one()
    add_step(db, number, StepKind.OPENED, count, now_ms)


def change_case(
    db: sa.Connection, case: Case, kind: StepKind, state: CaseState, count: int, last: dt.date, now_ms: int
) -> None:
    """Another state, count or end of window, and the step that says so."""
    new = {"state": state.value, "counted": count, "window_end": last}
    db.execute(sa.update(CASE).where(CASE.c.id == case.id).values(new))
    add_step(db, case.id, kind, count, now_ms)


def decide_case(db: sa.Connection, case: Case, decision_no: str, by: str, now_ms: int) -> None:
    """A person's decision."""
    new = {"state": CaseState.DECIDED.value, "decision_no": decision_no, "decided_by": by, "decided_ms": now_ms}
    db.execute(sa.update(CASE).where(CASE.c.id == case.id).values(new))
    add_step(db, case.id, StepKind.DECIDED, case.count, now_ms, decision_no, by)


def add_step(
    db: sa.Connection, case: int, kind: StepKind, count: int, now_ms: int, document: str = "", by: str = ""
) -> None:
    """A step is only ever added."""
    values = {"case_id": case, "at_ms": now_ms, "kind": kind.value, "counted": count, "doc_no": document, "by": by}
    db.execute(sa.insert(STEP).values(values))


def _read(row: Any) -> Case:
    return Case(
        row.id,
        row.staff,
        row.threshold,
        Period(row.window_start, row.window_end),
        CaseState(row.state),
        row.counted,
        row.opened_ms,
        row.decision_no,
        row.decided_by,
        row.decided_ms,
    )
