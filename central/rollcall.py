"""Roll calls and inspections: open, freeze, tick, finish. What was said is only added, and changes no verdict.

Every step is one transaction, and answered alike when it is asked again: a round by the key that opened it, a word by
its own, an end because a round has only one. On PostgreSQL steps go one after the other (the lock of the audit log).
"""

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

import sqlalchemy as sa

from central.clock import Clock
from central.errors import CentralError
from central.ledger import presence_then
from central.moments import local_date, midnight_ms
from central.observed import PLANNED, Called, Fact, Saying, SetTime, Word, last_words, set_times, standing
from central.presence import Row
from central.store import Store, audit, orders, rollcalls
from central.store import roster as rosters
from central.store.orders import Answered, Order
from central.store.rollcalls import Looked, Round, TimeRow
from central.store.roster import Roster
from central.unknown import check_unit

LOOKED_THROUGH = 200
"""So many of a door's newest commands are looked through for those of a round."""
EVIDENCE_CHARS = 400


class RollCallError(CentralError, ValueError):
    """What was asked of a round cannot be done; the message says what to do."""


class OverError(RollCallError):
    """The inspection is signed: nothing is added to it any more."""


class Kind(StrEnum):
    """The values stand in the database."""

    ROLL_CALL = "roll_call"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True)
class Opening:
    """A round that somebody opens. key: of the opener's making, at most 64 characters; see `tables.SeenRound`."""

    kind: Kind
    unit: str
    key: str
    team: str = ""
    decision_no: str = ""
    letterhead: str = ""
    issuer: str = ""


def open_round(store: Store, clock: Clock, opening: Opening, by: str) -> int:
    """Open a round with everybody of the unit as they are known now; returns its number. Who opens with the same key
    again, or a roll call that is open already, is given that one. Raises RollCallError, UnknownUnitError."""
    _check(opening)

    def work(db: sa.Connection) -> int:
        audit.hold(db)
        now_ms = clock.now_ms()
        known = rollcalls.round_by_key(db, opening.key) or _still_open(db, opening, local_date(now_ms))
        return known.id if known is not None else _open(db, opening, by, now_ms)

    return store.repeat(work)


def _check(opening: Opening) -> None:
    if not 8 <= len(opening.key) <= 64:
        raise RollCallError("a round is opened with a key of 8 to 64 characters")
    if opening.kind is Kind.INSPECTION and not (opening.team and opening.decision_no):
        raise RollCallError("an inspection needs the team and the number of the decision that sent it")


def _still_open(db: sa.Connection, opening: Opening, on: dt.date) -> Round | None:
    if opening.kind is not Kind.ROLL_CALL:
        return None
    found = rollcalls.rounds(db, opening.kind.value, on, on, {opening.unit})
    return next((one for one in found if one.ended_ms is None), None)


def _open(db: sa.Connection, opening: Opening, by: str, now_ms: int) -> int:
    roster, on = rosters.load_roster(db), local_date(now_ms)
    check_unit(roster.units, opening.unit, on, on)
    persons = _persons(db, roster, opening.unit, on, now_ms)
    if not persons:
        raise RollCallError(f"nobody works at {opening.unit} today; `units` says where people are")
    row = {
        "kind": opening.kind.value, "unit": opening.unit, "date": on, "at_ms": now_ms, "opened_by": by,
        "open_key": opening.key, "team": opening.team, "decision_no": opening.decision_no,
        "letterhead": opening.letterhead, "issuer": opening.issuer,
    }  # fmt: skip
    number = rollcalls.add_round(db, row, persons)
    if opening.kind is Kind.INSPECTION:
        for door in _stations(roster, opening.unit, on):
            orders.give(db, Order(door, f"{_mark(number)}{secrets.token_hex(8)}", "send_all", {}, by, now_ms))
    return number


def _stations(roster: Roster, unit: str, on: dt.date) -> list[str]:
    doors = roster.workdays.office_doors(unit, on)
    return sorted(door for door in doors if roster.doors[door].station and roster.doors[door].retired_ms is None)


def _mark(number: int) -> str:
    """How the commands of a round begin."""
    return f"round-{number}-"


def asked_of_doors(db: sa.Connection, one: Round, roster: Roster) -> list[Answered]:
    """What an inspection asked of the stations of the unit when it was opened, with their answers."""
    found = (orders.given(db, door, LOOKED_THROUGH, "send_all") for door in _stations(roster, one.unit, one.date))
    return [said for door in found for said in door if said.order.id.startswith(_mark(one.id))]


