"""Hearing at once that another process has stored new facts, instead of looking every now and then.

On PostgreSQL the collector's transaction says so itself (NOTIFY, delivered with its commit). On SQLite a connection
sees at a glance whether anybody else has committed (`PRAGMA data_version`, a few microseconds): it is asked every few
milliseconds. Both may be missed when a connection breaks: whoever listens still looks by itself now and then.
"""

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from central.store.engine import Store

CHANNEL = "diemdanh_news"
GLANCE_S = 0.005
"""How soon a commit to SQLite is noticed, at most. It costs half a percent of a core."""
LISTEN_S = 1.0
"""How long PostgreSQL is listened to before the caller may see to other things."""


def tell(db: sa.Connection) -> None:
    """Whoever listens hears of this transaction once it is committed; many times in one transaction count as once."""
    if db.dialect.name != "sqlite":
        db.exec_driver_sql(f"NOTIFY {CHANNEL}")


class News:
    """What other processes commit, as heard by one thread. heard: called for it, as soon as it is known."""

    def __init__(self, store: Store, heard: Callable[[], object]) -> None:
        self._store, self._heard = store, heard
        self._connection: Any = None
        self._seen: int | None = None

    def listen(self, stop: threading.Event) -> None:
        """Listen for about LISTEN_S, or until `stop`. Raises what the database raises; the next call begins anew."""
        try:
            if self._connection is None:
                self._connect()
            if self._store.sqlite:
                self._glance(stop)
            else:
                self._wait_for_words(stop)
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        """A connection that is no more the pool's. What was committed before it listened is news."""
        taken = self._store.engine.raw_connection()
        self._connection = taken.driver_connection
        taken.detach()
        if self._store.sqlite:
            self._seen = self._version()
        else:
            self._connection.autocommit = True
            self._connection.execute(f"LISTEN {CHANNEL}")
        self._heard()

    def _version(self) -> int:
        """Changes with every commit of others; means something on one connection only."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _glance(self, stop: threading.Event) -> None:
        for _ in range(round(LISTEN_S / GLANCE_S)):
            version = self._version()
            if version != self._seen:
                self._seen = version
                self._heard()
            if stop.wait(GLANCE_S):
                return

    def _wait_for_words(self, stop: threading.Event) -> None:
        for _ in self._connection.notifies(timeout=LISTEN_S):
            self._heard()
            if stop.is_set():
                return

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
