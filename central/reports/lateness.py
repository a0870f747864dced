"""Lateness and absence of a period by unit, by person and by date, as the facts say now."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from central.store import counting, tallied
from central.store import roster as rosters
from central.store.tallied import Counts, OfDate, OfPerson

LAST_RANK = 999


class PersonLine(NamedTuple):
    """A person's counts while at a unit."""

    staff: str
    name: str
    unit: str
    counts: Counts


class UnitLine(NamedTuple):
    """A unit's counts, without those of units below it."""

    unit: str
    name: str
    people: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Lateness:
    """The period's counts. people: leaders first, then by name; units: by code; dates: each that has a verdict."""

    whole: Counts
    units: tuple[UnitLine, ...]
    people: tuple[PersonLine, ...]
    dates: tuple[OfDate, ...]


def lateness(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, staff: str | None = None) -> Lateness:
    """What was counted on the dates, both included, of a unit and all below it, or of one person."""
    found, ranks = tallied.by_person(db, first, last, unit, staff), counting.ranks(db, last)
    found.sort(key=lambda one: (ranks.get(one.staff, LAST_RANK), one.name_sort, one.staff))
    whole = Counts()
    for one in found:
        whole = whole.and_also(one.counts)
    people = tuple(PersonLine(one.staff, one.name, one.unit, one.counts) for one in found)
    return Lateness(whole, tuple(_units(db, found, last)), people, tuple(tallied.by_date(db, first, last, unit, staff)))


def _units(db: sa.Connection, found: list[OfPerson], on: dt.date) -> list[UnitLine]:
    names = rosters.load_units(db)
    counts: dict[str, Counts] = {}
    people: dict[str, set[str]] = {}
    for one in found:
        counts[one.unit] = counts.get(one.unit, Counts()).and_also(one.counts)
        people.setdefault(one.unit, set()).add(one.staff)
    return [UnitLine(code, _name(names, code, on), len(people[code]), counts[code]) for code in sorted(counts)]


def _name(names: dict[str, tuple[rosters.UnitName, ...]], code: str, on: dt.date) -> str:
    periods = names.get(code, ())
    valid = [p for p in periods if (p.valid_from or on) <= on <= (p.valid_to or on)]
    return next((p.name for p in (*valid, *periods)), code)


COLUMNS = ("staff", "name", "unit", *Counts._fields)
"""The columns of the list of people as CSV."""
