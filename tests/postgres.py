"""A PostgreSQL server of one's own: a folder, a socket in it, a child process; ended with the tests that asked for it.

Debian keeps the server's programs off the PATH and may start a cluster of its own on installation, which nothing
here uses.
The server refuses to run as root, so as root it becomes `postgres`, or `nobody` where there is no such account.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from central.store import open_store
from deploy.tools import search_path

PROGRAMS = ("initdb", "postgres", "psql")
OWNER = "diemdanh"
START_S = 60.0
STOP_S = 30.0
TEMPLATE = "diemdanh_template"
# What a test of durability must not switch off, and every other test need not wait for.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresError(RuntimeError):
    """The server did not do what it was asked to; the message holds what it said."""


def find_program(name: str) -> str | None:
    """The path of a program of PostgreSQL, None where it is not installed."""
    return shutil.which(name, path=search_path())


def missing() -> list[str]:
    """The programs that are not here."""
    return [name for name in PROGRAMS if find_program(name) is None]


def _account() -> dict[str, Any]:
    """The words by which a child becomes an ordinary user, none where this process is one already."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise PostgresError("root may not run PostgreSQL, and there is neither a user postgres nor nobody to become")


@dataclass(slots=True)
class Cluster:
    """A server and its databases. durable: it writes as a real one does; else a power cut would cost everything."""

    folder: Path
    durable: bool
    process: subprocess.Popen[bytes] = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)
    _template: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid

    def url(self, database: str) -> str:
        """The URL by which central opens a database."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self.folder}"

    def empty_database(self) -> str:
        """A database without tables; returns its URL."""
        return self._create("template0")

    def database(self) -> str:
        """A database with central's tables, copied from one that was migrated once; returns its URL."""
        if not self._template:
            self.sql(f"CREATE DATABASE {TEMPLATE}")
            store = open_store(self.url(TEMPLATE))
            store.upgrade()
            store.close()
            self._template = True
        return self._create(TEMPLATE)

    def _create(self, template: str) -> str:
        name = f"d{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def copy(self, url: str) -> str:
        """A copy of a database to which nobody is connected; returns its URL."""
        return self._create(_name(url))

    def drop(self, url: str) -> None:
        """Take a database away, whoever is still connected."""
        self.sql(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def sql(self, statement: str) -> str:
        """Run one statement by psql in the database `postgres`; returns what it printed. Raises PostgresError."""
        words = ["psql", "-X", "-A", "-t", "-h", str(self.folder), "-U", OWNER, "-d", "postgres", "-c", statement]
        done = subprocess.run([str(find_program("psql")), *words[1:]], capture_output=True, text=True)
        if done.returncode != 0:
            raise PostgresError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    def stop(self) -> None:
        """End it in order, connections cut off (PostgreSQL's fast shutdown)."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would (its immediate shutdown: nothing is written any more)."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(STOP_S)

    def start(self) -> None:
        """Start it again, after stop() or kill()."""
        self.process = _serve(self.folder, self.durable)


def _name(url: str) -> str:
    return url.rpartition("@/")[2].partition("?")[0]


@contextmanager
def started(*, durable: bool = False) -> Iterator[Cluster]:
    """A new server in a folder of its own under the temporary directory (a socket's path must be short).

    Raises PostgresError with what it said when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="dd-pg-"))
    try:
        account = _account()
        if account:
            os.chown(folder, account["user"], account["group"])
        words = [str(find_program("initdb")), "-D", str(folder / "data"), "-U", OWNER, "-A", "trust", "-E", "UTF8"]
        # The C locale: what central sorts by is stored, so that no database's idea of Vietnamese matters.
        flags = ["--locale=C", *([] if durable else ["-N"])]
        done = subprocess.run([*words, *flags], capture_output=True, text=True, cwd="/", **account)
        if done.returncode != 0:
            raise PostgresError(f"initdb: {done.stderr.strip()}")
        cluster = Cluster(folder, durable, _serve(folder, durable))
        try:
            yield cluster
        finally:
            if cluster.process.poll() is None:
                cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path, durable: bool) -> subprocess.Popen[bytes]:
    log = folder / "postgres.log"
    options = ["listen_addresses=", f"unix_socket_directories={folder}", "max_connections=60", "shared_buffers=128MB"]
    options += [] if durable else FORGETFUL
    words = [str(find_program("postgres")), "-D", str(folder / "data"), *(w for o in options for w in ("-c", o))]
    with log.open("ab") as output:
        # A session of its own, so that Ctrl-C reaches it last and in order.
        process = subprocess.Popen(words, stdout=output, stderr=output, cwd="/", start_new_session=True, **_account())
    ready = [str(find_program("psql")), "-X", "-q", "-h", str(folder), "-U", OWNER, "-d", "postgres", "-c", "SELECT 1"]
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        if subprocess.run(ready, capture_output=True).returncode == 0:
            return process
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        process.wait()
    raise PostgresError(f"PostgreSQL did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
