"""The list of a date: everybody of a unit with their sessions, times and verdicts; leaders first, then by name."""

import datetime as dt
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa

from central.moments import moment
from central.reports.timesheet.whose import LAST_RANK
from central.store import counting, tallied
from central.store.tallied import SeenSession

PRIVATE = frozenset({"leave"})
"""Outcomes whose sign may tell of somebody's health."""


class DayLine(NamedTuple):
    """A line of the list: the names are the columns. session: "" of whoever had none; came, went: the times that count,
    `HH:MM`; symbol: as on the timesheet, "" where the reader may not know reasons."""

    staff: str
    name: str
    unit: str
    session: str
    outcome: str
    flags: str
    symbol: str
    came: str
    went: str
    late_min: int
    early_min: int


def day_lines(
    db: sa.Connection, on: dt.date, unit: str | None, staff: str | None = None, *, reasons: bool
) -> list[DayLine]:
    """Everybody with a verdict on the date. reasons: signs of leave are shown."""
    ranks = counting.ranks(db, on)
    people = [list(rows) for _, rows in groupby(tallied.sessions_on(db, on, unit, staff), key=lambda row: row.staff)]
    people.sort(key=lambda rows: (ranks.get(rows[0].staff, LAST_RANK), rows[0].name_sort, rows[0].staff))
    return [_line(row, reasons=reasons) for rows in people for row in rows]


def _line(row: SeenSession, *, reasons: bool) -> DayLine:
    outcome = row.outcome or row.status
    return DayLine(
        row.staff,
        row.name,
        row.unit,
        row.session or "",
        outcome,
        row.flags or "",
        (row.symbol or "") if reasons or outcome not in PRIVATE else "",
        _time(row.in_ms),
        _time(row.out_ms),
        row.late_min or 0,
        row.early_min or 0,
    )


def _time(ms: int | None) -> str:
    return "" if ms is None else f"{moment(ms):%H:%M}"
