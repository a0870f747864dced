"""`diemdanh-central verify`: proves what is stored from its own bytes, and names what was changed."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, check_period, date_of
from central.errors import CentralError
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.proving.findings import Tally

TEXT = """Walks every stored event line again: the chain of hashes, the seals with the stations' public keys, the links
between journals, and the columns, which have to say what the line says. Walks the audit log, compares it with the heads
that central signed day by day, and every fact with the log's last word about it. Changes nothing, so that it runs on a
copy or a backup, on another machine, with public keys alone. Exit codes: 0 everything holds, 1 something does not (each
is named, with what to do), 2 wrong use."""
LIMITS = """What it cannot prove: events after a station's last seal (provisional; the newest minute, usually); an end
of a journal that was removed together with its seals; rows of the audit log, and facts, after the last signed head (a
day, usually); unless heads collected from the stations are given (--heads), an end of the log that was removed together
with its heads, a log that was chained and signed anew, or an old copy of the database; that what somebody entered was
true; facts that were changed before the log knew them; when an event was received, and the true time of events whose
station did not know it; punches of other makers' terminals that were removed or added, for these sign nothing; that a
badge was in the hand of its owner. Keys that were read from the same database, or beside it, prove nothing against
whoever can change that too: give --keys and --central-key."""
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
    verify.add_argument(
        "--heads",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="what `diemdanh-edge heads` printed at the stations; may be given several times",
    )
    verify.add_argument(
        "--central-key",
        metavar="KEY",
        help="central's public key (`diemdanh-central key`), from elsewhere; else that of the key file, where it is",
    )
    verify.add_argument("--json", action="store_true", help="for machines")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prove; returns the exit code."""
    import datetime as dt

    from central.keys import verifier
    from central.moments import ms_of
    from central.proving import proof
    from central.proving.heads import read_heads
    from central.rules.day import LOCAL
    from central.store import open_store

    def midnight_ms(on: "dt.date | None", days: int) -> int | None:
        if on is None:
            return None
        return ms_of(dt.datetime.combine(on, dt.time(), LOCAL)) + days * 86_400_000

    if arguments.first and arguments.last:
        check_period(arguments.first, arguments.last)
    if arguments.device and arguments.heads:
        raise CentralError("--heads proves the audit log, --device one station's events; give one of them")
    central = _central_key(arguments, settings)
    witnesses = proof.Witnesses(read_heads(arguments.heads), verifier(central) if central else None)
    store = open_store(settings.database.url)  # as it is: a copy is not brought to this version
    try:
        with store.read() as db:
            keys = proof.read_keys(arguments.keys) if arguments.keys else None
            period = midnight_ms(arguments.first, 0), midnight_ms(arguments.last, 1)
            tally = proof.prove(db, keys, arguments.device, *period, witnesses)
    finally:
        store.close()
    source = str(arguments.keys) if arguments.keys else "the same database"
    (_tell_machine if arguments.json else _tell)(tally, source)
    return 1 if tally.findings else 0


def _central_key(arguments: argparse.Namespace, settings: Settings) -> str | None:
    """Central's public key. Raises CentralError where heads are given, and none is there; makes none."""
    from central.keys import load_key

    if arguments.central_key:
        return str(arguments.central_key)
    if settings.key.file.exists():
        return load_key(settings.key.file).public_text
    if arguments.heads:
        raise CentralError(
            f"there is no {settings.key.file} to check heads with: give --central-key, which `diemdanh-central key` "
            "prints and the settings of each station hold"
        )
    return None


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
    walked += f"{tally.audited} rows of the audit log, {tally.heads} heads of it, {tally.facts} facts"
    sys.stdout.write(f"walked: {walked}; keys from {source}\n")
    sys.stdout.write(f"not proved: {tally.unsealed} events without a seal; {tally.to_come} that are still to come; ")
    sys.stdout.write(f"{tally.unheaded} rows of the audit log after its last head")
    sys.stdout.write(f"; {tally.untold} facts older than the log" if tally.untold else "")
    sys.stdout.write(f"; the signatures of {tally.unsigned} heads (give --central-key)" if tally.unsigned else "")
    sys.stdout.write("\n")
    if not tally.findings:
        sys.stdout.write("everything that was walked holds\n")
