"""Months locked by signature: the sheet of a unit and all below it stays as it was signed.

Whose month: everybody's whose home unit lay in the unit's subtree, on each date on which it did. What comes later
changes the live verdicts and is proposed as an adjustment (`ledger.adjusting`).
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.errors import MonthError
from central.moments import local_date
from central.sheets import Line, Span, Value, digest, references, span_of
from central.store import Store, faults, marks, months, verdicts
from central.store import roster as rosters
from central.store.months import Sheet, Step
from central.store.roster import Roster
from central.store.verdicts import DayRow, Key

LOCKED, UNLOCKED = "locked", "unlocked"
SHOWN = 200
"""How many open items a refusal names."""


@dataclass(frozen=True, slots=True, order=True)
class Open:
    """Something of a month that is not decided. what: pending, needs_checking, not judged, to be judged again, or set
    aside; session: empty for the whole day."""

    staff: str
    date: dt.date
    session: str
    what: str

    def __str__(self) -> str:
        return " ".join(word for word in (self.staff, self.date.isoformat(), self.session, self.what) if word)


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs what: a month of a unit, by whom, by which document."""

    month: str
    unit: str
    by: str
    doc_no: str


@dataclass(frozen=True, slots=True)
class Locked:
    """A sheet that was signed, and what was open in it."""

    sheet: Sheet
    open: tuple[Open, ...]


def span(month: str) -> Span:
    """The dates of YYYY-MM. Raises MonthError."""
    try:
        return span_of(month)
    except ValueError as error:
        raise MonthError(str(error)) from error


def lock(store: Store, clock: Clock, signing: Signing, *, accept_open: bool = False) -> Locked:
    """Sign a month: store the sheet of this moment. Raises MonthError, with the list, while something is open (unless
    accepted), and where the month, or a part of it, is signed already."""
    asked, now_ms = span(signing.month), clock.now_ms()
    _need(signing.by, "who signs", "--by NAME")
    _need(signing.doc_no, "the document that is signed", "--doc NO")
    with store.write() as db:
        months.hold_still(db)
        roster = rosters.load_roster(db)
        if signing.unit not in roster.units:
            raise MonthError(f"unit {signing.unit!r} is not in the roster; name one of units.csv")
        _refuse_overlap(db, signing, asked)
        days = verdicts.day_rows(db, asked.first, asked.last, signing.unit)
        found = open_items(db, roster, signing.unit, asked, days)
        if found and not accept_open:
            raise MonthError(_listed(signing, found))
        lines = sheet_lines(days)
        signed = digest(signing.month, signing.unit, signing.by, signing.doc_no, lines)
        sheet = Sheet(
            0, signing.month, signing.unit, signing.by, signing.doc_no, now_ms, len(lines), signed, unlocked_ms=None
        )
        sheet = sheet._replace(id=months.add_sheet(db, sheet, lines))
        reason = f"{len(found)} open items accepted" if found else ""
        months.record(db, _step(sheet, LOCKED, signing.by, signing.doc_no, reason, now_ms))
    return Locked(sheet, tuple(found))


def unlock(store: Store, clock: Clock, signing: Signing, reason: str) -> Sheet:
    """Take a signed sheet out of force. It stays stored, with who did it when and why. Raises MonthError."""
    span(signing.month)
    _need(signing.by, "who unlocks", "--by NAME")
    _need(reason, "the reason", "--reason TEXT")
    with store.write() as db:
        months.hold_still(db)
        sheet = next((s for s in months.sheets(db, [signing.month]) if s.unit == signing.unit), None)
        if sheet is None:
            raise MonthError(f"month {signing.month} of {signing.unit} is not locked; `month show` lists what is")
        now_ms = clock.now_ms()
        months.unlock_sheet(db, sheet.id, now_ms)
        months.record(db, _step(sheet, UNLOCKED, signing.by, signing.doc_no, reason, now_ms))
    return sheet


def intact(db: sa.Connection, sheet: Sheet) -> bool:
    """Whether the stored lines still have the digest that was signed."""
    lines = months.lines(db, [sheet.id])
    return digest(sheet.month, sheet.unit, sheet.signed_by, sheet.doc_no, lines) == sheet.digest


def sheet_lines(days: Iterable[DayRow]) -> list[Line]:
    """The lines of verdicts, with what each rests on."""
    found = []
    for day in days:
        why = json.loads(day.why)
        for s in day.sessions:
            value = Value(s.outcome, s.flags, s.symbol, s.late_min, s.early_min)
            rests_on = references(why, s.session)
            found.append(Line(day.staff, day.unit, day.date, s.session, s.position, value, rests_on))
    return found


def open_items(db: sa.Connection, roster: Roster, unit: str, dates: Span, days: Iterable[DayRow]) -> list[Open]:
    """What of a unit's month is not decided, by person, date and session."""
    judged = {(day.staff, day.date): day for day in days}
    wanted = _members(db, roster, unit, dates) | judged.keys()
    found = [Open(staff, on, "", "not judged") for staff, on in wanted - judged.keys()]
    found += [Open(*key, "", "to be judged again") for key in marks.marked_days(db, dates.first, dates.last) & wanted]
    found += [Open(*key, "", "set aside") for key in faults.unjudged_days(db, dates.first, dates.last) & wanted]
    for (staff, on), day in judged.items():
        for s in day.sessions:
            if s.outcome == "pending":
                found.append(Open(staff, on, s.session, "pending"))
            elif "needs_checking" in s.flags.split():
                found.append(Open(staff, on, s.session, "needs_checking"))
    return sorted(set(found))


def _members(db: sa.Connection, roster: Roster, unit: str, dates: Span) -> set[Key]:
    """Whose home unit lay in the subtree on which dates."""
    branches = rosters.load_branches(db)
    found: set[Key] = set()
    for on in (dates.first + dt.timedelta(days=n) for n in range((dates.last - dates.first).days + 1)):
        below, employed = rosters.below(branches, unit, on), rosters.employed_on(db, on)
        posts = rosters.posts_of(db, employed)
        at_home = ((staff, roster.post_on(posts.get(staff, ()), on)) for staff in employed)
        found |= {(staff, on) for staff, post in at_home if post is not None and post.unit in below}
    return found


def _refuse_overlap(db: sa.Connection, signing: Signing, dates: Span) -> None:
    """No two sheets in force answer for the same person and date."""
    branches = rosters.load_branches(db)
    ends = (dates.first, dates.last)
    mine = {code for on in ends for code in rosters.below(branches, signing.unit, on)}
    for other in months.sheets(db, [signing.month]):
        theirs = {code for on in ends for code in rosters.below(branches, other.unit, on)}
        if other.unit in mine or signing.unit in theirs:
            signed = f"{local_date(other.signed_ms)} by {other.signed_by}, {other.doc_no}"
            raise MonthError(
                f"month {signing.month} of {other.unit} is signed already ({signed}); unlock it first with "
                f"`month unlock {other.month} --unit {other.unit}`"
            )


def _listed(signing: Signing, found: list[Open]) -> str:
    shown = [f"  {item}" for item in found[:SHOWN]]
    more = [f"  ... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    head = (
        f"month {signing.month} of {signing.unit} has {len(found)} open items; settle them, or sign with --accept-open:"
    )
    return "\n".join([head, *shown, *more])


def _step(sheet: Sheet, what: str, by: str, doc_no: str, reason: str, now_ms: int) -> Step:
    return Step(now_ms, sheet.month, sheet.unit, what, by, doc_no, reason, sheet.id, sheet.digest)


def _need(text: str, what: str, option: str) -> None:
    if not text.strip():
        raise MonthError(f"{what} must be named; give {option}")
