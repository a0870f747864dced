"""The database: one engine, read and write transactions, migrations.

SQLite runs in WAL mode with synchronous=FULL and takes its write lock at the start of a write transaction, so that
writers of several processes queue up instead of failing in the middle; writers of one process take turns. PostgreSQL
locks rows (see `events`).
"""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from central.clock import Clock, SystemClock
from central.errors import DatabaseError, SettingsError
from central.store.audit import watch
from central.store.turns import Turns

BUSY_MS = 30_000
"""How long a writer waits for another process's transaction on SQLite."""
LOOK_MS = 1
"""How often it looks meanwhile. SQLite's own way waits 1, 2, 5, 10 ... 100 ms: longer than most writers take."""
LOG_PAGES = 8_000
"""How long SQLite's log gets (32 MiB) before the commit that made it so long folds it back into the database."""
FOLDED_PAGES = 64_000
"""The same where somebody folds it beside the commits (`checkpoints`): only where that one is dead."""


T = TypeVar("T")
MIGRATIONS = Path(__file__).parents[1] / "migrations"
LATEST = max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The newest version of the schema: its migration's file begins with it."""
IN_THE_WAY = frozenset({"40001", "40P01"})
"""What PostgreSQL says to a transaction that has to make way for another one: serialization failure, deadlock."""
TRIES = 5
PAUSE_MS = 20
"""How long, at most, whoever made way waits before the second try, and so much longer before each further one: begun
again at once, it takes back what the other one is about to lock, and both stand in each other's way as before."""
POOL = 8
"""Connections to PostgreSQL that a process keeps; as many again when all are in use."""
PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A server that is gone without a word is noticed within a minute."""


class Store:
    """A database and its transactions. Threads may share it; a connection belongs to one thread."""

    def __init__(self, engine: sa.Engine, now_ms: Callable[[], int]) -> None:
        self.engine = engine
        watch(engine, now_ms)
        self.sqlite = engine.dialect.name == "sqlite"
        self._turns = Turns()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database and writes nothing."""
        with self.engine.connect() as db:
            yield db
            db.rollback()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is durable when the block ends, and leaves no trace when it raises."""
        with self._turn(), self.engine.connect() as db, db.execution_options(immediate=True).begin():
            yield db

    def _turn(self) -> AbstractContextManager[None]:
        return self._turns if self.sqlite else nullcontext()

    @property
    def waiting(self) -> int:
        """How many threads of this process wait for their turn to write; on PostgreSQL none ever does."""
        return self._turns.waiting

    def repeat(self, work: Callable[[sa.Connection], T]) -> T:
        """The result of `work` in a write transaction; done again, from its beginning, where it had to make way.

        Raises what the last of TRIES raised, and everything else at once.
        """
        for left in reversed(range(TRIES)):
            try:
                with self.write() as db:
                    return work(db)
            except sa.exc.DBAPIError as error:
                if not left or getattr(error.orig, "sqlstate", None) not in IN_THE_WAY:
                    raise
            threading.Event().wait(secrets.randbelow(PAUSE_MS * (TRIES - left)) / 1000)
        raise AssertionError("unreachable")

    def missing_file(self) -> Path | None:
        """The file that SQLite would make when it is first asked; None = it is there, or this is no file."""
        name = self.engine.url.database if self.sqlite else None
        if not name or name == ":memory:" or name.startswith("file:") or Path(name).exists():
            return None
        return Path(name)

    def upgrade(self) -> None:
        """Bring the schema to this version (alembic); safe to call from several processes one after the other.

        Raises DatabaseError where the database cannot be opened, or is none.
        """
        try:
            with self.engine.begin() as db:
                if _version(db) != LATEST:
                    _migrate(db)
        except sa.exc.DBAPIError as error:
            place = self.engine.url.render_as_string(hide_password=True)
            raise DatabaseError(
                f"database {place}: {str(error.orig).strip()}; name one that exists or can be made (is its folder "
                f"there?) with --db"
            ) from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _version(db: sa.Connection) -> str | None:
    """The schema's version, None in an empty database."""
    if not sa.inspect(db).has_table("alembic_version"):
        return None
    return db.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(db: sa.Connection) -> None:
    # Imported here: every command asks for the version, and hardly one has anything to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = db
    command.upgrade(config, "head")


def open_store(url: str, *, folded: bool = False, clock: Clock | None = None) -> Store:
    """A store for an SQLAlchemy URL; opens nothing yet. folded: somebody folds SQLite's log (`checkpoints`), so that no
    commit has to. clock: gives audit rows their time. Raises SettingsError for a URL that names no database."""
    now_ms = (clock or SystemClock()).now_ms
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return Store(_sqlite(parsed, FOLDED_PAGES if folded else LOG_PAGES), now_ms)
        return Store(_postgresql(parsed), now_ms)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        place = url.rsplit("@", 1)[-1]  # without the password
        written = f"for this file sqlite:///{place}" if "://" not in url else "sqlite:///FILE or postgresql://..."
        raise SettingsError(f"database {place!r}: {error}; use {written}") from error


def _postgresql(url: sa.URL) -> sa.Engine:
    """An engine over psycopg 3, whatever driver the URL leaves out. Other databases are refused as what they are."""
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername != "postgresql+psycopg":
        raise sa.exc.ArgumentError(f"there is no {url.drivername} here")
    # A connection that the server closed meanwhile (it was restarted) is noticed before it is used.
    return sa.create_engine(url, pool_pre_ping=True, pool_size=POOL, max_overflow=POOL, connect_args=PATIENCE)


def _sqlite(url: sa.URL, log_pages: int) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin below, not behind our back
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-65536")  # 64 MiB: a backlog's index pages stay in memory
        connection.execute(f"PRAGMA wal_autocheckpoint={log_pages}")

    @sa.event.listens_for(engine, "begin")
    def _begin(db: sa.Connection) -> None:
        if db.get_execution_options().get("immediate"):
            _begin_to_write(db)
        else:
            db.exec_driver_sql("BEGIN")

    return engine


def _begin_to_write(db: Any) -> None:
    """Take the write lock, soon after another process has given it back. Raises OperationalError when it does not."""
    connection = db.connection.driver_connection
    connection.execute(f"PRAGMA busy_timeout={LOOK_MS}")
    try:
        for _ in range(BUSY_MS // LOOK_MS):
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    continue
                break
            return
        db.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for an error in SQLAlchemy's words
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
