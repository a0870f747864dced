"""All facts about staff-days in a few queries, whether for one person or for everybody: what `evaluate` judges."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from central.coverage import DoorFacts, delivered_by_all, delivered_until, down_together
from central.moments import local_date, midnight_ms, moment
from central.rules.day import Coverage, Day, ManualEntry, Plan, Policy, Session, Span, Tap
from central.rules.halves import of_halves, session_of
from central.store import coverage as doors
from central.store import planned, slots, taps
from central.store import roster as rosters
from central.store.roster import Person, Post, Roster
from central.store.taps import Punch
from central.unknown import unknown_staff
from central.workdays import Workday

Key = tuple[str, dt.date]
"""(staff, work date)."""

ONE = dt.timedelta(days=1)
USED_WITHIN = dt.timedelta(days=30)
"""How long a door that a person used is waited for."""
TOGETHER_DAYS = 7
"""Dates that lie no further apart are gathered in the same queries."""


@dataclass(frozen=True, slots=True)
class Known:
    """A staff-day: what is judged, and what that rests on.

    office: the doors whose being down matters; waited: those whose delivery is waited for (device ids, sorted).
    delivered: up to when each door waited for has delivered, None for never. punches: by the `ref` of the day's taps.
    untimed: a punch of the person still waits for its time, so the day cannot be judged yet.
    """

    day: Day
    person: Person
    post: Post | None = None
    workday: Workday | None = None
    office: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()
    delivered: Mapping[str, int | None] = field(default_factory=dict)
    punches: Mapping[str, Punch] = field(default_factory=dict)
    untimed: bool = False


def gather(db: sa.Connection, staff: str, on: dt.date, now_ms: int) -> Day:
    """What is known about one person's work date. Raises UnknownStaffError."""
    key = (staff, on)
    known = gather_many(db, rosters.load_roster(db), [key], now_ms)
    if key not in known:
        raise unknown_staff(staff, rosters.every_code(db))
    return known[key].day


def gather_many(
    db: sa.Connection, roster: Roster, keys: Iterable[Key], now_ms: int, *, around: dt.timedelta = ONE
) -> dict[Key, Known]:
    """What is known about staff-days; a staff code that is not in the roster is left out.

    `around`: how far before and after the date punches are read. The rules need a day; the date alone is enough for
    what happens now.
    """
    found: dict[Key, Known] = {}
    for group in _near_dates(keys):
        found |= _Facts(db, roster, group, now_ms, around).known()
    return found


def _near_dates(keys: Iterable[Key]) -> Iterator[list[Key]]:
    group: list[Key] = []
    for key in sorted(set(keys), key=lambda k: (k[1], k[0])):
        if group and (key[1] - group[0][1]).days >= TOGETHER_DAYS:
            yield group
            group = []
        group.append(key)
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Doors:
    """The doors of a staff-day."""

    office: frozenset[str]
    waited: frozenset[str]


