"""`diemdanh-central staff`: who works where on a date, leaders first, found by name."""

import argparse
import sys

from central.commands.arguments import Commands, date_of
from central.names import NameOrder, Tones
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command and its options."""
    staff = commands.add_parser("staff", help="list the people, leaders first, in Vietnamese order")
    staff.add_argument(
        "--search", default="", metavar="TEXT", help="the beginning of a word of the name; marks are free"
    )
    staff.add_argument("--unit", help="only this unit and those below it; - for people whose unit has ended")
    staff.add_argument("--on", type=date_of, metavar="DATE", help="YYYY-MM-DD; today by itself")
    staff.add_argument("--tones", choices=tuple(Tones), default=Tones.DICTIONARY, type=Tones, help="order of the tones")
    staff.add_argument("--middle-first", action="store_true", help="middle names before family names")
    staff.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what the command line asks for; returns the exit code."""
    from central.commands.empty import note
    from central.moments import local_date
    from central.processes import standing_store
    from central.reports import staff

    order = NameOrder(arguments.tones, arguments.middle_first)
    store = standing_store(settings)
    try:
        with store.read() as db:
            on = arguments.on or local_date(settings.clock.clock().now_ms())
            count = staff.write(db, on, arguments.search, arguments.unit, order, arguments.format, sys.stdout)
            note(db, count, f"nobody is found for {on}")
    finally:
        store.close()
    return 0
