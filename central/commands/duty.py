"""`diemdanh-central duty credits | missed`: what follows from duty slots."""

import argparse
import sys
from contextlib import closing

from central.commands.arguments import Commands, add_period, check_period
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    duty = commands.add_parser("duty", help="compensatory credits of duty done, and slots that nobody kept")
    verbs = duty.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (
        ("credits", "who earned a compensatory credit by night or Sunday duty"),
        ("missed", "slots that nobody kept, or that need checking, and the deputy to be told"),
    ):
        parser = verbs.add_parser(verb, help=text, description=text)
        add_period(parser)
        parser.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print them; returns the exit code."""
    from central.commands.empty import note
    from central.processes import standing_store
    from central.reports import duty_done

    check_period(arguments.first, arguments.last)
    write, nothing = {
        "credits": (duty_done.write_credits, "no duty that earns a credit was done"),
        "missed": (duty_done.write_missed, "every slot was kept, or is not judged yet"),
    }[arguments.verb]
    with closing(standing_store(settings)) as store, store.read() as db:
        count = write(db, arguments.first, arguments.last, arguments.unit, arguments.format, sys.stdout)
        note(db, count, f"{nothing} from {arguments.first} to {arguments.last}")
    return 0
