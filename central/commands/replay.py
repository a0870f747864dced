"""`diemdanh-central replay DIR`: a recorded week through intake, and its verdicts."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from central.commands.arguments import Commands
from central.settings import Settings


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "feed recorded punches through intake and judge them, all files or nothing"
    replay = commands.add_parser("replay", help=text, description=text)
    replay.add_argument("folder", type=Path, help="holds punches.csv, and perhaps clock_syncs.csv and doors.csv")
    replay.add_argument("--shuffle", type=int, metavar="SEED", help="let them arrive in a random order, the seed's")
    replay.add_argument("--json", action="store_true", help="for machines")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Replay; returns the exit code."""
    from central.processes import standing_store
    from central.replay import replay
    from central.replaying.progress import Bar

    clock, store = settings.clock.clock(), standing_store(settings)
    bar = Bar(sys.stderr, clock.mono_s) if sys.stderr.isatty() else lambda *_: None
    try:
        done = replay(store, clock, arguments.folder, arguments.shuffle, bar)
    finally:
        store.close()
    if arguments.json:
        sys.stdout.write(json.dumps(dataclasses.asdict(done), default=str) + "\n")
    else:
        for name, count in dataclasses.asdict(done).items():
            sys.stdout.write(f"{name:12} {count!s:>10}\n")
    return 0
