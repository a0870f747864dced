"""An office's own limits: added and ended by a document, never edited."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from central.counting.thresholds import Rule, Threshold
from central.counting.windows import Window
from central.tables import OfficeThreshold

THRESHOLD: sa.Table = OfficeThreshold.__table__  # type: ignore[attr-defined]
_ALL = sa.select(THRESHOLD).order_by(THRESHOLD.c.id)


def thresholds(db: sa.Connection) -> list[Threshold]:
    """All of them, ended ones too, in the order in which they were added."""
    return [_read(row) for row in db.execute(_ALL)]


def add_threshold(db: sa.Connection, new: Threshold, now_ms: int) -> Threshold:
    """Store a threshold; returns it with its number (that of `new` is ignored)."""
    t = THRESHOLD.c
    values = {
        "rule": new.rule.value,
        "window": new.window.value,
        "limit": new.limit,
        "unit": new.unit,
        "category": new.category,
        "valid_from": new.first,
        "valid_to": new.last,
        "doc_no": new.document,
        "end_doc_no": "",
        "added_ms": now_ms,
    }
    row = db.execute(sa.insert(THRESHOLD).values(values).returning(*t)).one()
    return _read(row)


def end_threshold(db: sa.Connection, number: int, last: dt.date, document: str) -> None:
    """Let a threshold count nothing after `last`; the document that says so is kept beside it."""
    update = sa.update(THRESHOLD).where(THRESHOLD.c.id == number)
    db.execute(update.values(valid_to=last, end_doc_no=document))


def _read(row: Any) -> Threshold:
    return Threshold(
        row.id,
        Rule(row.rule),
        Window(row.window),
        row.limit,
        row.doc_no,
        row.valid_from,
        row.valid_to,
        row.unit,
        row.category,
    )
