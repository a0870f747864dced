"""`diemdanh-central audit`: who changed which fact, when and why."""

import argparse
import datetime as dt
import sys

from central.commands.arguments import Commands, check_period, date_of
from central.settings import Settings

COLUMNS = ("seq", "at", "who", "action", "what", "before", "after", "why", "origin", "hash")


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "print the audit log: who changed which fact, when and why"
    audit = commands.add_parser("audit", help=text, description=text)
    audit.add_argument("--from", dest="first", type=date_of, metavar="DATE", help="YYYY-MM-DD")
    audit.add_argument("--to", dest="last", type=date_of, metavar="DATE", help="included")
    audit.add_argument("--who", metavar="NAME", help="only what this person, or account, did")
    audit.add_argument(
        "--what", metavar="TABLE[ VALUE]", help='only of this table, or of its rows with this key or value: "unit X05"'
    )
    audit.add_argument("--words", default="", metavar="TEXT", help="only rows with all these words; marks are ignored")
    audit.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print it; returns the exit code."""
    from central.commands.empty import note
    from central.moments import moment
    from central.processes import standing_store
    from central.reports.formats import write_rows
    from central.store import audit
    from central.store.log import Wanted

    if arguments.first and arguments.last:
        check_period(arguments.first, arguments.last)
    first = midnight_ms(arguments.first)
    last = midnight_ms(arguments.last + dt.timedelta(days=1)) if arguments.last else None
    store = standing_store(settings)
    try:
        with store.read() as db:
            found = audit.search(db, first, last, arguments.who, arguments.what)
            wanted = Wanted(words=arguments.words)
            rows = [(e.seq, moment(e.utc_ms).isoformat(), *e[2:9], e.hash.hex()) for e in found if wanted.fits(e)]
            asked = any((arguments.first, arguments.last, arguments.who, arguments.what, arguments.words))
            nothing = "no change matches what was asked for" if asked else "nothing was changed yet"
            note(db, write_rows(COLUMNS, rows, arguments.format, sys.stdout), nothing)
    finally:
        store.close()
    return 0


def midnight_ms(on: dt.date | None) -> int | None:
    """When a local date begins, UTC ms."""
    from central.moments import ms_of
    from central.rules.day import LOCAL

    return None if on is None else ms_of(dt.datetime.combine(on, dt.time(), LOCAL))
