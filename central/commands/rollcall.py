"""`diemdanh-central rollcall list | show | time`, `inspection list | show | minutes`: what people saw."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, add_period, check_period, date_of
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.clock import Clock
    from central.store import Store


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    text = "roll calls: those there were, those that were missed, and when the roll is called"
    verbs = add_verbs(commands, "rollcall", text)
    add_list(verbs).add_argument("--missed", action="store_true", help="the set times at which nobody called the roll")
    add_show(verbs)
    time = verbs.add_parser("time", help="from a date on the roll is called at these times, by a document")
    time.add_argument("unit")
    time.add_argument("--at", required=True, metavar="TIMES", help='such as "07:45 13:45"; "" = no more')
    time.add_argument("--from", dest="first", required=True, type=date_of, metavar="DATE", help="YYYY-MM-DD")
    time.add_argument("--doc", required=True, metavar="NO", help="number of the document")
    time.add_argument("--by", required=True, metavar="NAME", help="who decided")


def add_verbs(commands: Commands, name: str, text: str) -> Commands:
    """A command with verbs."""
    found = commands.add_parser(name, help=text, description=text)
    return found.add_subparsers(dest="verb", required=True, metavar="VERB")


def add_list(verbs: Commands) -> argparse.ArgumentParser:
    """The verb `list` of either kind."""
    listing: argparse.ArgumentParser = verbs.add_parser("list", help="those of a period, the newest first")
    add_period(listing)
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    return listing


def add_show(verbs: Commands) -> None:
    """The verb `show` of either kind."""
    show = verbs.add_parser("show", help="everybody of one, what was seen, and what does not agree with the doors")
    show.add_argument("number", type=int, metavar="NUMBER")
    show.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.processes import standing_store

    store, clock = standing_store(settings), settings.clock.clock()
    try:
        _VERBS[arguments.verb](arguments, store, clock)
    finally:
        store.close()
    return 0


def list_rounds(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    """`list` of either kind."""
    from central.commands.empty import note
    from central.reports import roll_calls
    from central.rollcall import Kind

    period = (arguments.first, arguments.last)
    check_period(*period)
    kind = Kind.INSPECTION if arguments.command == "inspection" else Kind.ROLL_CALL
    told = (arguments.unit, arguments.format, sys.stdout)
    with store.read() as db:
        if getattr(arguments, "missed", False):
            unit, form, out = told
            count = roll_calls.write_missed(db, period, unit, clock.now_ms(), form, out)
            note(db, count, f"no set time of {arguments.first} to {arguments.last} was missed")
            return
        count = roll_calls.write_rounds(db, kind, period, *told)
        what = "inspection" if kind is Kind.INSPECTION else "roll call"
        note(db, count, f"there was no {what} from {arguments.first} to {arguments.last}")


def show(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    """`show` of either kind; the counts go to standard error."""
    from central.inspection import view_of
    from central.reports import roll_calls
    from central.rollcall import Kind, RollCallError

    with store.read() as db:
        view = view_of(db, arguments.number, clock.now_ms())
        if (view.round.kind == Kind.INSPECTION) != (arguments.command == "inspection"):
            raise RollCallError(f"{arguments.number} is no {arguments.command}; `{arguments.command} list` shows all")
        roll_calls.write_people(db, arguments.number, clock.now_ms(), arguments.format, sys.stdout)
        sys.stderr.write(roll_calls.summary(view) + "\n")


def _time(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.rollcall import decide_times
    from central.store.rollcalls import TimeRow

    told = (arguments.unit, arguments.first, arguments.at, arguments.doc, arguments.by)
    decide_times(store, clock, TimeRow(0, *told, 0))
    sys.stdout.write(f"{arguments.unit} calls the roll at {arguments.at or 'no time'} from {arguments.first} on\n")


def write_minutes(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    """`inspection minutes`: the print that was signed, byte for byte."""
    from central.inspection import stored

    out: Path = arguments.out
    with store.read() as db:
        _, pdf = stored(db, arguments.number)
    out.write_bytes(pdf)
    sys.stdout.write(f"{out}: {len(pdf)} bytes, as signed\n")


_VERBS = {"list": list_rounds, "show": show, "time": _time, "minutes": write_minutes}
