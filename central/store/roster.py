"""Who, hours, calendar, plans and doors by date: readings of the roster tables as the rules' own words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from central.moments import local_date
from central.rules.day import Policy
from central.rules.symbols import Symbols
from central.store.calendar import DayRow as CalendarRow
from central.store.calendar import standing
from central.store.choices import Policies, load_policies, load_symbols
from central.store.fleet import TERMINAL_KEY
from central.store.moves import Move, moves
from central.tables import (
    Assignment,
    Badge,
    Counter,
    Device,
    ScheduleRow,
    Staff,
    Unit,
    UnitSuccession,
    WorkAssignment,
)
from central.workdays import CalendarEntry, CalendarKind, DoorPlace, Succession, Workdays, is_valid
from central.workdays import ScheduleRow as Hours
from central.workdays import Unit as Branch

ONE = dt.timedelta(days=1)
NO_UNIT = ""
"""The unit of whoever is left without one."""


def _t(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


@dataclass(frozen=True, slots=True)
class Door:
    """A registered device. retired_ms: from when on it is nobody's door (retired or revoked), None while it is;
    station: it has one, with a key; terminal: it is one of another maker; else it is only in the office's list. unit:
    after all its moves, the earliest first."""

    device: str
    code: str
    unit: str | None
    location: str
    retired_ms: int | None
    station: bool = True
    terminal: bool = False
    moves: tuple[Move, ...] = ()

    def unit_on(self, on: dt.date) -> str | None:
        """Whose door it is on the date, None = nobody's."""
        return next((move.before for move in self.moves if on < move.on), self.unit)


@dataclass(frozen=True, slots=True)
class Roster:
    """What a whole office shares: hours, calendar and doors (`workdays`), the devices, the units' names by code, the
    policies of judging and the symbols of the timesheet.

    version: the counter `roster` when this was read; a holder reads again when the counter has moved.
    """

    version: int
    workdays: Workdays
    doors: Mapping[str, Door]
    units: Mapping[str, tuple["UnitName", ...]]
    policies: Policies = field(default_factory=Policies)
    symbols: Symbols = field(default_factory=Symbols)

    def policy_on(self, unit: str, on: dt.date) -> Policy:
        """How a unit's days are judged: its own policies, else those of the units above it."""
        return self.policies.on(self.workdays.tree.path(unit, on), on)

    def unit_name(self, code: str, on: dt.date) -> str:
        """The unit's name on the date; its code when it has none then."""
        return next((u.name for u in self.units.get(code, ()) if is_valid(u, on)), code)

    def post_on(self, posts: Iterable["Post"], on: dt.date) -> "Post | None":
        """What a person is on the date, the unit and the place of work as they are called then; None without a post.

        A unit that ended hands its people on to the one that took over from it, as long as no later post says
        otherwise. Without one the unit is `NO_UNIT`; a place of work without one falls back to the home unit.
        """
        post = next((p for p in posts if is_valid(p, on)), None)
        if post is None:
            return None
        unit = self.workdays.unit_on(post.unit, on) or NO_UNIT
        workplace = unit if post.workplace == post.unit else self.workdays.unit_on(post.workplace, on) or unit
        if (unit, workplace) == (post.unit, post.workplace):
            return post
        return replace(post, unit=unit, workplace=workplace)

    def codes_of(self, units: Collection[str], on: dt.date) -> frozenset[str]:
        """These units, and those whose people and doors have come to them by the date."""
        return frozenset({*units, *(code for code in self.units if self.workdays.unit_on(code, on) in units)})


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit's name during a period."""

    name: str
    valid_from: dt.date | None
    valid_to: dt.date | None


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff; joined and left are the first and last day of employment."""

    code: str
    full_name: str
    name_sort: str
    joined: dt.date | None
    left: dt.date | None

    def employed(self, on: dt.date) -> bool:
        return (self.joined is None or self.joined <= on) and (self.left is None or on <= self.left)


@dataclass(frozen=True, slots=True)
class Employment:
    """First and last day of somebody's employment, None without limit."""

    joined: dt.date | None
    left: dt.date | None

    def on(self, date: dt.date) -> bool:
        return (self.joined is None or self.joined <= date) and (self.left is None or date <= self.left)


@dataclass(frozen=True, slots=True)
class Post:
    """Where and as what a person works during a period. workplace: the unit whose doors and hours count."""

    staff: str
    unit: str
    workplace: str
    position: str
    rank: int
    valid_from: dt.date | None
    valid_to: dt.date | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A badge in a person's hands, both ends included, None without limit. active: neither lost nor blocked."""

    number: str
    staff: str
    from_ms: int | None
    to_ms: int | None
    active: bool

    def at(self, ms: int) -> bool:
        return (self.from_ms is None or self.from_ms <= ms) and (self.to_ms is None or ms <= self.to_ms)


def roster_version(db: sa.Connection) -> int:
    """A number that grows with every change of who, plans or doors: an import, or a station that is registered."""
    c = _t(Counter).c
    return int(db.execute(sa.select(sa.func.sum(c.value)).where(c.name.in_(("roster", "devices")))).scalar() or 0)


