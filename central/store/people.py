"""People and units as lists show them: who they are on a date, found by name."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.names import search_key
from central.tables import Staff, Unit

STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
UNIT: sa.Table = Unit.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person, columns as in `tables.Staff`."""

    code: str
    full_name: str
    given: str | None
    name_sort: str
    category: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit during one of its periods, columns as in `tables.Unit`."""

    code: str
    parent: str | None
    type: str
    name: str
    valid_from: dt.date | None
    valid_to: dt.date | None


def employed(db: sa.Connection, on: dt.date, search: str = "") -> list[StaffRow]:
    """Whoever is employed on the date, by name and code; of these, with `search`, whose name it begins a word of.

    Marks, capitals and the place of the tone make no difference. A staff code is found too, written whole.
    """
    s = STAFF.c
    joined, stays = sa.or_(s.joined.is_(None), s.joined <= on), sa.or_(s.left.is_(None), s.left >= on)
    query = sa.select(*(s[name] for name in StaffRow.__slots__)).where(joined, stays)
    if key := search_key(search):
        query = query.where(sa.or_(_begins_a_word(s.name_search, key), sa.func.lower(s.code) == search.strip().lower()))
    return [StaffRow(*row) for row in db.execute(query.order_by(s.name_sort, s.code))]


def _begins_a_word(column: Any, key: str) -> sa.ColumnElement[bool]:
    start = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return sa.or_(column.like(start, escape="\\"), column.like(f"% {start}", escape="\\"))


def unit_rows(db: sa.Connection) -> list[UnitRow]:
    """Every period of every unit, by code."""
    u = UNIT.c
    query = sa.select(*(u[name] for name in UnitRow.__slots__)).order_by(u.code, u.valid_from)
    return [UnitRow(*row) for row in db.execute(query)]
