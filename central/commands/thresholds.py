"""`diemdanh-central threshold add | list | end`: an office's own limits. None comes with the product."""

import argparse
import sys

import sqlalchemy as sa

from central.commands.arguments import Commands, date_of
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    from central.counting import Rule, Window

    threshold = commands.add_parser("threshold", help="an office's own limits, each by a document; none by default")
    verbs = threshold.add_subparsers(dest="verb", required=True, metavar="VERB")
    put = verbs.add_parser("add", help="let a limit hold; reaching it proposes a case")
    put.add_argument("--rule", required=True, choices=[r.value for r in Rule])
    put.add_argument("--window", required=True, choices=[w.value for w in Window])
    put.add_argument("--limit", required=True, type=int, metavar="COUNT", help="reached at this count or more")
    put.add_argument("--from", dest="first", required=True, type=date_of, metavar="DATE", help="YYYY-MM-DD")
    put.add_argument("--to", dest="last", type=date_of, metavar="DATE", help="included; until it is ended by itself")
    put.add_argument("--unit", default="", help="for this unit and all below it; for everybody by itself")
    put.add_argument("--category", default="", help="staff category, such as cadre; all by itself")
    put.add_argument("--doc", required=True, metavar="NO", help="number of the document that sets it")
    listing = verbs.add_parser("list", help="all limits, ended ones too")
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    end = verbs.add_parser("end", help="let a limit count nothing after a date")
    end.add_argument("threshold", type=int, metavar="NUMBER")
    end.add_argument("--to", dest="last", required=True, type=date_of, metavar="DATE", help="its last day")
    end.add_argument("--doc", required=True, metavar="NO", help="number of the document that ends it")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.counting import Rule, Threshold, Window
    from central.ledger.cases import add_threshold, end_threshold
    from central.processes import standing_store

    store, now_ms = standing_store(settings), settings.clock.clock().now_ms()
    try:
        if arguments.verb == "list":
            with store.read() as db:
                _list(db, arguments.format)
            return 0
        with store.write() as db:
            if arguments.verb == "add":
                rule, window = Rule(arguments.rule), Window(arguments.window)
                scope = (arguments.first, arguments.last, arguments.unit, arguments.category)
                asked = Threshold(0, rule, window, arguments.limit, arguments.doc, *scope)
                sys.stdout.write(f"threshold {add_threshold(db, asked, now_ms).id} holds from {arguments.first}\n")
            else:
                ended = end_threshold(db, arguments.threshold, arguments.last, arguments.doc, now_ms)
                sys.stdout.write(f"threshold {ended.id} counts nothing after {ended.last}\n")
    finally:
        store.close()
    return 0


def _list(db: sa.Connection, form: str) -> None:
    from central.commands.empty import note
    from central.reports.formats import write_rows
    from central.store.thresholds import thresholds

    columns = ("threshold", "rule", "window", "limit", "unit", "category", "from", "to", "doc_no")
    rows = (
        (t.id, t.rule.value, t.window.value, t.limit, t.unit, t.category, t.first, t.last or "", t.document)
        for t in thresholds(db)
    )
    note(db, write_rows(columns, rows, form, sys.stdout), "no limit is set; `threshold add` sets one by a document")
