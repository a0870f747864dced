"""The tree of units as it is on a date, with how many people each has; and who is left without a unit."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.reports.staff import NO_UNIT_NAME, posts_on
from central.store import people
from central.store import roster as rosters
from central.store.people import UnitRow
from central.store.roster import NO_UNIT
from central.workdays import is_valid


class TreeRow(NamedTuple):
    """A line of `units`: the names are the columns. depth: 0 = nothing above it; staff: without those below."""

    depth: int
    code: str
    parent: str
    type: str
    name: str
    staff: int


def tree_rows(db: sa.Connection, on: dt.date) -> list[TreeRow]:
    """Each unit that is valid on the date, above those below it, in order of codes.

    Last, where there are such people, a line with an empty code: whose unit ended and was taken over by nobody.
    """
    roster = rosters.load_roster(db)
    staff = [person.code for person in people.employed(db, on)]
    homes = Counter(NO_UNIT if post is None else post.unit for post in posts_on(db, roster, staff, on).values())
    rows = [
        TreeRow(depth, unit.code, unit.parent or "", unit.type, unit.name, homes[unit.code])
        for depth, unit in _walk([unit for unit in people.unit_rows(db) if is_valid(unit, on)])
    ]
    if homes[NO_UNIT]:
        rows.append(TreeRow(0, NO_UNIT, "", "", NO_UNIT_NAME, homes[NO_UNIT]))
    return rows


def _walk(units: list[UnitRow]) -> Iterator[tuple[int, UnitRow]]:
    known = {unit.code for unit in units}
    below: dict[str, list[UnitRow]] = defaultdict(list)
    for unit in units:
        below[unit.parent if unit.parent in known else ""].append(unit)
    ahead = [(0, unit) for unit in reversed(below[""])]
    while ahead:
        depth, unit = ahead.pop()
        yield depth, unit
        ahead += [(depth + 1, child) for child in reversed(below[unit.code])]


def write(db: sa.Connection, on: dt.date, form: str, out: TextIO) -> int:
    """Print the tree as `text` (indented, with the number of people), `csv` or `json`; returns how many units."""
    rows = tree_rows(db, on)
    if form != "text":
        return write_rows(TreeRow._fields, rows, form, out)
    for row in rows:
        place = f"{'  ' * row.depth}{row.code or '-'}  {row.name}"
        out.write(f"{place:60} {row.staff or '':>5}".rstrip() + "\n")
    return len(rows)
