"""Everything that is held about one person, table by table; and the words that name them, taken out."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from central.names import search_key, sort_key
from central.tables import AuditRow, Badge, CaseEvent, Event, FormerFact, Journal, OfficeCase, Staff, WebUser

WHO = ("staff", "swapped_with", "stand_in", "deputy", "doer")
"""Columns that hold a person's code."""
INTERNAL = frozenset({"stale_day"})
"""Marks of work to do; they say nothing of anybody."""
SECRET = frozenset({"password_hash", "totp_secret"})
WORDS: dict[str, tuple[str, ...]] = {
    "assignment": ("position",),
    "leave": ("reason",),
    "duty_slot": ("note",),
    "field_duty": ("purpose",),
    "manual_entry": ("reason", "evidence"),
    "outing_decision": ("reason",),
    "roll_call_line": ("note",),
    "inspection_line": ("finding",),
}
"""Free words about a person: they may say anything, and no count rests on them."""
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
BADGE: sa.Table = Badge.__table__  # type: ignore[attr-defined]
EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
CASE: sa.Table = OfficeCase.__table__  # type: ignore[attr-defined]
STEP: sa.Table = CaseEvent.__table__  # type: ignore[attr-defined]
USER: sa.Table = WebUser.__table__  # type: ignore[attr-defined]
FORMER: sa.Table = FormerFact.__table__  # type: ignore[attr-defined]
AUDIT: sa.Table = AuditRow.__table__  # type: ignore[attr-defined]
Rows = list[dict[str, Any]]


def tables() -> list[sa.Table]:
    """Every table with a column that holds a person's code, by name."""
    found = [t for t in SQLModel.metadata.tables.values() if t.name not in INTERNAL and {c.name for c in t.c} & {*WHO}]
    return sorted((t for t in found if t.name != USER.name), key=lambda table: table.name)


def held(db: sa.Connection, code: str) -> dict[str, Rows]:
    """The rows that are about the person, by table: columns as stored, secrets left out; empty lists for none."""
    told = {"staff": _rows(db, sa.select(STAFF).where(STAFF.c.code == code))}
    for table in tables():
        told[table.name] = _rows(db, sa.select(table).where(_about(table, code)))
    told["punch"] = _rows(db, _punches(code))
    told["case_event"] = _rows(db, sa.select(STEP).join(CASE, CASE.c.id == STEP.c.case_id).where(CASE.c.staff == code))
    told["web_user"] = _rows(db, sa.select(*(c for c in USER.c if c.name not in SECRET)).where(USER.c.staff == code))
    told["former_fact"] = _rows(db, sa.select(FORMER).where(_names(FORMER.c.said, code)))
    said = sa.or_(_names(AUDIT.c.before, code), _names(AUDIT.c.after, code), AUDIT.c.what == f"staff {code}")
    told["audit"] = _rows(db, sa.select(AUDIT).where(said).order_by(AUDIT.c.seq))
    return told


def is_known(db: sa.Connection, code: str) -> bool:
    """Whether there is such a person, or was."""
    return db.execute(sa.select(STAFF.c.code).where(STAFF.c.code == code)).first() is not None


def last_day(db: sa.Connection, code: str) -> dt.date | None:
    """The last day of employment, None while nobody has said one."""
    found: dt.date | None = db.execute(sa.select(STAFF.c.left).where(STAFF.c.code == code)).scalar()
    return found


def has_open_case(db: sa.Connection, code: str) -> bool:
    """Whether a case about the person waits for a decision."""
    waiting = (CASE.c.staff == code) & (CASE.c.state == "open")
    return db.execute(sa.select(CASE.c.id).where(waiting)).first() is not None


def left_before(db: sa.Connection, day: dt.date) -> list[str]:
    """Codes of those whose last day lies before `day`."""
    query = sa.select(STAFF.c.code).where(STAFF.c.left < day).order_by(STAFF.c.code)
    return list(db.execute(query).scalars())


def pseudonym(code: str) -> str:
    """What a person who was made nameless is called."""
    return f"(đã ẩn danh) {code}"


def without_words(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a person who was made nameless, whatever a file says of them."""
    if table == STAFF.name:
        return {**row, **_nameless(row["code"])}
    return {**row, **dict.fromkeys(WORDS.get(table, ()), "")}


def _nameless(code: str) -> dict[str, str]:
    name = pseudonym(code)
    return {"full_name": name, "given": name, "name_sort": sort_key(name), "name_search": search_key(name)}


def make_nameless(db: sa.Connection, code: str, now_ms: int) -> int:
    """Take a person's name and the free words about them away, and end their login; how many rows changed.

    Codes, times, outcomes and counts stay, and so does whose badge was whose: past days can be judged again.
    """
    name = pseudonym(code)
    changed = db.execute(sa.update(STAFF).where(STAFF.c.code == code).values(**_nameless(code))).rowcount
    for table_name, columns in WORDS.items():
        table = SQLModel.metadata.tables[table_name]
        said = (table.c.staff == code) & sa.or_(*(table.c[column] != "" for column in columns))
        changed += db.execute(sa.update(table).where(said).values(dict.fromkeys(columns, ""))).rowcount
    ended = {"disabled_ms": now_ms, "staff": code, "totp_secret": ""}
    for user in db.execute(sa.select(USER.c.id).where(USER.c.staff == code)).scalars().all():
        db.execute(sa.update(USER).where(USER.c.id == user).values(name=f"{name} #{user}", **ended))
        changed += 1
    return changed


def _about(table: sa.Table, code: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(table.c[name] == code for name in WHO if name in table.c))


def _names(column: sa.ColumnElement[str | None], code: str) -> sa.ColumnElement[bool]:
    """Whether JSON text holds the code as a value; the log and withdrawn facts write letters as they are."""
    return column.contains(json.dumps(code, ensure_ascii=False), autoescape=True)


def _punches(code: str) -> sa.Select[Any]:
    """Taps of the person's badges while these were theirs, with the door's station."""
    e, b = EVENT.c, BADGE.c
    columns = (JOURNAL.c.device, e.kind, e.badge, e.time_ms, e.uncertainty_ms, e.method, e.received_ms, e.clock)
    theirs = (b.number == e.badge) & (b.staff == code)
    since = sa.or_(b.valid_from_ms.is_(None), e.time_ms >= b.valid_from_ms)
    until = sa.or_(b.valid_to_ms.is_(None), e.time_ms < b.valid_to_ms)
    joined = EVENT.join(JOURNAL, JOURNAL.c.id == e.journal_id).join(BADGE, theirs)
    return sa.select(*columns).distinct().select_from(joined).where(since, until).order_by(e.time_ms)


def _rows(db: sa.Connection, query: sa.Select[Any]) -> Rows:
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in db.execute(query)]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, dt.date) else value
