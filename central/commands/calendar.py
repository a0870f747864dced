"""`diemdanh-central calendar propose | confirm | add | withdraw | list`: days off and make-up days."""

import argparse
import getpass
import io
import sys
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, date_of
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.calendars.deciding import Decided
    from central.clock import Clock
    from central.store import Store

FIRST_YEAR, LAST_YEAR = 1976, 2150
"""As far as the lunar calendar is worked out well."""
KINDS = ("holiday", "swapped_off", "make_up")


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    calendar = commands.add_parser("calendar", help="holidays, days given off, make-up days")
    verbs = calendar.add_subparsers(dest="verb", required=True, metavar="VERB")
    propose = verbs.add_parser("propose", help="let the holidays package propose a year; changes nothing yet")
    propose.add_argument("year", type=_year)
    propose.add_argument("--unit", help="the unit whose calendar it is; the only unit above all others by itself")
    confirm = verbs.add_parser("confirm", help="let proposed days stand, all of them or none")
    confirm.add_argument("proposals", nargs="+", metavar="PROPOSAL", help="such as P12, or a year: all that is open")
    confirm.add_argument("--doc", required=True, metavar="NO", help="number of the document that decided it")
    _decider(confirm, required=True)
    _add_verb(verbs)
    withdraw = verbs.add_parser("withdraw", help="let a day stand no more, or dismiss a proposal; the trace stays")
    withdraw.add_argument("id", help="such as 12, or P12 for a proposal")
    withdraw.add_argument("--reason", required=True, help="why, in words")
    _decider(withdraw, required=True)
    listing = verbs.add_parser("list", help="a year's days, proposals and who decided")
    listing.add_argument("year", type=_year)
    listing.add_argument("--format", choices=("csv", "json"), default="csv")


def _add_verb(verbs: Commands) -> None:
    add_day = verbs.add_parser("add", help="let a day stand that nobody proposed")
    add_day.add_argument("date", type=date_of, help="YYYY-MM-DD")
    add_day.add_argument("--kind", required=True, choices=KINDS)
    add_day.add_argument("--unit", required=True, help="the unit that it binds, with all below it")
    add_day.add_argument("--doc", required=True, metavar="NO", help="number of the document that decided it")
    add_day.add_argument(
        "--for-date", type=date_of, metavar="DATE", help="the day off that a make_up day is worked for"
    )
    add_day.add_argument("--session", help="only this half of the day, such as PM")
    add_day.add_argument("--name", default="", help="what the day is called; checked where it is a day of Tết")
    _decider(add_day, required=False)


def _decider(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--by", required=required, metavar="NAME", help="who decided; the account's name by itself")


def _year(text: str) -> int:
    if not _is_year(text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise argparse.ArgumentTypeError(f"{text!r} is not a year from {FIRST_YEAR} to {LAST_YEAR}")
    return int(text)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.calendars.listing import unconfirmed
    from central.moments import local_date
    from central.processes import ready_store

    store, clock = ready_store(settings), settings.clock.clock()
    try:
        said = VERBS[arguments.verb](arguments, store, clock)
        with store.read() as db:
            warnings = unconfirmed(db, local_date(clock.now_ms()))
    finally:
        store.close()
    sys.stdout.write(said)
    for warning in warnings:
        sys.stderr.write(f"warning: {warning}\n")
    return 0


def _propose(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> str:
    from central.calendars.proposing import propose

    count = propose(store, clock, arguments.year, arguments.unit)
    return f"{count} days proposed for {arguments.year}; nothing is changed until they are confirmed\n"


def _confirm(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> str:
    from central.calendars.deciding import confirm
    from central.calendars.listing import open_proposals

    numbers: list[int] = []
    with store.read() as db:
        for word in arguments.proposals:
            numbers += [p.id for p in open_proposals(db, int(word))] if _is_year(word) else [_proposal(word)]
    return _told(confirm(store, clock, list(dict.fromkeys(numbers)), arguments.doc, arguments.by))


def _is_year(word: str) -> bool:
    return len(word) == 4 and word.isdecimal()


def _proposal(word: str) -> int:
    from central.calendars.deciding import CalendarError

    if not word.startswith("P") or not word[1:].isdecimal():
        raise CalendarError(f"{word!r} is no proposal; write P12, or a year for all that is open")
    return int(word[1:])


def _add(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> str:
    from central.calendars.deciding import NewDay
    from central.calendars.deciding import add as add_day
    from central.workdays import CalendarKind

    day = NewDay(
        arguments.date,
        CalendarKind(arguments.kind),
        arguments.unit,
        arguments.doc,
        arguments.for_date,
        arguments.session,
        arguments.name,
    )
    return _told(add_day(store, clock, day, arguments.by or getpass.getuser()))


def _withdraw(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> str:
    from central.calendars.deciding import CalendarError, dismiss, withdraw

    if arguments.id.startswith("P"):
        dismiss(store, clock, _proposal(arguments.id), arguments.by, arguments.reason)
        return f"proposal {arguments.id} is dismissed\n"
    if not arguments.id.isdecimal():
        raise CalendarError(f"{arguments.id!r} is no day of the calendar; write 12, or P12 for a proposal")
    return _told(withdraw(store, clock, int(arguments.id), arguments.by, arguments.reason))


def _list(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> str:
    from central.calendars.listing import CalendarRow, calendar_rows
    from central.commands.empty import note
    from central.reports.formats import write_rows

    out = io.StringIO()
    with store.read() as db:
        count = write_rows(CalendarRow._fields, calendar_rows(db, arguments.year), arguments.format, out)
        note(db, count, f"{arguments.year} has no day and no proposal; `calendar propose {arguments.year}` begins")
    return out.getvalue()


def _told(decided: "Decided") -> str:
    days = ", ".join(map(str, decided.days)) or "none"
    note = f"note: {decided.note}\n" if decided.note else ""
    return f"days {days}; {decided.marked} staff-days are judged again\n{note}"


VERBS = {"propose": _propose, "confirm": _confirm, "add": _add, "withdraw": _withdraw, "list": _list}
