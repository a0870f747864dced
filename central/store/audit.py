"""The audit log: every change of a fact that a person or an import makes, written in the transaction that makes it.

`watch` listens to what a connection is told to do, so that no command can forget it: before and after a statement
about an audited table its rows are read, and before the commit the changes are chained behind the last row. So the
log's last word about a row is that row, number and defaults included, and `verify` can compare them. Who acts is said
once, by whoever begins (`acting`).

A row's canonical form is UTF-8 JSON without spaces: `[seq,utc_ms,who,action,what,before,after,why,origin]`; its hash is
SHA-256(hash of the row before + canonical form), and the first row's "before" is SHA-256 of `dd/audit/1`.
"""

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.errors import UnknownTableError
from central.tables import AuditRow

TABLE: sa.Table = AuditRow.__table__  # type: ignore[attr-defined]
AUDITED = frozenset(
    {
        "assignment", "badge", "calendar_day", "calendar_decision", "case_event", "claim", "device",
        "door_closure",
        "door_decision", "duty_slot", "field_duty", "former_fact", "hamlet", "inspection", "inspection_line", "leave",
        "leave_symbol", "manual_entry", "month_event", "month_sheet", "office_policy", "office_threshold",
        "outing_decision", "privacy_decision", "roll_call", "roll_call_line", "roll_call_time", "schedule_row",
        "seen_end", "seen_round",
        "seen_word", "site", "staff", "unit", "unit_site",
        "unit_succession", "work_assignment",
    }
)  # fmt: skip
"""Tables of facts that people decide. All others hold what devices said, or what is worked out."""
BEGIN = sha256(b"dd/audit/1").digest()
_GATHERED, _BEGUN = "diemdanh_audit", "diemdanh_audit_begun"
_LOCK = 0x6464_6175
_NAMES = 120


Row = Mapping[str, Any]
"""A row by the names of its columns."""
Key = tuple[Any, ...]
"""A row's primary key."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does what, why, and from where."""

    who: str = ""
    action: str = ""
    why: str = ""
    origin: str = ""


_SYSTEM = Deed(action="system")
_acting: ContextVar[Deed] = ContextVar("acting", default=_SYSTEM)


@contextmanager
def acting(deed: Deed) -> Iterator[None]:
    """Whatever is changed inside is this deed's."""
    token = _acting.set(deed)
    try:
        yield
    finally:
        _acting.reset(token)


