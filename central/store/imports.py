"""Writing roster facts: only rows that are not there yet, so that a second import changes nothing."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from central.store.marks import upsert
from central.tables import DayVerdict

Row = Mapping[str, Any]


def add_missing(db: sa.Connection, model: Any, rows: Iterable[Row]) -> int:
    """Insert the rows of which no equal one is stored (surrogate ids apart); returns how many were new."""
    table: sa.Table = model.__table__
    apart = {*_surrogates(table), "source"}
    columns = [column for column in table.columns if column.name not in apart]
    stored = {tuple(row) for row in db.execute(sa.select(*columns))}
    fresh = {}
    for row in rows:
        key = tuple(row.get(column.name) for column in columns)
        if key not in stored:
            fresh[key] = dict(zip((column.name for column in columns), key, strict=True))
    if fresh:
        db.execute(sa.insert(table), list(fresh.values()))
    return len(fresh)


def _surrogates(table: sa.Table) -> set[str]:
    return {column.name for column in table.primary_key if isinstance(column.type, sa.Integer)}


def replace(db: sa.Connection, model: Any, rows: Iterable[Row]) -> int:
    """Insert rows, or bring the stored ones with the same primary key up to date; returns how many changed."""
    table: sa.Table = model.__table__
    keys = [column.name for column in table.primary_key]
    stored = {tuple(row._mapping[key] for key in keys): dict(row._mapping) for row in db.execute(sa.select(table))}
    changed = [
        row for row in rows if (was := stored.get(tuple(row[key] for key in keys))) is None or was != {**was, **row}
    ]
    for row in changed:
        insert = upsert(db, table).values(**row)
        rest = {name: value for name, value in row.items() if name not in keys}
        db.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest))
    return len(changed)


def judged_days(db: sa.Connection) -> list[tuple[str, dt.date]]:
    """Every (staff, date) that has a verdict."""
    table: sa.Table = DayVerdict.__table__  # type: ignore[attr-defined]
    return [(row.staff, row.date) for row in db.execute(sa.select(table.c.staff, table.c.date))]
