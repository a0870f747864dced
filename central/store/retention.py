"""What was decided about how long records are kept, and what goes when its time is over."""

from typing import Any

import sqlalchemy as sa

from central.store.users import VIEW
from central.tables import PrivacyDecision, Quarantine

DECISION: sa.Table = PrivacyDecision.__table__  # type: ignore[attr-defined]
QUARANTINE: sa.Table = Quarantine.__table__  # type: ignore[attr-defined]
EVIDENCE = ("contradicts_seal", "poison")
"""Messages that prove something; they stay."""


def add(db: sa.Connection, values: dict[str, Any]) -> None:
    """Write a decision, or what came of one; columns as in `tables.PrivacyDecision`."""
    db.execute(sa.insert(DECISION), [{"months": None, "amount": 0, "doc_no": "", "by": "", **values}])


def rules(db: sa.Connection) -> dict[str, tuple[int | None, str]]:
    """The rule that holds for each kind with one: months (None: kept) and its document."""
    query = sa.select(DECISION.c.kind, DECISION.c.months, DECISION.c.doc_no).where(DECISION.c.what == "rule")
    return {row.kind: (row.months, row.doc_no) for row in db.execute(query.order_by(DECISION.c.id))}


def nameless(db: sa.Connection) -> frozenset[str]:
    """Codes of those who were made nameless."""
    return frozenset(db.execute(sa.select(DECISION.c.kind).where(DECISION.c.what == "nameless")).scalars())


def old_views(before_ms: int) -> tuple[sa.Table, sa.ColumnElement[bool]]:
    """Who looked at whom, before an instant."""
    return VIEW, VIEW.c.at_ms < before_ms


def old_quarantine(before_ms: int) -> tuple[sa.Table, sa.ColumnElement[bool]]:
    """Messages that were set aside before an instant, but for those that prove something."""
    return QUARANTINE, (QUARANTINE.c.received_ms < before_ms) & QUARANTINE.c.code.not_in(EVIDENCE)


def count(db: sa.Connection, what: tuple[sa.Table, sa.ColumnElement[bool]]) -> int:
    """How many rows that are."""
    table, where = what
    return int(db.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one())


def take_away(db: sa.Connection, what: tuple[sa.Table, sa.ColumnElement[bool]]) -> int:
    """Delete them; how many there were."""
    table, where = what
    return int(db.execute(sa.delete(table).where(where)).rowcount)
