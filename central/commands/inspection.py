"""`diemdanh-central inspection list | show | minutes`; inspections are opened, walked and signed on their pages."""

import argparse
from pathlib import Path

from central.commands.arguments import Commands
from central.commands.rollcall import add_list, add_show, add_verbs
from central.commands.rollcall import run as run_any
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    verbs = add_verbs(commands, "inspection", "inspections: those there were, what was seen, and the signed minutes")
    add_list(verbs)
    add_show(verbs)
    minutes = verbs.add_parser("minutes", help="write the signed minutes as PDF, byte for byte as they were signed")
    minutes.add_argument("number", type=int, metavar="NUMBER")
    minutes.add_argument("--out", type=Path, required=True, metavar="FILE")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    return run_any(arguments, settings)
