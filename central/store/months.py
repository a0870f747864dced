"""Signed months: sheets and their lines, adjustments, events. Lines and events are only ever added."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

import sqlalchemy as sa

from central.sheets import Line, Value
from central.store.keys import among, pairs
from central.store.marks import upsert
from central.tables import MonthAdjustment, MonthEvent, MonthLine, MonthSheet

SHEET: sa.Table = MonthSheet.__table__  # type: ignore[attr-defined]
LINE: sa.Table = MonthLine.__table__  # type: ignore[attr-defined]
ADJUSTMENT: sa.Table = MonthAdjustment.__table__  # type: ignore[attr-defined]
EVENT: sa.Table = MonthEvent.__table__  # type: ignore[attr-defined]
_KEY = ("sheet_id", "staff", "date", "session", "listed_in")


class Sheet(NamedTuple):
    """A signed sheet, columns as in `tables.MonthSheet`; unlocked_ms None = it is in force."""

    id: int
    month: str
    unit: str
    signed_by: str
    doc_no: str
    signed_ms: int
    lines: int
    digest: str
    unlocked_ms: int | None


class Adjustment(NamedTuple):
    """What would change in a signed line, and in which later month that is listed."""

    sheet_id: int
    staff: str
    date: dt.date
    session: str
    listed_in: str
    before: Value
    after: Value
    reason: str
    proposed_ms: int
    withdrawn_ms: int | None


class Step(NamedTuple):
    """Something that was done to a month: locked or unlocked."""

    at_ms: int
    month: str
    unit: str
    what: str
    by: str
    doc_no: str
    reason: str
    sheet_id: int
    digest: str


_MONTHS: sa.BindParameter[str] = sa.bindparam("months", expanding=True)
# Built once: every verdict that is written asks it.
_IN_FORCE = (
    sa.select(*(SHEET.c[name] for name in Sheet._fields))
    .where(SHEET.c.month.in_(_MONTHS), SHEET.c.unlocked_ms.is_(None))
    .order_by(SHEET.c.month, SHEET.c.unit, SHEET.c.id)
)


def hold_still(db: sa.Connection) -> None:
    """Let no verdict be written until this transaction ends. On SQLite a write transaction is alone anyway."""
    if db.dialect.name != "sqlite":
        db.execute(sa.text("LOCK TABLE day_verdict, session_verdict IN SHARE MODE"))


def add_sheet(db: sa.Connection, sheet: Sheet, lines: Iterable[Line]) -> int:
    """Store a sheet and its lines; returns its id (that of `sheet` is ignored)."""
    values = {name: value for name, value in sheet._asdict().items() if name != "id"}
    sheet_id = int(db.execute(sa.insert(SHEET).values(values).returning(SHEET.c.id)).scalar_one())
    rows = [
        {
            "sheet_id": sheet_id,
            "staff": line.staff,
            "unit": line.unit,
            "date": line.date,
            "session": line.session,
            "position": line.position,
            **line.value._asdict(),
            "rests_on": json.dumps(line.rests_on, ensure_ascii=False),
        }
        for line in lines
    ]
    if rows:
        db.execute(sa.insert(LINE), rows)
    return sheet_id


def unlock_sheet(db: sa.Connection, sheet_id: int, now_ms: int) -> None:
    """The sheet is no longer in force, and nothing is proposed against it any more."""
    db.execute(sa.update(SHEET).where(SHEET.c.id == sheet_id).values(unlocked_ms=now_ms))
    open_ones = (ADJUSTMENT.c.sheet_id == sheet_id) & ADJUSTMENT.c.withdrawn_ms.is_(None)
    db.execute(sa.update(ADJUSTMENT).where(open_ones).values(withdrawn_ms=now_ms))


def record(db: sa.Connection, step: Step) -> None:
    """Add to the account of who did what."""
    db.execute(sa.insert(EVENT).values(step._asdict()))


def sheets(db: sa.Connection, months: Collection[str] | None = None, *, in_force: bool = True) -> list[Sheet]:
    """Sheets of these months (None = all), by month, unit and id; those no longer in force too, where asked."""
    if months is not None and in_force:
        return [Sheet(*row) for row in db.execute(_IN_FORCE, {"months": sorted(months)})]
    query = sa.select(*(SHEET.c[name] for name in Sheet._fields))
    if months is not None:
        query = query.where(SHEET.c.month.in_(months))
    if in_force:
        query = query.where(SHEET.c.unlocked_ms.is_(None))
    return [Sheet(*row) for row in db.execute(query.order_by(SHEET.c.month, SHEET.c.unit, SHEET.c.id))]


def lines(db: sa.Connection, sheet_ids: Collection[int]) -> list[Line]:
    """All lines of sheets, by staff, date, position and session."""
    c = LINE.c
    query = sa.select(LINE).where(c.sheet_id.in_(sheet_ids)).order_by(c.staff, c.date, c.position, c.session)
    return [_line(row) for row in db.execute(query)]


def lines_between(db: sa.Connection, sheet_ids: Collection[int], first: dt.date, last: dt.date) -> list[Line]:
    """The lines of sheets whose date lies between two dates, both included."""
    query = sa.select(LINE).where(LINE.c.sheet_id.in_(sheet_ids), LINE.c.date.between(first, last))
    return [_line(row) for row in db.execute(query)]


def lines_of(db: sa.Connection, sheet_id: int, days: Collection[tuple[str, dt.date]]) -> list[Line]:
    """The lines of staff-days in a sheet."""
    query = sa.select(LINE).where(LINE.c.sheet_id == sheet_id, among(LINE, days))
    return [_line(row) for row in pairs(db.execute(query), days)]


def _line(row: sa.Row[tuple[object, ...]]) -> Line:
    value = Value(row.outcome, row.flags, row.symbol, row.late_min, row.early_min)
    return Line(row.staff, row.unit, row.date, row.session, row.position, value, tuple(json.loads(row.rests_on)))


def adjustments_of(db: sa.Connection, sheet_id: int, days: Collection[tuple[str, dt.date]]) -> list[Adjustment]:
    """All adjustments to staff-days of a sheet, withdrawn ones too."""
    query = sa.select(ADJUSTMENT).where(ADJUSTMENT.c.sheet_id == sheet_id, among(ADJUSTMENT, days))
    return [_adjustment(row) for row in pairs(db.execute(query), days)]


def adjustments_in(db: sa.Connection, month: str) -> list[Adjustment]:
    """What is listed in a month, by staff, date and session, withdrawn ones too."""
    c = ADJUSTMENT.c
    query = sa.select(ADJUSTMENT).where(c.listed_in == month).order_by(c.staff, c.date, c.session, c.sheet_id)
    return [_adjustment(row) for row in db.execute(query)]


def adjusted_sessions(db: sa.Connection, first: dt.date, last: dt.date) -> set[tuple[str, dt.date, str]]:
    """The sessions (staff, date, session) of signed sheets in force for which a change is proposed, on these dates."""
    a = ADJUSTMENT.c
    query = sa.select(a.staff, a.date, a.session).join(SHEET, SHEET.c.id == a.sheet_id)
    standing = (a.withdrawn_ms.is_(None), SHEET.c.unlocked_ms.is_(None), a.date.between(first, last))
    return {(row.staff, row.date, row.session) for row in db.execute(query.where(*standing))}


def put_adjustments(db: sa.Connection, rows: Collection[Adjustment]) -> None:
    """Store adjustments, each in the place of the one with the same sheet, person, session and month."""
    if not rows:
        return
    flat = [_flat(row) for row in rows]
    insert = upsert(db, ADJUSTMENT)
    rest = {name: insert.excluded[name] for name in flat[0] if name not in _KEY}
    db.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=rest), flat)


def _flat(row: Adjustment) -> dict[str, object]:
    values = {name: value for name, value in row._asdict().items() if name not in ("before", "after")}
    for side, value in (("before", row.before), ("after", row.after)):
        values |= {f"{side}_{name}": part for name, part in value._asdict().items()}
    return values


def _adjustment(row: sa.Row[tuple[object, ...]]) -> Adjustment:
    before, after = (Value(*(getattr(row, f"{side}_{name}") for name in Value._fields)) for side in ("before", "after"))
    key = (row.sheet_id, row.staff, row.date, row.session, row.listed_in)
    return Adjustment(*key, before, after, row.reason, row.proposed_ms, row.withdrawn_ms)


def steps(db: sa.Connection, month: str) -> list[Step]:
    """Everything that was done to a month, in its order."""
    query = sa.select(*(EVENT.c[name] for name in Step._fields)).where(EVENT.c.month == month)
    return [Step(*row) for row in db.execute(query.order_by(EVENT.c.id))]


def by_day(found: Iterable[Line]) -> dict[tuple[str, dt.date], list[Line]]:
    """Lines by (staff, date)."""
    days: dict[tuple[str, dt.date], list[Line]] = defaultdict(list)
    for line in found:
        days[line.staff, line.date].append(line)
    return days
