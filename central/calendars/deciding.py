"""Decisions about the calendar: confirm, add, withdraw. Rows are only added, so that every state can be told again.

Each decision is one transaction with the marks of exactly the staff-days whose hours it changes, and with a new version
of the roster, on which the doors are told.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.errors import CentralError
from central.ledger.gathering import Key
from central.ledger.touched import days_of_roster
from central.lunar import tet_problem
from central.store import Store, calendar, fleet, marks
from central.store import roster as rosters
from central.store.calendar import DayRow, ProposalRow
from central.store.roster import Roster
from central.unknown import unknown_unit
from central.workdays import CalendarKind, Workdays

HALVES = frozenset({"AM", "PM"})
ONE = dt.timedelta(days=1)


class CalendarError(CentralError, ValueError):
    """A decision about the calendar that contradicts what stands; the message says what to do."""


@dataclass(frozen=True, slots=True)
class NewDay:
    """A day to stand in the calendar of `unit` and all below it. document: number of the paper that says so.

    for_date: the day off that a make-up day is worked for. session: only that half of the day.
    """

    on: dt.date
    kind: CalendarKind
    unit: str
    document: str
    for_date: dt.date | None = None
    session: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did: the calendar days it is about, and how many staff-days are judged again because of it.

    note: what else may have to be decided, "" for nothing.
    """

    days: tuple[int, ...]
    marked: int
    note: str = ""


def add(store: Store, clock: Clock, day: NewDay, by: str) -> Decided:
    """Let a day stand from now on. Raises UnknownUnitError, CalendarError where it contradicts the calendar or Tết."""
    with store.write() as db:
        before = _begun(db)
        _check(db, before, [day])
        number = _stand(db, day, clock, by, "added", None)
        return Decided((number,), _changed(db, before, {day.on}, clock), _note_about(before, day))


def confirm(store: Store, clock: Clock, proposals: Sequence[int], document: str, by: str) -> Decided:
    """Let proposed days stand, all of them or none.

    Raises CalendarError for an unknown proposal, and as `add` does.
    """
    with store.write() as db:
        before = _begun(db)
        found = calendar.proposals(db, proposals)
        if not proposals:
            raise CalendarError("no proposal is open for that; `calendar propose YEAR` makes them")
        if missing := sorted(set(proposals) - {p.id for p in found}):
            raise CalendarError(f"there is no proposal P{missing[0]}; `calendar list YEAR` shows them")
        days = [_day(proposal, document) for proposal in found]
        _check(db, before, days)
        numbers = [
            _stand(db, day, clock, by, "confirmed", proposal.id) for day, proposal in zip(days, found, strict=True)
        ]
        return Decided(tuple(numbers), _changed(db, before, {day.on for day in days}, clock))


def withdraw(store: Store, clock: Clock, number: int, by: str, reason: str) -> Decided:
    """Let a day stand no more; the row and this decision stay. Raises CalendarError for a day that does not stand."""
    with store.write() as db:
        before = _begun(db)
        day = next((day for day in calendar.standing(db) if day.id == number), None)
        if day is None:
            raise CalendarError(f"no day {number} stands in the calendar; `calendar list YEAR` shows which do")
        _note(db, "withdrawn", by, clock, day_id=number, reason=reason)
        return Decided((number,), _changed(db, before, {day.date}, clock))


def dismiss(store: Store, clock: Clock, proposal: int, by: str, reason: str) -> None:
    """Say that a proposal is not wanted. Raises CalendarError for an unknown one."""
    with store.write() as db:
        if not calendar.proposals(db, [proposal]):
            raise CalendarError(f"there is no proposal P{proposal}; `calendar list YEAR` shows them")
        _note(db, "dismissed", by, clock, proposal_id=proposal, reason=reason)


def _note_about(before: Roster, day: NewDay) -> str:
    if day.for_date is None or before.workdays.sessions_for(day.unit, day.for_date).holidays:
        return ""
    return f"{day.for_date}, for which {day.on} is worked, is not given off; add it too (swapped_off)"


def _begun(db: sa.Connection) -> Roster:
    """The roster as it stands. Counting first lets two deciders at once see each other's days, one after the other."""
    fleet.bump(db, "roster")
    return rosters.load_roster(db)


