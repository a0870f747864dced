"""Events as devices sent them: stored once under (journal, seq), other versions beside them, holes, seals."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.marks import upsert
from central.tables import Event, ForkedEvent, LostSpan, SealRow

EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
FORK: sa.Table = ForkedEvent.__table__  # type: ignore[attr-defined]
LOST: sa.Table = LostSpan.__table__  # type: ignore[attr-defined]
SEAL: sa.Table = SealRow.__table__  # type: ignore[attr-defined]


class EventRow(NamedTuple):
    """One event to be stored; a tuple, because tens of thousands a second are made. Columns as in `tables.Event`."""

    seq: int
    kind: str
    line: bytes
    hash: bytes
    uptime_ms: int
    utc_ms: int | None
    clock: str
    sync_age_s: int | None
    received_ms: int
    badge: str | None
    time_ms: int | None
    uncertainty_ms: int | None
    method: str | None
    set_aside: bool


class Version(NamedTuple):
    """A stored event, or another version of one (forked)."""

    seq: int
    line: bytes
    hash: bytes
    received_ms: int
    kind: str
    badge: str | None
    time_ms: int | None
    forked: bool


class Lost(NamedTuple):
    """Seqs [first, last] that cannot come, and the hash after them where it is known."""

    first: int
    last: int
    after_hash: bytes | None


_NAMES = ("journal_id", *EventRow._fields)
_INSERT_SQLITE = (
    f"INSERT INTO event ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))}) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)


StoredRow = tuple[Any, ...]
"""A journal id, then the columns of an `EventRow`: what the driver takes as it is."""


def insert_events(db: sa.Connection, rows: list[StoredRow]) -> None:
    """Store events; an identity that is there stays as it is.

    On SQLite this is the one place that speaks to the driver itself: it stores a backlog twice as fast.
    """
    if not rows:
        return
    if db.dialect.name == "sqlite":
        db.exec_driver_sql(_INSERT_SQLITE, rows)
    else:
        found = [dict(zip(_NAMES, row, strict=True)) for row in rows]
        db.execute(upsert(db, EVENT).on_conflict_do_nothing(), found)


def versions(db: sa.Connection, journal_id: int, first: int, last: int, *, forked: bool) -> list[Version]:
    """What is stored of seqs [first, last], ascending; with undecided other versions if `forked`."""
    span = {"j": journal_id, "a": first, "b": last}
    found = [_version(row, False) for row in db.execute(_STORED, span)]
    if forked:
        found += [_version(row, True) for row in db.execute(_UNDECIDED, span)]
    return sorted(found, key=lambda v: (v.seq, v.forked))


def _span(table: sa.Table) -> sa.Select[Any]:
    """Made once: intake asks for thousands of spans a second when a backlog comes in another order."""
    c = table.c
    query = sa.select(c.seq, c.line, c.hash, c.received_ms, c.kind, c.badge, c.time_ms)
    within = (c.journal_id == sa.bindparam("j"), c.seq >= sa.bindparam("a"), c.seq <= sa.bindparam("b"))
    return query.where(*within).order_by(c.seq)


_STORED = _span(EVENT)
_UNDECIDED = _span(FORK).where(FORK.c.decided.is_(None))


def _version(row: Any, forked: bool) -> Version:
    seq, line, hash_, received_ms, kind, badge, time_ms = row
    return Version(seq, line, hash_, received_ms, kind, badge, time_ms, forked)


def following(db: sa.Connection, journal_id: int, after: int, limit: int) -> list[Version]:
    """The next stored events after seq `after`, ascending, at most `limit`."""
    c = EVENT.c
    query = sa.select(c.seq, c.line, c.hash, c.received_ms, c.kind, c.badge, c.time_ms)
    rows = db.execute(query.where(c.journal_id == journal_id, c.seq > after).order_by(c.seq).limit(limit))
    return [_version(row, False) for row in rows]


def hash_at(db: sa.Connection, journal_id: int, seq: int) -> bytes | None:
    """The chain hash of a stored event, None where it is not stored."""
    query = sa.select(EVENT.c.hash).where(EVENT.c.journal_id == journal_id, EVENT.c.seq == seq)
    return db.execute(query).scalar()


def top_seq(db: sa.Connection, journal_id: int) -> int:
    """The highest stored seq, 0 without any."""
    return int(db.execute(sa.select(sa.func.max(EVENT.c.seq)).where(EVENT.c.journal_id == journal_id)).scalar() or 0)


def received_earlier(db: sa.Connection, journal_id: int, seqs: Sequence[int], received_ms: int) -> None:
    """Seqs were received at received_ms already: the earliest receipt stays."""
    if seqs:
        c = EVENT.c
        same = (c.journal_id == journal_id) & c.seq.in_(seqs) & (c.received_ms > received_ms)
        db.execute(sa.update(EVENT).where(same).values(received_ms=received_ms))


def ranges(db: sa.Connection, journal_id: int, after: int, limit: int, *, forked: bool) -> list[tuple[int, int]]:
    """Stored seqs beyond `after` as ascending [first, last] pairs, at most `limit`; `forked`: with other versions."""
    seqs = sa.select(EVENT.c.seq).where(EVENT.c.journal_id == journal_id, EVENT.c.seq > after)
    if forked:
        other = sa.select(FORK.c.seq).where(FORK.c.journal_id == journal_id, FORK.c.seq > after)
        numbered: Any = seqs.union(other.where(FORK.c.decided.is_(None))).subquery()
    else:
        numbered = seqs.subquery()
    island = (numbered.c.seq - sa.func.row_number().over(order_by=numbered.c.seq)).label("island")
    marked = sa.select(numbered.c.seq, island).subquery()
    low = sa.func.min(marked.c.seq)
    query = sa.select(low, sa.func.max(marked.c.seq)).group_by(marked.c.island).order_by(low).limit(limit)
    return [(row[0], row[1]) for row in db.execute(query)]


# --- other versions ----------------------------------------------------------------------------------------------


def insert_forked(db: sa.Connection, journal_id: int, rows: Iterable[Version | EventRow]) -> None:
    """Keep other versions; the same version twice is one."""
    found = [
        {
            "journal_id": journal_id,
            "seq": row.seq,
            "hash": row.hash,
            "line": row.line,
            "kind": row.kind,
            "badge": row.badge,
            "time_ms": row.time_ms,
            "received_ms": row.received_ms,
        }
        for row in rows
    ]
    if found:
        db.execute(upsert(db, FORK).on_conflict_do_nothing(), found)


def copy_to_forked(db: sa.Connection, journal_id: int, first: int) -> None:
    """Put every stored event from seq `first` on under doubt: a copy of it stands among the other versions."""
    names = ["journal_id", "seq", "hash", "line", "kind", "badge", "time_ms", "received_ms"]
    query = sa.select(*(EVENT.c[name] for name in names)).where(EVENT.c.journal_id == journal_id, EVENT.c.seq >= first)
    db.execute(upsert(db, FORK).from_select(names, query, include_defaults=False).on_conflict_do_nothing())


def drop_copies(db: sa.Connection, journal_id: int, below: int) -> None:
    """Take copies of stored events with a seq under `below` out of doubt."""
    same = sa.select(EVENT.c.seq).where(
        EVENT.c.journal_id == FORK.c.journal_id, EVENT.c.seq == FORK.c.seq, EVENT.c.hash == FORK.c.hash
    )
    db.execute(sa.delete(FORK).where(FORK.c.journal_id == journal_id, FORK.c.seq < below, sa.exists(same)))


def forked_from(db: sa.Connection, journal_id: int) -> int | None:
    """The lowest seq that has an undecided version other than the stored one."""
    same = sa.select(EVENT.c.seq).where(
        EVENT.c.journal_id == FORK.c.journal_id, EVENT.c.seq == FORK.c.seq, EVENT.c.hash == FORK.c.hash
    )
    query = sa.select(sa.func.min(FORK.c.seq)).where(
        FORK.c.journal_id == journal_id, FORK.c.decided.is_(None), ~sa.exists(same)
    )
    return db.execute(query).scalar()


def delete_versions(db: sa.Connection, journal_id: int, gone: Iterable[Version]) -> None:
    """Take versions away (they stand in quarantine now)."""
    for table, forked in ((EVENT, False), (FORK, True)):
        rows = [{"s": v.seq, "h": v.hash} for v in gone if v.forked is forked]
        if rows:
            c = table.c
            same = (c.journal_id == journal_id) & (c.seq == sa.bindparam("s")) & (c.hash == sa.bindparam("h"))
            db.execute(sa.delete(table).where(same), rows)


# --- holes and seals ---------------------------------------------------------------------------------------------


def insert_lost(db: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep holes that were said (columns of `tables.LostSpan`)."""
    if rows:
        db.execute(upsert(db, LOST).on_conflict_do_nothing(), rows)


def lost_at(db: sa.Connection, journal_id: int, seq: int) -> Lost | None:
    """The hole that holds `seq`, the one that reaches furthest."""
    c = LOST.c
    query = sa.select(c.first_seq, c.last_seq, c.after_hash)
    query = query.where(c.journal_id == journal_id, c.first_seq <= seq, c.last_seq >= seq)
    row = db.execute(query.order_by(c.last_seq.desc()).limit(1)).first()
    return None if row is None else Lost(*row)


def insert_seal(db: sa.Connection, journal_id: int, seq: int, note: bytes, received_ms: int) -> None:
    """Keep a verified seal."""
    row = {"journal_id": journal_id, "seq": seq, "note": note, "received_ms": received_ms}
    db.execute(upsert(db, SEAL).on_conflict_do_nothing(), [row])


def waiting_seals(db: sa.Connection, journal_id: int, after: int) -> list[bytes]:
    """Notes of seals beyond seq `after`, ascending."""
    query = sa.select(SEAL.c.note).where(SEAL.c.journal_id == journal_id, SEAL.c.seq > after).order_by(SEAL.c.seq)
    return [row[0] for row in db.execute(query)]
