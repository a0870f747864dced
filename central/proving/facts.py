"""The facts beside the log: its last word about each row has to be that row."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.store import audit
from central.store.audit import AUDITED, Entry, Key, Row
from central.store.told import Fact, facts, key_of

Place = tuple[str, Key]
"""A table, and a key in it."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the log says last about a row: in its row `seq`, and that it is `row`; None = that it is gone."""

    seq: int
    row: Row | None


class Told:
    """The log's last word about every row. Feed it the whole log, in order."""

    def __init__(self) -> None:
        self.words: dict[Place, Word] = {}

    def take(self, entry: Entry) -> None:
        """The next row of the log. What cannot be read says nothing: the chain finds it."""
        table = entry.what.partition(" ")[0]
        if table not in AUDITED:
            return
        before, after = _read(entry.before), _read(entry.after)
        if before is not None and after is not None:
            was = key_of(table, before)
            if was != key_of(table, after):
                self.words[table, was] = Word(entry.seq, None)
        told = after if after is not None else before
        if told is not None:
            self.words[table, key_of(table, told)] = Word(entry.seq, after)


def _read(text: str | None) -> Row | None:
    """The row that the log tells; None where it tells none: no column holds a list, and no key could be one."""
    try:
        found = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    flat = isinstance(found, dict) and not any(isinstance(value, dict | list) for value in found.values())
    return found if flat else None


@dataclass(frozen=True, slots=True)
class Odd:
    """A fact that is not what the log says. word: its last one about it, None = it never spoke of it; fact: what
    stands in the table, None = nothing does; columns: those that differ."""

    place: Place
    word: Word | None
    fact: Fact | None
    columns: tuple[str, ...] = ()


def compare(db: sa.Connection, words: Mapping[Place, Word]) -> Iterator[Odd]:
    """What stands in the tables beside the log's last words about it."""
    left = {place for place, word in words.items() if word.row is not None}
    for fact in facts(db):
        place = (fact.table, fact.key)
        word = words.get(place)
        left.discard(place)
        if word is None or word.row is None:
            yield Odd(place, word, fact)
        elif other := _other(word.row, fact.row):
            yield Odd(place, word, fact, other)
    for place in sorted(left, key=lambda one: words[one].seq):
        yield Odd(place, words[place], None)


def _other(told: Mapping[str, Any], stored: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that differ; one that only the log or only the table has came or went with a version."""
    return tuple(name for name, value in stored.items() if name in told and told[name] != value)


def untold(db: sa.Connection) -> list[Fact]:
    """Facts of which the log has no word, or not the last: older than it, or changed past it."""
    told = Told()
    seq = 0
    while rows := audit.entries(db, seq):
        for row in rows:
            told.take(row)
        seq = rows[-1].seq
    return [odd.fact for odd in compare(db, told.words) if odd.fact is not None]
