"""What devices say of themselves: births, wills, heartbeats -> their state, what is known to exist, what is proven."""

from dataclasses import dataclass

from central.intaking.book import Book
from central.store import fleet
from central.store.fleet import Word
from central.store.journals import JournalState, is_ancestor
from central.timing import Stamped, own_time
from edge.wire.events import Clock, Stamp
from edge.wire.status import Heartbeat, OpenJournal, Status

UNSYNCED_UNCERTAINTY_MS = 120_000
"""A heartbeat without a synchronised stamp is dated by its receipt: a dead connection may have held it back so long."""

UNSAID = frozenset({"disk_full"})
"""Faults that a door cannot journal while they last: until their `ok` comes, only heartbeats tell of them."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A verified `st` or `hb`. line: its JSON. seal: the seal's note that came with it, or None."""

    said: Status | Heartbeat
    received_ms: int
    line: str
    seal: bytes | None = None

    @property
    def listed(self) -> dict[str, OpenJournal]:
        """The open journals it lists, by name."""
        return {open_.journal: open_ for open_ in self.said.journals}

    @property
    def proof(self) -> bool:
        """Whether it can prove that the door recorded, and that nothing is missing."""
        said = self.said
        return isinstance(said, Heartbeat) and said.journal in self.listed and UNSAID.isdisjoint(said.faults)

    @property
    def birth(self) -> bool:
        """Whether it begins a session."""
        return isinstance(self.said, Status) and self.said.online

    @property
    def will(self) -> bool:
        """Whether the broker says it, because the connection ended."""
        return isinstance(self.said, Status) and not self.said.online


def hear(book: Book, spoken: Spoken, before: Word | None) -> bool:
    """Take a word; False where it is of an older session and changes nothing. Its journals are in the book."""
    said = spoken.said
    if spoken.will:
        return _hear_will(book, said, before)
    if _is_older(book, said, before):
        return False
    for listed in said.journals:
        journal = book.journals[(said.device, listed.journal)]
        journal.know(listed.head)
    _correct_head(book, spoken)
    current = book.journals[(said.device, said.journal)]
    current.boot = current.boot or said.boot
    _note_time(current, said.stamp, spoken.received_ms)
    return True


def _hear_will(book: Book, said: Status | Heartbeat, before: Word | None) -> bool:
    """A will counts only for the session that is still the newest: it may come minutes after the next birth."""
    if before is None or (before.journal, before.connection) != (said.journal, said.connection):
        return False
    fleet.gone_offline(book.db, said.device)
    book.door(said.device, book.now_ms)
    return True


def _is_older(book: Book, said: Status | Heartbeat, before: Word | None) -> bool:
    if before is None or before.journal is None:
        return False
    if before.journal == said.journal:
        return said.connection < before.connection
    return is_ancestor(book.db, said.device, said.journal, before.journal)


def _correct_head(book: Book, spoken: Spoken) -> None:
    """The station itself says how far the journal goes that it is writing: whatever named more was wrong."""
    said = spoken.said
    listed, journal = spoken.listed.get(said.journal), book.journals[(said.device, said.journal)]
    if listed is not None and journal.named_seq is None and listed.head < journal.known_head:
        journal.known_head = max(listed.head, journal.top_seq, journal.watermark)


def _note_time(journal: JournalState, stamp: Stamp, received_ms: int) -> None:
    timed = _own(stamp, received_ms)
    if timed is not None:
        journal.last_time_ms = max(timed, journal.last_time_ms or timed)


def _own(stamp: Stamp, received_ms: int) -> int | None:
    """The stamp's time less its uncertainty, where it is synchronised."""
    if stamp.clock is not Clock.NTP or stamp.utc_ms is None:
        return None
    timed = own_time(Stamped("", stamp.uptime_ms, stamp.utc_ms, "ntp", stamp.sync_age_s, received_ms))
    return None if timed is None else timed.best_ms - timed.uncertainty_ms


def conclude(book: Book, spoken: Spoken, before: Word | None) -> int | None:
    """Once everything of the transaction is placed: what the word proves, and the device's new state.

    Returns until when the device has delivered everything, None where that is not known.
    """
    said = spoken.said
    current = book.journals[(said.device, said.journal)]
    listed = spoken.listed.get(said.journal)
    if spoken.proof and listed is not None and listed.head <= current.watermark:
        current.proven_uptime_ms = max(said.stamp.uptime_ms, current.proven_uptime_ms or 0)
        current.proven_utc_ms = max(spoken.received_ms, current.proven_utc_ms or 0)
    delivered = before.delivered_until_ms if before else None
    until = _delivered_until(book, spoken) if spoken.proof else None
    if until is not None and (delivered is None or until > delivered):
        book.door(said.device, until if delivered is None else delivered)
        delivered = until
    fleet.save_words(book.db, [_state(spoken, delivered)])
    return delivered


def _delivered_until(book: Book, spoken: Spoken) -> int | None:
    """The repaired time of a heartbeat that proves that nothing is missing before it; None where it proves nothing."""
    said = spoken.said
    if said.more or any(o.head > book.journals[(said.device, o.journal)].watermark for o in said.journals):
        return None
    # Every unfinished journal of the device is in the book: a parent that is not stored up to its named end is one.
    if any(j.device == said.device and (j.named_seq or 0) > j.watermark for j in book.journals.values()):
        return None
    own = _own(said.stamp, spoken.received_ms)
    return min(spoken.received_ms, spoken.received_ms - UNSYNCED_UNCERTAINTY_MS if own is None else own)


def _state(spoken: Spoken, delivered_until_ms: int | None) -> dict[str, object]:
    said = spoken.said
    beat = said if isinstance(said, Heartbeat) else None
    state = {
        "device": said.device,
        "journal": said.journal,
        "connection": said.connection,
        "online": True,
        "heard_ms": spoken.received_ms,
        "delivered_until_ms": delivered_until_ms,
        "utc_ms": said.stamp.utc_ms,
        "clock": said.stamp.clock.value,
        "cfg": said.cfg,
        "version": said.version,
    }
    return state | ({"oldest_unacked_s": beat.oldest_unacked_s, "report": spoken.line} if beat else {})
