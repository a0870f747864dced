"""Where a run of events belongs in its journal: linked, not yet linkable, stored already, or another version.

Called under the journal's lock. Wire R2, R3 and "Readable, chained, sealed". The promise: whatever the order, the
repetition and the cuts in which batches arrive, the same events end up stored, with the same watermark.
"""

from central.intaking.book import Book
from central.intaking.reading import Run
from central.store import events
from central.store.events import EventRow, Version
from central.store.journals import JournalState
from edge.wire.chain import chain_start, link

FOLLOW_ROWS = 500


def place(book: Book, journal: JournalState, run: Run) -> None:
    """Store a run as far as it is new."""
    journal.know(run.last)
    if _continues(journal, run):
        _keep(book, journal, list(run.rows))
        journal.watermark, journal.watermark_hash = run.last, run.rows[-1].hash
        return
    if run.first > max(journal.top_seq, journal.watermark) + 1 and journal.forked_from is None:
        _keep(book, journal, list(run.rows))  # what lies between is still to come
        return
    _compare(book, journal, run)
    if run.first <= journal.watermark + 1 <= run.last or journal.forked_from is not None:
        advance(book, journal)  # what lies further on cannot move the watermark


def _continues(journal: JournalState, run: Run) -> bool:
    """The common case: the next events, and nothing stored beyond them."""
    return (
        run.first == journal.watermark + 1
        and run.before == journal.watermark_hash
        and journal.top_seq <= journal.watermark
        and journal.forked_from is None
    )


def _keep(book: Book, journal: JournalState, rows: list[EventRow]) -> None:
    if not rows:
        return
    book.insert(journal, rows)
    journal.top_seq = max(journal.top_seq, rows[-1].seq)
    _note_times(book, journal, rows)


def _note_times(book: Book, journal: JournalState, rows: list[EventRow]) -> None:
    times = [row.time_ms for row in rows if row.time_ms is not None]
    if not times:
        return
    if not journal.synced:
        # The boot has a time now: what was stamped before can be worked out.
        journal.synced = True
        book.boots.add((journal.device, journal.boot))
    low, high = min(times), max(times)
    journal.first_time_ms = low if journal.first_time_ms is None else min(low, journal.first_time_ms)
    journal.last_time_ms = high if journal.last_time_ms is None else max(high, journal.last_time_ms)


def _compare(book: Book, journal: JournalState, run: Run) -> None:
    """Sort the run's events into new ones, stored ones and other versions."""
    stored: dict[int, list[Version]] = {}
    for version in book.stored_or_pending(journal, run.first - 1, run.last):
        stored.setdefault(version.seq, []).append(version)
    apart = not _links(journal, run, stored.get(run.first - 1, []))
    new: list[EventRow] = []
    other: list[EventRow] = []
    sooner: list[EventRow] = []
    for row in run.rows:
        there = stored.get(row.seq, [])
        if same := [v for v in there if v.hash == row.hash]:
            book.duplicates += 1
            sooner += [row] * (row.received_ms < same[0].received_ms)
        elif apart or any(not v.forked for v in there):
            apart = True  # what follows another version is one too
            other.append(row)
        else:
            new.append(row)
    _keep(book, journal, new)
    if sooner:
        book.flush()
        events.received_earlier(book.db, journal.id, [row.seq for row in sooner], sooner[0].received_ms)
    _fork(book, journal, other)


def _links(journal: JournalState, run: Run, neighbours: list[Version]) -> bool:
    """Whether the run continues the main version of what is stored before it, or nothing is known there."""
    if run.first == 1:
        return run.before == chain_start(journal.device, journal.journal)
    main = [v.hash for v in neighbours if not v.forked]
    if run.first == journal.watermark + 1 and journal.watermark_hash is not None:
        main = [journal.watermark_hash]
    return not neighbours if not main else run.before in main


def _fork(book: Book, journal: JournalState, rows: list[EventRow]) -> None:
    """Keep another version. One that differs below a verified seal is no candidate any more."""
    sealed = [row for row in rows if row.seq <= journal.sealed_seq]
    book.quarantine(journal, sealed, "other bytes than those under a verified seal")
    rest = [row for row in rows if row.seq > journal.sealed_seq]
    if rest:
        events.insert_forked(book.db, journal.id, rest)
        # Asked of the database: a version that was decided against and is sent again opens nothing.
        journal.forked_from = events.forked_from(book.db, journal.id)
        if journal.forked_from is not None:
            journal.find("fork")
            _touch(book, rest)


def _touch(book: Book, rows: list[EventRow]) -> None:
    for row in rows:
        if row.badge is not None:
            book.tap(row.badge, row.time_ms, row.received_ms, row.set_aside)


def advance(book: Book, journal: JournalState) -> None:
    """Move the watermark over stored events that link, and over lost ones, up to the first open fork."""
    if journal.watermark >= max(journal.top_seq, journal.known_head) and journal.forked_from is None:
        return
    book.flush()
    while _step(book, journal):
        pass


def _step(book: Book, journal: JournalState) -> bool:
    """One stretch further; False when there is nothing more to pass."""
    ahead = events.following(book.db, journal.id, journal.watermark, FOLLOW_ROWS)
    for row in ahead:
        if row.seq != journal.watermark + 1 or _held_back(journal):
            break
        if journal.watermark_hash is not None and link(journal.watermark_hash, row.line) != row.hash:
            _set_apart(book, journal)
            return False
        journal.watermark, journal.watermark_hash = row.seq, row.hash
    else:
        if len(ahead) == FOLLOW_ROWS:
            return True
    return _pass_lost(book, journal)


def _held_back(journal: JournalState) -> bool:
    return journal.forked_from is not None and journal.watermark + 1 >= journal.forked_from


def _pass_lost(book: Book, journal: JournalState) -> bool:
    if _held_back(journal) or events.hash_at(book.db, journal.id, journal.watermark + 1) is not None:
        return False
    hole = events.lost_at(book.db, journal.id, journal.watermark + 1)
    if hole is None:
        return False
    # A hole may reach over events that are stored after all: pass it only up to the next of them.
    ahead = events.following(book.db, journal.id, journal.watermark, 1)
    stop = ahead[0].seq - 1 if ahead else hole.last
    journal.watermark = min(hole.last, stop)
    journal.watermark_hash = hole.after_hash if journal.watermark == hole.last else None
    return True


def _set_apart(book: Book, journal: JournalState) -> None:
    """The stored events after the watermark do not continue it: they become the other version there."""
    apart: list[Version] = []
    for row in events.following(book.db, journal.id, journal.watermark, 100_000):
        if row.seq != journal.watermark + 1 + len(apart) or (apart and link(apart[-1].hash, row.line) != row.hash):
            break
        apart.append(row)
    events.insert_forked(book.db, journal.id, apart)
    events.delete_versions(book.db, journal.id, apart)
    journal.top_seq = max(journal.watermark, events.top_seq(book.db, journal.id))
    journal.forked_from = min(journal.watermark + 1, journal.forked_from or journal.watermark + 1)
    journal.find("fork")