def account() -> str:
    """The account that runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def here() -> str:
    """Account and machine."""
    return f"{account()}@{socket.gethostname()}"


class Change(NamedTuple):
    """One row before and after; columns as they are stored."""

    table: sa.Table
    before: Row | None
    after: Row | None


class Entry(NamedTuple):
    """A row of the log, columns as in `tables.AuditRow`."""

    seq: int
    utc_ms: int
    who: str
    action: str
    what: str
    before: str | None
    after: str | None
    why: str
    origin: str
    prev_hash: bytes
    hash: bytes


def canonical(entry: Entry) -> bytes:
    """What the hash covers, besides the hash before."""
    return json.dumps(entry[:9], ensure_ascii=False, separators=(",", ":")).encode()


def chained(entry: Entry) -> bytes:
    """The hash that follows from the row itself and the hash before it."""
    return sha256(entry.prev_hash + canonical(entry)).digest()


def watch(engine: sa.Engine, now_ms: Callable[[], int]) -> None:
    """Let every write transaction of the engine leave its audit rows."""

    @sa.event.listens_for(engine, "before_execute")
    def _before(db: sa.Connection, statement: Any, multi: Any, params: Any, _: Any) -> None:
        table = _changed(statement)
        if table is not None:
            db.info[_BEGUN] = _begun(db, statement, table, list(multi) or [params or {}])

    @sa.event.listens_for(engine, "after_execute")
    def _after(db: sa.Connection, statement: Any, multi: Any, params: Any, options: Any, result: Any) -> None:
        if _changed(statement) is not None:
            gathered: list[Change] = db.info.setdefault(_GATHERED, [])
            gathered += _changes(db, db.info.pop(_BEGUN))

    @sa.event.listens_for(engine, "commit")
    def _commit(db: sa.Connection) -> None:
        gathered = db.info.pop(_GATHERED, None)
        if gathered:
            append(db, gathered, now_ms())

    @sa.event.listens_for(engine, "rollback")
    def _rollback(db: sa.Connection) -> None:
        db.info.pop(_GATHERED, None)


def _changed(statement: Any) -> sa.Table | None:
    """The audited table that a statement changes."""
    table = statement.table if isinstance(statement, sa.Insert | sa.Update | sa.Delete) else None
    return table if isinstance(table, sa.Table) and table.name in AUDITED else None


class _Begun(NamedTuple):
    """A statement on its way. rows: key afterwards -> the row before; floor: a row with a higher number is its own,
    None where its rows have their keys already."""

    table: sa.Table
    rows: dict[Key, Row | None]
    floor: int | None


def _begun(db: sa.Connection, statement: Any, table: sa.Table, given: list[Row]) -> _Begun:
    keys = [column.name for column in table.primary_key.columns]
    fixed = {_name(column): _plain(value) for column, value in (getattr(statement, "_values", None) or {}).items()}
    if isinstance(statement, sa.Insert):
        rows = [{**fixed, **row} for row in given]
        if any(name not in row for row in rows for name in keys):
            highest = db.execute(sa.select(sa.func.max(table.c[keys[0]]))).scalar()
            return _Begun(table, {}, 0 if highest is None else int(highest))
        found = {tuple(row[name] for name in keys): None for row in rows}
        return _Begun(table, {key: _there(db, table, key) for key in found}, None)
    before: dict[Key, Row | None] = {}
    for row in given:
        query = sa.select(table).where(*statement._where_criteria)
        set_ = {} if isinstance(statement, sa.Delete) else _set(statement, row)
        for old in db.execute(query, row).mappings().all():
            before.setdefault(tuple(set_.get(name, old[name]) for name in keys), dict(old))
    return _Begun(table, before, None)


def _changes(db: sa.Connection, begun: _Begun) -> list[Change]:
    """What came of it, as it is stored now: defaults, numbers and what the database made of a conflict among it."""
    table = begun.table
    if begun.floor is None:
        return [Change(table, before, _there(db, table, key)) for key, before in begun.rows.items()]
    (number,) = table.primary_key.columns
    query = sa.select(table).where(number > begun.floor).order_by(number)
    return [Change(table, None, dict(row)) for row in db.execute(query).mappings().all()]


def _name(column: Any) -> str:
    return str(getattr(column, "name", column))


def _set(statement: Any, row: Row) -> dict[str, Any]:
    """The values that an UPDATE sets."""
    return {
        _name(column): row[value.key] if isinstance(value, sa.BindParameter) and value.key in row else _plain(value)
        for column, value in (statement._values or {}).items()
    }


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, sa.BindParameter) else value


def _there(db: sa.Connection, table: sa.Table, key: Key) -> Row | None:
    """The row with a key."""
    columns = table.primary_key.columns
    query = sa.select(table).where(*(column == value for column, value in zip(columns, key, strict=True)))
    found = db.execute(query).mappings().first()
    return None if found is None else dict(found)


def hold(db: sa.Connection) -> None:
    """From here to the end of the transaction nobody else lengthens the log."""
    if db.dialect.name != "sqlite":
        db.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


class End(NamedTuple):
    """The last row of the log: its number and its hash; of an empty log 0, and what the first row follows."""

    seq: int
    hash: bytes


def end(db: sa.Connection, before_ms: int | None = None) -> End:
    """Where the log ends; before_ms: where it ended at that moment (UTC ms)."""
    query = sa.select(TABLE.c.seq, TABLE.c.hash).order_by(TABLE.c.seq.desc()).limit(1)
    if before_ms is not None:
        query = query.where(TABLE.c.utc_ms < before_ms)
    last = db.execute(query).first()
    return End(last.seq, bytes(last.hash)) if last else End(0, BEGIN)


def append(db: sa.Connection, changes: list[Change], utc_ms: int) -> None:
    """Chain changes behind the last row. A row that is after it what it was before is none."""
    hold(db)
    seq, before = end(db)
    deed, rows = _acting.get(), []
    for change in changes:
        if change.before == change.after:
            continue
        seq += 1
        what = f"{change.table.name} {_key(change)}"[:200]
        told_rows = (told(change.before), told(change.after))
        entry = Entry(
            seq,
            utc_ms,
            deed.who[:_NAMES],
            deed.action[:40],
            what,
            *told_rows,
            deed.why[:400],
            deed.origin[:200],
            before,
            b"",
        )
        before = chained(entry)
        rows.append(entry._replace(hash=before)._asdict())
    if rows:
        db.execute(sa.insert(TABLE), rows)


def _key(change: Change) -> str:
    row = change.after or change.before or {}
    return ",".join(str(row[key.name]) for key in change.table.primary_key.columns if row.get(key.name) is not None)


def told(row: Row | None) -> str | None:
    """A row as the log has it: JSON, names in order."""
    return None if row is None else json.dumps(dict(row), ensure_ascii=False, default=_text, sort_keys=True)


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def entries(db: sa.Connection, after: int = 0, limit: int = 2_000) -> list[Entry]:
    """The next rows of the log."""
    query = sa.select(*(TABLE.c[name] for name in Entry._fields)).where(TABLE.c.seq > after)
    return [Entry(*row) for row in db.execute(query.order_by(TABLE.c.seq).limit(limit))]


def search(db: sa.Connection, from_ms: int | None, to_ms: int | None, who: str | None, what: str | None) -> list[Entry]:
    """Rows of a time (UTC ms, to_ms excluded), by whose name, of which table, and of the row of it that has this key or
    this value. what: `TABLE` or `TABLE VALUE`. Raises UnknownTableError for a table whose changes are not kept."""
    query = of_time_and_record(from_ms, to_ms, who, what)
    return [Entry(*row) for row in db.execute(query.order_by(TABLE.c.seq))]


def of_time_and_record(
    from_ms: int | None, to_ms: int | None, who: str | None, what: str | None
) -> sa.Select[tuple[Any, ...]]:
    """The query of `search`, without an order."""
    c = TABLE.c
    query = sa.select(*(c[name] for name in Entry._fields))
    if from_ms is not None:
        query = query.where(c.utc_ms >= from_ms)
    if to_ms is not None:
        query = query.where(c.utc_ms < to_ms)
    if who is not None:
        query = query.where(c.who == who)
    if what is not None:
        query = query.where(_about(what))
    return query


def _about(what: str) -> sa.ColumnElement[bool]:
    table, _, value = what.strip().partition(" ")
    if table not in AUDITED:
        raise UnknownTableError(
            f"there is no table {table!r} whose changes are kept; name one of {', '.join(sorted(AUDITED))}, and behind "
            "it a key or a value, such as `unit X05`"
        )
    c, told = TABLE.c, json.dumps(value.strip(), ensure_ascii=False)
    of_table = c.what.startswith(f"{table} ", autoescape=True)
    if not value.strip():
        return of_table
    inside = (c.before.contains(f": {told}", autoescape=True), c.after.contains(f": {told}", autoescape=True))
    return of_table & sa.or_(c.what == f"{table} {value.strip()}", *inside)
