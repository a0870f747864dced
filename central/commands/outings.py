"""`diemdanh-central outing list | approve | refuse | withdraw`: field duty that a door's button told of, unplanned."""

import argparse
import re
import sys
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, add_period, check_period, date_of
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.clock import Clock
    from central.outings import Asked
    from central.store import Store


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    text = "field duty that was pressed at a door and not planned: proposals, and a person's decision on each"
    outing = commands.add_parser("outing", help=text, description=text)
    verbs = outing.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="those that nobody has decided about")
    add_period(listing)
    listing.add_argument("--all", action="store_true", help="the decided ones too, with the number of the decision")
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    approve = _way(verbs, "approve", "let it be field duty of the half-days that it touches")
    approve.add_argument("--session", help="only of these, such as AM,PM")
    approve.add_argument("--place", default="", help="where, in words")
    refuse = _way(verbs, "refuse", "let the taps alone say what they say")
    withdraw = verbs.add_parser("withdraw", help="take a decision back; the trace stays")
    withdraw.add_argument("number", type=int, metavar="NUMBER", help="of the decision, as `outing list --all` shows it")
    for parser in (approve, refuse, withdraw):
        parser.add_argument("--by", required=True, metavar="NAME", help="who decided; never who went approves it")
        parser.add_argument("--reason", required=True, help="why, in words")


def _way(verbs: Commands, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("staff", help="the person's code")
    parser.add_argument("date", type=date_of, help="YYYY-MM-DD")
    parser.add_argument("--at", type=_minute, metavar="HH:MM", help="a tap of it, where there are several")
    parser.add_argument("--doc", default="", metavar="NO", help="number of a document, if there is one")
    return parser


def _minute(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time of day; write HH:MM")
    return text


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.processes import ready_store

    store, clock = ready_store(settings), settings.clock.clock()
    try:
        _VERBS[arguments.verb](arguments, store, clock)
    finally:
        store.close()
    return 0


def _list(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.commands.empty import note
    from central.reports import outings

    period = (arguments.first, arguments.last)
    check_period(*period)
    with store.read() as db:
        count = outings.write(
            db, period, arguments.unit, clock.now_ms(), arguments.format, sys.stdout, decided=arguments.all
        )
        state = "was told by a button" if arguments.all else "is open"
        note(db, count, f"no way to the field of {arguments.first} to {arguments.last} {state}")


def _approve(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.outings import Approval, approve

    chosen = arguments.session.split(",") if arguments.session else None
    approval = Approval(arguments.place, arguments.doc, chosen)
    number = approve(store, clock, _asked(arguments), approval, arguments.by, arguments.reason)
    sys.stdout.write(f"decision {number}: approved; the date is judged again\n")


def _refuse(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.outings import refuse

    number = refuse(store, clock, _asked(arguments), arguments.by, arguments.reason, arguments.doc)
    sys.stdout.write(f"decision {number}: refused, the taps alone count; the date is judged again\n")


def _withdraw(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.outings import withdraw

    row = withdraw(store, clock, arguments.number, arguments.by, arguments.reason)
    sys.stdout.write(f"decision {row.id} is withdrawn; {row.staff} on {row.date} is open again\n")


def _asked(arguments: argparse.Namespace) -> "Asked":
    from central.outings import Asked

    return Asked(arguments.staff, arguments.date, arguments.at or "")


_VERBS = {"list": _list, "approve": _approve, "refuse": _refuse, "withdraw": _withdraw}
