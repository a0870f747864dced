"""`diemdanh-central badges --unknown`: badges that were tapped and count for nobody."""

import argparse
import sys

from central.commands.arguments import Commands
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "list badges that were tapped: with --unknown those that counted for nobody, where, when, and why"
    badges = commands.add_parser("badges", help=text, description=text)
    badges.add_argument(
        "--unknown", action="store_true", required=True, help="unknown, lost, blocked, or nobody's then"
    )
    badges.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print them; returns the exit code."""
    from central.commands.empty import note
    from central.processes import standing_store
    from central.reports import strangers

    store = standing_store(settings)
    try:
        with store.read() as db:
            note(
                db, strangers.write(db, arguments.format, sys.stdout), "every badge that was tapped belongs to somebody"
            )
    finally:
        store.close()
    return 0
