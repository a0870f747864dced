"""Folding SQLite's log back into the database file, beside the commits and never inside one.

A commit writes its pages to the end of the write-ahead log and waits for one fsync. By itself SQLite lets the commit
that makes the log too long copy all of it into the database, with two more fsyncs: that one takes tens of milliseconds
more than the others. A process that serves folds once a second instead, from a connection of its own (PASSIVE: nobody
waits for it, it waits for nobody), and the next commit begins the log anew. https://sqlite.org/wal.html, "Avoiding
Excessively Large WAL Files".
"""

from dataclasses import dataclass
from typing import Any

from central.store.engine import Store

ROUNDS = 3
"""How often in a row: what was committed during the first one is little, and done before the next commit."""
LONG_PAGES = 16_000
"""64 MiB. Of a log that long the rest is folded while writers wait, or it would never begin anew."""
PATIENCE_MS = 100
"""How long those writers may have to wait for a reader who still needs the log; it is tried again a second later."""


@dataclass(frozen=True, slots=True)
class Folded:
    """pages: how many the log has; folded: how many of them are in the database; both 0: nothing was committed.
    busy: another process is folding, or a reader stands in the way."""

    pages: int = 0
    folded: int = 0
    busy: bool = False

    @property
    def whole(self) -> bool:
        """Whether the next commit can begin the log anew."""
        return not self.busy and self.folded == self.pages


class Checkpoints:
    """Folds the log of one SQLite database; belongs to one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Any = None
        self._seen: int | None = None

    def fold(self) -> Folded:
        """Fold what was committed since the last time. Raises what SQLite raises."""
        if self._connection is None:
            self._connection = self._store.engine.raw_connection()
            self._ask(f"busy_timeout={PATIENCE_MS}")
        (version,) = self._ask("data_version")
        if version == self._seen:
            return Folded()
        done = Folded()
        for _ in range(ROUNDS):
            done = self._checkpoint("PASSIVE")
            if done.whole:
                break
        if done.pages > LONG_PAGES:
            done = self._checkpoint("RESTART")
        if done.whole:
            self._seen = version
        return done

    def _checkpoint(self, mode: str) -> Folded:
        busy, pages, folded = self._ask(f"wal_checkpoint({mode})")
        return Folded(pages, folded, bool(busy))

    def _ask(self, pragma: str) -> tuple[int, ...]:
        found: tuple[int, ...] = self._connection.cursor().execute(f"PRAGMA {pragma}").fetchone()
        return found

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None
