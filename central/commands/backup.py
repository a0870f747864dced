"""`diemdanh-central backup key | take | restore`: an encrypted copy of everything, and the way back."""

import argparse
import datetime as dt
import sys
from contextlib import closing
from pathlib import Path

from central.commands.arguments import Commands
from central.settings import Settings

TEXT = """An encrypted copy of the database, central's key, the office's authority and the settings, made while central
runs. `key` makes the key that opens backups: keep it off this machine. A restored copy of yesterday is harmless: the
doors send again what it lacks."""


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    backup = commands.add_parser("backup", help="encrypted copies, and the way back", description=TEXT)
    verbs = backup.add_subparsers(dest="verb", required=True, metavar="VERB")
    key = verbs.add_parser("key", help="make the key that opens backups; prints the recipient to make them for")
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to; on a stick that is locked away")
    take = verbs.add_parser("take", help="make a backup now")
    take.add_argument("--to", dest="folder", type=Path, metavar="DIR", help="else backup.folder")
    take.add_argument(
        "--for",
        dest="recipients",
        action="append",
        default=[],
        metavar="RECIPIENT",
        help="age1...; else backup.recipients",
    )
    take.add_argument("--keep", type=int, metavar="N", help="remove all but the newest N afterwards; 0 = none")
    restore = verbs.add_parser("restore", help="open a backup into a new folder; changes nothing else")
    restore.add_argument("file", type=Path)
    restore.add_argument("--identity", type=Path, required=True, metavar="FILE", help="what `backup key` wrote")
    restore.add_argument("--into", type=Path, required=True, metavar="DIR", help="a folder that is new or empty")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central import backups

    if arguments.verb == "key":
        sys.stdout.write(f"{backups.make_key(arguments.out)}\n")
    elif arguments.verb == "take":
        _take(arguments, settings)
    else:
        _restore(arguments)
    return 0


def _take(arguments: argparse.Namespace, settings: Settings) -> None:
    from importlib.metadata import version

    from central import backups
    from central.clock import SystemClock
    from central.store import open_store
    from central.store.dump import dump

    recipients = backups.read_recipients(arguments.recipients or settings.backup.recipients.split())
    folder = arguments.folder or (Path(settings.backup.folder) if settings.backup.folder else None)
    if folder is None:
        raise backups.BackupError("where to? name a folder with --to, or backup.folder in the settings")
    files = {"central-key.pem": settings.key.file, "office-ca.pem": settings.ca.file}
    if arguments.config:
        files["central.toml"] = arguments.config
    now = dt.datetime.fromtimestamp(SystemClock().now_ms() // 1000, dt.UTC)  # a file lives in the real time
    with closing(open_store(settings.database.url)) as store:
        made = backups.take(lambda place: dump(store, place), files, recipients, folder, now, version("diemdanh"))
    sys.stdout.write(f"{made}  {made.stat().st_size / 1e6:.1f} MB\n")
    for old in backups.prune(folder, settings.backup.keep if arguments.keep is None else arguments.keep):
        sys.stdout.write(f"removed {old}\n")


def _restore(arguments: argparse.Namespace) -> None:
    from central import backups
    from central.store.dump import POSTGRESQL, SQLITE

    manifest = backups.restore(arguments.file, arguments.identity, arguments.into)
    folder = arguments.into.resolve()
    sys.stdout.write(f"taken {manifest.taken} by version {manifest.version}: {', '.join(sorted(manifest.files))}\n")
    if SQLITE in manifest.files:
        sys.stdout.write(f"prove it:  diemdanh-central --db sqlite:///{folder / SQLITE} verify\n")
        sys.stdout.write("use it:    stop central, put the files where the settings say, start central\n")
    if POSTGRESQL in manifest.files:
        sys.stdout.write(f"put it into an empty database:  pg_restore --no-owner --dbname=URL {folder / POSTGRESQL}\n")
        sys.stdout.write("then prove it:                  diemdanh-central --db URL verify\n")
