"""`diemdanh-central person export | anonymise`: what is held about somebody, and somebody made nameless."""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path

from central.commands.arguments import Commands
from central.settings import Settings

NAMELESS = """Takes a person's name, positions and all free words about them away, everywhere but where something is
proved by it: sealed events, the audit log, signed sheets and minutes. Times, verdicts and counts stay, under the code.
Only of who has left."""


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    person = commands.add_parser("person", help="what is held about a person; make somebody who has left nameless")
    verbs = person.add_subparsers(dest="verb", required=True, metavar="VERB")
    export = verbs.add_parser("export", help="everything that is held about a person, as JSON; the look is kept")
    export.add_argument("staff", help="the person's code")
    export.add_argument("--out", type=Path, metavar="FILE", help="a new file, which its owner alone may read")
    nameless = verbs.add_parser("anonymise", help="make somebody who has left nameless", description=NAMELESS)
    nameless.add_argument("staff", help="the person's code")
    nameless.add_argument("--doc", required=True, metavar="NO", help="number of the request or decision")
    nameless.add_argument("--why", default="", help="in words")
    nameless.add_argument("--by", default="", metavar="NAME", help="who decided it")
    nameless.add_argument("--dry-run", action="store_true", help="say how much it would change, and change nothing")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central import privacy
    from central.processes import standing_store
    from central.store import personal
    from central.store.audit import here

    clock = settings.clock.clock()
    with closing(standing_store(settings)) as store:
        if arguments.verb == "export":
            _write(privacy.export(store, clock, arguments.staff, here(), "person export"), arguments.out)
            return 0
        changed = privacy.make_nameless(
            store, clock, arguments.staff, arguments.doc, arguments.by, only_look=arguments.dry_run
        )
    said = (
        "would change; nothing was changed"
        if arguments.dry_run
        else f"changed; now {personal.pseudonym(arguments.staff)}"
    )
    sys.stdout.write(f"{changed} rows {said}\n")
    return 0


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
