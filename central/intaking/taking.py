"""One group of messages, one transaction: lock, place, settle, hear, answer (wire.md, "Intake")."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from central.intaking.answers import Outgoing, answer_word
from central.intaking.book import Book
from central.intaking.hearing import conclude, hear
from central.intaking.lineage import doubt_again, lock_siblings, named_keys, note_lost, note_start, review
from central.intaking.placing import advance, place
from central.intaking.reading import Delivery, Run
from central.intaking.registry import Registry
from central.intaking.sealing import settle_seals, take_seal
from central.intaking.sorting import Sorted
from central.store import decisions, fleet
from central.store.fleet import Word
from central.store.journals import JournalState, Key, lock_journals, unfinished
from central.store.quarantine import Held
from edge.wire.ack import Refused


@dataclass(frozen=True, slots=True)
class Birth:
    """A device began a session; cfg: the configuration version it has applied."""

    device: str
    cfg: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a transaction did, to be told once it is committed."""

    outgoing: list[Outgoing]
    births: list[Birth]
    stored: int
    duplicates: int
    quarantined: int


def take(db: sa.Connection, group: Sorted, registry: Registry, now_ms: int, pause_ms: int) -> Taken:
    """Store a group of messages; nothing of it is true before the transaction commits."""
    before = fleet.words(db, (s.said.device for s in group.spoken)) if group.spoken else {}
    book = Book(db, now_ms, lock_journals(db, _keys(db, group, before), now_ms), registry.holders)
    _place(book, group)
    births = _hear(book, group, before)
    book.held += group.held
    decisions.keep_results(db, group.results)
    outgoing = group.answers.messages(book, now_ms, pause_ms)
    book.write()
    return Taken(outgoing, births, book.stored, book.duplicates, len(book.held))


def _keys(db: sa.Connection, group: Sorted, before: dict[str, Word]) -> set[Key]:
    """Every journal that the group speaks of, so that all are locked at once and in order."""
    keys = {delivery.key for delivery in group.deliveries}
    for delivery in group.deliveries:
        if delivery.start or delivery.lost:
            keys |= named_keys(delivery)
    keys |= {(seal.device, seal.journal) for seal, _, _ in group.seals}
    for spoken in group.spoken:
        device = spoken.said.device
        keys |= {(device, open_.journal) for open_ in spoken.said.journals} | {(device, spoken.said.journal)}
    keys |= {(device, word.journal) for device, word in before.items() if word.journal}
    devices = {s.said.device for s in group.spoken} | {seal.device for seal, _, _ in group.seals}
    return keys | set(unfinished(db, devices) if devices else ())


def _place(book: Book, group: Sorted) -> None:
    touched: dict[Key, JournalState] = {}
    started = []
    for delivery in group.deliveries:
        journal = touched[delivery.key] = book.journals[delivery.key]
        journal.boot = journal.boot or delivery.batch.boot
        if delivery.start and note_start(book, journal, delivery):
            started.append(journal)
        for run in delivery.runs:
            if journal.plausible(run.last):
                place(book, journal, run)
            else:
                _turn_away(book, group, delivery, run)
        if delivery.clock_set:
            book.boots.add((journal.device, journal.boot))
        if delivery.lost:
            note_lost(book, delivery)
    for seal, note, received_ms in group.seals:
        take_seal(book, seal, note, received_ms)
    _settle(book, started)


def _turn_away(book: Book, group: Sorted, delivery: Delivery, run: Run) -> None:
    """Events so far ahead that their journal cannot reach there: asking for what lies between would never end."""
    message, code = delivery.message, "implausible"
    problem = f"seqs {run.first} to {run.last} lie too far beyond what is stored"
    book.held.append(Held(message.topic, delivery.batch.device, code, problem, message.payload, message.received_ms))
    group.answers.tell(delivery.key, [Refused(run.first, run.last, "unreadable")])


def _settle(book: Book, started: list[JournalState]) -> None:
    """Bring watermarks, relatives and seals up to what is stored now."""
    if started or any(journal.findings for journal in book.journals.values()):
        lock_siblings(book, started)
    for journal in book.journals.values():
        if journal.watermark < journal.known_head:
            advance(book, journal)
    was = {journal.key: journal.doubt_from for journal in book.journals.values()}
    for journal in book.journals.values():
        review(book, journal)
    for journal in book.journals.values():
        # Only now: the review of one journal may put its sibling under doubt.
        doubt_again(book, journal, was[journal.key])
    # Children first or parents first: a second round finds what the first one made true.
    for _ in range(2):
        for journal in book.journals.values():
            settle_seals(book, journal)


def _hear(book: Book, group: Sorted, before: dict[str, Word]) -> list[Birth]:
    births = []
    if book.withdrawn:
        fleet.withdraw_delivery(book.db, book.withdrawn)
        before = {d: replace(w, delivered_until_ms=None) if d in book.withdrawn else w for d, w in before.items()}
    for spoken in group.spoken:
        said = spoken.said
        word = before.get(said.device)
        if not hear(book, spoken, word) or spoken.will:
            continue
        delivered = conclude(book, spoken, word)
        answer_word(book, group.answers, spoken, first_word=word is None)
        before[said.device] = Word(said.device, said.journal, said.connection, True, delivered)
        if spoken.birth:
            births.append(Birth(said.device, said.cfg))
    for key, span in book.resend.items():
        group.answers.ask(key, span)
    return births