def _persons(db: sa.Connection, roster: Roster, unit: str, on: dt.date, now_ms: int) -> list[dict[str, object]]:
    """Who works at the unit, room by room, leaders first in each."""
    units = roster.codes_of(rosters.units_below(db, unit, on), on)
    staff = set(rosters.staff_at(db, units, on)) & set(rosters.employed_on(db, on))
    rows = presence_then(db, on, dict.fromkeys(staff, now_ms), now_ms, roster=roster)
    rooms = rollcalls.rooms_of(db, rows, on)

    def order(row: Row) -> tuple[str, int, str, str]:
        return rooms.get(row.staff, row.unit), row.rank, row.sort, row.staff

    return [
        _person(place, row, rooms.get(row.staff, row.unit), roster, on)
        for place, row in enumerate(sorted(rows.values(), key=order))
    ]


def _person(place: int, row: Row, room: str, roster: Roster, on: dt.date) -> dict[str, object]:
    presence = row.presence
    return {
        "staff": row.staff, "place": place, "name": row.name, "position": row.position, "room": room,
        "room_name": roster.unit_name(room, on) if room else "", "due": presence.state not in PLANNED,
        "state": presence.state.value,
        "since_ms": None if presence.since is None else round(presence.since.timestamp() * 1000),
        "door": row.door or "", "age_s": row.data_age_s,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a page sends. key: of its own making, the same when it sends the same again. ago_ms: how long ago it was
    said, where it was kept while there was no network; None: this is a whole list, and only what differs from what the
    page showed is news. shown: the number of the last word that the page showed. finish: everybody was looked at, and
    what the list still says of those whom nobody touched is said too; it ends a roll call."""

    sayings: Sequence[Saying]
    key: str
    shown: int = 0
    ago_ms: int | None = None
    finish: bool = False


class Outcome(StrEnum):
    """What became of what a page sent."""

    KEPT = "kept"
    FINISHED = "finished"
    STALE = "stale"
    """Others said something that the page did not show: theirs and this page's words are kept, nothing is finished."""


def say(store: Store, clock: Clock, number: int, said: Said, by: str) -> Outcome:
    """Keep what somebody says in a round. Raises RollCallError where there is none, OverError when it is signed."""

    def work(db: sa.Connection) -> Outcome:
        audit.hold(db)
        one, now_ms = existing(db, number), clock.now_ms()
        if one.kind == Kind.INSPECTION and one.ended_ms is not None:
            raise OverError(f"inspection {number} is signed; what was seen since belongs into another one")
        return _say(db, one, said, by, now_ms)

    return store.repeat(work)


MOST_NUMBER = 2**31 - 1
"""What a key can be; a database refuses to look for more."""


def existing(db: sa.Connection, number: int) -> Round:
    """The round of that number. Raises RollCallError."""
    found = rollcalls.round_of(db, number) if number <= MOST_NUMBER else None
    if found is None:
        raise RollCallError(f"there is no round {number}; `rollcall list` and `inspection list` show all")
    return found


def _say(db: sa.Connection, one: Round, said: Said, by: str, now_ms: int) -> Outcome:
    people = {person.staff: person for person in rollcalls.looked_for(db, one.id)}
    states = {staff: person.state for staff, person in people.items()}
    words = rollcalls.words_of(db, one.id)
    sayings = [_cut(saying) for saying in said.sayings if saying.staff in people]
    by_taps = one.kind == Kind.ROLL_CALL
    shown = standing(states, (word for word in words if word.number <= said.shown), by_taps=by_taps)
    now = standing(states, words, by_taps=by_taps)
    news = sayings if said.ago_ms is not None else [s for s in sayings if s not in (shown[s.staff], now[s.staff])]
    said_ms = max(one.at_ms, now_ms - max(said.ago_ms or 0, 0))
    rollcalls.add_words(db, one.id, _keyed(news, said.key), said_ms, now_ms, by)
    if not said.finish or one.ended_ms is not None:
        return Outcome.KEPT if not said.finish else Outcome.FINISHED
    agreed = set(sayings)
    if any(_unknown_to(word, said.shown, by, agreed) for word in words):
        return Outcome.STALE
    confirmed = last_words(rollcalls.words_of(db, one.id))
    rest = [saying for saying in sayings if saying.staff not in confirmed]
    rollcalls.add_words(db, one.id, _keyed(rest, said.key), now_ms, now_ms, by)
    if by_taps:
        rollcalls.end(db, one.id, now_ms, by)
    return Outcome.FINISHED


def _unknown_to(word: Word, shown: int, by: str, sayings: Collection[Saying]) -> bool:
    """Whether somebody else said something since the page was loaded that is not what the page says itself."""
    return word.number > shown and word.by != by and word.saying not in sayings


def _cut(saying: Saying) -> Saying:
    return replace(saying, evidence=saying.evidence[:EVIDENCE_CHARS])


def _keyed(sayings: Iterable[Saying], key: str) -> list[tuple[Saying, str]]:
    """Each with a key of its own: the same page saying the same again is no news, saying something else is."""
    return [(one, sha256(f"{key} {one}".encode()).hexdigest()[:40]) for one in sayings]


def facts_of(
    db: sa.Connection, one: Round, people: Collection[Looked], words: Mapping[str, Word], now_ms: int
) -> dict[str, Fact]:
    """What doors and plans say of everybody at the moment of the last word about them (else of the opening), as far as
    is known at now_ms."""
    moments = {p.staff: words[p.staff].said_ms if p.staff in words else one.at_ms for p in people}
    rows = presence_then(db, one.date, moments, now_ms)
    return {staff: _fact(row) for staff, row in rows.items()}


def _fact(row: Row) -> Fact:
    presence = row.presence
    tap_ms = None if presence.since is None else round(presence.since.timestamp() * 1000)
    return Fact(presence.state, tap_ms, row.door or "", presence.tapped)


def decide_times(store: Store, clock: Clock, row: TimeRow) -> None:
    """From a date on a unit calls the roll at these times (`row.times`, "" = no more). Raises RollCallError,
    UnknownUnitError."""
    minutes = minutes_in(row.times)
    if not row.doc_no:
        raise RollCallError("set times rest on a document; write its number")
    with store.write() as db:
        check_unit(rosters.load_roster(db).units, row.unit, row.valid_from, row.valid_from)
        told = {name: getattr(row, name) for name in ("unit", "valid_from", "doc_no", "decided_by")}
        times = " ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)
        rollcalls.set_time(db, {**told, "times": times, "decided_ms": clock.now_ms()})


def minutes_in(text: str) -> tuple[int, ...]:
    """`07:45 13:45` -> minutes after midnight, in order. Raises RollCallError."""
    found = []
    for part in text.replace(",", " ").split():
        try:
            at = dt.time.fromisoformat(part)
        except ValueError as error:
            raise RollCallError(f"{part!r} is not a time of day; write HH:MM, several with blanks between") from error
        found.append(at.hour * 60 + at.minute)
    if len(found) > 4:
        raise RollCallError("at most four roll calls a day")
    return tuple(sorted(set(found)))


def times_on(rows: Iterable[TimeRow], unit: str, on: dt.date) -> TimeRow | None:
    """The decision that holds for a unit on the date; None without one."""
    own = [row for row in rows if row.unit == unit and row.valid_from <= on]
    return max(own, key=lambda row: (row.valid_from, row.id), default=None)


@dataclass(frozen=True, slots=True)
class Planned:
    """A set time of a unit on a date, and what became of it."""

    unit: str
    date: dt.date
    set: SetTime
    doc_no: str


def planned(
    db: sa.Connection, first: dt.date, last: dt.date, now_ms: int, units: Collection[str] | None = None
) -> list[Planned]:
    """Every set time of the working days first to last, both included, the newest date first."""
    rows = rollcalls.times_rows(db, units)
    if not rows:
        return []
    roster = rosters.load_roster(db)
    rounds = rollcalls.rounds(db, Kind.ROLL_CALL, first, last, units)
    found: list[Planned] = []
    for back in range((last - first).days + 1):
        on = last - dt.timedelta(days=back)
        for unit in sorted({row.unit for row in rows}):
            decided = times_on(rows, unit, on)
            if decided is not None and roster.workdays.sessions_for(unit, on).sessions:
                called = [_called(one) for one in rounds if (one.unit, one.date) == (unit, on)]
                now_min = (now_ms - midnight_ms(on)) // 60_000
                kept = set_times(minutes_in(decided.times), called, now_min)
                found += [Planned(unit, on, one, decided.doc_no) for one in kept]
    return found


def _called(one: Round) -> Called:
    return Called(one.id, (one.at_ms - midnight_ms(one.date)) // 60_000, one.ended_ms is not None)
