"""Whose month a timesheet is: who belonged to the unit or one below it, on which days, and as what."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa

from central.sheets import Span
from central.store import grid, months
from central.store import roster as rosters
from central.store.grid import PostRow
from central.store.months import Sheet
from central.store.roster import Roster
from central.workdays import is_valid

LAST_RANK = 999
ONE = dt.timedelta(days=1)
HELD = 7
"""Lists of people that are remembered beside the newest."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A person of the sheet. days: on which days of the month the sheet is theirs, None = nobody can say any more;
    workplaces: whose hours they kept."""

    staff: str
    name: str
    position: str
    order: tuple[int, str, str]
    days: frozenset[int] | None
    workplaces: frozenset[str]


@dataclass(frozen=True)
class Ground:
    """What a month of a unit rests on. subtrees: the unit and all below it, a set a day; sheets: in force for the
    month; whole: the one of them that answers for everybody here, None = there is none."""

    roster: Roster
    unit: str
    span: Span
    subtrees: tuple[frozenset[str], ...]
    sheets: tuple[Sheet, ...]
    signed: tuple[frozenset[str], ...]
    whole: Sheet | None

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Every day of the month."""
        return tuple(self.span.first + n * ONE for n in range((self.span.last - self.span.first).days + 1))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every unit of the sheet, on any day."""
        return frozenset().union(*self.subtrees)

    @cached_property
    def named_on(self) -> dt.date:
        """The last day of the month on which there is such a unit: its name and place then are printed."""
        periods = self.roster.units.get(self.unit, ())
        return next((on for on in reversed(self.dates) if any(is_valid(p, on) for p in periods)), self.span.last)

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The unit and those above it."""
        return self.roster.workdays.tree.path(self.unit, self.named_on)


def ground_of(db: sa.Connection, roster: Roster, month: str, unit: str, span: Span) -> Ground:
    """Read what the month of a unit rests on."""
    branches = rosters.load_branches(db)
    turns = {b.valid_from for b in branches} | {
        b.valid_to + ONE for b in branches if b.valid_to and b.valid_to < span.last
    }
    sheets = tuple(months.sheets(db, [month]))
    ends: list[frozenset[str]] = []
    subtrees: list[frozenset[str]] = []
    signed: list[frozenset[str]] = []
    for on in (span.first + n * ONE for n in range((span.last - span.first).days + 1)):
        if on == span.first or on in turns:  # between two turns of the tree nothing changes
            here = rosters.below(branches, unit, on)
            there = [rosters.below(branches, sheet.unit, on) for sheet in sheets]
        subtrees.append(here)
        signed.append(frozenset().union(*there))
        ends = there if on == span.first else [a & b for a, b in zip(ends, there, strict=True)]
    whole = next((sheet for sheet, units in zip(sheets, ends, strict=True) if unit in units), None)
    return Ground(roster, unit, span, tuple(subtrees), sheets, tuple(signed), whole)


def people_of(db: sa.Connection, ground: Ground, staff: str | None = None) -> list[Whose]:
    """Everybody of the sheet, leaders first, then by name; only one person where `staff` is given.

    A signed sheet holds whom it was signed for, whatever has become of them since.
    """
    codes = ground.roster.codes_of(ground.codes, ground.span.last) | ground.roster.codes_of(
        ground.codes, ground.span.first
    )
    known: dict[tuple[object, ...], _Belonging] = {}
    every = grid.home_posts(db, codes, ground.span.first, ground.span.last, staff)
    found = [one for posts in every if (one := _whose(ground, posts, known)).days]
    if ground.whole is not None:
        found = _as_signed(db, ground, ground.whole, found, staff)
    return sorted(found, key=lambda one: one.order)


class _Belonging(NamedTuple):
    """What people with alike posts have in common. post: which of the posts names the position."""

    days: frozenset[int]
    post: int
    workplaces: frozenset[str]


def _whose(ground: Ground, posts: Sequence[PostRow], known: dict[tuple[object, ...], _Belonging]) -> Whose:
    person = posts[0]
    # Most people of a unit are the same to the calendar: worked out once. Columns that say when and where, not as what.
    key = tuple(part for post in posts for part in (*post[3:7], *post[9:]))
    if key not in known:
        known[key] = _belonging(ground, posts)
    days, at, places = known[key]
    post = posts[at]
    return Whose(person.staff, person.name, post.position, (post.rank, person.name_sort, person.staff), days, places)


def _belonging(ground: Ground, posts: Sequence[PostRow]) -> _Belonging:
    days = _days(ground, posts)
    last = ground.dates[max(days)] if days else ground.span.last
    at = next((number for number, post in enumerate(posts) if is_valid(post, last)), 0)
    return _Belonging(days, at, frozenset(post.workplace or post.unit for post in posts))


def _days(ground: Ground, posts: Sequence[PostRow]) -> frozenset[int]:
    """On which days of the month somebody's home unit lay in the subtree."""
    found, person = set(), posts[0]
    for day, on in enumerate(ground.dates):
        if (person.joined or on) <= on <= (person.left or on):
            post = next((p for p in posts if is_valid(p, on)), None)
            if post is not None and ground.roster.workdays.unit_on(post.unit, on) in ground.subtrees[day]:
                found.add(day)
    return frozenset(found)


def _as_signed(
    db: sa.Connection, ground: Ground, sheet: Sheet, members: Iterable[Whose], staff: str | None
) -> list[Whose]:
    """Of the members those who stand in the sheet, and whom it was signed for although they are no members now."""
    there = grid.signed_people(db, [sheet.id])
    found = [one for one in members if one.staff in there]
    if sheet.unit != ground.unit:
        return found
    gone = there - {one.staff for one in found}
    if staff is not None:
        gone &= {staff}
    return found + [
        Whose(p.staff, p.name, "", (LAST_RANK, p.name_sort, p.staff), None, frozenset()) for p in grid.people(db, gone)
    ]


class Memory:
    """The office and the lists of people that pages asked for last, as long as the roster's version says that nobody
    changed them. Threads may share it: two of them may read the same at once, none gets half of it."""

    def __init__(self) -> None:
        self._roster: Roster | None = None
        self._people: dict[tuple[object, ...], list[Whose]] = {}

    def roster(self, db: sa.Connection) -> Roster:
        """The office as it is now."""
        held = self._roster
        if held is None or held.version != rosters.roster_version(db):
            self._roster = held = rosters.load_roster(db)
        return held

    def people(self, db: sa.Connection, ground: Ground, staff: str | None) -> list[Whose]:
        """As `people_of`."""
        key = (ground.roster.version, ground.unit, ground.span, tuple(sheet.id for sheet in ground.sheets), staff)
        if (found := self._people.get(key)) is None:
            found = people_of(db, ground, staff)
            self._people = {**dict(list(self._people.items())[-HELD:]), key: found}
        return found
