"""What `start` and `lost` say about other journals: parents, holes, copied cards, lost writes (wire R2, R10)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from central.intaking.book import Book
from central.intaking.reading import Delivery
from central.store import events
from central.store.journals import JournalState, Key, children, lock_journals
from edge.wire.events import Lost

OVERLAP_MS = 2_000
"""Clocks of two stations may differ by so much without one of them being a copy."""


def named_keys(delivery: Delivery) -> set[Key]:
    """Journals that a delivery speaks of, besides its own."""
    device = delivery.batch.device
    parent = delivery.start and delivery.start.parent
    found = {(device, lost.journal) for _, lost in delivery.lost}
    return found | ({(device, parent.journal)} if parent else set())


def note_start(book: Book, journal: JournalState, delivery: Delivery) -> bool:
    """Whether a `start` was stored now: then its parent's end is known."""
    start = delivery.start
    if start is None or journal.started:
        return False
    journal.started = True
    parent = start.parent
    if parent is None or parent.journal == journal.journal:
        return True
    journal.parent_journal, journal.parent_seq, journal.parent_hash = parent.journal, parent.seq, parent.hash
    older = book.journals[(journal.device, parent.journal)]
    older.know(parent.seq)
    older.named_seq = max(parent.seq, older.named_seq or 0)
    return True


def note_lost(book: Book, delivery: Delivery) -> None:
    """Holes that the device says. The watermark passes them when the journals are settled."""
    for seq, said in delivery.lost:
        journal = book.journals[(delivery.batch.device, said.journal)]
        # Of its own journal it can only speak of what came before.
        lost = said if said.journal != delivery.batch.journal or said.last < seq else replace(said, last=seq - 1)
        if lost.last < lost.first or not journal.plausible(lost.first):
            continue
        events.insert_lost(book.db, [_hole(journal, lost, delivery.message.received_ms)])
        journal.know(lost.last)
        book.door(journal.device, _since(book, journal, lost, delivery.message.received_ms))


def _hole(journal: JournalState, lost: Lost, said_ms: int) -> dict[str, object]:
    return {
        "journal_id": journal.id,
        "first_seq": lost.first,
        "last_seq": lost.last,
        "before_hash": lost.before,
        "after_hash": lost.after,
        "source": "device",
        "doc_no": None,
        "said_ms": said_ms,
    }


def _since(book: Book, journal: JournalState, lost: Lost, received_ms: int) -> int:
    """From when on a hole can matter: the last known time before it."""
    book.flush()
    before = events.versions(book.db, journal.id, max(lost.first - 1, 0), lost.first - 1, forked=False)
    known = [min(v.time_ms or v.received_ms, v.received_ms) for v in before]
    return min([*known, journal.first_time_ms or received_ms, received_ms])


def review(book: Book, journal: JournalState) -> None:
    """Find what the journal's place among its relatives says; called after every change of it."""
    if "branched" in journal.findings.split():
        _review_siblings(book, journal)
    _review_end(journal)
    if journal.doubt_from is not None:
        # Once under doubt, only what is new has to be copied beside.
        _copy(book, journal, max(journal.doubt_from, book.fresh.get(journal.id, journal.top_seq + 1)))


def _review_end(journal: JournalState) -> None:
    """Events beyond the end that a child names: storage lost writes after central had them."""
    end = journal.named_seq
    if end is None or "copied" in journal.findings.split():
        return
    doubt = end + 1 if journal.top_seq > end else None
    if doubt is not None:
        journal.find("lost_writes")
    journal.doubt_from = doubt


def _copy(book: Book, journal: JournalState, first: int) -> None:
    if first > journal.top_seq:
        return
    book.flush()
    events.copy_to_forked(book.db, journal.id, first)
    for version in events.versions(book.db, journal.id, first, journal.top_seq, forked=False):
        if version.badge is not None:
            book.tap(version.badge, version.time_ms, version.received_ms)


def doubt_again(book: Book, journal: JournalState, was: int | None) -> None:
    """The seq from which events are in doubt moved: what stands beside them is put right."""
    if journal.doubt_from == was:
        return
    low = journal.top_seq + 1 if journal.doubt_from is None else journal.doubt_from
    events.drop_copies(book.db, journal.id, low)
    if journal.doubt_from is not None:
        _copy(book, journal, journal.doubt_from)


def _review_siblings(book: Book, journal: JournalState) -> None:
    """Two journals with one parent: rolled-back storage, or, when they overlap in time, a copied card."""
    for other in [j for j in book.journals.values() if _are_siblings(journal, j)]:
        first, second = sorted((journal, other), key=lambda j: (j.first_time_ms or 0, j.journal))
        first.find("branched")
        second.find("branched")
        if _overlap(first, second):
            second.find("copied")
            second.take_back("rolled_back")  # it looked like that as long as the first had not been heard again
            second.doubt_from = 1
        elif "copied" not in second.findings.split():
            second.find("rolled_back")


def _are_siblings(one: JournalState, other: JournalState) -> bool:
    return one is not other and one.device == other.device and one.parent_journal == other.parent_journal


def _overlap(first: JournalState, second: JournalState) -> bool:
    ends, begins = first.last_time_ms, second.first_time_ms
    return ends is not None and begins is not None and ends > begins + OVERLAP_MS


def lock_siblings(book: Book, started: Iterable[JournalState]) -> None:
    """Bring the other children of the parents into the book, for journals that just started or are known to branch.

    The rows name no parent yet for a sibling whose `start` came in this very group: it is found in the book.
    """
    here: dict[tuple[str, str | None], set[Key]] = defaultdict(set)
    for journal in book.journals.values():
        here[journal.device, journal.parent_journal].add(journal.key)
    wanted = [j for j in book.journals.values() if "branched" in j.findings.split()]
    missing: set[Key] = set()
    for journal in [*wanted, *started]:
        if journal.parent_journal is None:
            continue
        found = {(journal.device, c.journal) for c in children(book.db, journal.device, journal.parent_journal)}
        others = (found | here[journal.device, journal.parent_journal]) - {journal.key}
        if others:
            journal.find("branched")
        missing |= others - set(book.journals)
    book.journals |= lock_journals(book.db, missing, book.now_ms)
