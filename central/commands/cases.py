"""`diemdanh-central case list | show | decide`: what thresholds propose; a person decides."""

import argparse
import sys

from central.commands.arguments import Commands
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    case = commands.add_parser("case", help="what reached an office's limit, and what a person decided on it")
    verbs = case.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="open cases with their age in days, the oldest first")
    listing.add_argument("--all", action="store_true", help="withdrawn and decided ones too")
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    show = verbs.add_parser("show", help="every step of a case")
    show.add_argument("case", type=int, metavar="NUMBER")
    show.add_argument("--format", choices=("csv", "json"), default="csv")
    decide = verbs.add_parser("decide", help="record a person's decision on an open case")
    decide.add_argument("case", type=int, metavar="NUMBER")
    decide.add_argument("--doc", required=True, metavar="NO", help="number of the document that decides it")
    decide.add_argument("--by", required=True, metavar="NAME", help="who decided")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.commands.empty import note
    from central.ledger.cases import decide
    from central.processes import standing_store
    from central.reports import cases

    store, now_ms = standing_store(settings), settings.clock.clock().now_ms()
    try:
        if arguments.verb == "decide":
            with store.write() as db:
                decided = decide(db, arguments.case, arguments.doc, arguments.by, now_ms)
            sys.stdout.write(f"case {decided.id} is decided by {decided.decided_by}: {decided.decision_no}\n")
            return 0
        with store.read() as db:
            if arguments.verb == "list":
                count = cases.write(db, now_ms, arguments.all, arguments.format, sys.stdout)
                note(db, count, "there is no case" if arguments.all else "no case is open")
            else:
                cases.write_steps(db, arguments.case, arguments.format, sys.stdout)
    finally:
        store.close()
    return 0