def load_roster(db: sa.Connection) -> Roster:
    """Everything an office shares, in a few queries."""
    units = db.execute(sa.select(_t(Unit))).all()
    hours = db.execute(sa.select(_t(ScheduleRow))).all()
    successions = db.execute(sa.select(_t(UnitSuccession))).all()
    doors = load_doors(db)
    workdays = Workdays(
        (Branch(u.code, u.parent, u.valid_from, u.valid_to) for u in units),
        (_hours(row) for row in hours),
        (_entry(row) for row in standing(db)),
        (place for door in doors.values() for place in _places(door)),
        (Succession(s.from_unit, s.to_unit, s.date) for s in successions),
    )
    return Roster(roster_version(db), workdays, doors, _names(units), load_policies(db), load_symbols(db))


def load_units(db: sa.Connection) -> dict[str, tuple[UnitName, ...]]:
    """The units' names over time, by code."""
    return _names(db.execute(sa.select(_t(Unit))))


def _names(units: Iterable[Any]) -> dict[str, tuple[UnitName, ...]]:
    names: dict[str, list[UnitName]] = defaultdict(list)
    for unit in units:
        names[unit.code].append(UnitName(unit.name, unit.valid_from, unit.valid_to))
    return {code: tuple(found) for code, found in names.items()}


def load_doors(db: sa.Connection) -> dict[str, Door]:
    """All registered devices by id, in order of their codes."""
    d = _t(Device)
    columns = (d.c.id, d.c.code, d.c.unit, d.c.location, d.c.revoked_ms, d.c.retired_ms, d.c.key)
    moved = moves(db)
    return {
        row.id: Door(
            row.id,
            row.code,
            row.unit,
            row.location,
            _earliest(row.revoked_ms, row.retired_ms),
            row.key not in ("", TERMINAL_KEY),
            row.key == TERMINAL_KEY,
            moved.get(row.id, ()),
        )
        for row in db.execute(sa.select(*columns).order_by(d.c.code))
    }


def _earliest(*instants: int | None) -> int | None:
    return min((at for at in instants if at is not None), default=None)


def _places(door: Door) -> Iterable[DoorPlace]:
    """At which units a door stood, one after the other."""
    gone = None if door.retired_ms is None else local_date(door.retired_ms)
    begins: dt.date | None = None
    for move in door.moves:
        ends = move.on - ONE if gone is None else min(move.on - ONE, gone)
        if move.before is not None:
            yield DoorPlace(door.device, move.before, begins, ends)
        begins = move.on
    if door.unit is not None:
        yield DoorPlace(door.device, door.unit, begins, gone)


def _hours(row: Any) -> Hours:
    def minutes(value: int | None) -> dt.timedelta | None:
        return None if value is None else dt.timedelta(minutes=value)

    return Hours(
        row.unit,
        row.session,
        dt.timedelta(minutes=row.start_min),
        dt.timedelta(minutes=row.end_min),
        frozenset(day for day in range(1, 8) if row.weekdays >> (day - 1) & 1),
        row.valid_from,
        row.valid_to,
        dt.timedelta(minutes=row.grace_late_min),
        dt.timedelta(minutes=row.grace_early_min),
        minutes(row.window_before_min),
        minutes(row.window_after_min),
        row.doc_no,
        str(row.id),
    )


def _entry(row: CalendarRow) -> CalendarEntry:
    return CalendarEntry(
        row.date, CalendarKind(row.kind), row.unit, row.doc_no, row.for_date, row.session, ref=f"calendar:{row.id}"
    )


def _asked_of_people() -> tuple[sa.Select[Any], ...]:
    """What is asked with every punch: built once, for building costs as much as asking."""
    s, b = _t(Staff), _t(Badge)
    codes: sa.BindParameter[Any] = sa.bindparam("staff_codes", expanding=True)
    held = sa.select(b.c.number, b.c.staff, b.c.valid_from_ms, b.c.valid_to_ms, b.c.state).order_by(b.c.id)
    return (
        sa.select(s.c.code, s.c.full_name, s.c.name_sort, s.c.joined, s.c.left).where(s.c.code.in_(codes)),
        *(sa.select(t).where(t.c.staff.in_(codes)) for t in (_t(Assignment), _t(WorkAssignment))),
        held.where(b.c.staff.in_(codes)),
        held.where(b.c.number.in_(sa.bindparam("numbers", expanding=True))),
    )


_PEOPLE, _POSTS, _SECONDED, _HELD_BY, _HOLDERS = _asked_of_people()


def people(db: sa.Connection, staff: Collection[str]) -> dict[str, Person]:
    """The people with these codes."""
    return {row.code: Person(*row) for row in db.execute(_PEOPLE, {"staff_codes": list(staff)})}


def employed_on(db: sa.Connection, on: dt.date) -> list[str]:
    """The codes of everybody employed on the date."""
    s = _t(Staff)
    joined = sa.or_(s.c.joined.is_(None), s.c.joined <= on)
    stays = sa.or_(s.c.left.is_(None), s.c.left >= on)
    return list(db.execute(sa.select(s.c.code).where(joined, stays).order_by(s.c.code)).scalars())


