"""Asking for many staff-days at once: by their people and dates, then exactly."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa


def among(table: sa.Table, days: Collection[tuple[str, dt.date]]) -> sa.ColumnElement[bool]:
    """Rows of `table` (columns staff, date) of any of these people on any of these dates: two lists of bound values
    instead of one of pairs, which both databases answer from the key. `pairs` leaves out what was not asked for."""
    return table.c.staff.in_({staff for staff, _ in days}) & table.c.date.in_({on for _, on in days})


def among_asked(table: sa.Table) -> sa.ColumnElement[bool]:
    """The same for a query that is built once: run it with the values of `asked`."""
    people: sa.BindParameter[Any] = sa.bindparam("asked_staff", expanding=True)
    dates: sa.BindParameter[Any] = sa.bindparam("asked_dates", expanding=True)
    return table.c.staff.in_(people) & table.c.date.in_(dates)


def asked(days: Collection[tuple[str, dt.date]]) -> dict[str, Any]:
    """The values for `among_asked`."""
    return {"asked_staff": sorted({staff for staff, _ in days}), "asked_dates": sorted({on for _, on in days})}


def pairs(rows: Iterable[Any], days: Collection[tuple[str, dt.date]]) -> Iterator[Any]:
    """Those of the rows whose (staff, date) was asked for."""
    wanted = set(days)
    return (row for row in rows if (row.staff, row.date) in wanted)
