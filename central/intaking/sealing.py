"""Seals: what a device signed of its chain (wire.md, "Readable, chained, sealed"). A verified seal wins.

It covers a journal when every event up to its seq is stored and links to its hash; then its ancestors too, because a
`start` holds where its parent ended and with which hash. Where stored bytes contradict it, they go to quarantine, the
watermark returns to the last sealed seq, and the range is asked for again.
"""

from central.intaking.book import Book
from central.intaking.placing import advance
from central.intaking.reading import read_row
from central.store import events
from central.store.events import Version
from central.store.journals import JournalState, children
from edge.wire.chain import chain_start, link
from edge.wire.notes import Seal, Verify, decode_seal


def take_seal(book: Book, seal: Seal, note: bytes, received_ms: int) -> None:
    """Keep a verified seal if it covers something new."""
    journal = book.journals[(seal.device, seal.journal)]
    waiting = journal.waiting_seal_seq or 0
    if seal.seq <= journal.sealed_seq or not journal.plausible(seal.seq):
        return
    if seal.seq <= waiting and seal.seq > journal.top_seq:
        return  # a later one waits for the same events
    journal.know(seal.seq)
    journal.waiting_seal_seq = max(waiting, seal.seq)
    events.insert_seal(book.db, journal.id, seal.seq, note, received_ms)


def settle_seals(book: Book, journal: JournalState) -> None:
    """Apply what seals say of `journal`: its own, and those of journals that name it as their parent."""
    if journal.waiting_seal_seq is not None:
        _apply_waiting(book, journal)
    if (journal.named_seq or 0) > journal.sealed_seq:
        for child in children(book.db, journal.device, journal.journal):
            if _is_sealed(book, journal, child.journal, child.sealed_seq) and child.parent_seq > journal.sealed_seq:
                _cover(book, journal, child.parent_seq, child.parent_hash)


def _is_sealed(book: Book, parent: JournalState, child: str, stored_sealed_seq: int) -> bool:
    here = book.journals.get((parent.device, child))
    return (here.sealed_seq if here else stored_sealed_seq) >= 1


def _apply_waiting(book: Book, journal: JournalState) -> None:
    left = None
    for note in events.waiting_seals(book.db, journal.id, journal.sealed_seq):
        seal = decode_seal(note, _verified_at_receipt)
        if seal.seq > journal.sealed_seq and not _cover(book, journal, seal.seq, seal.hash):
            left = seal.seq
    journal.waiting_seal_seq = left


_verified_at_receipt: Verify = lambda signature, line: True  # noqa: E731


def _cover(book: Book, journal: JournalState, seq: int, sealed: bytes) -> bool:
    """Whether the seal covers the journal up to `seq` now; acts on it where stored bytes contradict it."""
    book.flush()
    if journal.forked_from is not None and journal.forked_from <= seq:
        return _cover_forked(book, journal, seq, sealed)
    stored = journal.watermark_hash if seq == journal.watermark else events.hash_at(book.db, journal.id, seq)
    if stored is None:
        return False
    if stored != sealed:
        _contradict(book, journal, seq, events.versions(book.db, journal.id, journal.sealed_seq + 1, seq, forked=True))
        return False
    if journal.watermark < seq:
        return False
    journal.sealed_seq = seq
    return True


def _cover_forked(book: Book, journal: JournalState, seq: int, sealed: bytes) -> bool:
    """Choose, among several versions, those that lead to the sealed hash."""
    found = events.versions(book.db, journal.id, journal.sealed_seq + 1, seq, forked=True)
    base = _base(book, journal)
    path = linked_path(found, journal.sealed_seq + 1, seq, base, sealed)
    if path is None:
        at_end = [v for v in found if v.seq == seq]
        complete = len({v.seq for v in found}) == seq - journal.sealed_seq
        if complete or (at_end and all(v.hash != sealed for v in at_end)):
            _contradict(book, journal, seq, found)
        return False
    _choose(book, journal, found, path)
    return True


def _base(book: Book, journal: JournalState) -> bytes | None:
    if journal.sealed_seq == 0:
        return chain_start(journal.device, journal.journal)
    return events.hash_at(book.db, journal.id, journal.sealed_seq)


Step = dict[bytes, tuple[Version, bytes | None]]
"""The versions of one seq that link to one before, by their hash, each with the hash before it."""


def linked_path(found: list[Version], first: int, last: int, base: bytes | None, sealed: bytes) -> list[Version] | None:
    """One version a seq, each linked to the one before, the last with the sealed hash; None where there is no such."""
    by_seq: dict[int, list[Version]] = {}
    for version in found:
        by_seq.setdefault(version.seq, []).append(version)
    steps: list[Step] = []
    alive: list[bytes | None] = [base]
    for seq in range(first, last + 1):
        step = _step(by_seq.get(seq, []), alive)
        if not step:
            return None
        steps.append(step)
        alive = list(step)
    return _trace(steps, sealed) if sealed in steps[-1] else None


def _step(candidates: list[Version], alive: list[bytes | None]) -> Step:
    step: Step = {}
    for version in candidates:
        for before in alive:
            if before is None or link(before, version.line) == version.hash:
                step.setdefault(version.hash, (version, before))
    return step


def _trace(steps: list[Step], sealed: bytes) -> list[Version]:
    path, at = [], sealed
    for step in reversed(steps):
        version, before = step[at]
        path.append(version)
        at = before or b""
    return path[::-1]


def _choose(book: Book, journal: JournalState, found: list[Version], path: list[Version]) -> None:
    """The versions on the path are the events; the others go to quarantine."""
    right = {v.seq: v.hash for v in path}
    wrong = [v for v in found if v.hash != right[v.seq]]
    promoted = [
        v for v in path if v.forked and not any(o.seq == v.seq and not o.forked and o.hash == v.hash for o in found)
    ]
    book.quarantine(journal, wrong, "other bytes than those under a verified seal")
    events.delete_versions(book.db, journal.id, [*wrong, *(v for v in path if v.forked)])
    book.insert(journal, [read_row(v.line, v.hash, v.received_ms) for v in promoted])
    book.flush()
    _touch(book, wrong)
    last = path[-1]
    journal.sealed_seq = last.seq
    journal.top_seq = events.top_seq(book.db, journal.id)
    journal.forked_from = events.forked_from(book.db, journal.id)
    if promoted or journal.watermark < last.seq:
        # What was stored beyond is checked against the sealed chain once more.
        journal.watermark, journal.watermark_hash = last.seq, last.hash
    advance(book, journal)


def _contradict(book: Book, journal: JournalState, seq: int, found: list[Version]) -> None:
    """No stored version can be under the seal: all of them go, and the device is asked again."""
    book.quarantine(journal, found, f"contradicts the verified seal of seq {seq}")
    events.delete_versions(book.db, journal.id, found)
    _touch(book, found)
    if journal.watermark > journal.sealed_seq:
        journal.watermark, journal.watermark_hash = journal.sealed_seq, _base(book, journal)
    journal.top_seq = events.top_seq(book.db, journal.id)
    journal.forked_from = events.forked_from(book.db, journal.id)
    book.resend[journal.key] = (journal.sealed_seq + 1, seq)
    book.withdrawn.add(journal.device)
    book.door(journal.device, min((v.received_ms for v in found), default=book.now_ms))


def _touch(book: Book, versions: list[Version]) -> None:
    for version in versions:
        if version.badge is not None:
            book.tap(version.badge, version.time_ms, version.received_ms)
