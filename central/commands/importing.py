"""`diemdanh-central import DIR`: a folder in the office format, all of it or nothing."""

import argparse
import json
import sys
from pathlib import Path

from central.commands.arguments import Commands
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "read a folder in the office format, all of it or nothing"
    office = commands.add_parser("import", help=text, description=text)
    office.add_argument("folder", type=Path, help="holds units.csv, staff.csv, devices.csv, schedules.csv and others")
    office.add_argument("--add", action="store_true", help="take nothing back that the folder does not say any more")
    office.add_argument("--json", action="store_true", help="for machines: counts by name, all 0 when nothing is new")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Import; returns the exit code. Notes about what changes nothing go to standard error."""
    from central.processes import ready_store
    from central.replaying.progress import Bar
    from central.roster.imports import import_office

    clock, store = settings.clock.clock(), ready_store(settings)
    bar = Bar(sys.stderr, clock.mono_s) if sys.stderr.isatty() else lambda *_: None
    try:
        done = import_office(store, clock, arguments.folder, keep=arguments.add, progress=bar)
    finally:
        store.close()
    for note in done.notes:
        sys.stderr.write(f"note: {note}\n")
    if arguments.json:
        more = {f"{name}_withdrawn": count for name, count in done.withdrawn.items()}
        sys.stdout.write(json.dumps({**done.changed, **more, "days_to_judge": done.marked}) + "\n")
        return 0
    for name, count in done.changed.items():
        gone = done.withdrawn.get(name, 0)
        sys.stdout.write(f"{name:12} {count:6} new or changed" + (f", {gone:6} withdrawn" if gone else "") + "\n")
    sys.stdout.write(f"{done.marked} staff-days are judged again\n")
    return 0
