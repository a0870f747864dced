"""Writing roster facts: what is new goes in, what an import said before and says no more is set aside.

Nothing is lost: a row that goes is kept as `FormerFact`. Rows that did not come by an import are never taken away.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.store.marks import upsert
from central.tables import Badge, FormerFact

Row = Mapping[str, Any]
FORMER: sa.Table = FormerFact.__table__  # type: ignore[attr-defined]
IMPORT = "import"
"""The source of the rows that an import may take back."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an import changed in one table: the rows that are new, and those that are no more."""

    added: tuple[Row, ...] = ()
    gone: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.added + self.gone


@dataclass(frozen=True, slots=True)
class Speaker:
    """Which stored rows an import speaks for: those whose `column` is one of `codes`.

    keep: it adds to what is stored and takes nothing back.
    """

    column: str
    codes: Collection[str]
    now_ms: int
    keep: bool = False

    def speaks_for(self, row: Row) -> bool:
        return not self.keep and row[self.column] in self.codes and row.get("source", IMPORT) == IMPORT


def add_missing(db: sa.Connection, model: Any, rows: Iterable[Row]) -> int:
    """Insert the rows of which no equal one is stored (surrogate ids apart); returns how many were new."""
    return len(sync(db, model, rows, Speaker("", (), 0, keep=True)).added)


def sync(db: sa.Connection, model: Any, rows: Iterable[Row], speaker: Speaker, apart: Collection[str] = ()) -> Change:
    """Let `rows` be all that is stored of what the speaker speaks for. Columns `apart` do not make a row another."""
    table: sa.Table = model.__table__
    serial = {c.name for c in table.primary_key if isinstance(c.type, sa.Integer)}
    names = [c.name for c in table.columns if c.name not in {*serial, "source", *apart}]
    stored = [dict(row._mapping) for row in db.execute(sa.select(table))]
    known = {tuple(row[name] for name in names) for row in stored}
    wanted = {tuple(row.get(name) for name in names): row for row in rows}
    gone = [row for row in stored if speaker.speaks_for(row) and tuple(row[name] for name in names) not in wanted]
    fresh = [{name: row.get(name) for name in (*names, *apart)} for key, row in wanted.items() if key not in known]
    take_away(db, table, gone, speaker.now_ms)
    if fresh:
        db.execute(sa.insert(table), fresh)
    return Change(tuple(fresh), tuple(gone))


def take_away(db: sa.Connection, table: sa.Table, rows: Collection[Row], now_ms: int) -> None:
    """Delete rows, each kept as a former fact."""
    if not rows:
        return
    keep_former(db, table, rows, now_ms)
    keys = [c.name for c in table.primary_key]
    same = sa.and_(*(table.c[name] == sa.bindparam(f"k_{name}") for name in keys))
    db.execute(sa.delete(table).where(same), [{f"k_{name}": row[name] for name in keys} for row in rows])


def keep_former(db: sa.Connection, table: sa.Table, rows: Iterable[Row], now_ms: int) -> None:
    """Note rows that hold no more."""
    said = [json.dumps(dict(row), ensure_ascii=False, default=str, sort_keys=True) for row in rows]
    notes = [{"noun": table.name, "said": one, "by": IMPORT, "withdrawn_ms": now_ms} for one in said]
    if notes:
        db.execute(sa.insert(FORMER), notes)


def with_history(db: sa.Connection) -> set[str]:
    """Whose badges are stored with periods or states: more than `for ever`. PINs of terminals are no badges here: their
    list is another one."""
    b: sa.Table = Badge.__table__  # type: ignore[attr-defined]
    dated = b.c.valid_from_ms.is_not(None) | b.c.valid_to_ms.is_not(None) | (b.c.state != "active")
    return set(db.execute(sa.select(b.c.staff).where(dated, ~b.c.number.startswith("pin:"))).scalars())


def replace(db: sa.Connection, model: Any, rows: Iterable[Row], now_ms: int) -> Change:
    """Insert rows, or bring the stored ones with the same primary key up to date; others stay."""
    table: sa.Table = model.__table__
    keys = [column.name for column in table.primary_key]
    stored = {tuple(row._mapping[key] for key in keys): dict(row._mapping) for row in db.execute(sa.select(table))}
    fresh, before = [], []
    for row in rows:
        was = stored.get(tuple(row[key] for key in keys))
        if was is None or was != {**was, **row}:
            fresh.append(row)
            before += [] if was is None else [was]
    keep_former(db, table, before, now_ms)
    for row in fresh:
        rest = {name: value for name, value in row.items() if name not in keys}
        insert = upsert(db, table).values(**row)
        db.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest))
    return Change(tuple(fresh), tuple(before))
