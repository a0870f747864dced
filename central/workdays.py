"""When a unit works: effective-dated hours inherited down the tree, the calendar of days off and make-up days, doors.

Pure. A unit's hours on a date are the rows of the nearest unit, from itself upwards, that has any row valid on the
date: a unit's own rows replace its parent's as a whole. Dates are local dates, both ends of a validity inclusive, None
means no limit. Source: office/README.md "Hours" and "Doors".
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from central.errors import CentralError
from central.rules.day import LOCAL, ZERO, Plan, PlanKind, Session


class WorkdayError(CentralError, ValueError):
    """Units, hours or calendar entries that contradict themselves; the message names them."""


class CalendarKind(StrEnum):
    """Exceptions from the week; the order of definition is the precedence within one unit."""

    HOLIDAY = "holiday"
    SWAPPED_OFF = "swapped_off"
    MAKE_UP = "make_up"


@dataclass(frozen=True, slots=True)
class Unit:
    """One period of a unit's life in the tree; a unit that moves has several, with different parents."""

    code: str
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One session of a unit's hours. `start` and `end` count from the date's midnight; `end` may exceed 24 h."""

    unit: str
    session: str
    start: timedelta
    end: timedelta
    weekdays: frozenset[int] = frozenset(range(1, 8))  # 1 = Monday
    valid_from: date | None = None
    valid_to: date | None = None
    grace_late: timedelta = ZERO
    grace_early: timedelta = ZERO
    window_before: timedelta | None = None
    window_after: timedelta | None = None
    document: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A holiday, a working day given off, or a day worked instead of `for_date`; for the unit and all below it.

    `session` limits the entry to one session (half holiday, half a make-up day). Raises `WorkdayError` for a make-up
    day without `for_date`, for its hours are those of that weekday.
    """

    on: date
    kind: CalendarKind
    unit: str
    document: str = ""
    for_date: date | None = None
    session: str | None = None
    ref: str = ""

    def __post_init__(self) -> None:
        if self.kind is CalendarKind.MAKE_UP and self.for_date is None:
            raise WorkdayError(f"make_up {self.on} of unit {self.unit}: for_date is missing; name the day it replaces")


@dataclass(frozen=True, slots=True)
class DoorPlace:
    """At which unit a door device stands, and when."""

    device: str
    unit: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """`to_unit` took over from `from_unit` on a date."""

    from_unit: str
    to_unit: str
    on: date


@dataclass(frozen=True, slots=True)
class Workday:
    """A unit's sessions on a date, and why.

    `sessions` in order of time, none on a day off; on a holiday they are what would have been worked, and `holidays`
    are the plans that free them. `rows` gave the sessions, in the same order; `entries` are the calendar's say.
    """

    on: date
    sessions: tuple[Session, ...]
    rows: tuple[ScheduleRow, ...] = ()
    entries: tuple[CalendarEntry, ...] = ()
    holidays: tuple[Plan, ...] = ()

    @property
    def documents(self) -> tuple[str, ...]:
        """The numbers of the documents that this day rests on, each once."""
        return tuple(
            dict.fromkeys(d for d in (*(r.document for r in self.rows), *(e.document for e in self.entries)) if d)
        )


class _Valid(Protocol):
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


