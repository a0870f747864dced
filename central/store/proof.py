"""What a proof reads: journals, their events a page at a time, seals and holes; nothing is written."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.events import EVENT, LOST, SEAL, EventRow
from central.store.journals import TABLE as JOURNAL
from central.tables import Device, DoorDecision

DEVICE: sa.Table = Device.__table__  # type: ignore[attr-defined]
DECISION: sa.Table = DoorDecision.__table__  # type: ignore[attr-defined]
PAGE = 4_000
"""Events that are held in memory at a time."""


class JournalRow(NamedTuple):
    """A journal as stored; columns as in `tables.Journal`."""

    id: int
    device: str
    journal: str
    boot: str
    watermark: int
    sealed_seq: int
    parent_journal: str | None
    parent_seq: int | None
    parent_hash: bytes | None
    named_seq: int | None
    started: bool
    top_seq: int
    forked_from: int | None
    doubt_from: int | None
    first_time_ms: int | None
    last_time_ms: int | None
    first_seen_ms: int
    findings: str


class HoleRow(NamedTuple):
    """Seqs that are said to be lost; columns as in `tables.LostSpan`."""

    first: int
    last: int
    after_hash: bytes | None
    source: str
    doc_no: str | None


def devices(db: sa.Connection) -> list[str]:
    """Every device that has a journal or a registration, by id."""
    known = sa.union(sa.select(JOURNAL.c.device), sa.select(DEVICE.c.id)).subquery()
    return [row[0] for row in db.execute(sa.select(known.c[0]).order_by(known.c[0]))]


def codes(db: sa.Connection) -> dict[str, str]:
    """Code -> id of the registered devices."""
    return {row.code: row.id for row in db.execute(sa.select(DEVICE.c.code, DEVICE.c.id))}


def keys(db: sa.Connection) -> dict[str, str]:
    """Device -> public key, as this database has them."""
    return {row.id: row.key for row in db.execute(sa.select(DEVICE.c.id, DEVICE.c.key))}


def journals(db: sa.Connection, device: str) -> list[JournalRow]:
    """The journals of a device, oldest first."""
    c = JOURNAL.c
    query = sa.select(*(c[name] for name in JournalRow._fields)).where(c.device == device)
    return [JournalRow(*row) for row in db.execute(query.order_by(c.first_seen_ms, c.id))]


class Slim(NamedTuple):
    """As much of an event as proving one usually takes. plain: it is a punch whose time is its own stamp of NTP,
    with a badge and the age of the last sync."""

    seq: int
    line: bytes
    hash: bytes
    uptime_ms: int
    utc_ms: int | None
    sync_age_s: int | None
    badge: str | None
    uncertainty_ms: int | None
    plain: int


_PLAIN = (
    "CASE WHEN kind = 'punch' AND clock = 'ntp' AND method = 'own' AND time_ms = utc_ms "
    "AND sync_age_s >= 0 AND badge IS NOT NULL{typed} THEN 1 ELSE 0 END"
)
_TYPED = "".join(f" AND typeof({name}) = 'integer'" for name in ("uptime_ms", "utc_ms", "sync_age_s"))
_BYTES = {"line": "CAST(line AS BLOB)", "hash": "CAST(hash AS BLOB)"}
"""SQLite keeps whatever somebody puts into a column; whoever proves it must not stumble over that."""


def _page(names: Iterable[str], typed: str) -> str:
    return (
        f"SELECT {', '.join(names)}, {_PLAIN.format(typed=typed)} FROM event "  # noqa: S608
        f"WHERE journal_id = :j AND seq > :after ORDER BY seq LIMIT {PAGE}"
    )


_PAGE = _page(Slim._fields[:-1], "")
_PAGE_SQLITE = _page((_BYTES.get(name, name) for name in Slim._fields[:-1]), f"{_TYPED} AND typeof(badge) = 'text'")


def pages(db: sa.Connection, journal_id: int) -> Iterator[list[Any]]:
    """Every stored event of a journal by seq, at most PAGE rows (columns of `Slim`) at a time."""
    after = -(2**62)
    while True:
        asked = {"j": journal_id, "after": after}
        if db.dialect.name == "sqlite":
            # The driver's own tuples: of a million rows the wrapping alone would take a second.
            cursor = db.connection.driver_connection.cursor()  # type: ignore[union-attr]
            rows: list[Any] = cursor.execute(_PAGE_SQLITE, asked).fetchall()
            cursor.close()
        else:
            rows = [tuple(row) for row in db.execute(sa.text(_PAGE), asked)]
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def whole_rows(db: sa.Connection, journal_id: int, first: int, last: int) -> list[EventRow]:
    """The events of seqs [first, last] with all their columns."""
    c = EVENT.c
    query = sa.select(*(c[name] for name in EventRow._fields)).where(
        c.journal_id == journal_id, c.seq.between(first, last)
    )
    return [EventRow(*row) for row in db.execute(query.order_by(c.seq))]


def seals(db: sa.Connection, journal_id: int) -> list[tuple[int, bytes]]:
    """(seq, note) of a journal's seals, ascending."""
    query = sa.select(SEAL.c.seq, SEAL.c.note).where(SEAL.c.journal_id == journal_id).order_by(SEAL.c.seq)
    return [(row[0], row[1]) for row in db.execute(query)]


def holes(db: sa.Connection, journal_id: int) -> list[HoleRow]:
    """What is said to be lost of a journal, ascending."""
    c = LOST.c
    query = sa.select(c.first_seq, c.last_seq, c.after_hash, c.source, c.doc_no).where(c.journal_id == journal_id)
    return [HoleRow(*row) for row in db.execute(query.order_by(c.first_seq, c.last_seq))]


def declared(db: sa.Connection, device: str) -> set[tuple[str, str]]:
    """(detail, document) of people's decisions that something of a device will not come."""
    c = DECISION.c
    query = sa.select(c.detail, c.doc_no).where(c.device == device, c.what == "lost")
    return {(row.detail, row.doc_no) for row in db.execute(query)}
