"""`diemdanh-central verify`: proves what is stored from its own bytes, and names what was changed."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, check_period, date_of
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.proving.findings import Tally

TEXT = """Walks every stored event line again: the chain of hashes, the seals with the stations' public keys, the links
between journals, and the columns, which have to say what the line says. Changes nothing, so that it runs on a copy or a
backup, on another machine, with public keys alone. Exit codes: 0 everything holds, 1 something does not (each is named,
with what to do), 2 wrong use."""
LIMITS = """What it cannot prove: events after a station's last seal (provisional; the newest minute, usually); an end
that was removed together with its seals; rows that were removed at the end of the audit log, or a log that was chained
anew; when an event was received, and the true time of events whose station did not know it; punches of other makers'
terminals that were removed or added, for these sign nothing; that a badge was in the hand of its owner. Keys that were
read from the same database prove nothing against whoever can change that too: give --keys."""
SHOWN = 100


def add(commands: Commands) -> None:
    """The command and its options."""
    verify = commands.add_parser(
        "verify", help="prove that no stored event was changed", description=TEXT, epilog=LIMITS
    )
    verify.add_argument("--from", dest="first", type=date_of, metavar="DATE", help="only journals that reach into it")
    verify.add_argument("--to", dest="last", type=date_of, metavar="DATE", help="included")
    verify.add_argument("--device", metavar="CODE", help="only this station: its code, or its id")
    verify.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="public keys from elsewhere: a line each, the station's id and its key",
    )
    verify.add_argument("--json", action="store_true", help="for machines")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prove; returns the exit code."""
    import datetime as dt

    from central.moments import ms_of
    from central.proving import proof
    from central.rules.day import LOCAL
    from central.store import open_store

    def midnight_ms(on: "dt.date | None", days: int) -> int | None:
        if on is None:
            return None
        return ms_of(dt.datetime.combine(on, dt.time(), LOCAL)) + days * 86_400_000

    if arguments.first and arguments.last:
        check_period(arguments.first, arguments.last)
    store = open_store(settings.database.url)  # as it is: a copy is not brought to this version
    try:
        with store.read() as db:
            keys = proof.read_keys(arguments.keys) if arguments.keys else None
            tally = proof.prove(
                db, keys, arguments.device, midnight_ms(arguments.first, 0), midnight_ms(arguments.last, 1)
            )
    finally:
        store.close()
    source = str(arguments.keys) if arguments.keys else "the same database"
    (_tell_machine if arguments.json else _tell)(tally, source)
    return 1 if tally.findings else 0


def _tell_machine(tally: "Tally", source: str) -> None:
    from central.proving.findings import REMEDIES

    told = asdict(tally)
    for finding in told["findings"]:
        finding["remedy"] = REMEDIES[finding["what"]]
    sys.stdout.write(json.dumps({"intact": not tally.findings, "keys": source, **told}, ensure_ascii=False) + "\n")


def _tell(tally: "Tally", source: str) -> None:
    for finding in tally.findings[:SHOWN]:
        sys.stdout.write(f"{finding}\n")
    if len(tally.findings) > SHOWN:
        sys.stdout.write(f"... and {len(tally.findings) - SHOWN} more\n")
    walked = f"{tally.events} events in {tally.journals} journals of {tally.devices} devices, {tally.seals} seals, "
    walked += f"{tally.audited} rows of the audit log"
    sys.stdout.write(f"walked: {walked}; keys from {source}\n")
    sys.stdout.write(f"not proved: {tally.unsealed} events without a seal; {tally.to_come} that are still to come\n")
    if not tally.findings:
        sys.stdout.write("everything that was walked holds\n")
