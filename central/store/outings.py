"""What was decided about ways to the field that a door's button told of."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.tables import OutingDecision

DECISION: sa.Table = OutingDecision.__table__  # type: ignore[attr-defined]
_FIRST, _LAST = sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date)


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision, columns as in `tables.OutingDecision`."""

    id: int
    staff: str
    date: dt.date
    taps: str
    approved: bool
    sessions: str
    place: str
    reason: str
    doc_no: str
    decided_by: str
    decided_ms: int
    withdrawn_by: str | None
    withdrawn_reason: str | None
    withdrawn_ms: int | None

    @property
    def ref(self) -> str:
        """How rules and accounts name it; the later decision has the greater name."""
        return f"outing:{self.id:012}"


_COLUMNS = [DECISION.c[name] for name in DecisionRow.__slots__]
_OF_STAFF = (
    sa.select(*_COLUMNS)
    .where(DECISION.c.staff.in_(sa.bindparam("staff_codes", expanding=True)), DECISION.c.date.between(_FIRST, _LAST))
    .order_by(DECISION.c.id)
)


def decisions_of(db: sa.Connection, staff: Collection[str], first: dt.date, last: dt.date) -> list[DecisionRow]:
    """Everything that was decided about these people's dates, withdrawn or not, in the order of deciding."""
    rows = db.execute(_OF_STAFF, {"staff_codes": sorted(staff), "first": first, "last": last})
    return [DecisionRow(*row) for row in rows]


def decision(db: sa.Connection, number: int) -> DecisionRow | None:
    """The decision of that number; None where there is none."""
    row = db.execute(sa.select(*_COLUMNS).where(DECISION.c.id == number)).one_or_none()
    return None if row is None else DecisionRow(*row)


def decide(db: sa.Connection, row: Mapping[str, Any]) -> int:
    """Note a decision (columns of `tables.OutingDecision`); returns its number."""
    return int(db.execute(sa.insert(DECISION).values(dict(row)).returning(DECISION.c.id)).scalar_one())


def withdraw(db: sa.Connection, number: int, by: str, reason: str, now_ms: int) -> None:
    """Let a decision count no more."""
    told = {"withdrawn_by": by, "withdrawn_reason": reason, "withdrawn_ms": now_ms}
    db.execute(sa.update(DECISION).where(DECISION.c.id == number).values(told))


def approved_between(db: sa.Connection, first: dt.date, last: dt.date) -> list[DecisionRow]:
    """Whatever was approved for the dates, both included, and not withdrawn since."""
    d = DECISION.c
    query = sa.select(*_COLUMNS).where(d.date.between(first, last), d.approved, d.withdrawn_ms.is_(None))
    return [DecisionRow(*row) for row in db.execute(query.order_by(d.id))]
