"""What people saw: roll calls and inspections, head and lines. They stand beside the punches and change none."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.store.imports import IMPORT, Change, Row, take_away
from central.tables import Inspection, InspectionLine, RollCall, RollCallLine

Key = tuple[Any, ...]
"""The head's own columns, in order."""
_ONCE = 3
"""So many of them there can be once: date, minute, and the room or unit."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of observation: its head's table and columns, its lines' table and the column that names the head."""

    head: sa.Table
    columns: tuple[str, ...]
    lines: sa.Table
    of: str


ROLL_CALLS = Sheet(
    RollCall.__table__,  # type: ignore[attr-defined]
    ("date", "at_min", "room", "taken_by"),
    RollCallLine.__table__,  # type: ignore[attr-defined]
    "roll_call_id",
)
INSPECTIONS = Sheet(
    Inspection.__table__,  # type: ignore[attr-defined]
    ("date", "at_min", "unit", "decision_no"),
    InspectionLine.__table__,  # type: ignore[attr-defined]
    "inspection_id",
)


def observed(db: sa.Connection, sheet: Sheet, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """Every line of the dates, both included, with its head's columns."""
    joined = sheet.head.join(sheet.lines, sheet.head.c.id == sheet.lines.c[sheet.of])
    columns = [*(sheet.head.c[name] for name in sheet.columns), *_own(sheet)]
    query = sa.select(*columns).select_from(joined).where(sheet.head.c.date.between(first, last))
    order = (sheet.head.c.date, sheet.head.c.at_min, sheet.head.c[sheet.columns[2]], sheet.lines.c.staff)
    return [dict(row._mapping) for row in db.execute(query.order_by(*order))]


def _own(sheet: Sheet) -> list[sa.Column[Any]]:
    return [column for column in sheet.lines.c if column.name != sheet.of]


def sync(
    db: sa.Connection,
    sheet: Sheet,
    wanted: Mapping[Key, Iterable[Row]],
    staff: Collection[str],
    now_ms: int,
    *,
    keep: bool,
) -> Change:
    """Let these be all imported observations about these people; `keep` takes none back. Counts lines."""
    lines: dict[int, list[Row]] = {}
    for row in db.execute(sa.select(sheet.lines)):
        lines.setdefault(row._mapping[sheet.of], []).append(dict(row._mapping))
    gone: list[Row] = []
    stays: set[Key] = set()
    for head in [dict(row._mapping) for row in db.execute(sa.select(sheet.head))]:
        key, theirs = tuple(head[name] for name in sheet.columns), lines.get(head["id"], [])
        same = _said(sheet, theirs) == _said(sheet, wanted.get(key, ()))
        if keep or same or head["source"] != IMPORT or any(row["staff"] not in staff for row in theirs):
            stays.add(key[:_ONCE])
            continue
        take_away(db, sheet.lines, theirs, now_ms)
        take_away(db, sheet.head, [head], now_ms)
        gone += theirs
    fresh = {key: rows for key, rows in wanted.items() if key[:_ONCE] not in stays}
    return Change(tuple(_add(db, sheet, fresh)), tuple(gone))


def _said(sheet: Sheet, rows: Iterable[Row]) -> set[Key]:
    return {tuple(row.get(column.name, "") for column in _own(sheet)) for row in rows}


def _add(db: sa.Connection, sheet: Sheet, fresh: Mapping[Key, Iterable[Row]]) -> list[Row]:
    added: list[Row] = []
    for key, rows in fresh.items():
        head = dict(zip(sheet.columns, key, strict=True))
        number = db.execute(sa.insert(sheet.head).values(**head).returning(sheet.head.c.id)).scalar_one()
        added += [
            {column.name: row.get(column.name, "") for column in _own(sheet)} | {sheet.of: number} for row in rows
        ]
    if added:
        db.execute(sa.insert(sheet.lines), added)
    return added