class _Facts:
    """The facts about a group of staff-days, and their division among them."""

    def __init__(self, db: sa.Connection, roster: Roster, keys: list[Key], now_ms: int, around: dt.timedelta) -> None:
        self._db, self._roster, self._keys, self._now_ms, self._around = db, roster, keys, now_ms, around
        self._first, self._last = keys[0][1], keys[-1][1]
        self._staff = {staff for staff, _ in keys}
        self._spans: dict[tuple[frozenset[str], dt.date], tuple[Span, ...]] = {}

    def known(self) -> dict[Key, Known]:
        people = rosters.people(self._db, self._staff)
        posts = rosters.posts_of(self._db, self._staff)
        self._plans = planned.plans_of(self._db, self._roster, self._staff, self._first, self._last)
        self._entries = planned.entries_of(self._db, self._staff, self._first, self._last)
        self._rostered = slots.workdays_of(self._db, self._staff, self._first, self._last)
        self._read_punches()
        rooms = {
            (staff, on): (people[staff], self._roster.post_on(posts.get(staff, ()), on))
            for staff, on in self._keys
            if staff in people
        }
        places = {key: self._doors(key, post) for key, (_, post) in rooms.items()}
        self._read_doors(places.values())
        return {key: self._one(key, person, post, places[key]) for key, (person, post) in rooms.items()}

    def _read_punches(self) -> None:
        """Punches and uses by the person who held the badge at that moment."""
        holdings = [h for h in rosters.holdings_of(self._db, self._staff) if h.active]
        numbers = {h.number for h in holdings}
        from_ms, to_ms = midnight_ms(self._first - self._around), midnight_ms(self._last + self._around + ONE)
        punches = _by_badge(taps.punches(self._db, numbers, from_ms, to_ms))
        aside = _by_badge(taps.impossible(self._db, numbers, midnight_ms(self._first), midnight_ms(self._last + ONE)))
        used_from_ms, used_to_ms = midnight_ms(self._first - USED_WITHIN), midnight_ms(self._last + ONE)
        uses = defaultdict(list)
        for use in taps.uses(self._db, numbers, used_from_ms, used_to_ms, daily=self._first != self._last):
            uses[use.badge].append(use)
        untimed = taps.unrepaired(self._db, numbers)
        self._untimed = {h.staff for h in holdings if h.number in untimed}
        self._punches: dict[str, dict[str, Punch]] = defaultdict(dict)
        self._taps: dict[str, list[Tap]] = defaultdict(list)
        self._uses: dict[str, list[taps.Use]] = defaultdict(list)
        for held in holdings:
            self._uses[held.staff] += [u for u in uses[held.number] if held.at(u.first_ms) or held.at(u.last_ms)]
            for punch in punches[held.number] + aside[held.number]:
                if held.at(punch.time_ms) and punch.ref not in self._punches[held.staff]:
                    self._punches[held.staff][punch.ref] = punch
                    if not punch.set_aside:
                        self._taps[held.staff].append(_tap(punch))

    def _doors(self, key: Key, post: Post | None) -> _Doors:
        staff, on = key
        first_ms, last_ms = midnight_ms(on - USED_WITHIN), midnight_ms(on + ONE)
        waited = {u.device for u in self._uses[staff] if first_ms <= u.last_ms and u.first_ms < last_ms}
        office: frozenset[str] = frozenset()
        if post is not None:
            office = self._roster.workdays.office_doors(post.workplace, on)
            waited |= office | self._roster.workdays.office_doors(post.unit, on)
        known = self._roster.doors
        return _Doors(office, frozenset(d for d in waited if d in known and known[d].retired_ms is None))

    def _read_doors(self, places: Collection[_Doors]) -> None:
        office = {d for p in places for d in p.office}
        waited = {d for p in places for d in p.waited} - office
        from_ms, to_ms = midnight_ms(self._first - ONE), midnight_ms(self._last + 2 * ONE)
        self._facts: dict[str, DoorFacts] = doors.door_facts(self._db, office, from_ms, to_ms)
        self._facts |= doors.delivered(self._db, waited)

    def _one(self, key: Key, person: Person, post: Post | None, place: _Doors) -> Known:
        staff, on = key
        employed = person.employed(on)
        workdays = self._roster.workdays
        workday = self._workday(key, post) if employed and post is not None else None
        from_, to = moment(midnight_ms(on - self._around)), moment(midnight_ms(on + self._around + ONE))
        day = Day(
            on,
            () if workday is None else workday.sessions,
            tuple(t for t in self._taps[staff] if from_ <= t.at < to),
            self._plans_on(staff, on, workday),
            self._manual(key, workday),
            self._coverage(place, on),
            employed=employed,  # taps and doors all the same: somebody who has left may still stand in for a colleague
            rostered=key in self._rostered,
            set_aside=tuple(_tap(p) for p in self._punches[staff].values() if p.set_aside and on in _dates(p)),
            policy=Policy() if post is None else self._roster.policy_on(post.workplace, on),
            previous=None if post is None else _last(workdays.sessions_for(post.workplace, on - ONE).sessions),
            following=None if post is None else _first(workdays.sessions_for(post.workplace, on + ONE).sessions),
        )
        never_ms = midnight_ms(on - ONE)
        return Known(
            day,
            person,
            post,
            workday,
            tuple(sorted(place.office)),
            tuple(sorted(place.waited)),
            {d: _said(self._facts[d], never_ms) for d in sorted(place.waited)},
            self._punches[staff],
            staff in self._untimed,
        )

    def _workday(self, key: Key, post: Post) -> Workday:
        """The unit's workday; of somebody rostered on a day without sessions, that of the last day that had some."""
        workdays, on = self._roster.workdays, key[1]
        workday = workdays.sessions_for(post.workplace, on)
        if key not in self._rostered or workday.sessions:
            return workday
        before = (workdays.sessions_for(post.workplace, on - days * ONE) for days in range(1, 8))
        usual = next((found for found in before if found.sessions), workday)
        later = on - usual.on
        worked = (replace(s, start=s.start + later, end=s.end + later) for s in usual.sessions)
        return replace(workday, sessions=tuple(worked), rows=usual.rows)

    def _plans_on(self, staff: str, on: dt.date, workday: Workday | None) -> tuple[Plan, ...]:
        own = tuple(p.plan for p in self._plans.get(staff, ()) if p.first <= on <= p.last)
        if workday is None:
            return own
        return workday.holidays + tuple(of_halves(plan, workday.sessions) for plan in own)

    def _manual(self, key: Key, workday: Workday | None) -> tuple[ManualEntry, ...]:
        sessions = () if workday is None else workday.sessions
        return tuple(replace(e, session=session_of(e.session, sessions)) for e in self._entries.get(key, ()))

    def _coverage(self, place: _Doors, on: dt.date) -> Coverage:
        until = delivered_by_all((self._facts[d] for d in place.waited), midnight_ms(on - ONE))
        if (place.office, on) not in self._spans:
            facts = [self._facts[d] for d in place.office]
            spans = down_together(facts, midnight_ms(on - ONE), midnight_ms(on + 2 * ONE))
            self._spans[place.office, on] = spans
        down = self._spans[place.office, on]
        return Coverage(moment(self._now_ms), None if until is None else moment(until), down)


def _by_badge(found: Iterable[Punch]) -> dict[str, list[Punch]]:
    by_badge: dict[str, list[Punch]] = defaultdict(list)
    for punch in found:
        by_badge[punch.badge].append(punch)
    return by_badge


def _tap(punch: Punch) -> Tap:
    uncertainty = dt.timedelta(milliseconds=punch.uncertainty_ms)
    return Tap(moment(punch.time_ms), punch.ref, punch.device, uncertainty, punch.forked)


def _dates(punch: Punch) -> set[dt.date]:
    return {local_date(punch.time_ms), local_date(punch.received_ms)}


def _first(sessions: tuple[Session, ...]) -> Session | None:
    return sessions[0] if sessions else None


def _last(sessions: tuple[Session, ...]) -> Session | None:
    return sessions[-1] if sessions else None


def _said(facts: DoorFacts, never_ms: int) -> int | None:
    """Up to when the door has delivered; None for never."""
    until = delivered_until(facts, never_ms)
    return None if facts.delivered_ms is None and until == never_ms else until
