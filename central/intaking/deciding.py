"""Documented decisions of a person about what a door sent: which version of events counts, which seqs will not come.

Each is one transaction under the journal's lock: the decision, what it changes, the days it makes stale, its trace.
"""

from collections.abc import Callable
from dataclasses import dataclass

from central.errors import CentralError
from central.intaking.book import Book
from central.intaking.placing import advance
from central.intaking.reading import read_row
from central.intaking.sealing import linked_path, settle_seals
from central.store import Store, decisions, events, fleet
from central.store.decisions import Decision
from central.store.events import Version
from central.store.journals import JournalState, lock_journals
from edge.wire.chain import chain_start


class DecisionError(CentralError, ValueError):
    """Nothing is there that could be decided like this; the message says what is."""


@dataclass(frozen=True, slots=True)
class Document:
    """On what a decision rests, and who decided ("" = not said)."""

    doc_no: str
    by: str
    at_ms: int


def decide_fork(store: Store, device: str, journal: str, keep: str, document: Document) -> int:
    """Of events in several versions, one counts. keep: `stored`, or the first hex digits of the hash of the last other
    version (as findings show it). Returns how many versions were decided. Raises DecisionError."""

    def decide(book: Book, state: JournalState) -> str:
        found = [v for v in _versions(book, state) if v.forked]
        if not found:
            raise DecisionError(f"journal {journal} has no open fork; `device findings` shows those there are")
        if keep != "stored":
            _promote(book, state, _tip(found, keep))
        # What followed the version that does not count is set apart on the way, and is decided with it.
        for _ in range(2):
            decisions.settle_fork(book.db, state.id, document.doc_no)
            state.forked_from = None
            advance(book, state)
        state.forked_from = events.forked_from(book.db, state.id)
        for version in found:
            if version.badge is not None:
                book.tap(version.badge, version.time_ms, version.received_ms)
        book.door(device, min(v.received_ms for v in found))
        return f"journal {journal}, seqs {found[0].seq} to {found[-1].seq}: {keep} counts"

    return _decide(store, device, journal, "fork", document, decide)


def _versions(book: Book, state: JournalState) -> list[Version]:
    top = max(state.top_seq, decisions.top_fork(book.db, state.id))
    return events.versions(book.db, state.id, 1, top, forked=True)


def _tip(found: list[Version], keep: str) -> Version:
    tips = [v for v in found if v.hash.hex().startswith(keep.lower())] if len(keep) >= 6 else []
    if len(tips) != 1:
        raise DecisionError(
            f"{keep!r} names {len(tips)} versions; give `stored`, or a hash that `device findings` shows"
        )
    return tips[0]


def _promote(book: Book, state: JournalState, tip: Version) -> None:
    """The other version up to `tip` becomes the stored one; what it replaces stands among the versions from now on."""
    found = [v for v in _versions(book, state) if v.seq <= tip.seq]
    first = min(v.seq for v in found if v.forked)
    base = chain_start(state.device, state.journal) if first == 1 else events.hash_at(book.db, state.id, first - 1)
    path = linked_path([v for v in found if v.seq >= first], first, tip.seq, base, tip.hash)
    if path is None:
        raise DecisionError(f"the version {tip.hash.hex()[:12]} is not linked to what is stored before seq {first}")
    right = {v.seq: v.hash for v in path}
    replaced = [v for v in found if v.seq >= first and not v.forked and v.hash != right[v.seq]]
    events.insert_forked(book.db, state.id, replaced)
    events.delete_versions(book.db, state.id, [*replaced, *(v for v in path if v.forked)])
    book.insert(state, [read_row(v.line, v.hash, v.received_ms) for v in path if v.forked])
    book.flush()
    state.top_seq = events.top_seq(book.db, state.id)
    if state.watermark >= first:
        state.watermark, state.watermark_hash = first - 1, base
    for version in replaced:
        if version.badge is not None:
            book.tap(version.badge, version.time_ms, version.received_ms)


def declare_lost(store: Store, device: str, journal: str, first: int, last: int, document: Document) -> int:
    """Seqs [first, last] will not come (wire R10); returns how far the journal is stored now. Raises DecisionError."""

    def decide(book: Book, state: JournalState) -> str:
        end = max(state.known_head, state.named_seq or 0, state.top_seq)
        if not 1 <= first <= last <= end:
            raise DecisionError(f"journal {journal} is known to reach from 1 to {end}; {first} to {last} is not in it")
        if there := events.versions(book.db, state.id, first, last, forked=False):
            raise DecisionError(
                f"seq {there[0].seq} of journal {journal} is stored; nothing that is stored can be lost"
            )
        hole = {"journal_id": state.id, "first_seq": first, "last_seq": last, "before_hash": None, "after_hash": None}
        events.insert_lost(book.db, [hole | {"source": "person", "doc_no": document.doc_no, "said_ms": document.at_ms}])
        state.known_head = max(state.known_head, last)
        before = events.versions(book.db, state.id, first - 1, first - 1, forked=False)
        known = [min(v.time_ms or v.received_ms, v.received_ms) for v in before]
        book.door(device, min([*known, state.first_time_ms or document.at_ms, document.at_ms]))
        return f"journal {journal}, seqs {first} to {last}"

    return _decide(store, device, journal, "lost", document, decide)


def _decide(
    store: Store,
    device: str,
    journal: str,
    what: str,
    document: Document,
    decide: Callable[[Book, JournalState], str],
) -> int:
    with store.write() as db:
        if not decisions.is_known(db, device, journal):
            raise DecisionError(
                f"no journal {journal} of device {device} is known; `device findings` shows those there are"
            )
        book = Book(db, document.at_ms, lock_journals(db, [(device, journal)], document.at_ms), fleet.holders(db))
        state = book.journals[(device, journal)]
        detail = decide(book, state)
        advance(book, state)
        settle_seals(book, state)
        decisions.record(db, Decision(device, what, detail, document.doc_no, document.by, document.at_ms))
        book.write()
        return state.watermark
