"""`diemdanh-central heads`: what central signed of its audit log, day by day."""

import argparse
import sys
from contextlib import closing

from central.commands.arguments import Commands
from central.settings import Settings

TEXT = """Prints the heads of the audit log, as `diemdanh-edge heads` prints those that a station keeps: whose, the head
(date, rows, hash, when it was signed), its signature. Central signs one at the close of each local day and sends it to
every station."""


def add(commands: Commands) -> None:
    """The command and its options."""
    heads = commands.add_parser("heads", help="print the signed heads of the audit log", description=TEXT)
    heads.add_argument("--sign", action="store_true", help="first sign one of the log as it is now, for today")
    heads.add_argument(
        "--short", action="store_true", help="as a sheet of paper holds them: date, rows, 64 bits of hash"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print them; returns the exit code."""
    from central.commands.empty import note
    from central.heads import close_days, short_form, sign_now
    from central.keys import load_key
    from central.processes import standing_store
    from central.store import heads
    from edge.wire.heads import head_line

    with closing(standing_store(settings)) as store:
        if arguments.sign:
            clock, sign = settings.clock.clock(), load_key(settings.key.file).sign
            close_days(store, clock, sign)
            sign_now(store, clock, sign)
        with store.read() as db:
            found = heads.heads(db)
            for row in found:
                sys.stdout.write(f"{short_form(row)}\n" if arguments.short else f"central {head_line(row.note)}\n")
            note(db, len(found), "no day is closed yet")
    return 0
