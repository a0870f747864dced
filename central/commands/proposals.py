"""`diemdanh-central proposals`: the overtime that is proposed."""

import argparse
import sys

from central.commands.arguments import Commands, check_period, date_of
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "print the overtime proposals of a period: staff, date, minutes"
    proposals = commands.add_parser("proposals", help=text, description=text)
    proposals.add_argument("--from", dest="first", required=True, type=date_of, metavar="DATE", help="YYYY-MM-DD")
    proposals.add_argument("--to", dest="last", required=True, type=date_of, metavar="DATE", help="included")
    proposals.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print them; returns the exit code."""
    from central.commands.empty import note
    from central.processes import standing_store
    from central.reports import proposals

    check_period(arguments.first, arguments.last)
    store = standing_store(settings)
    try:
        with store.read() as db:
            count = proposals.write(db, arguments.first, arguments.last, arguments.format, sys.stdout)
            note(db, count, f"no overtime is proposed for {arguments.first} to {arguments.last}")
    finally:
        store.close()
    return 0
