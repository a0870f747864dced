"""What central says after the commit: acknowledgements, and requests for what it knows to exist (wire R4, R7, R9)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from central.intaking.book import Book
from central.intaking.hearing import Spoken
from central.store import events
from central.store.journals import JournalState, Key
from edge.wire.ack import MAX_RANGES, Ack, Refused, Resend, encode_ack
from edge.wire.status import OpenJournal
from edge.wire.topics import Channel, topic


class Outgoing(NamedTuple):
    """A message to publish. Acknowledgements are QoS 0 and not retained."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(slots=True)
class Answers:
    """What is to be said, by journal; one message a journal, however many of its batches came."""

    told: dict[Key, list[Refused]] = field(default_factory=dict)
    asked: dict[Key, tuple[int, int]] = field(default_factory=dict)

    def tell(self, key: Key, refused: Iterable[Refused] = ()) -> None:
        """This journal is answered."""
        self.told.setdefault(key, []).extend(refused)

    def ask(self, key: Key, span: tuple[int, int]) -> None:
        """This journal is answered with a request for seqs [first, last]."""
        self.tell(key)
        self.asked[key] = span

    def messages(self, book: Book, now_ms: int, pause_ms: int) -> list[Outgoing]:
        """The messages, from what is stored."""
        found = []
        for key, refused in self.told.items():
            journal = book.journals.get(key)
            span = self.asked.get(key)
            resend = None if span is None else Resend(key[1], *span)
            ranges = () if journal is None else tuple(stored_beyond(book, journal, MAX_RANGES))
            watermark = 0 if journal is None else journal.watermark
            ack = Ack(key[1], watermark, ranges, folded(refused) if refused else (), resend, now_ms, pause_ms)
            found.append(Outgoing(topic(key[0], Channel.ACK), encode_ack(ack)))
        return found


def folded(refused: Iterable[Refused]) -> tuple[Refused, ...]:
    """Refusals as at most 32 ranges, so that all of them are said and the device stops sending them.

    The last one may reach over seqs that are stored: a device holds back what is refused, which does no harm there.
    """
    found: list[Refused] = []
    for one in sorted(refused, key=lambda r: (r.first, r.last)):
        if found and (len(found) == MAX_RANGES or (one.code == found[-1].code and one.first <= found[-1].last + 1)):
            found[-1] = Refused(found[-1].first, max(one.last, found[-1].last), found[-1].code)
        else:
            found.append(one)
    return tuple(found)


def stored_beyond(book: Book, journal: JournalState, limit: int) -> list[tuple[int, int]]:
    """Stored seqs beyond the watermark as ranges, other versions included."""
    forked = journal.forked_from is not None
    if journal.top_seq <= journal.watermark and not forked:
        return []
    book.flush()
    return events.ranges(book.db, journal.id, journal.watermark, limit, forked=forked)


def answer_word(book: Book, answers: Answers, spoken: Spoken, *, first_word: bool) -> None:
    """Answer a birth for every journal it lists, a heartbeat where there is something to say.

    first_word: nothing was ever heard of the device; what it was refused before its registration, it holds back until
    it is asked.
    """
    listed = spoken.listed
    for name, open_ in listed.items():
        if spoken.birth or book.journals[(spoken.said.device, name)].watermark > open_.acked:
            answers.tell((spoken.said.device, name))
    for journal in [j for j in book.journals.values() if j.device == spoken.said.device]:
        open_now = listed.get(journal.journal)
        if open_now is None and spoken.said.more:
            continue  # it may be one of those that had no place in the list
        span = _to_ask(book, journal, None if first_word and not spoken.birth else open_now)
        if span is not None:
            answers.ask(journal.key, span)


def _to_ask(book: Book, journal: JournalState, listed: OpenJournal | None) -> tuple[int, int] | None:
    """The first seqs that are known to exist, are not stored, and are not listed as still to come."""
    last = journal.known_head if listed is None else max(listed.acked, listed.low - 1)
    low = journal.watermark + 1
    if low > min(last, journal.known_head):
        return None
    for first, end in stored_beyond(book, journal, MAX_RANGES):
        if low < first:
            return (low, min(last, first - 1))
        low = end + 1
    return (low, last) if low <= last else None
