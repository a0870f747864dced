"""`diemdanh-central units`: the tree of units as it is on a date."""

import argparse
import sys

from central.commands.arguments import Commands, date_of
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command and its options."""
    units = commands.add_parser("units", help="print the tree of units as it is on a date")
    units.add_argument("--on", type=date_of, metavar="DATE", help="YYYY-MM-DD; today by itself")
    units.add_argument("--format", choices=("text", "csv", "json"), default="text")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what the command line asks for; returns the exit code."""
    from central.commands.empty import note
    from central.moments import local_date
    from central.processes import standing_store
    from central.reports import units

    store = standing_store(settings)
    try:
        with store.read() as db:
            on = arguments.on or local_date(settings.clock.clock().now_ms())
            note(db, units.write(db, on, arguments.format, sys.stdout), f"no unit is valid on {on}")
    finally:
        store.close()
    return 0
