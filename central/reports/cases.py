"""Cases that thresholds opened: the oldest first, with their age; and every step of one."""

from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.ledger.cases import CaseError
from central.moments import DAY_MS, moment
from central.reports.formats import write_rows
from central.store import cases
from central.store.cases import CaseState, NamedCase


class CaseRow(NamedTuple):
    """A line of `case list`: the names are the columns. age_days: whole days since it was opened, of an open one."""

    case: int
    staff: str
    name: str
    state: str
    rule: str
    window: str
    window_from: str
    window_to: str
    count: int  # type: ignore[assignment]
    limit: int
    doc_no: str
    opened: str
    age_days: int | str
    decision_no: str
    decided_by: str


def case_rows(db: sa.Connection, now_ms: int, *, every: bool = False) -> list[CaseRow]:
    """Open cases (every: those withdrawn and decided too), the oldest first."""
    return [_row(found, now_ms) for found in cases.listed(db, None if every else CaseState.OPEN)]


def _row(found: NamedCase, now_ms: int) -> CaseRow:
    case = found.case
    return CaseRow(
        case.id,
        case.staff,
        found.name,
        case.state.value,
        found.rule,
        found.kind,
        str(case.window.first),
        str(case.window.last),
        case.count,
        found.limit,
        found.document,
        f"{moment(case.opened_ms):%Y-%m-%d %H:%M:%S}",
        max(now_ms - case.opened_ms, 0) // DAY_MS if case.state is CaseState.OPEN else "",
        case.decision_no,
        case.decided_by,
    )


def write(db: sa.Connection, now_ms: int, every: bool, form: str, out: TextIO) -> int:
    """Print cases as `csv` or `json`."""
    return write_rows(CaseRow._fields, case_rows(db, now_ms, every=every), form, out)


def write_steps(db: sa.Connection, number: int, form: str, out: TextIO) -> None:
    """Print every step of a case. Raises CaseError when there is none of this number."""
    if cases.case_by_number(db, number) is None:
        raise CaseError(f"there is no case {number}; `case list --all` shows every one")
    rows = (
        (f"{moment(s.at_ms):%Y-%m-%d %H:%M:%S}", s.kind.value, s.count, s.document, s.by)
        for s in cases.history(db, number)
    )
    write_rows(("at", "step", "count", "doc_no", "by"), rows, form, out)
