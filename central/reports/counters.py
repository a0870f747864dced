"""Counts of a period, one line a person: leaders first, then by name in Vietnamese order."""

import datetime as dt
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.counting import tally
from central.counting.windows import Period
from central.reports.formats import write_rows
from central.store import counting
from central.store import roster as rosters
from central.unknown import check_unit


class CounterRow(NamedTuple):
    """A line of `counters`: the names are the columns; see `central.counting.Tally`. unit: that of the newest day."""

    staff: str
    name: str
    unit: str
    half_days: int
    times_late: int
    late_min: int
    times_early: int
    early_min: int
    half_days_absent: int
    absent_in_a_row: int
    missing_taps: int
    checking: int
    pending: int


def counter_rows(db: sa.Connection, period: Period, unit: str | None) -> list[CounterRow]:
    """Everybody with a verdict in the period; of a unit and all below it, half-day by half-day.

    Raises UnknownUnitError.
    """
    roster = rosters.load_roster(db)
    if unit is not None:
        check_unit(roster.units, unit, period.first, period.last)
    branches = rosters.load_branches(db)
    below: dict[dt.date, frozenset[str]] = {}
    people, ranks = counting.people_counted(db), counting.ranks(db, period.last)
    rows = []
    for staff, halves in counting.half_days(db, None, period.first, period.last).items():
        if unit is not None:
            for half in halves:
                if half.on not in below:
                    below[half.on] = rosters.below(branches, unit, half.on)
            halves = [h for h in halves if h.unit in below[h.on]]
        if halves and staff in people:
            newest = max(halves, key=lambda h: (h.on, h.position))
            counts = tally(halves)
            rows.append(CounterRow(staff, people[staff].name, newest.unit, *(getattr(counts, n) for n in _COUNTS)))
    return sorted(rows, key=lambda r: (ranks.get(r.staff, 99), people[r.staff].name_sort, r.staff))


_COUNTS = CounterRow._fields[3:]


def write(db: sa.Connection, period: Period, unit: str | None, form: str, out: TextIO) -> int:
    """Print the counts as `csv` or `json`."""
    return write_rows(CounterRow._fields, counter_rows(db, period, unit), form, out)
