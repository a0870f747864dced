"""Punches of a terminal into the store, in one transaction with the days they make stale and with what it delivered.

Coverage (wire.md): a terminal counts as delivered up to its newest uploaded punch, or up to ten minutes ago once it has
polled for ten minutes without uploading; a file, up to its last line.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from central.intaking.book import Book
from central.store import fleet, marks, news, terminals
from central.store.events import EventRow
from central.store.journals import lock_journals
from central.terminals.punches import JOURNAL, TerminalEvent, terminal_event
from edge.terminals import TerminalPunch

QUIET_MS = 600_000
"""How long a terminal must have polled without uploading until nothing older can be on its way."""
PAUSE_MS = 120_000
"""Between polls further apart than this the terminal was not connected."""


@dataclass(frozen=True, slots=True)
class Link:
    """What is kept of a terminal's connection, as JSON in its newest word. since_ms: since when it has been polling
    without a pause; quiet_ms: since when without uploading either; polled_ms: its newest poll; clock_offset_ms: how far
    its clock was behind central's when it last delivered at once (negative: ahead), None where that was never seen."""

    since_ms: int | None = None
    quiet_ms: int | None = None
    polled_ms: int | None = None
    clock_offset_ms: int | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """new: punches that were not stored before; known: those that were."""

    new: int
    known: int


def link_of(report: str) -> Link:
    """What a terminal's newest word says about its connection; a word that is no such one says nothing."""
    said = json.loads(report)
    return Link(**{name: said.get(name) for name in Link.__slots__})


def take(db: sa.Connection, device: str, punches: Sequence[TerminalPunch], now_ms: int, *, pushed: bool) -> TakenIn:
    """Store punches that arrived now; pushed: the terminal itself sent them, else they come from a file."""
    journals = lock_journals(db, [(device, JOURNAL)], now_ms)
    journal = journals[device, JOURNAL]
    word = terminals.heard(db, device)
    link = link_of(word.report)
    linked = link.since_ms if pushed else None
    found = {event.seq: event for event in (terminal_event(device, punch, now_ms, linked) for punch in punches)}
    known = terminals.stored_seqs(db, journal.id, found)
    book = Book(db, now_ms, journals, fleet.holders(db))
    book.insert(journal, [_row(event) for seq, event in sorted(found.items()) if seq not in known])
    fresh = [event for seq, event in found.items() if seq not in known]
    times = [event.time_ms for event in fresh if not event.set_aside]
    if times:
        first, last = min(times), max(times)
        journal.first_time_ms = min(first, journal.first_time_ms or first)
        journal.last_time_ms = max(last, journal.last_time_ms or last)
    if pushed:
        link = _uploaded(link, fresh, now_ms)
    until_ms = max((min(e.time_ms - e.uncertainty_ms, now_ms) for e in found.values()), default=None)
    _deliver(db, device, word, until_ms, link, now_ms, online=pushed)
    book.write()
    news.tell(db)
    return TakenIn(len(fresh), len(punches) - len(fresh))


def poll(db: sa.Connection, device: str, now_ms: int) -> None:
    """The terminal asked whether there is something to do, and had nothing to say."""
    word = terminals.heard(db, device)
    link = link_of(word.report)
    paused = link.polled_ms is None or not 0 <= now_ms - link.polled_ms <= PAUSE_MS
    since = now_ms if paused or link.since_ms is None else link.since_ms
    quiet = now_ms if paused or link.quiet_ms is None else link.quiet_ms
    link = replace(link, since_ms=since, quiet_ms=quiet, polled_ms=now_ms)
    until_ms = now_ms - QUIET_MS if now_ms - quiet >= QUIET_MS else None
    _deliver(db, device, word, until_ms, link, now_ms, online=True)
    news.tell(db)


def _uploaded(link: Link, fresh: Sequence[TerminalEvent], now_ms: int) -> Link:
    """After an upload nothing older is on its way only once it has been quiet again."""
    if not fresh:
        return replace(link, quiet_ms=now_ms)
    offset_ms = now_ms - max(event.utc_ms for event in fresh)
    return replace(link, quiet_ms=now_ms, clock_offset_ms=offset_ms)


def _deliver(
    db: sa.Connection,
    device: str,
    word: terminals.Heard,
    until_ms: int | None,
    link: Link,
    now_ms: int,
    *,
    online: bool,
) -> None:
    delivered = word.delivered_ms
    if until_ms is not None and (delivered is None or until_ms > delivered):
        marks.mark_door(db, device, until_ms if delivered is None else delivered)
        delivered = until_ms
    terminals.says(db, device, now_ms, delivered, json.dumps(asdict(link)), online=online)


def _row(event: TerminalEvent) -> EventRow:
    return EventRow(
        event.seq,
        "punch",
        event.line,
        event.hash,
        0,
        event.utc_ms,
        "rtc",
        None,
        event.received_ms,
        event.badge,
        event.time_ms,
        event.uncertainty_ms,
        event.method,
        event.set_aside,
    )
