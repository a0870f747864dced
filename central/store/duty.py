"""Verdicts of duty slots: written with the day they belong to, read by date and unit."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.keys import among_asked, asked, pairs
from central.store.roster import units_below
from central.tables import DutyVerdict

DUTY: sa.Table = DutyVerdict.__table__  # type: ignore[attr-defined]
_DAY_MIN = 1440
_SLOT = ("staff", "date", "start_min", "end_min", "kind")
_STORED = sa.select(DUTY).where(among_asked(DUTY)).order_by(*(DUTY.c[name] for name in _SLOT))


class DutyRow(NamedTuple):
    """A duty slot's verdict, columns as in `tables.DutyVerdict`."""

    staff: str
    date: dt.date
    start_min: int
    end_min: int
    kind: str
    unit: str
    outcome: str
    by: str
    late_min: int
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


def duty_rows(db: sa.Connection, days: Collection[tuple[str, dt.date]]) -> dict[tuple[str, dt.date], list[DutyRow]]:
    """The stored verdicts of the slots of staff-days."""
    found: dict[tuple[str, dt.date], list[DutyRow]] = defaultdict(list)
    if days:
        for row in pairs(db.execute(_STORED, asked(days)), days):
            found[row.staff, row.date].append(DutyRow(*(getattr(row, name) for name in DutyRow._fields)))
    return found


def replace(db: sa.Connection, wanted: Mapping[tuple[str, dt.date], Collection[DutyRow]]) -> int:
    """Let these be the duty verdicts of the staff-days; returns how many rows changed. What stays the same, the instant
    of judging apart, is not written."""
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
    return len({_slot(row) for row in (*gone, *fresh)})


def _slot(row: DutyRow) -> tuple[Any, ...]:
    return row[: len(_SLOT)]


def _by_slot(rows: Iterable[DutyRow]) -> dict[tuple[Any, ...], DutyRow]:
    return {_slot(row): row for row in rows}


def _same(one: DutyRow, other: DutyRow | None) -> bool:
    return other is not None and one._replace(evaluated_ms=0) == other._replace(evaluated_ms=0)
