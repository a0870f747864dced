"""Ways to the field that a door's button told of and nobody had planned: what is open, and what people decide.

Approved, such a way is field duty in the sessions that the decision names; refused, the taps alone say what they say.
Each decision is one transaction with the marks of the days that it makes stale. Nothing is edited: a decision that was
wrong is withdrawn, and the way is an open question again.
"""

import datetime as dt
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.errors import CentralError
from central.ledger.gathering import Key, Known, gather_many
from central.ledger.touched import days_of_staff
from central.moments import local_date, midnight_ms
from central.rules.day import Day, Session, Tap
from central.rules.outings import Away, away
from central.rules.plans import plan_for, standing
from central.store import Store, fleet, marks, outings, slots, taps
from central.store import roster as rosters
from central.store.outings import DecisionRow
from central.store.roster import Roster
from central.unknown import check_unit, unknown_staff

ONE = dt.timedelta(days=1)
AT_ONCE = 500
"""Badges whose taps are looked through in one query."""


NAME_CHARS, REASON_CHARS = 80, 200
"""As `tables.OutingDecision` has room for."""


class OutingError(CentralError, ValueError):
    """A decision about a way to the field that cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A way to the field on somebody's work date. sessions: the names of those it touches and that no plan covers.
    decision: the one in force, None while it is an open question."""

    known: Known
    way: Away
    sessions: tuple[str, ...]
    decision: DecisionRow | None = None

    @property
    def key(self) -> Key:
        return self.known.person.code, self.known.day.work_date

    @property
    def at(self) -> str:
        """Its taps as people call them: `09:00 to 13:20`."""
        ends = ["…" if tap is None else f"{tap.at:%H:%M}" for tap in (self.way.out, self.way.back)]
        return " to ".join(ends)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose way of which work date; at: `HH:MM` of one of its taps, where the date has several ways."""

    staff: str
    on: dt.date
    at: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """sessions: those in which it was field duty; None: every one that it touches and no plan covers."""

    place: str = ""
    document: str = ""
    sessions: Sequence[str] | None = None


def found_between(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, now_ms: int, *, decided: bool = False
) -> list[Found]:
    """The ways of these dates that nobody has decided about, with `decided` the others too, by date and person. What a
    plan covers wholly is no question. Raises UnknownUnitError."""
    roster = rosters.load_roster(db)
    if unit is not None:
        check_unit(roster.units, unit, first, last)
    known = gather_many(db, roster, _candidates(db, first, last), now_ms)
    branches = rosters.load_branches(db)
    below = {on: rosters.below(branches, unit, on) for on in {on for _, on in known}} if unit is not None else {}
    mine = {key: k for key, k in known.items() if unit is None or (k.post and k.post.unit in below[key[1]])}
    ways = [way for key in sorted(mine, key=lambda k: (k[1], k[0])) for way in _ways(db, mine[key])]
    return [way for way in ways if decided or way.decision is None]


def _candidates(db: sa.Connection, first: dt.date, last: dt.date) -> set[Key]:
    """The staff-days that a button may tell of: that of the tap, and the one before it, whose night it may be."""
    from_ms, to_ms = midnight_ms(first), midnight_ms(last + 2 * ONE)
    holdings = [h for h in rosters.holdings_of(db, rosters.every_code(db)) if h.active]
    numbers = sorted({h.number for h in holdings})
    groups = (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))
    pressed = [found for group in groups for found in taps.pressed(db, group, from_ms, to_ms)]
    holders = defaultdict(list)
    for held in holdings:
        holders[held.number].append(held)
    days = {
        (held.staff, local_date(at_ms) - n * ONE)
        for number, at_ms in pressed
        for held in holders[number]
        if held.at(at_ms)
        for n in (0, 1)
    }
    return {(staff, on) for staff, on in days if first <= on <= last}


def _ways(db: sa.Connection, known: Known) -> list[Found]:
    """The ways of a date, less those that plans cover wholly and nobody had to decide about."""
    day = known.day
    if not day.employed:
        return []
    rows = {row.ref: row for row in _decisions(db, known)}
    found = []
    for way in away(day):
        decision = None if way.decision is None else rows.get(way.decision.ref)
        if decision is not None or is_question(day, way):
            found.append(Found(known, way, _unplanned(day, way), decision))
    return found


def is_question(day: Day, way: Away) -> bool:
    """Whether plans leave something of the way open; one outside all hours is no part of any plan."""
    return bool(_unplanned(day, way)) or not any(_touches(way, session) for session in day.sessions)


def _unplanned(day: Day, way: Away) -> tuple[str, ...]:
    """The sessions that the way touches and no plan covers."""
    plans = standing(day, ())
    return tuple(s.name for s in day.sessions if _touches(way, s) and plan_for(s, plans) is None)


def _decisions(db: sa.Connection, known: Known) -> list[DecisionRow]:
    on = known.day.work_date
    return outings.decisions_of(db, [known.person.code], on - ONE, on + ONE) if known.day.decided else []


def _touches(way: Away, session: Session) -> bool:
    """Whether some of the session, and not only its edge, was in the field."""
    return (way.start is None or way.start < session.end) and (way.end is None or session.start < way.end)


def approve(store: Store, clock: Clock, asked: Asked, approval: Approval, by: str, reason: str) -> int:
    """Let a way be field duty; returns the decision's number.

    Raises UnknownStaffError, and OutingError where there is no such way, it is decided already, or whoever went decides
    about it.
    """
    with store.write() as db:
        found = _asked(db, asked, clock)
        if _same(by, found):
            raise OutingError(
                f"{found.known.person.full_name} pressed the button; somebody else approves it: name that person "
                "with --by"
            )
        sessions = _sessions(found, approval.sessions)
        told = {"sessions": " ".join(sessions), "place": approval.place, "doc_no": approval.document}
        return _decide(db, found, clock, by, reason, approved=True, **told)


def refuse(store: Store, clock: Clock, asked: Asked, by: str, reason: str, document: str = "") -> int:
    """Let the taps alone say what they say; returns the decision's number. Raises as `approve` does."""
    with store.write() as db:
        found = _asked(db, asked, clock)
        return _decide(db, found, clock, by, reason, approved=False, doc_no=document)


