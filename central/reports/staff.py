"""Who works where on a date: leaders first, then by name in Vietnamese order."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.names import USUAL, NameOrder, sort_key
from central.reports.formats import write_rows
from central.store import people
from central.store import roster as rosters
from central.store.people import StaffRow
from central.store.roster import NO_UNIT, Post, Roster
from central.unknown import check_unit

NO_UNIT_NAME = "không còn đơn vị"
NOBODYS = "-"
"""How `--unit` asks for the people without a unit."""
GROUP = 500
"""People read at a time."""
LAST_RANK = 999


class StaffLine(NamedTuple):
    """A line of `staff`: the names are the columns. workplace: the unit whose doors and hours count."""

    code: str
    full_name: str
    unit: str
    unit_name: str
    workplace: str
    position: str
    rank: int
    category: str


def staff_lines(
    db: sa.Connection, on: dt.date, search: str = "", unit: str | None = None, order: NameOrder = USUAL
) -> list[StaffLine]:
    """Whoever is employed on the date: by rank (0 = head), given name, family name, middle names and code.

    People without a unit come last. unit: only it and all below it, `NOBODYS` for those without one. Raises
    UnknownUnitError where there is no such unit on the date.
    """
    roster = rosters.load_roster(db)
    found = people.employed(db, on, search)
    posts = posts_on(db, roster, [person.code for person in found], on)
    wanted = None if unit is None else _wanted(db, roster, unit, on)
    keyed = [
        (_place(person, posts[person.code], order), _line(roster, person, posts[person.code], on)) for person in found
    ]
    return [line for _, line in sorted(keyed) if wanted is None or line.unit in wanted]


def posts_on(db: sa.Connection, roster: Roster, staff: Sequence[str], on: dt.date) -> Mapping[str, Post | None]:
    """What each of these people is on the date, by code; None without any post."""
    found: dict[str, Post | None] = {}
    for first in range(0, len(staff), GROUP):
        group = staff[first : first + GROUP]
        posts = rosters.posts_of(db, group)
        found |= {code: roster.post_on(posts.get(code, ()), on) for code in group}
    return found


def _wanted(db: sa.Connection, roster: Roster, unit: str, on: dt.date) -> frozenset[str]:
    if unit == NOBODYS:
        return frozenset({NO_UNIT})
    check_unit(roster.units, unit, on, on)
    return rosters.units_below(db, unit, on)


def _place(person: StaffRow, post: Post | None, order: NameOrder) -> tuple[bool, int, str, str]:
    key = person.name_sort if order == USUAL else sort_key(person.full_name, person.given, order)
    nowhere = post is None or post.unit == NO_UNIT
    return nowhere, LAST_RANK if post is None else post.rank, key, person.code


def _line(roster: Roster, person: StaffRow, post: Post | None, on: dt.date) -> StaffLine:
    unit = NO_UNIT if post is None else post.unit
    return StaffLine(
        person.code,
        person.full_name,
        unit,
        roster.unit_name(unit, on) if unit else NO_UNIT_NAME,
        NO_UNIT if post is None else post.workplace,
        "" if post is None else post.position,
        LAST_RANK if post is None else post.rank,
        person.category,
    )


def write(
    db: sa.Connection, on: dt.date, search: str, unit: str | None, order: NameOrder, form: str, out: TextIO
) -> int:
    """Print the list as `csv` or `json`."""
    return write_rows(StaffLine._fields, staff_lines(db, on, search, unit, order), form, out)
