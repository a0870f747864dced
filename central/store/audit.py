"""The audit log: every change of a fact that a person or an import makes, written in the transaction that makes it.

`watch` listens to what a connection is told to do, so that no command can forget it: before an UPDATE or DELETE of an
audited table the rows are read, and before the commit the changes are chained behind the last row. Who acts is said
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

from central.tables import AuditRow

TABLE: sa.Table = AuditRow.__table__  # type: ignore[attr-defined]
AUDITED = frozenset(
    {
        "assignment", "badge", "calendar_day", "calendar_decision", "case_event", "claim", "device",
        "door_closure",
        "door_decision", "duty_slot", "field_duty", "former_fact", "hamlet", "inspection", "inspection_line", "leave",
        "leave_symbol", "manual_entry", "month_event", "month_sheet", "office_policy", "office_threshold",
        "outing_decision", "roll_call", "roll_call_line", "schedule_row", "site", "staff", "unit", "unit_site",
        "unit_succession", "work_assignment",
    }
)  # fmt: skip
"""Tables of facts that people decide. All others hold what devices said, or what is worked out."""
BEGIN = sha256(b"dd/audit/1").digest()
_GATHERED = "diemdanh_audit"
_LOCK = 0x6464_6175
_NAMES = 120


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
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


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
        if not isinstance(statement, sa.Insert | sa.Update | sa.Delete):
            return
        table = statement.table
        if isinstance(table, sa.Table) and table.name in AUDITED:
            given = list(multi) or [params or {}]
            gathered: list[Change] = db.info.setdefault(_GATHERED, [])
            gathered += _changes(db, statement, table, given)

    @sa.event.listens_for(engine, "commit")
    def _commit(db: sa.Connection) -> None:
        gathered = db.info.pop(_GATHERED, None)
        if gathered:
            _append(db, gathered, now_ms())

    @sa.event.listens_for(engine, "rollback")
    def _rollback(db: sa.Connection) -> None:
        db.info.pop(_GATHERED, None)


def _changes(db: sa.Connection, statement: Any, table: sa.Table, given: list[Mapping[str, Any]]) -> list[Change]:
    fixed = {_name(column): _plain(value) for column, value in (getattr(statement, "_values", None) or {}).items()}
    if isinstance(statement, sa.Insert):
        return [Change(table, _there(db, table, fixed | row), fixed | row) for row in map(dict, given)]
    found = []
    for row in given:
        query = sa.select(table).where(*statement._where_criteria)
        for before in db.execute(query, row).mappings().all():
            after = None if isinstance(statement, sa.Delete) else {**before, **_set(statement, row)}
            found.append(Change(table, dict(before), after))
    return found


def _name(column: Any) -> str:
    return str(getattr(column, "name", column))


def _set(statement: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """The values that an UPDATE sets."""
    return {
        _name(column): row[value.key] if isinstance(value, sa.BindParameter) and value.key in row else _plain(value)
        for column, value in (statement._values or {}).items()
    }


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, sa.BindParameter) else value


def _there(db: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row that an INSERT meets, where its key is in it."""
    keys = list(table.primary_key.columns)
    if any(key.name not in row for key in keys):
        return None
    found = db.execute(sa.select(table).where(*(key == row[key.name] for key in keys))).mappings().first()
    return None if found is None else dict(found)


def _append(db: sa.Connection, changes: list[Change], utc_ms: int) -> None:
    if db.dialect.name != "sqlite":
        db.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = db.execute(sa.select(TABLE.c.seq, TABLE.c.hash).order_by(TABLE.c.seq.desc()).limit(1)).first()
    seq, before = (last.seq, bytes(last.hash)) if last else (0, BEGIN)
    deed, rows = _acting.get(), []
    for change in changes:
        if change.before is not None and change.after is not None and _same(change.before, change.after):
            continue
        seq += 1
        what = f"{change.table.name} {_key(change)}"[:200]
        told = (_told(change.before), _told(change.after))
        entry = Entry(
            seq,
            utc_ms,
            deed.who[:_NAMES],
            deed.action[:40],
            what,
            *told,
            deed.why[:400],
            deed.origin[:200],
            before,
            b"",
        )
        before = chained(entry)
        rows.append(entry._replace(hash=before)._asdict())
    if rows:
        db.execute(sa.insert(TABLE), rows)


def _same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(before.get(name) == value for name, value in after.items())


def _key(change: Change) -> str:
    row = change.after or change.before or {}
    return ",".join(str(row[key.name]) for key in change.table.primary_key.columns if row.get(key.name) is not None)


def _told(row: Mapping[str, Any] | None) -> str | None:
    return None if row is None else json.dumps(dict(row), ensure_ascii=False, default=_text, sort_keys=True)


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def entries(db: sa.Connection, after: int = 0, limit: int = 2_000) -> list[Entry]:
    """The next rows of the log."""
    query = sa.select(*(TABLE.c[name] for name in Entry._fields)).where(TABLE.c.seq > after)
    return [Entry(*row) for row in db.execute(query.order_by(TABLE.c.seq).limit(limit))]


def search(db: sa.Connection, from_ms: int | None, to_ms: int | None, who: str | None, what: str | None) -> list[Entry]:
    """Rows of a time (UTC ms, to_ms excluded), by whose name, and what they begin with."""
    c = TABLE.c
    query = sa.select(*(c[name] for name in Entry._fields))
    if from_ms is not None:
        query = query.where(c.utc_ms >= from_ms)
    if to_ms is not None:
        query = query.where(c.utc_ms < to_ms)
    if who is not None:
        query = query.where(c.who == who)
    if what is not None:
        query = query.where(c.what.startswith(what, autoescape=True))
    return [Entry(*row) for row in db.execute(query.order_by(c.seq))]
