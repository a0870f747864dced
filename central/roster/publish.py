"""The configuration of each door: its people, and for today and tomorrow every boundary already worked out.

A door holds no rule of its own. Central publishes the whole configuration again whenever what it says has changed
(roster, plans, hours, the date, the heads of the audit log), and sends it to a door whose birth names an older version.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from central.clock import Clock
from central.heads import sent
from central.moments import local_date, ms_of
from central.names import short_name
from central.rules.day import Plan, PlanKind, Session
from central.rules.halves import of_halves
from central.store import Store, calendar, configs, coverage, fleet, planned
from central.store import roster as queries
from central.store.roster import NO_UNIT, Door, Roster
from edge.wire.config import Boundary, Config, RosterEntry, config_hash, decode_config, encode_config
from edge.wire.notes import Sign
from edge.wire.text import MAX_INT

DAYS = 2
MAX_VISITORS = 2000
"""How many people of other doors a door still knows by name."""
NAME_CHARS = 40
GROUP = 500
"""People read, and configurations saved, at a time."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A payload for `dd/1/{device}/cfg`, retained."""

    device: str
    payload: bytes


class Outbox:
    """The newest configuration of each door, until `publish` has taken it (True): a long outage keeps one a door."""

    def __init__(self, publish: Callable[[Publication], bool]) -> None:
        self._publish = publish
        self._waiting: dict[str, Publication] = {}

    def send(self, fresh: Iterable[Publication]) -> None:
        """Publish what waits, then `fresh`, as far as there is a connection."""
        for one in fresh:
            self._waiting.pop(one.device, None)
            self._waiting[one.device] = one
        while self._waiting:
            device, one = next(iter(self._waiting.items()))
            if not self._publish(one):
                return
            del self._waiting[device]


class Publisher:
    """Decides which doors need a new configuration. One thread asks; any thread may say that a device was born."""

    def __init__(self, store: Store, clock: Clock, sign: Sign) -> None:
        self._store = store
        self._clock = clock
        self._sign = sign
        self._seen: tuple[dict[str, int], dt.date, tuple[bytes, ...]] | None = None
        self._births: deque[tuple[str, int]] = deque()
        self._fresh: list[Publication] = []  # saved, and kept over a round that fails after it

    def born(self, device: str, applied: int) -> None:
        """A device began a session with this configuration: `due` answers. It only notes, so that intake never waits
        for a configuration nor fails with it."""
        self._births.append((device, applied))

    def due(self) -> list[Publication]:
        """The configurations that changed since the last call, and the answers to births; cheap when nothing did.

        At the first call also those that a door has not applied: a process may have ended after it had saved them.
        """
        self._look_for_changes()
        while self._births:
            self._fresh += self.for_birth(*self._births.popleft())
        fresh, self._fresh = self._fresh, []
        return fresh

    def _look_for_changes(self) -> None:
        today = local_date(self._clock.now_ms())
        with self._store.read() as db:
            state = (fleet.counters(db), today, sent(db))
            if state == self._seen:
                return
            built = [replace(config, heads=state[2]) for config in _configs(db, today)]
            known = configs.hashes(db)
        changed = [config for config in built if known.get(config.device) != config_hash(config)]
        for first in range(0, len(changed), GROUP):
            with self._store.write() as db:
                saved = [self._published(db, config) for config in changed[first : first + GROUP]]
            self._fresh += saved
        if self._seen is None:
            self._fresh += self._not_applied({one.device for one in self._fresh})
        self._seen = state

    def _not_applied(self, told: set[str]) -> list[Publication]:
        with self._store.read() as db:
            words = coverage.heard(db)
        return [one for d, said in words.items() if d not in told for one in self.for_birth(d, said.cfg)]

    def for_birth(self, device: str, applied: int) -> list[Publication]:
        """What a device that names `applied` as its version is to be sent: nothing, or the newest configuration."""
        with self._store.read() as db:
            newest = configs.published(db, device)
        if newest is None or newest.version == applied or applied >= MAX_INT:
            return []
        if newest.version > applied:
            return [Publication(device, newest.payload)]
        # The database is older than what the device was given (a backup was restored): it takes only a higher version.
        with self._store.write() as db:
            return [self._published(db, decode_config(newest.payload, lambda *_: True), above=applied)]

    def _published(self, db: sa.Connection, config: Config, above: int = 0) -> Publication:
        before = configs.published(db, config.device)
        version = max(self._clock.now_ms(), above + 1, before.version + 1 if before else 1)
        payload = encode_config(replace(config, version=version), self._sign)
        configs.save(db, config.device, version, config_hash(config), payload)
        return Publication(config.device, payload)


def _configs(db: sa.Connection, today: dt.date) -> list[Config]:
    roster = queries.load_roster(db)
    doors = [door for door in roster.doors.values() if door.retired_ms is None and door.unit_on(today) is not None]
    staff = queries.employed_on(db, today)
    book = _Book({}, {}, {}, calendar.versions(db))
    for first in range(0, len(staff), GROUP):
        _read(db, roster, staff[first : first + GROUP], today, book)
    return [_config(roster, book, door, today) for door in doors]


