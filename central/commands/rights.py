"""`diemdanh-central rights`: the SQL that gives the serving account on PostgreSQL its rights, and no more."""

import argparse
import sys

from central.commands.arguments import Commands
from central.settings import Settings

TEXT = """Prints the SQL by which the owner of the tables gives another account what it needs to collect, judge and
show: it can add to the audit log, its heads, seals and decisions, and neither change nor remove what is there, nor
switch off a trigger. Needs no database. After each upgrade, which the owner runs, run it again."""


def add(commands: Commands) -> None:
    """The command and its options."""
    rights = commands.add_parser("rights", help="print the serving account's rights on PostgreSQL", description=TEXT)
    rights.add_argument("account", metavar="ACCOUNT", help="which is there already, such as diemdanh_serve")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print it; returns the exit code."""
    from central.store.rights import statements

    lines = ["BEGIN", *statements(arguments.account), "COMMIT"]
    sys.stdout.write("".join(f"{line};\n" for line in lines))
    return 0