class UnitTree:
    """The tree of units over time."""

    def __init__(self, units: Iterable[Unit], successions: Iterable[Succession] = ()) -> None:
        self._by_code: dict[str, list[Unit]] = defaultdict(list)
        self._heirs: dict[str, list[Succession]] = defaultdict(list)
        for unit in units:
            self._by_code[unit.code].append(unit)
        for succession in successions:
            self._heirs[succession.from_unit].append(succession)

    def unit_on(self, code: str, on: date) -> str | None:
        """The unit that `code` means on a date: itself while it is valid, after its end whoever took over from it.

        None where it is not valid and nobody took over by then, or several did at once: who went where is then for an
        assignment to say. People, doors and places of work follow a succession; hours and calendar days do not, for
        a new unit's hours need an announcement of its own.
        """
        seen: set[str] = set()
        here: str | None = code
        while here is not None and here not in seen:
            if any(is_valid(unit, on) for unit in self._by_code.get(here, ())):
                return here
            seen.add(here)
            here = self._heir(here, on)
        return None

    def _heir(self, code: str, on: date) -> str | None:
        past = [s for s in self._heirs.get(code, ()) if s.on <= on]
        latest = {s.to_unit for s in past if s.on == max(p.on for p in past)}
        return latest.pop() if len(latest) == 1 else None

    def path(self, code: str, on: date) -> tuple[str, ...]:
        """The unit and its ancestors, nearest first; it ends where a unit is unknown or not valid on the date.

        Raises `WorkdayError` when a unit is its own ancestor or has two parents on the date.
        """
        path: list[str] = []
        here: str | None = code
        while here:
            if here in path:
                raise WorkdayError(f"unit {here} is its own ancestor on {on}: {' < '.join(path)}; correct its parent")
            valid = {u.parent for u in self._by_code.get(here, ()) if is_valid(u, on)}
            if len(valid) > 1:
                raise WorkdayError(f"unit {here} has several parents on {on}; end one validity before the next begins")
            if not valid:
                break
            path.append(here)
            here = valid.pop()
        return tuple(path)


Amend = Callable[[ScheduleRow, Sequence[str], date], ScheduleRow]
"""What becomes of a row of hours on its way from the unit that has it down to the one that asks, on a date; the units
in this order, both included."""


class Workdays:
    """Hours, calendar and doors of all units; answers are remembered, for a whole office shares them."""

    def __init__(
        self,
        units: Iterable[Unit],
        rows: Iterable[ScheduleRow],
        entries: Iterable[CalendarEntry] = (),
        doors: Iterable[DoorPlace] = (),
        successions: Iterable[Succession] = (),
    ) -> None:
        self.tree = UnitTree(units, successions)
        self._rows: dict[str, list[ScheduleRow]] = defaultdict(list)
        self._entries: dict[date, list[CalendarEntry]] = defaultdict(list)
        self._doors = tuple(doors)
        self._doors_on: dict[date, dict[str, frozenset[str]]] = {}
        self._known: dict[tuple[str, date], Workday] = {}
        self._amend: Amend | None = None
        for row in rows:
            self._rows[row.unit].append(row)
        for entry in entries:
            self._entries[entry.on].append(entry)

    def under(self, change: Callable[[Iterable[ScheduleRow]], Iterable[ScheduleRow]], amend: Amend) -> "Workdays":
        """The same units, calendar and doors under other hours: what `change` makes of all rows, and `amend` of each
        row on its way down to whoever asks. This one stays."""
        other = copy(self)
        other._rows, other._known, other._amend = defaultdict(list), {}, amend
        for row in change([row for rows in self._rows.values() for row in rows]):
            other._rows[row.unit].append(row)
        return other

    def unit_on(self, code: str, on: date) -> str | None:
        """The unit that a code means on the date (`UnitTree.unit_on`)."""
        return self.tree.unit_on(code, on)

    def sessions_for(self, unit: str, on: date) -> Workday:
        """The unit's workday. Raises `WorkdayError` when the tree contradicts itself."""
        if (unit, on) not in self._known:
            self._known[unit, on] = self._workday(self.tree.path(unit, on), on)
        return self._known[unit, on]

    def announced(self, unit: str, on: date) -> bool:
        """Whether the unit, or one above it, has any hours in force on the date, whatever the weekday."""
        return bool(self._nearest_rows(self.tree.path(unit, on), on))

    def office_doors(self, unit: str, on: date) -> frozenset[str]:
        """The devices of the nearest unit, from this one upwards, that has any; none when no unit has.

        The doors of a unit that ended are those of the unit that took over from it.
        """
        if on not in self._doors_on:
            self._doors_on[on] = self._doors_by_unit(on)
        found = (self._doors_on[on].get(code) for code in self.tree.path(unit, on))
        return next((devices for devices in found if devices), frozenset())

    def _doors_by_unit(self, on: date) -> dict[str, frozenset[str]]:
        by_unit: dict[str, set[str]] = defaultdict(set)
        for door in self._doors:
            unit = self.tree.unit_on(door.unit, on)
            if unit is not None and is_valid(door, on):
                by_unit[unit].add(door.device)
        return {unit: frozenset(devices) for unit, devices in by_unit.items()}

    def _workday(self, path: Sequence[str], on: date) -> Workday:
        entries = self._calendar(path, on)
        made_up = [e for e in entries if e.kind is CalendarKind.MAKE_UP]
        rows = [r for r in self._nearest_rows(path, on) if _worked(r, on, made_up)]
        rows.sort(key=lambda r: (r.start, r.end, r.session))
        free = tuple(
            Plan(PlanKind.HOLIDAY, e.session, document=e.document, ref=e.ref)
            for e in entries
            if e.kind is not CalendarKind.MAKE_UP
        )
        return Workday(on, tuple(_session(r, on) for r in rows), tuple(rows), entries, free)

    def _nearest_rows(self, path: Sequence[str], on: date) -> list[ScheduleRow]:
        for distance, code in enumerate(path):
            valid = [r for r in self._rows.get(code, ()) if is_valid(r, on)]
            if valid and self._amend is not None:
                way_down = path[distance::-1]
                return [self._amend(row, way_down, on) for row in valid]
            if valid:
                return valid
        return []

    def _calendar(self, path: Sequence[str], on: date) -> tuple[CalendarEntry, ...]:
        """The nearest unit's entry for the whole date, strongest kind first, and all half holidays."""
        known = [e for e in self._entries.get(on, ()) if e.unit in path]
        ranks = {kind: rank for rank, kind in enumerate(CalendarKind)}
        known.sort(key=lambda e: (path.index(e.unit), ranks[e.kind], e.session or "", e.document, e.ref))
        whole = [e for e in known if e.session is None][:1]
        return tuple(whole + [e for e in known if e.session is not None])


