"""Verdicts as they count: the signed values where a month is locked, the live ones elsewhere."""

import datetime as dt
from collections.abc import Callable
from functools import cache

import sqlalchemy as sa

from central.sheets import Line, month_of
from central.store import months, verdicts
from central.store.roster import below, load_branches
from central.store.verdicts import Located, VerdictRow

Below = Callable[[str, dt.date], frozenset[str]]


def signed_rows(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None = None) -> list[VerdictRow]:
    """As `verdicts.verdict_rows`, with the lines of signed sheets for the people and dates that these answer for."""
    asked = {month_of(first + dt.timedelta(days=n)) for n in range((last - first).days + 1)}
    sheets = months.sheets(db, asked)
    if not sheets:
        return verdicts.verdict_rows(db, first, last, unit)
    branches = load_branches(db)

    @cache
    def subtree(code: str, on: dt.date) -> frozenset[str]:
        return below(branches, code, on)

    signed = months.lines_between(db, [sheet.id for sheet in sheets], first, last)
    answered = {(line.staff, line.date) for line in signed}
    found = [_located(line) for line in signed]
    for row in verdicts.located(db, first, last):
        on = row.row.date
        covered = any(s.month == month_of(on) and row.unit in subtree(s.unit, on) for s in sheets)
        if not covered and (row.row.staff, on) not in answered:
            found.append(row)
    wanted = (row for row in found if unit is None or row.unit in subtree(unit, row.row.date))
    return [row.row for row in sorted(wanted, key=_order)]


def _located(line: Line) -> Located:
    return Located(line.unit, line.position, VerdictRow(line.staff, line.date, line.session, *line.value))


def _order(located: Located) -> tuple[str, dt.date, int, str]:
    return located.row.staff, located.row.date, located.position, located.row.session
