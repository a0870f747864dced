"""All facts about staff-days in a few queries, whether for one person or for everybody: what `evaluate` judges."""

import datetime as dt
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import sqlalchemy as sa

from central.coverage import DoorFacts, delivered_by_all, delivered_until, down_together
from central.ledger.places import Place, Places
from central.moments import local_date, midnight_ms, moment
from central.rules.day import Coverage, Day, ManualEntry, Outing, OutingDecision, Plan, PlanKind, Policy, Tap
from central.rules.halves import of_halves, session_of
from central.store import coverage as doors
from central.store import outings, planned, slots, taps
from central.store import roster as rosters
from central.store.roster import Holding, Person, Post, Roster
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
MONTH_DAYS = 31
"""The same of people of whom more than a week is asked."""


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
    db: sa.Connection,
    roster: Roster,
    keys: Iterable[Key],
    now_ms: int,
    *,
    around: dt.timedelta = ONE,
    places: Places | None = None,
) -> dict[Key, Known]:
    """What is known about staff-days; a staff code that is not in the roster is left out.

    `around`: how many days before and after the date punches are read. The rules need one; the date alone is enough
    for what happens now. `places`: those of the roster, where a caller remembers them from one call to the next.
    """
    found: dict[Key, Known] = {}
    if places is None or places.roster is not roster:
        places = Places(roster)
    for group in _groups(keys):
        found |= _Facts(db, places, group, now_ms, around).known()
    return found


