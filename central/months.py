"""Months locked by signature: the sheet of a unit and all below it stays as it was signed.

Whose month: everybody's whose home unit lay in the unit's subtree, on each date on which it did. What comes later
changes the live verdicts and is proposed as an adjustment (`ledger.adjusting`).
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.errors import MonthError
from central.moments import local_date
from central.open_items import Open, listed, members, open_items
from central.sheets import Line, Span, Value, digest, references, span_of
from central.store import Store, months, verdicts
from central.store import roster as rosters
from central.store.months import Sheet, Step
from central.store.verdicts import DayRow, Key
from central.unknown import check_unit

LOCKED, UNLOCKED = "locked", "unlocked"
SHOWN = 200
"""How many lines of open items a refusal shows."""


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
    """Sign a month: store the sheet of this moment. Raises MonthError while the month is not over, with the list while
    something is open (unless accepted), and where the month, or a part of it, is signed already or nobody's;
    UnknownUnitError for a unit that there was not in the month."""
    asked, now_ms = span(signing.month), clock.now_ms()
    today = local_date(now_ms)
    _need(signing.by, "who signs", "--by NAME")
    _need(signing.doc_no, "the document that is signed", "--doc NO")
    with store.write() as db:
        months.hold_still(db)
        roster = rosters.load_roster(db)
        check_unit(roster.units, signing.unit, asked.first, asked.last)
        _refuse_future(signing, asked, today)
        _refuse_overlap(db, signing, asked)
        days = verdicts.day_rows(db, asked.first, asked.last, signing.unit)
        whose = members(db, roster, signing.unit, asked)
        _refuse_nobody(signing, asked, whose | {(day.staff, day.date) for day in days})
        found = open_items(db, whose, asked, days)
        _refuse_running(signing, asked, today, found)
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


def _refuse_future(signing: Signing, dates: Span, today: dt.date) -> None:
    if today < dates.first:
        raise MonthError(f"month {signing.month} has not begun, today is {today}; there is nothing to sign yet")


def _refuse_nobody(signing: Signing, dates: Span, whose: Collection[Key]) -> None:
    if not whose:
        raise MonthError(
            f"nobody belonged to {signing.unit} or a unit below it in {signing.month}; there is nothing to sign "
            f"(`units --on {dates.first}` shows who is where)"
        )


def _refuse_running(signing: Signing, dates: Span, today: dt.date, found: list[Open]) -> None:
    """A month is signed when it is over, not before; what is open by now is listed."""
    if today > dates.last:
        return
    over = dates.last + dt.timedelta(days=1)
    head = f"month {signing.month} runs until {dates.last}; sign it from {over} on, when the doors have delivered it"
    now = [item for item in found if item.date <= today]
    raise MonthError("\n".join([f"{head}; open so far:", *_lines(now)]) if now else f"{head}; nothing is open so far")


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
    head = f"month {signing.month} of {signing.unit} has open items; settle them, or sign with --accept-open:"
    return "\n".join([head, *_lines(found)])


def _lines(found: list[Open]) -> list[str]:
    lines = [f"  {line}" for line in listed(found)]
    return lines[:SHOWN] + ([f"  ... and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else [])


def _step(sheet: Sheet, what: str, by: str, doc_no: str, reason: str, now_ms: int) -> Step:
    return Step(now_ms, sheet.month, sheet.unit, what, by, doc_no, reason, sheet.id, sheet.digest)


def _need(text: str, what: str, option: str) -> None:
    if not text.strip():
        raise MonthError(f"{what} must be named; give {option}")