def is_valid(thing: _Valid, on: date) -> bool:
    """Whether the date lies in the validity, both ends included."""
    return (thing.valid_from is None or thing.valid_from <= on) and (thing.valid_to is None or on <= thing.valid_to)


def time_of_day(text: str) -> timedelta:
    """`07:30` or, on the next date, `07:00+1`, as the time since the date's midnight.

    Raises `WorkdayError` for anything else.
    """
    clock, plus, days = text.partition("+")
    try:
        at = time.fromisoformat(clock)
        return timedelta(days=int(days) if plus else 0, hours=at.hour, minutes=at.minute, seconds=at.second)
    except ValueError as error:
        raise WorkdayError(f"time {text!r}: write HH:MM, or HH:MM+1 for the next date") from error


def weekdays_in(text: str) -> frozenset[int]:
    """`1-5`, `6` or `1,3,5-7` as weekday numbers, 1 = Monday.

    Raises `WorkdayError` for anything else.
    """
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise WorkdayError(f"weekdays {text!r}: write numbers 1 (Monday) to 7, such as 1-5 or 1,3,6")
        days.update(range(int(first), int(last or first) + 1))
    if not days or not days <= set(range(1, 8)):
        raise WorkdayError(f"weekdays {text!r}: write numbers 1 (Monday) to 7, such as 1-5 or 1,3,6")
    return frozenset(days)


def _worked(row: ScheduleRow, on: date, made_up: Sequence[CalendarEntry]) -> bool:
    """Whether the row's session is worked; on a make-up day by the weekday it replaces, and by that alone."""
    if not made_up:
        return on.isoweekday() in row.weekdays
    return any(e.session in (None, row.session) and (e.for_date or on).isoweekday() in row.weekdays for e in made_up)


def _session(row: ScheduleRow, on: date) -> Session:
    midnight = datetime.combine(on, time(), LOCAL)
    return Session(
        row.session,
        midnight + row.start,
        midnight + row.end,
        row.grace_late,
        row.grace_early,
        row.window_before,
        row.window_after,
    )
