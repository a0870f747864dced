"""A backlog in batches: what intake makes of it, against plain sqlite3 given the same rows ready-made."""

import os
import sqlite3
import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from central.clock import SystemClock
from central.intaking.collector import GROUP_MESSAGES, GROUP_ROWS, Collector
from central.intaking.reading import Message
from edge.wire.events import Punch
from edge.wire.topics import Channel, topic
from tests.bench.doors import Journalled, device_name, punch, start_event
from tests.bench.doors import Message as Sent
from tests.bench.ground import BenchError, Share, folder, many_files, prepare_store
from tests.bench.live import central_with_doors, utc_ms
from tests.bench.rows import Row, at_least, median, told

MINUTE_MS, DAY_MS, LOCAL_MS = 60_000, 86_400_000, 7 * 3_600_000
PEOPLE = 30
"""Of a commune's office."""
HOURS = (7 * 60 + 20, 11 * 60 + 35, 13 * 60 + 20, 17 * 60 + 2)
Rows = list[tuple[Any, ...]]


class Backlog:
    """Doors that were without a network: each has weeks of its own people's punches to send."""

    def __init__(self, doors: int) -> None:
        self.journals = [Journalled(device_name(number)) for number in range(doors)]
        today_ms = (utc_ms() + LOCAL_MS) // DAY_MS * DAY_MS - LOCAL_MS
        self._first_day_ms = today_ms - 60 * DAY_MS
        self._made = 0

    def starts(self) -> list[Sent]:
        """Each journal's first event."""
        return [journal.batch(start_event(), self._first_day_ms) for journal in self.journals]

    def next(self, punches: int) -> list[list[Sent]]:
        """For each door the batches of its next punches."""
        found = []
        for number, journal in enumerate(self.journals):
            events = [self._tap(number, self._made + place) for place in range(punches)]
            found.append(journal.batches(events))
        self._made += punches
        return found

    def _tap(self, number: int, tap: int) -> tuple[Punch, int]:
        """Of the people of door `number`, each four times a day: everybody comes, leaves, comes and leaves again."""
        rounds, person = divmod(tap, PEOPLE)
        day, place = divmod(rounds, len(HOURS))
        at_ms = self._first_day_ms + day * DAY_MS + HOURS[place] * MINUTE_MS + person * 17_000
        return punch(person * len(self.journals) + number), at_ms

    def messages(self, punches: int) -> list[Message]:
        """The same as central receives it: the doors take turns."""
        named = [
            [Message(topic(journal.device, Channel.UP), sent.payload, utc_ms()) for sent in batches]
            for journal, batches in zip(self.journals, self.next(punches), strict=True)
        ]
        return [message for message in chain.from_iterable(zip_longest(*named)) if message is not None]


def grouped(messages: Sequence[Message]) -> list[list[Message]]:
    """As the collector's writer takes them from its queue."""
    groups: list[list[Message]] = [[]]
    rows = 0
    for message in messages:
        size = message.payload.count(b"\n")
        if groups[-1] and (rows + size > GROUP_ROWS or len(groups[-1]) == GROUP_MESSAGES):
            groups.append([])
            rows = 0
        groups[-1].append(message)
        rows += size
    return groups


class Plain:
    """sqlite3 alone: the table of events with its indexes, the same settings, nothing else."""

    def __init__(self, path: Path, like: Path) -> None:
        with sqlite3.connect(like) as db:
            query = (
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'event' AND type IN ('table', 'index') "
                "AND sql IS NOT NULL ORDER BY type DESC"
            )
            schema = [row[0] for row in db.execute(query)]
        self.db = sqlite3.connect(path, isolation_level=None)
        for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=8000"):
            self.db.execute(f"PRAGMA {setting}")
        for text in schema:
            self.db.execute(text)
        self._width = len(self.db.execute("PRAGMA table_info(event)").fetchall())

    def store(self, groups: Sequence[Rows]) -> None:
        """A transaction for each group."""
        insert = f"INSERT INTO event VALUES ({', '.join('?' * self._width)})"  # noqa: S608
        for rows in groups:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.executemany(insert, rows)
            self.db.execute("COMMIT")


def _stored_rows(path: Path, known: dict[str, int], groups: Sequence[Sequence[Message]]) -> list[Rows]:
    """What intake made of the groups, row for row and in the same order."""
    found = []
    with sqlite3.connect(path) as db:
        for group in groups:
            rows: Rows = []
            for message in group:
                device = message.topic.split("/")[2]
                first, size = known.get(device, 2), message.payload.count(b"\n")
                query = (
                    "SELECT event.* FROM event JOIN journal ON journal.id = event.journal_id "
                    "WHERE device = ? AND seq BETWEEN ? AND ? ORDER BY seq"
                )
                rows += db.execute(query, (device, first, first + size - 1)).fetchall()
                known[device] = first + size
            found.append(rows)
    return found


def backlog(*, quick: bool) -> list[Row]:
    """(c) Intake without MQTT, against executemany of the same rows; then over MQTT."""
    doors, punches, rounds = (10, 100, 1) if quick else (100, 500, 5)
    rates, plain_rates = [], []
    known: dict[str, int] = {}
    with folder("backlog") as place:
        store = prepare_store(place, doors, doors * PEOPLE)
        collector, source = Collector(store, SystemClock()), Backlog(doors)
        collector.process(
            [
                Message(topic(journal.device, Channel.UP), sent.payload, utc_ms())
                for journal, sent in zip(source.journals, source.starts(), strict=True)
            ]
        )
        plain = Plain(place / "plain.db", place / "central.db")
        share = ""
        for _ in range(rounds):
            groups = grouped(source.messages(punches))
            used = Share({"intake": os.getpid()})
            began = time.monotonic()
            for group in groups:
                collector.process(group)
            rates.append(doors * punches / (time.monotonic() - began))
            share = str(used)
            rows = _stored_rows(place / "central.db", known, groups)
            if sum(map(len, rows)) != doors * punches:
                raise BenchError(f"{doors * punches} punches were taken, {sum(map(len, rows))} are stored")
            began = time.monotonic()
            plain.store(rows)
            plain_rates.append(doors * punches / (time.monotonic() - began))
        plain.db.close()
        store.close()
    same = "the event table with both indexes, WAL, FULL, the same rows and commits, no foreign keys"
    why = f"one core: reading and chaining lines, then SQLite's B-trees ({share} of a core)"
    return [
        at_least("backlog_stored", median(rates), "punches/s", 20_000, why),
        told("backlog_plain_sqlite3", median(plain_rates), "rows/s", same),
        at_least("backlog_share", median(rates) / median(plain_rates), "of plain sqlite3", 0.40, why),
        _over_mqtt(quick=quick),
    ]


def _over_mqtt(*, quick: bool) -> Row:
    """The same through broker and collector process, each door with its window of four."""
    many_files()
    doors, punches, rounds = (10, 100, 1) if quick else (200, 500, 3)
    rates, shares = [], ""
    with folder("drain") as place, central_with_doors(place, doors, doors * PEOPLE) as ground:
        central, broker, fleet = ground
        source = Backlog(doors)
        source.journals = fleet.journals
        for _ in range(rounds):
            for number, batches in enumerate(source.next(punches)):
                fleet.doors.plan(number, batches)
            fleet.unacked += doors * punches
            share = Share({"collector": central.pid, "mosquitto": broker.pid, "publisher": os.getpid()})
            began = time.monotonic()
            fleet.drain()
            rates.append(doors * punches / (time.monotonic() - began))
            shares = str(share)
    return told("backlog_over_mqtt", median(rates), "punches/s", f"CPU of one core: {shares}")
