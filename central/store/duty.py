"""Verdicts of duty slots: written with the day they belong to, read by date and unit."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.keys import among_asked, asked, pairs
from central.store.roster import units_below
from central.store.same import same_account
from central.store.slots import SlotRow, slots_between
from central.store.verdicts import Held, Waiting
from central.tables import DutyVerdict

DUTY: sa.Table = DutyVerdict.__table__  # type: ignore[attr-defined]
_DAY_MIN = 1440
_SLOT = ("staff", "date", "start_min", "end_min", "kind")
_WAITING = sa.select(DUTY.c.staff, DUTY.c.date, DUTY.c.recheck_ms, DUTY.c.why).where(
    DUTY.c.recheck_ms >= sa.bindparam("from_ms"), DUTY.c.recheck_ms < sa.bindparam("before_ms")
)
_STORED = sa.select(DUTY).where(among_asked(DUTY)).order_by(*(DUTY.c[name] for name in _SLOT))


class DutyRow(NamedTuple):
    """A duty slot's verdict, columns as in `tables.DutyVerdict`."""

    staff: str
    date: dt.date
    start_min: int
    end_min: int
    kind: str
    unit: str
    doer: str
    outcome: str
    by: str
    late_min: int
    recheck_ms: int | None
    in_ms: int | None
    evaluated_ms: int
    why: str


class DutyLine(NamedTuple):
    """A line of `verdicts --kind duty`: the names are the columns; a time past midnight ends in +1."""

    staff: str
    date: dt.date
    start: str
    end: str
    kind: str
    outcome: str
    by: str
    late_min: int


def clock_text(minutes: int) -> str:
    """`06:45`, or `07:00+1` for a time of the day after."""
    days, rest = divmod(minutes, _DAY_MIN)
    return f"{rest // 60:02}:{rest % 60:02}" + (f"+{days}" if days else "")


def duty_verdicts(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None = None) -> list[DutyLine]:
    """Duty verdicts of the dates, both included, ordered by date, start and staff; of a unit and all below it."""
    d = DUTY.c
    query = sa.select(*(d[name] for name in (*_SLOT, "outcome", "by", "late_min"))).where(d.date.between(first, last))
    if unit is not None:
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        query = query.where(sa.or_(*((d.date == day) & d.unit.in_(units_below(db, unit, day)) for day in days)))
    rows = db.execute(query.order_by(d.date, d.start_min, d.staff, d.end_min, d.kind))
    return [
        DutyLine(r.staff, r.date, clock_text(r.start_min), clock_text(r.end_min), r.kind, r.outcome, r.by, r.late_min)
        for r in rows
    ]


def slots_judged(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None = None
) -> list[tuple[SlotRow, DutyRow]]:
    """The slots of the dates, both included, that have a verdict, each with it; of a unit and all below it."""
    d = DUTY.c
    query = sa.select(DUTY).where(d.date.between(first, last))
    if unit is not None:
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        query = query.where(sa.or_(*((d.date == day) & d.unit.in_(units_below(db, unit, day)) for day in days)))
    rows = (DutyRow(*(getattr(row, name) for name in DutyRow._fields)) for row in db.execute(query))
    said = _by_slot(rows)
    slots = {(s.staff, s.date, s.start_min, s.end_min, s.kind): s for s in slots_between(db, first, last)}
    return [(slot, said[key]) for key, slot in slots.items() if key in said]


def duty_rows(db: sa.Connection, days: Collection[tuple[str, dt.date]]) -> dict[tuple[str, dt.date], list[DutyRow]]:
    """The stored verdicts of the slots of staff-days."""
    found: dict[tuple[str, dt.date], list[DutyRow]] = defaultdict(list)
    if days:
        for row in pairs(db.execute(_STORED, asked(days)), days):
            found[row.staff, row.date].append(DutyRow(*(getattr(row, name) for name in DutyRow._fields)))
    return found


def replace(db: sa.Connection, wanted: Mapping[tuple[str, dt.date], Collection[DutyRow]]) -> list[DutyRow]:
    """Let these be the duty verdicts of the staff-days; returns those that are new or other than before. What says the
    same, whenever it was asked for, is not written."""
    stored = duty_rows(db, wanted.keys())
    gone: list[DutyRow] = []
    fresh: list[DutyRow] = []
    for day, rows in wanted.items():
        before, after = _by_slot(stored.get(day, ())), _by_slot(rows)
        gone += [row for slot, row in before.items() if not _same(row, after.get(slot))]
        fresh += [row for slot, row in after.items() if not _same(row, before.get(slot))]
    if gone:
        same = sa.and_(*(DUTY.c[name] == sa.bindparam(f"k_{name}") for name in _SLOT))
        db.execute(sa.delete(DUTY).where(same), [{f"k_{name}": getattr(row, name) for name in _SLOT} for row in gone])
    if fresh:
        db.execute(sa.insert(DUTY), [row._asdict() for row in fresh])
    return fresh


def _slot(row: DutyRow) -> tuple[Any, ...]:
    return row[: len(_SLOT)]


def _by_slot(rows: Iterable[DutyRow]) -> dict[tuple[Any, ...], DutyRow]:
    return {_slot(row): row for row in rows}


def _same(one: DutyRow, other: DutyRow | None) -> bool:
    if other is None or one._replace(evaluated_ms=0, why="") != other._replace(evaluated_ms=0, why=""):
        return False
    return same_account(one.why, other.why)


def waiting(db: sa.Connection, from_ms: int, before_ms: int) -> list[Waiting]:
    """Duty verdicts with from_ms <= recheck_ms < before_ms, as `verdicts.waiting`."""
    rows = db.execute(_WAITING, {"from_ms": from_ms, "before_ms": before_ms})
    return [Waiting(*row) for row in rows]


def held_against(db: sa.Connection, staff: Collection[str], since: dt.date) -> list[Held]:
    """Slots from `since` on that somebody came late to, or that nobody kept, of or done by these people."""
    d = DUTY.c
    theirs = d.staff.in_(staff) | d.doer.in_(staff)
    accused = d.outcome.in_(("late", "no_show", "needs_checking")) | (d.late_min > 0)
    query = sa.select(d.staff, d.date, d.outcome == "needs_checking", d.why).where(theirs, d.date >= since, accused)
    return [Held(row[0], row[1], bool(row[2]), row[3]) for row in db.execute(query)]