@dataclass(frozen=True, slots=True)
class _Book:
    """Everybody's entries; the door at which a person is expected -> people; and the other way round; the newest
    decision about each unit's calendar."""

    entries: dict[str, list[RosterEntry]]
    expected: dict[str, list[str]]
    doors: dict[str, frozenset[str]]
    calendar: Mapping[str, int]


def _read(db: sa.Connection, roster: Roster, staff: list[str], today: dt.date, book: _Book) -> None:
    last = today + dt.timedelta(days=DAYS - 1)
    people, posts = queries.people(db, staff), queries.posts_of(db, staff)
    plans = planned.plans_of(db, roster, staff, today, last)
    sessions: dict[str, tuple[Boundary, ...]] = {}
    for code in staff:
        post = roster.post_on(posts.get(code, ()), today)
        place = post.workplace if post else ""
        book.entries[code] = []
        book.doors[code] = roster.workdays.office_doors(place, today)
        for door in book.doors[code]:
            book.expected.setdefault(door, []).append(code)
        dated = [(p.first, p.last, p.plan) for p in plans.get(code, ())]
        sessions[code] = tuple(_boundaries(roster, place, today, dated))
    for holding in queries.holdings_of(db, staff):
        # A PIN of a terminal is no badge that a reader could read.
        if not holding.number.startswith("pin:") and _held_today(holding.from_ms, holding.to_ms, today):
            name = short_name(people[holding.staff].full_name, NAME_CHARS)
            state = "active" if holding.active else "blocked"
            book.entries[holding.staff].append(RosterEntry(holding.number, name, state, sessions[holding.staff]))


def _valid(first: dt.date | None, last: dt.date | None, on: dt.date) -> bool:
    return (first is None or first <= on) and (last is None or on <= last)


def _held_today(from_ms: int | None, to_ms: int | None, today: dt.date) -> bool:
    first = None if from_ms is None else local_date(from_ms)
    last = None if to_ms is None else local_date(to_ms)
    return _valid(first, last, today)


def _config(roster: Roster, book: _Book, door: Door, today: dt.date) -> Config:
    own = book.expected.get(door.device, [])
    entries = [entry for code in own for entry in book.entries[code]]
    if len(book.entries) - len(own) <= MAX_VISITORS:
        visitors = (code for code in book.entries if door.device not in book.doors[code])
        entries += [replace(entry, sessions=()) for code in visitors for entry in book.entries[code]]
    unit = door.unit_on(today)
    home = roster.workdays.unit_on(unit or NO_UNIT, today) or NO_UNIT
    return Config(
        door.device,
        1,
        roster.unit_name(home, today) if home else unit or door.code,
        door.location or door.code,
        _one_a_badge(entries),
        policy=_calendar_version(roster, book.calendar, home, today),
    )


def _calendar_version(
    roster: Roster, versions: Mapping[str, int], unit: str, today: dt.date
) -> tuple[tuple[str, int], ...]:
    """Which decision about the calendar the door knows last: a day that was changed ahead of time is told at once,
    though its sessions are sent when they are near, so that the office sees which doors have heard of it."""
    newest = max((versions.get(code, 0) for code in roster.workdays.tree.path(unit, today)), default=0)
    return (("calendar_version", newest),) if newest else ()


def _one_a_badge(entries: Iterable[RosterEntry]) -> tuple[RosterEntry, ...]:
    """A badge that changes hands today is known by its usable holder; who is meant when, central decides."""
    found: dict[str, RosterEntry] = {}
    for entry in entries:
        if entry.badge not in found or found[entry.badge].state != "active":
            found[entry.badge] = entry
    return tuple(found[badge] for badge in sorted(found))


def _boundaries(
    roster: Roster, place: str, today: dt.date, plans: list[tuple[dt.date, dt.date, Plan]]
) -> Iterable[Boundary]:
    for date in (today + dt.timedelta(days=ahead) for ahead in range(DAYS)):
        workday = roster.workdays.sessions_for(place, date)
        own = (plan for first, last, plan in plans if first <= date <= last)
        day_plans = [*workday.holidays, *(of_halves(plan, workday.sessions) for plan in own)]
        before: Session | None = None
        for session in workday.sessions:
            covering = [plan for plan in day_plans if plan.covers(session)]
            kind = min((plan.kind for plan in covering), key=_PRECEDENCE.index, default=None)
            yield Boundary(
                session.name,
                _counts_from_ms(session, before),
                ms_of(session.start),
                None if kind else ms_of(session.start + session.grace_late),
                kind.value if kind else None,
            )
            before = session


_PRECEDENCE = list(PlanKind)


def _counts_from_ms(session: Session, before: Session | None) -> int:
    """From when on a tap is this session's: after the middle of the gap to the one before, or from its window on."""
    if before is not None:
        return ms_of(before.end + (session.start - before.end) / 2) + 1
    if session.window_before is not None:
        return ms_of(session.start - session.window_before)
    return ms_of(session.start.replace(hour=0, minute=0, second=0, microsecond=0))