def every_code(db: sa.Connection) -> list[str]:
    """The codes of everybody who ever worked here."""
    return list(db.execute(sa.select(_t(Staff).c.code).order_by(_t(Staff).c.code)).scalars())


def employment(db: sa.Connection) -> dict[str, Employment]:
    """When everybody was employed."""
    s = _t(Staff)
    return {row.code: Employment(row.joined, row.left) for row in db.execute(sa.select(s.c.code, s.c.joined, s.c.left))}


def posts_of(db: sa.Connection, staff: Collection[str]) -> dict[str, list[Post]]:
    """Everything these people were, the latest beginning first; a stretch each where they worked at another unit."""
    seconded = _seconded(db, staff)
    found: dict[str, list[Post]] = defaultdict(list)
    for row in db.execute(_POSTS, {"staff_codes": list(staff)}):
        post = Post(
            row.staff, row.unit, row.workplace or row.unit, row.position, row.rank, row.valid_from, row.valid_to
        )
        found[row.staff] += _divided(post, seconded[row.staff]) if row.staff in seconded else [post]
    for posts in found.values():
        posts.sort(key=lambda p: (p.valid_from or dt.date.min, p.unit), reverse=True)
    return found


def _seconded(db: sa.Connection, staff: Collection[str]) -> dict[str, list[Any]]:
    """By person: where else they worked, and when, the earliest first."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in db.execute(_SECONDED, {"staff_codes": list(staff)}):
        found[row.staff].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.valid_from or dt.date.min, row.unit))
    return found


def _divided(post: Post, seconded: Iterable[Any]) -> list[Post]:
    """A post cut where its holder worked at another unit meanwhile; both ends of every stretch are inside it."""
    found: list[Post] = []
    begins, ends = post.valid_from or dt.date.min, post.valid_to or dt.date.max
    for away in seconded:
        first, last = max(begins, away.valid_from or dt.date.min), min(ends, away.valid_to or dt.date.max)
        if first > last:
            continue
        if begins < first:
            found.append(_stretch(post, post.workplace, begins, first - ONE))
        found.append(_stretch(post, away.unit, first, last))
        if last == dt.date.max:
            return found
        begins = last + ONE
    return [*found, _stretch(post, post.workplace, begins, ends)] if begins <= ends else found


def _stretch(post: Post, workplace: str, first: dt.date, last: dt.date) -> Post:
    begins, ends = None if first == dt.date.min else first, None if last == dt.date.max else last
    return replace(post, workplace=workplace, valid_from=begins, valid_to=ends)


def staff_at(db: sa.Connection, workplaces: Collection[str], on: dt.date) -> list[str]:
    """Who works at these units on the date, or would if they were not at another one."""
    a, w = _t(Assignment), _t(WorkAssignment)
    place = sa.func.coalesce(a.c.workplace, a.c.unit)
    there = sa.select(a.c.staff).where(place.in_(workplaces), *_holds(a, on))
    away = sa.select(w.c.staff).where(w.c.unit.in_(workplaces), *_holds(w, on))
    return sorted(set(db.execute(there).scalars()) | set(db.execute(away).scalars()))


def _holds(table: sa.Table, on: dt.date) -> tuple[sa.ColumnElement[bool], ...]:
    begun = sa.or_(table.c.valid_from.is_(None), table.c.valid_from <= on)
    return begun, sa.or_(table.c.valid_to.is_(None), table.c.valid_to >= on)


def holdings_of(db: sa.Connection, staff: Collection[str]) -> list[Holding]:
    """Every badge these people hold or held."""
    return _holdings(db.execute(_HELD_BY, {"staff_codes": list(staff)}))


def holders_of(db: sa.Connection, numbers: Collection[str]) -> list[Holding]:
    """Everybody who holds or held these badges."""
    return _holdings(db.execute(_HOLDERS, {"numbers": list(numbers)}))


def _holdings(rows: Iterable[Any]) -> list[Holding]:
    return [Holding(r.number, r.staff, r.valid_from_ms, r.valid_to_ms, r.state == "active") for r in rows]


def units_below(db: sa.Connection, unit: str, on: dt.date) -> frozenset[str]:
    """The unit and everything below it on the date."""
    return below(load_branches(db), unit, on)


def load_branches(db: sa.Connection) -> list[Branch]:
    """The tree of units over time."""
    u = _t(Unit)
    return [Branch(*row) for row in db.execute(sa.select(u.c.code, u.c.parent, u.c.valid_from, u.c.valid_to))]


def below(branches: Iterable[Branch], unit: str, on: dt.date) -> frozenset[str]:
    """The unit and everything below it on the date; pure, for callers that hold the tree."""
    children: dict[str, list[str]] = defaultdict(list)
    for branch in branches:
        if branch.parent and is_valid(branch, on):
            children[branch.parent].append(branch.code)
    found, ahead = {unit}, [unit]
    while ahead:
        fresh = [code for code in children[ahead.pop()] if code not in found]
        found.update(fresh)
        ahead.extend(fresh)
    return frozenset(found)
