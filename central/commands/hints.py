"""`diemdanh-central hints`: taps that an inspection may want to look at; never verdicts."""

import argparse
import sys

from central.commands.arguments import Commands, add_period, check_period
from central.settings import Settings

LANGUAGES = ("vi", "en")


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "taps that an inspection may want to look at, worded so that nobody is accused; never counted"
    hints = commands.add_parser("hints", help=text, description=text)
    add_period(hints)
    hints.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="vi (Vietnamese, the default) or en")
    hints.add_argument("--format", choices=("text", "csv", "json"), default="text")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the hints; returns the exit code."""
    from central.commands.empty import note
    from central.processes import standing_store
    from central.reports.formats import write_rows
    from central.reports.hints import HintRow, hint_rows
    from central.web.texts import catalogue

    check_period(arguments.first, arguments.last)
    say, now_ms = catalogue(arguments.lang).gettext, settings.clock.clock().now_ms()
    store = standing_store(settings)
    try:
        with store.read() as db:
            rows = hint_rows(db, arguments.first, arguments.last, arguments.unit, settings.hints, say, now_ms)
            note(db, len(rows), f"no tap of {arguments.first} to {arguments.last} calls for a look")
    finally:
        store.close()
    if arguments.format == "text":
        sys.stdout.writelines(f"{row.at}  {row.text}\n" for row in rows)
    else:
        write_rows(HintRow._fields, rows, arguments.format, sys.stdout)
    return 0
