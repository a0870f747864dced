"""Every fact as the audit log would tell it, for whoever compares the two."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import SQLModel

from central.store import audit
from central.store.audit import Change, Key, Row


class Fact(NamedTuple):
    """A row of an audited table as the log would tell it: its table, its key, its columns, all as JSON has them."""

    table: str
    key: Key
    row: Row


def facts(db: sa.Connection) -> Iterator[Fact]:
    """Every stored fact, with the columns that this database has."""
    there = sa.inspect(db)
    for name in sorted(audit.AUDITED):
        if not there.has_table(name):
            continue
        # Untyped: a date that somebody made none of is to be told, not stumbled over.
        columns: list[sa.ColumnClause[Any]] = [sa.column(column["name"]) for column in there.get_columns(name)]
        query = sa.select(*columns).select_from(sa.table(name))
        for row in db.execute(query.execution_options(yield_per=1_000)).mappings():
            told = json.loads(audit.told(dict(row)) or "{}")
            yield Fact(name, key_of(name, told), told)


def key_of(table: str, row: Row) -> Key:
    """The key of a row that the log told; of columns that it does not name None."""
    return tuple(row.get(column.name) for column in _table(table).primary_key.columns)


def tell(db: sa.Connection, found: list[Fact], utc_ms: int) -> None:
    """Let the log tell facts that it never told, as they are now."""
    audit.append(db, [Change(_table(fact.table), None, fact.row) for fact in found], utc_ms)


def _table(name: str) -> sa.Table:
    return SQLModel.metadata.tables[name]
