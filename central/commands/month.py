"""`diemdanh-central month lock | unlock | show | adjustments`: months signed, and what came afterwards."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from central.commands.arguments import Commands
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.clock import Clock
    from central.store import Store
    from central.store.months import Adjustment, Sheet

SHEET_COLUMNS = ("month", "unit", "state", "signed_by", "doc_no", "signed", "lines", "sha256", "intact")
STEP_COLUMNS = ("at", "month", "unit", "what", "by", "doc_no", "reason")
ADJUSTMENT_COLUMNS = ("staff", "date", "session", "before", "after", "reason", "state", "unit", "signed_month")


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    month = commands.add_parser("month", help="sign months, and see what came after the signature")
    verbs = month.add_subparsers(dest="verb", required=True, metavar="VERB")
    lock = _verb(verbs, "lock", "sign a unit's month: its sheet stays as it is now")
    lock.add_argument("--unit", required=True, help="whose month: the unit and all below it")
    lock.add_argument("--by", required=True, metavar="NAME", help="who signs")
    lock.add_argument("--doc", required=True, metavar="NO", help="number of the signed document")
    lock.add_argument("--accept-open", action="store_true", help="sign although something is not decided")
    unlock = _verb(verbs, "unlock", "take a signed sheet out of force; the trace stays")
    unlock.add_argument("--unit", required=True, help="the unit that was locked")
    unlock.add_argument("--by", required=True, metavar="NAME", help="who unlocks")
    unlock.add_argument("--reason", required=True, help="why, in words")
    unlock.add_argument("--doc", default="", metavar="NO", help="number of the document that allows it")
    show = _verb(verbs, "show", "the sheets of a month, or what was done to it")
    show.add_argument("--events", action="store_true", help="who locked and unlocked it when and why")
    adjustments = _verb(verbs, "adjustments", "what is proposed in this month for months that were signed before")
    for parser in (show, adjustments):
        parser.add_argument("--format", choices=("csv", "json"), default="csv")


def _verb(verbs: Commands, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("month", metavar="YYYY-MM")
    return parser


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.processes import standing_store

    store, clock = standing_store(settings), settings.clock.clock()
    try:
        VERBS[arguments.verb](arguments, store, clock)
    finally:
        store.close()
    return 0


def _lock(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.months import Signing, lock
    from central.open_items import listed

    signing = Signing(arguments.month, arguments.unit, arguments.by, arguments.doc)
    locked = lock(store, clock, signing, accept_open=arguments.accept_open)
    for line in listed(locked.open):
        sys.stdout.write(f"open: {line}\n")
    sheet = locked.sheet
    sys.stdout.write(f"{sheet.month} of {sheet.unit} is signed: {sheet.lines} lines, SHA-256 {sheet.digest}\n")


def _unlock(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.months import Signing, unlock

    signing = Signing(arguments.month, arguments.unit, arguments.by, arguments.doc)
    sheet = unlock(store, clock, signing, arguments.reason)
    sys.stdout.write(f"{sheet.month} of {sheet.unit} is unlocked; the sheet of {sheet.signed_by} stays stored\n")


def _show(arguments: argparse.Namespace, store: "Store", _: "Clock") -> None:
    from central.commands.empty import note
    from central.months import intact, span
    from central.reports.formats import write_rows
    from central.store import months

    span(arguments.month)
    with store.read() as db:
        if arguments.events:
            steps = months.steps(db, arguments.month)
            told = [(_at(s.at_ms), s.month, s.unit, s.what, s.by, s.doc_no, s.reason) for s in steps]
            count = write_rows(STEP_COLUMNS, told, arguments.format, sys.stdout)
            note(db, count, f"nobody locked or unlocked {arguments.month}")
        else:
            sheets = months.sheets(db, [arguments.month], in_force=False)
            rows = [_sheet_row(sheet, intact=intact(db, sheet)) for sheet in sheets]
            count = write_rows(SHEET_COLUMNS, rows, arguments.format, sys.stdout)
            note(db, count, f"no sheet of {arguments.month} was signed")


def _sheet_row(sheet: "Sheet", *, intact: bool) -> tuple[Any, ...]:
    state = "locked" if sheet.unlocked_ms is None else "unlocked"
    signed = (sheet.signed_by, sheet.doc_no, _at(sheet.signed_ms), sheet.lines, sheet.digest)
    return (sheet.month, sheet.unit, state, *signed, "yes" if intact else "NO")


def _adjustments(arguments: argparse.Namespace, store: "Store", _: "Clock") -> None:
    from central.commands.empty import note
    from central.months import span
    from central.reports.formats import write_rows
    from central.store import months

    span(arguments.month)
    with store.read() as db:
        sheets = {sheet.id: sheet for sheet in months.sheets(db, in_force=False)}
        rows = [_adjustment_row(a, sheets[a.sheet_id]) for a in months.adjustments_in(db, arguments.month)]
        count = write_rows(ADJUSTMENT_COLUMNS, rows, arguments.format, sys.stdout)
        note(db, count, f"nothing is proposed in {arguments.month} for months that were signed before")


def _adjustment_row(found: "Adjustment", sheet: "Sheet") -> tuple[Any, ...]:
    state = "proposed" if found.withdrawn_ms is None else "withdrawn"
    what = (found.staff, found.date, found.session, str(found.before), str(found.after), found.reason)
    return (*what, state, sheet.unit, sheet.month)


def _at(ms: int) -> str:
    from central.moments import moment

    return moment(ms).isoformat(timespec="seconds")


VERBS = {"lock": _lock, "unlock": _unlock, "show": _show, "adjustments": _adjustments}