def _groups(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """Staff-days whose facts are read in the same queries: people of whom much is asked by the month, others with what
    lies near, for of everybody in a group all its dates are read."""
    wanted = set(keys)
    asked = Counter(staff for staff, _ in wanted)
    yield from _near_dates((key for key in wanted if asked[key[0]] > TOGETHER_DAYS), MONTH_DAYS)
    yield from _near_dates((key for key in wanted if asked[key[0]] <= TOGETHER_DAYS), TOGETHER_DAYS)


def _near_dates(keys: Iterable[Key], days: int) -> Iterator[list[Key]]:
    group: list[Key] = []
    for key in sorted(keys, key=lambda k: (k[1], k[0])):
        if group and (key[1] - group[0][1]).days >= days:
            yield group
            group = []
        group.append(key)
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Doors:
    """The doors of a staff-day, and what they say. delivered: see `Known`."""

    office: tuple[str, ...]
    waited: tuple[str, ...]
    delivered: Mapping[str, int | None]
    coverage: Coverage


class _Facts:
    """The facts about a group of staff-days, and their division among them."""

    def __init__(self, db: sa.Connection, places: Places, keys: list[Key], now_ms: int, around: dt.timedelta) -> None:
        self._db, self._places, self._keys, self._now_ms = db, places, keys, now_ms
        self._roster = places.roster
        self._around = around
        self._near = [n * ONE for n in range(-around.days, around.days + 1)]
        self._first, self._last = keys[0][1], keys[-1][1]
        self._staff = {staff for staff, _ in keys}
        self._doors: dict[tuple[frozenset[str], frozenset[str], dt.date], _Doors] = {}

    def known(self) -> dict[Key, Known]:
        people = rosters.people(self._db, self._staff)
        posts = rosters.posts_of(self._db, self._staff)
        self._plans = planned.plans_of(self._db, self._roster, self._staff, self._first, self._last)
        self._entries = planned.entries_of(self._db, self._staff, self._first, self._last)
        self._rostered = slots.workdays_of(self._db, self._staff, self._first, self._last)
        self._read_punches()
        self._read_decisions()
        rooms = [
            _Room(staff, on, people[staff], *self._place(self._roster.post_on(posts.get(staff, ()), on), on))
            for staff, on in self._keys
            if staff in people
        ]
        waited = [self._waited(room) for room in rooms]
        self._read_doors(rooms, waited)
        return {(r.staff, r.on): self._one(r, self._of_doors(r, w)) for r, w in zip(rooms, waited, strict=True)}

    def _place(self, post: Post | None, on: dt.date) -> tuple[Post | None, Place | None]:
        return post, None if post is None else self._places.at(post, on)

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
        self._aside: dict[str, list[Punch]] = defaultdict(list)
        self._taps: dict[tuple[str, dt.date], list[Tap]] = defaultdict(list)
        self._pressed: set[str] = set()
        self._used: dict[str, dict[str, list[dt.date]]] = defaultdict(lambda: defaultdict(list))
        for held in holdings:
            used = self._used[held.staff]
            for use in uses[held.number]:
                if held.at(use.first_ms) or held.at(use.last_ms):
                    insort(used[use.device], local_date(use.last_ms))
            self._share_out(held, punches[held.number] + aside[held.number])

    def _share_out(self, held: Holding, punches: Iterable[Punch]) -> None:
        """Give the holder of a badge the punches of his time."""
        own = self._punches[held.staff]
        for punch in punches:
            ref = punch.ref
            if ref in own or not held.at(punch.time_ms):
                continue
            own[ref] = punch
            if punch.set_aside:
                self._aside[held.staff].append(punch)
            else:
                self._taps[held.staff, local_date(punch.time_ms)].append(_tap(punch, ref))
                if punch.outing:
                    self._pressed.add(held.staff)

    def _read_decisions(self) -> None:
        """What was decided about the ways to the field that somebody's taps tell of; few people have any."""
        told = self._pressed
        self._decided: dict[Key, list[tuple[OutingDecision, tuple[Plan, ...]]]] = defaultdict(list)
        for row in outings.decisions_of(self._db, told, self._first - ONE, self._last + ONE) if told else ():
            identities = set(row.taps.split())
            refs = frozenset(ref for ref, p in self._punches[row.staff].items() if p.identity in identities)
            if row.withdrawn_ms is None and refs:
                names = row.sessions.split() if row.approved else ()
                plans = tuple(Plan(PlanKind.FIELD_DUTY, name, "", row.doc_no, row.ref) for name in names)
                self._decided[row.staff, row.date].append((OutingDecision(refs, row.approved, row.ref), plans))

    def _decisions(self, staff: str, on: dt.date) -> tuple[OutingDecision, ...]:
        """Those of the date, and those of the dates beside it, whose taps it may hold."""
        if not self._decided:
            return ()
        return tuple(said for n in (-1, 0, 1) for said, _ in self._decided.get((staff, on + n * ONE), ()))

    def _waited(self, room: "_Room") -> frozenset[str]:
        """The doors whose delivery is waited for: those of the units, and those that the person used."""
        first = room.on - USED_WITHIN
        used = {device for device, dates in self._used[room.staff].items() if _any_within(dates, first, room.on)}
        if room.place is None:
            return self._places.waited_for(used)
        beside = used - room.place.doors
        return room.place.doors | self._places.waited_for(beside) if beside else room.place.doors

    def _read_doors(self, rooms: Iterable["_Room"], waited: Iterable[frozenset[str]]) -> None:
        office = frozenset().union(*{room.office for room in rooms})
        others = frozenset().union(*set(waited)) - office
        from_ms, to_ms = midnight_ms(self._first - ONE), midnight_ms(self._last + 2 * ONE)
        self._facts: dict[str, DoorFacts] = doors.door_facts(self._db, office, from_ms, to_ms)
        self._facts |= doors.delivered(self._db, others)

    def _of_doors(self, room: "_Room", waited: frozenset[str]) -> _Doors:
        """What the doors say about a date: worked out once for everybody who uses the same ones."""
        key = (room.office, waited, room.on)
        if key not in self._doors:
            never_ms = midnight_ms(room.on - ONE)
            names = tuple(sorted(waited))
            said = {d: _said(self._facts[d], never_ms) for d in names}
            until = delivered_by_all((self._facts[d] for d in names), never_ms)
            down = down_together([self._facts[d] for d in room.office], never_ms, midnight_ms(room.on + 2 * ONE))
            coverage = Coverage(moment(self._now_ms), None if until is None else moment(until), down)
            self._doors[key] = _Doors(tuple(sorted(room.office)), names, said, coverage)
        return self._doors[key]

    def _one(self, room: "_Room", said: _Doors) -> Known:
        staff, on, place = room.staff, room.on, room.place
        key = (staff, on)
        employed = room.person.employed(on)
        workday = self._workday(key, room.post, place) if employed and room.post and place else None
        day = Day(
            on,
            () if workday is None else workday.sessions,
            tuple([tap for near in self._near for tap in self._taps.get((staff, on + near), ())]),
            self._plans_on(staff, on, workday),
            self._manual(key, workday),
            said.coverage,
            employed=employed,  # taps and doors all the same: somebody who has left may still stand in for a colleague
            rostered=key in self._rostered,
            set_aside=tuple(_tap(p, p.ref) for p in self._aside.get(staff, ()) if on in _dates(p)),
            policy=Policy() if place is None else place.policy,
            previous=None if place is None else place.previous,
            following=None if place is None else place.following,
            decided=self._decisions(staff, on),
        )
        return Known(
            day,
            room.person,
            room.post,
            workday,
            said.office,
            said.waited,
            said.delivered,
            self._punches[staff],
            staff in self._untimed,
        )

    def _workday(self, key: Key, post: Post, place: Place) -> Workday:
        """The unit's workday; of somebody rostered on a day without sessions, that of the last day that had some."""
        workday = place.workday
        if key not in self._rostered or workday.sessions:
            return workday
        workdays, on = self._roster.workdays, key[1]
        before = (workdays.sessions_for(post.workplace, on - days * ONE) for days in range(1, 8))
        usual = next((found for found in before if found.sessions), workday)
        later = on - usual.on
        worked = (replace(s, start=s.start + later, end=s.end + later) for s in usual.sessions)
        return replace(workday, sessions=tuple(worked), rows=usual.rows)

    def _plans_on(self, staff: str, on: dt.date, workday: Workday | None) -> tuple[Plan, ...]:
        own = tuple([p.plan for p in self._plans.get(staff, ()) if p.first <= on <= p.last])
        own += tuple([plan for _, plans in self._decided.get((staff, on), ()) for plan in plans])
        if workday is None:
            return own
        return workday.holidays + tuple([of_halves(plan, workday.sessions) for plan in own])

    def _manual(self, key: Key, workday: Workday | None) -> tuple[ManualEntry, ...]:
        entries = self._entries.get(key)
        if not entries:
            return ()
        sessions = () if workday is None else workday.sessions
        return tuple(replace(e, session=session_of(e.session, sessions)) for e in entries)


@dataclass(frozen=True, slots=True)
class _Room:
    """A staff-day: whose, and where."""

    staff: str
    on: dt.date
    person: Person
    post: Post | None
    place: Place | None

    @property
    def office(self) -> frozenset[str]:
        return frozenset() if self.place is None else self.place.office


def _any_within(dates: list[dt.date], first: dt.date, last: dt.date) -> bool:
    """Whether any of the dates, which are in order, lies from first to last."""
    at = bisect_left(dates, first)
    return at < len(dates) and dates[at] <= last


def _by_badge(found: Iterable[Punch]) -> dict[str, list[Punch]]:
    by_badge: dict[str, list[Punch]] = defaultdict(list)
    for punch in found:
        by_badge[punch.badge].append(punch)
    return by_badge


def _tap(punch: Punch, ref: str) -> Tap:
    return Tap(
        moment(punch.time_ms), ref, punch.device, _within(punch.uncertainty_ms), punch.forked, Outing(punch.outing)
    )


@lru_cache(1_000)
def _within(uncertainty_ms: int) -> dt.timedelta:
    return dt.timedelta(milliseconds=uncertainty_ms)


def _dates(punch: Punch) -> set[dt.date]:
    return {local_date(punch.time_ms), local_date(punch.received_ms)}


def _said(facts: DoorFacts, never_ms: int) -> int | None:
    """Up to when the door has delivered; None for never."""
    until = delivered_until(facts, never_ms)
    return None if facts.delivered_ms is None and until == never_ms else until
