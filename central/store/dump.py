"""A copy of the whole database as it is at one moment, while others go on writing."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import cast

from central.errors import DatabaseError
from central.store.engine import Store

SQLITE, POSTGRESQL = "database.sqlite", "database.pgdump"
PLACES = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
)


def dump(store: Store, folder: Path) -> Path:
    """The copy, in `folder`: SQLITE, which is a database to use, or POSTGRESQL, which `pg_restore` reads.

    Raises DatabaseError when it cannot be made; OSError when there is no room.
    """
    return _sqlite(store, folder / SQLITE) if store.sqlite else _postgresql(store, folder / POSTGRESQL)


def _sqlite(store: Store, copy: Path) -> Path:
    missing = store.missing_file()
    if missing is not None:
        raise DatabaseError(f"there is no database {missing} to copy; name it with --db or the settings")
    with store.read() as db, closing(sqlite3.connect(copy)) as target:
        try:
            cast(sqlite3.Connection, db.connection.driver_connection).backup(target)
        except sqlite3.Error as error:
            raise DatabaseError(f"{store.engine.url.database}: cannot be copied: {error}") from error
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    return copy


def _postgresql(store: Store, copy: Path) -> Path:
    program = shutil.which("pg_dump", path=PLACES)
    if program is None:
        raise DatabaseError("pg_dump is not installed; apt-get install postgresql-client")
    url = store.engine.url
    # The password goes by the environment: the command line is for everybody to read.
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    place = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    words = [program, "--format=custom", "--no-owner", f"--file={copy}", f"--dbname={place}"]
    done = subprocess.run(  # noqa: S603 - no shell, and the URL is the operator's own
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise DatabaseError(f"pg_dump: {said[-1] if said else 'failed without a word'}")
    return copy
