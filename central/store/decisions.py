"""Decisions about doors, by document; the closures that stand; what devices answered to commands; what is in doubt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central.store.events import EVENT, FORK, LOST
from central.store.marks import upsert
from central.tables import CommandResult, DoorClosure, DoorDecision, Journal

DECISION: sa.Table = DoorDecision.__table__  # type: ignore[attr-defined]
CLOSURE: sa.Table = DoorClosure.__table__  # type: ignore[attr-defined]
RESULT: sa.Table = CommandResult.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Decision:
    """A documented decision; columns as in `tables.DoorDecision`."""

    device: str
    what: str
    detail: str
    doc_no: str
    by: str
    at_ms: int


def record(db: sa.Connection, decision: Decision) -> None:
    """Keep the trace of a decision."""
    db.execute(sa.insert(DECISION).values({name: getattr(decision, name) for name in decision.__slots__}))


def decisions(db: sa.Connection, devices: Sequence[str]) -> list[Decision]:
    """All decisions about these devices, oldest first."""
    c = DECISION.c
    query = sa.select(c.device, c.what, c.detail, c.doc_no, c.by, c.at_ms).where(c.device.in_(devices))
    return [Decision(*row) for row in db.execute(query.order_by(c.id))]


@dataclass(frozen=True, slots=True)
class StandingClosure:
    """A documented interval of a door, with the number by which it is withdrawn."""

    number: int
    device: str
    from_ms: int
    to_ms: int
    reason: str
    doc_no: str


def close(db: sa.Connection, device: str, from_ms: int, to_ms: int, reason: str, doc_no: str) -> int:
    """A door was down between two instants; returns the closure's number."""
    row = {"device": device, "down_from_ms": from_ms, "down_to_ms": to_ms, "reason": reason, "doc_no": doc_no}
    return int(db.execute(sa.insert(CLOSURE).values(row).returning(CLOSURE.c.id)).scalar_one())


def closures(db: sa.Connection, devices: Sequence[str]) -> list[StandingClosure]:
    """The closures of these devices that stand, by their beginning."""
    c = CLOSURE.c
    query = sa.select(c.id, c.device, c.down_from_ms, c.down_to_ms, c.reason, c.doc_no).where(c.device.in_(devices))
    return [StandingClosure(*row) for row in db.execute(query.order_by(c.down_from_ms, c.id))]


def reopen(db: sa.Connection, number: int) -> None:
    """A closure stands no more; its trace stays among the decisions."""
    db.execute(sa.delete(CLOSURE).where(CLOSURE.c.id == number))


@dataclass(frozen=True, slots=True)
class OpenFork:
    """Seqs of a journal with undecided versions. doubted: only in doubt, without other bytes; tips: the hash of the
    last other version, hex, where there are other bytes."""

    device: str
    journal: str
    first: int
    last: int
    versions: int
    doubted: bool
    tips: tuple[str, ...]


def open_forks(db: sa.Connection, devices: Sequence[str]) -> list[OpenFork]:
    """What awaits a decision, by journal."""
    f, j, e = FORK.c, JOURNAL.c, EVENT.c
    same = sa.exists().where(e.journal_id == f.journal_id, e.seq == f.seq, e.hash == f.hash)
    query = sa.select(j.device, j.journal, f.seq, f.hash, same.label("same")).join(JOURNAL, j.id == f.journal_id)
    rows = db.execute(query.where(j.device.in_(devices), f.decided.is_(None)).order_by(j.device, j.journal, f.seq))
    found: dict[tuple[str, str], list[sa.Row[tuple[str, str, int, bytes, bool]]]] = {}
    for row in rows:
        found.setdefault((row.device, row.journal), []).append(row)
    return [_open_fork(key, rows) for key, rows in found.items()]


def _open_fork(key: tuple[str, str], rows: "list[sa.Row[tuple[str, str, int, bytes, bool]]]") -> OpenFork:
    others = [row for row in rows if not row.same]
    tips = tuple(bytes(row.hash).hex() for row in others if row.seq == others[-1].seq)
    return OpenFork(*key, rows[0].seq, rows[-1].seq, len(rows), not others, tips)


def is_known(db: sa.Connection, device: str, journal: str) -> bool:
    """Whether anything was ever heard of the journal."""
    c = JOURNAL.c
    return db.execute(sa.select(c.id).where(c.device == device, c.journal == journal)).first() is not None


def top_fork(db: sa.Connection, journal_id: int) -> int:
    """The highest seq that has an undecided version, 0 without any."""
    top = sa.select(sa.func.max(FORK.c.seq)).where(FORK.c.journal_id == journal_id, FORK.c.decided.is_(None))
    return int(db.execute(top).scalar() or 0)


def settle_fork(db: sa.Connection, journal_id: int, doc_no: str) -> None:
    """What else is there in other versions does not count any more."""
    mine = (FORK.c.journal_id == journal_id) & FORK.c.decided.is_(None)
    db.execute(sa.update(FORK).where(mine).values(decided=doc_no))


@dataclass(frozen=True, slots=True)
class LostSeqs:
    """Seqs that cannot come, by whom it was said (`device`, `person`)."""

    device: str
    journal: str
    first: int
    last: int
    source: str
    doc_no: str | None


def lost(db: sa.Connection, devices: Sequence[str]) -> list[LostSeqs]:
    """All holes of these devices."""
    j, c = JOURNAL.c, LOST.c
    query = sa.select(j.device, j.journal, c.first_seq, c.last_seq, c.source, c.doc_no)
    query = query.join(JOURNAL, j.id == c.journal_id).where(j.device.in_(devices))
    return [LostSeqs(*row) for row in db.execute(query.order_by(j.device, j.journal, c.first_seq))]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a device answered to a command."""

    device: str
    command: str
    code: str
    detail: str
    received_ms: int


def keep_results(db: sa.Connection, found: Iterable[Answered]) -> None:
    """The first answer to a command stays."""
    rows = [{name: getattr(one, name) for name in one.__slots__} for one in found]
    if rows:
        db.execute(upsert(db, RESULT).on_conflict_do_nothing(), rows)


def results(db: sa.Connection, devices: Sequence[str]) -> list[Answered]:
    """The answers of these devices, oldest first."""
    c = RESULT.c
    query = sa.select(c.device, c.command, c.code, c.detail, c.received_ms).where(c.device.in_(devices))
    return [Answered(*row) for row in db.execute(query.order_by(c.received_ms, c.command))]
