"""Punches of a terminal into the store, in one transaction with the days they make stale and with what it delivered.

Coverage (wire.md): a terminal counts as delivered up to its newest uploaded punch, or up to ten minutes ago once it has
polled for ten minutes without uploading; a file, up to its last line. A punch whose date cannot be says nothing about
when it was made: what follows the believable punch before it counts as delivered only when a person has closed that
stretch (`device close`), or somebody would be absent who stood at the terminal. A terminal that has been connected for
ten minutes and was up to date makes its punches as they come.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from central.intaking.book import Book
from central.patience import PAUSE_MS, QUIET_MS
from central.store import decisions, fleet, marks, news, terminals
from central.store.events import EventRow
from central.store.journals import lock_journals
from central.store.terminals import JOURNAL_NAME
from central.terminals.punches import TerminalEvent, terminal_event
from edge.terminals import TerminalPunch

STEP_MS = 60_000
"""Polls come every few seconds; what they deliver is told once a minute, as heartbeats do."""
MOST_HELD = 100


@dataclass(frozen=True, slots=True)
class Link:
    """What is kept of a terminal's connection, as JSON in its newest word. since_ms: since when it has been polling
    without a pause; quiet_ms: since when without uploading either; polled_ms: its newest poll; clock_offset_ms: how far
    its clock was behind central's when it last delivered at once (negative: ahead), None where that was never seen;
    held_ms: up to where it counts as delivered for the sake of a punch whose date cannot be, one for each stretch."""

    since_ms: int | None = None
    quiet_ms: int | None = None
    polled_ms: int | None = None
    clock_offset_ms: int | None = None
    held_ms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """new: punches that were not stored before; known: those that were; held_ms: where its delivery is held now."""

    new: int
    known: int
    held_ms: tuple[int, ...]


def link_of(report: str) -> Link:
    """What a terminal's newest word says about its connection; a word that is no such one says nothing."""
    said = json.loads(report)
    held = tuple(said.get("held_ms") or ())
    return replace(Link(**{name: said.get(name) for name in Link.__slots__}), held_ms=held)


def take(db: sa.Connection, device: str, punches: Sequence[TerminalPunch], now_ms: int, *, pushed: bool) -> TakenIn:
    """Store punches that arrived now; pushed: the terminal itself sent them, else they come from a file."""
    journals = lock_journals(db, [(device, JOURNAL_NAME)], now_ms)
    journal = journals[device, JOURNAL_NAME]
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
    if not (pushed and _up_to_date(link, word.delivered_ms, now_ms)):
        link = replace(link, held_ms=_held(link.held_ms, list(found.values()), known, word.delivered_ms or 0))
    if pushed:
        link = _uploaded(link, fresh, now_ms)
    until_ms = max((_sure_ms(event) for event in found.values() if event.believed), default=None)
    link = _deliver(db, device, word, until_ms, link, now_ms, online=pushed)
    book.write()
    news.tell(db)
    return TakenIn(len(fresh), len(punches) - len(fresh), link.held_ms)


def poll(db: sa.Connection, device: str, now_ms: int) -> None:
    """The terminal asked whether there is something to do, and had nothing to say."""
    word = terminals.heard(db, device)
    link = link_of(word.report)
    paused = link.polled_ms is None or not 0 <= now_ms - link.polled_ms <= PAUSE_MS
    since = now_ms if paused or link.since_ms is None else link.since_ms
    quiet = now_ms if paused or link.quiet_ms is None else link.quiet_ms
    link = replace(link, since_ms=since, quiet_ms=quiet, polled_ms=now_ms)
    until_ms = now_ms - QUIET_MS if now_ms - quiet >= QUIET_MS else None
    if until_ms is not None and word.delivered_ms is not None and until_ms - word.delivered_ms < STEP_MS:
        until_ms = None
    _deliver(db, device, word, until_ms, link, now_ms, online=True)
    news.tell(db)


def _up_to_date(link: Link, delivered_ms: int | None, now_ms: int) -> bool:
    """Whether the terminal has been polling, and had delivered all but the last minutes: what comes now was made now,
    whatever its date."""
    since, polled = link.since_ms, link.polled_ms
    polls = since is not None and polled is not None and now_ms - polled <= PAUSE_MS and now_ms - since >= QUIET_MS
    return polls and delivered_ms is not None and now_ms - delivered_ms <= 2 * QUIET_MS


def _sure_ms(event: TerminalEvent) -> int:
    return min(event.time_ms - event.uncertainty_ms, event.received_ms)


def _held(
    before: tuple[int, ...], events: Sequence[TerminalEvent], known: Collection[int], delivered_ms: int
) -> tuple[int, ...]:
    """Where delivery stops, with these punches in the order in which the terminal keeps them: at the believable one
    before each new one that is not."""
    found, reached = set(before), delivered_ms
    for event in events:
        if event.believed:
            reached = max(reached, _sure_ms(event))
        elif event.seq not in known:
            found.add(reached)
    return tuple(sorted(found)[:MOST_HELD])


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
) -> Link:
    """Keep what it delivered; the link comes back without what a person has closed since."""
    if link.held_ms:
        closed = decisions.closures(db, [device])
        standing = tuple(h for h in link.held_ms if not any(c.from_ms <= h < c.to_ms for c in closed))
        link = replace(link, held_ms=standing)
    if until_ms is not None:
        until_ms = min((until_ms, *link.held_ms))
    delivered = word.delivered_ms
    if until_ms is not None and until_ms > (delivered or 0):
        marks.mark_door(db, device, until_ms if delivered is None else delivered)
        delivered = until_ms
    terminals.says(db, device, now_ms, delivered, json.dumps(asdict(link)), online=online)
    return link


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
