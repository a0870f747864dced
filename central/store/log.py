"""The audit log as people look through it: newest first, page by page, with words in any spelling."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.names import search_key
from central.store.audit import TABLE, Entry, of_time_and_record

MOST_READ = 3_000
"""How many rows one look reads for words: marks of Vietnamese are ignored, which no database does alike."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; every field narrows it. from_ms, to_ms: as UTC ms, to_ms excluded. what: `TABLE` or `TABLE
    VALUE`. who: part of the name; words: each of them stands somewhere in the row; of both, marks and case are ignored.
    """

    from_ms: int | None = None
    to_ms: int | None = None
    what: str | None = None
    who: str = ""
    words: str = ""

    def fits(self, entry: Entry) -> bool:
        """Whether name and words fit."""
        if self.who and search_key(self.who) not in search_key(entry.who):
            return False
        if not self.words:
            return True
        text = search_key(" ".join(part for part in entry[2:9] if part))
        return all(word in text for word in search_key(self.words).split())


class Look(NamedTuple):
    """rows: newest first. older: look on before this row's number, None = this was the end of the log. last: the
    lowest number that was read."""

    rows: list[Entry]
    older: int | None
    last: int | None


def latest(db: sa.Connection, wanted: Wanted, before: int | None, limit: int, most: int = MOST_READ) -> Look:
    """The newest `limit` rows with numbers below `before` (None = any) that are wanted; gives up after reading `most`.

    Raises UnknownTableError for a table whose changes are not kept.
    """
    query = of_time_and_record(wanted.from_ms, wanted.to_ms, None, wanted.what)
    if before is not None:
        query = query.where(TABLE.c.seq < before)
    searched = bool(wanted.who or wanted.words)
    bound = most if searched else limit + 1
    rows: list[Entry] = []
    last, count = None, 0
    for entry in _stream(db, query.order_by(TABLE.c.seq.desc()).limit(bound)):
        if len(rows) == limit:
            return Look(rows, last, last)
        last, count = entry.seq, count + 1
        if wanted.fits(entry):
            rows.append(entry)
    return Look(rows, last if count == bound else None, last)


def _stream(db: sa.Connection, query: sa.Select[Any]) -> Iterator[Entry]:
    found: Iterable[Any] = db.execute(query.execution_options(yield_per=200))
    for row in found:
        yield Entry(*row)
