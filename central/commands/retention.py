"""`diemdanh-central retention list | set | apply`: how long records are kept."""

import argparse
import sys
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING

from central.commands.arguments import Commands
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.privacy import Applied

COLUMNS = ("kind", "months", "doc_no", "rows")


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    kept = commands.add_parser("retention", help="how long records are kept, and what goes when its time is over")
    verbs = kept.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the rules, and how many rows are over their time")
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    rule = verbs.add_parser("set", help="another rule for a kind: views, quarantine, departed")
    rule.add_argument("kind")
    rule.add_argument("months", help="a number, or `keep`: nothing goes")
    rule.add_argument("--doc", required=True, metavar="NO", help="number of the document that says so")
    rule.add_argument("--by", default="", metavar="NAME", help="who decided it")
    now = verbs.add_parser("apply", help="do at once what `run` does once a date")
    now.add_argument("--dry-run", action="store_true", help="only say what would go")
    now.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central import privacy
    from central.processes import standing_store

    clock = settings.clock.clock()
    with closing(standing_store(settings)) as store:
        if arguments.verb == "set":
            privacy.decide(store, clock, arguments.kind, _months(arguments.months), arguments.doc, arguments.by)
        elif arguments.verb == "apply" and not arguments.dry_run:
            _print(privacy.apply(store, clock), arguments.format)
        else:
            _print(privacy.due(store, clock), arguments.format)
    return 0


def _months(text: str) -> int | None:
    from central.privacy import PrivacyError

    if text == "keep":
        return None
    if not text.isascii() or not text.isdecimal():
        raise PrivacyError(f"{text!r} is no number of months; a number, or `keep`")
    return int(text)


def _print(found: "Iterable[Applied]", form: str) -> None:
    from central.reports.formats import write_rows

    rows = [(one.kind, "keep" if one.months is None else one.months, one.doc_no, one.amount) for one in found]
    write_rows(COLUMNS, rows, form, sys.stdout)