def _day(proposal: ProposalRow, document: str) -> NewDay:
    kind = CalendarKind(proposal.kind)
    return NewDay(proposal.date, kind, proposal.unit, document, proposal.for_date, proposal.session, proposal.name)


def _stand(db: sa.Connection, day: NewDay, clock: Clock, by: str, action: str, proposal: int | None) -> int:
    row = {
        "date": day.on,
        "kind": day.kind.value,
        "unit": day.unit,
        "session": day.session,
        "doc_no": day.document,
        "for_date": day.for_date,
        "name": day.name or None,
    }
    number = calendar.add_day(db, row)
    _note(db, action, by, clock, day_id=number, proposal_id=proposal)
    return number


def _note(
    db: sa.Connection,
    action: str,
    by: str,
    clock: Clock,
    *,
    day_id: int | None = None,
    proposal_id: int | None = None,
    reason: str = "",
) -> None:
    if not by:
        raise CalendarError("who decided this is missing; name the person with --by")
    calendar.decide(
        db,
        {
            "action": action,
            "day_id": day_id,
            "proposal_id": proposal_id,
            "decided_by": by,
            "reason": reason,
            "decided_ms": clock.now_ms(),
        },
    )


def _check(db: sa.Connection, roster: Roster, days: Sequence[NewDay]) -> None:
    standing = calendar.standing(db)
    off = [(d.unit, d.date) for d in standing if d.kind == CalendarKind.HOLIDAY]
    off += [(d.unit, d.on) for d in days if d.kind is CalendarKind.HOLIDAY]
    for day in days:
        _check_words(roster, day)
        _check_standing(standing, day)
        if day.kind is CalendarKind.HOLIDAY:
            above = roster.workdays.tree.path(day.unit, day.on)
            if problem := tet_problem(day.on, day.name, {on for unit, on in off if unit in above}):
                raise CalendarError(problem)


def _check_words(roster: Roster, day: NewDay) -> None:
    """What a day says of itself."""
    workdays = roster.workdays
    if not day.document:
        raise CalendarError(f"{day.on}: the number of the document is missing; name it with --doc")
    if workdays.unit_on(day.unit, day.on) != day.unit:
        raise unknown_unit(day.unit, roster.units, day.on)
    if (day.kind is CalendarKind.MAKE_UP) != (day.for_date is not None):
        raise CalendarError(f"{day.on}: --for-date names the day that a make_up day is worked for, and only that")
    if day.for_date == day.on:
        raise CalendarError(f"{day.on} cannot be worked for itself; --for-date is the day off")
    if day.session is not None and day.session not in _halves(workdays, day):
        raise CalendarError(
            f"{day.on}: unit {day.unit} has no session {day.session!r} then; "
            f"write {' or '.join(sorted(_halves(workdays, day)))}"
        )


def _halves(workdays: Workdays, day: NewDay) -> frozenset[str]:
    sessions = workdays.sessions_for(day.unit, day.for_date or day.on).sessions
    return frozenset(session.name for session in sessions) or HALVES


def _check_standing(standing: Iterable[DayRow], day: NewDay) -> None:
    """One whole-day entry a unit and date, each half once."""
    for other in standing:
        if (other.unit, other.date) == (day.unit, day.on) and other.session == day.session:
            raise CalendarError(
                f"{day.on} is {other.kind} of unit {day.unit} already (day {other.id}, document "
                f"{other.doc_no or '-'}); withdraw {other.id} first if that is wrong"
            )


def _changed(db: sa.Connection, before: Roster, dates: Iterable[dt.date], clock: Clock) -> int:
    """Mark what a change of these dates' calendar makes stale; returns how many were marked.

    The days beside a date are looked at too: its sessions may take the taps of a night before it.
    """
    after = rosters.load_roster(db)
    found: set[Key] = set()
    for first, last in _stretches(dates):
        found |= days_of_roster(db, before, after, first, last)
    marks.mark_days(db, found, clock.now_ms())
    return len(found)


def _stretches(dates: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """The dates with those beside them, as first and last of each unbroken run."""
    every = sorted({on + n * ONE for on in dates for n in (-1, 0, 1)})
    begins = [on for on in every if on - ONE not in every]
    ends = [on for on in every if on + ONE not in every]
    return list(zip(begins, ends, strict=True))