def withdraw(store: Store, clock: Clock, number: int, by: str, reason: str) -> DecisionRow:
    """Take a decision back: the way is an open question again, the trace stays. Raises OutingError for one that is not
    in force."""
    _check_words(by, reason)
    with store.write() as db:
        fleet.bump(db, "outings")
        row = outings.decision(db, number)
        if row is None or row.withdrawn_ms is not None:
            state = "there is no" if row is None else f"{row.withdrawn_by} has withdrawn"
            raise OutingError(f"{state} decision {number}; `outing list --all` shows those in force")
        outings.withdraw(db, number, by, reason, clock.now_ms())
        _mark(db, (row.staff, row.date), clock)
        return row


def _asked(db: sa.Connection, asked: Asked, clock: Clock) -> Found:
    """The one open way that is meant. Counting first lets two deciders at once see each other's decision."""
    fleet.bump(db, "outings")
    roster: Roster = rosters.load_roster(db)
    known = gather_many(db, roster, [(asked.staff, asked.on)], clock.now_ms()).get((asked.staff, asked.on))
    if known is None:
        raise unknown_staff(asked.staff, rosters.every_code(db))
    ways = [
        way for way in _ways(db, known) if not asked.at or asked.at in (_minute(way.way.out), _minute(way.way.back))
    ]
    where = f"{asked.staff} on {asked.on}" + (f" at {asked.at}" if asked.at else "")
    open_ones = [way for way in ways if way.decision is None]
    if len(open_ones) > 1:
        named = ", ".join(way.at for way in open_ones)
        raise OutingError(f"{where} has several ways to the field ({named}); name a tap of one with --at HH:MM")
    if open_ones:
        return open_ones[0]
    if decided := [way.decision for way in ways if way.decision is not None]:
        raise OutingError(
            f"{where} is decided already, by {decided[0].decided_by} (number {decided[0].id}); "
            f"`outing withdraw {decided[0].id}` takes that back"
        )
    raise OutingError(f"{where} has no way to the field that is open; `outing list` shows all")


def _minute(tap: Tap | None) -> str:
    return "" if tap is None else f"{tap.at:%H:%M}"


def _sessions(found: Found, chosen: Sequence[str] | None) -> tuple[str, ...]:
    if chosen is None:
        return found.sessions
    if strange := sorted(set(chosen) - set(found.sessions)):
        known = ", ".join(found.sessions) or "none that is still open"
        raise OutingError(f"the way to the field touches {known}, not {strange[0]}; --session names of these")
    return tuple(name for name in found.sessions if name in chosen)


def _same(by: str, found: Found) -> bool:
    """Whether `by` names the person who went, by code or by name."""
    person = found.known.person
    names = (person.code, person.full_name, f"{person.full_name} ({person.code})")
    return _folded(by) in {_folded(name) for name in names}


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _check_words(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise OutingError("who decided this and why has to be said; name them with --by and --reason")
    if len(by) > NAME_CHARS or len(reason) > REASON_CHARS:
        raise OutingError(f"--by takes {NAME_CHARS} letters and --reason {REASON_CHARS}; write it shorter")


def _decide(db: sa.Connection, found: Found, clock: Clock, by: str, reason: str, *, approved: bool, **told: str) -> int:
    _check_words(by, reason)
    staff, on = found.key
    punches = found.known.punches
    row = {
        "staff": staff,
        "date": on,
        "taps": " ".join(sorted({punches[tap.ref].identity for tap in found.way.taps})),
        "approved": approved,
        "sessions": "",
        "place": "",
        "doc_no": "",
        "reason": reason,
        "decided_by": by,
        "decided_ms": clock.now_ms(),
    }
    number = outings.decide(db, {**row, **told})
    _mark(db, found.key, clock)
    return number


def _mark(db: sa.Connection, key: Key, clock: Clock) -> None:
    """The day, those beside it that its taps may touch, and the days whose duty slots rest on these taps."""
    staff, on = key
    days = {key} | days_of_staff(db, [staff], on - ONE, on + ONE)
    marks.mark_days(db, days | slots.resting_on(db, days), clock.now_ms())


def doors_of(roster: Roster, tapped: Iterable[Tap]) -> dict[str, str]:
    """The codes of the doors of these taps by device, in order of the taps."""
    devices = dict.fromkeys(tap.device for tap in tapped)
    return {device: roster.doors[device].code if device in roster.doors else device for device in devices}
