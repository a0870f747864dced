"""What devices sent: journals, events, forks, losses, seals, quarantine, documented closures."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import MS, ms

WITH_BADGE = sa.text("badge IS NOT NULL")
NOTABLE = sa.text("kind <> 'punch'")


class Journal(SQLModel, table=True):
    """One journal of a device. Its row is locked, in (device, journal) order, before its events are written.

    watermark: every seq up to it is stored or lost; watermark_hash: the chain hash there, None after a loss whose hash
    is not known. known_head: highest seq that any message named. sealed_seq: highest seq under a verified seal.
    parent_*: from its `start`. named_seq: last seq that a child's `start` names for it. proven_*: uptime and receipt of
    its newest heartbeat whose head was stored by then: the door was alive and recording until there.
    top_seq: highest seq in `event`. forked_from: lowest seq with an undecided other version; the watermark waits below
    it. doubt_from: events from here on count as a fork (a copy of each stands in `forked_event`), because the card was
    copied or the child names an earlier end. waiting_seal_seq: highest verified seal that is not covered yet. synced:
    some event of it was stamped from NTP. first_time_ms / last_time_ms: earliest and newest time that events stamped
    from NTP and heartbeats give it. findings: words: copied, rolled_back, lost_writes,
    fork, branched, absurd_seq (something names events so far ahead that they cannot be; it is not believed).
    """

    id: int | None = Field(default=None, primary_key=True)
    device: str = Field(max_length=40)
    journal: str = Field(max_length=16)
    boot: str = Field(default="", max_length=64)
    watermark: int = Field(default=0, sa_type=MS)
    watermark_hash: bytes | None = None
    known_head: int = Field(default=0, sa_type=MS)
    sealed_seq: int = Field(default=0, sa_type=MS)
    parent_journal: str | None = Field(default=None, max_length=16)
    parent_seq: int | None = Field(default=None, sa_type=MS)
    parent_hash: bytes | None = None
    started: bool = False
    named_seq: int | None = Field(default=None, sa_type=MS)
    proven_uptime_ms: int | None = ms(default=None)  # type: ignore[assignment]
    proven_utc_ms: int | None = ms(default=None)  # type: ignore[assignment]
    first_seen_ms: int = ms()  # type: ignore[assignment]
    top_seq: int = Field(default=0, sa_type=MS)
    forked_from: int | None = Field(default=None, sa_type=MS)
    doubt_from: int | None = Field(default=None, sa_type=MS)
    waiting_seal_seq: int | None = Field(default=None, sa_type=MS)
    synced: bool = False
    first_time_ms: int | None = ms(default=None)  # type: ignore[assignment]
    last_time_ms: int | None = ms(default=None)  # type: ignore[assignment]
    findings: str = Field(default="", max_length=80)
    __table_args__ = (
        sa.UniqueConstraint("device", "journal", name="journal_identity"),
        sa.Index("journal_parent", "device", "parent_journal"),
        sa.Index("journal_first_time", "device", "first_time_ms"),
    )


class Event(SQLModel, table=True):
    """One event, stored once under (journal, seq). line: byte for byte as journalled; the other columns are a reading
    of it (kind, badge, stamp), or what central knows besides: hash (chain), received_ms (earliest receipt), time_ms +
    uncertainty_ms + method (wire.md, "Time of an event"; None until repaired), set_aside (repaired into the future).
    """

    journal_id: int = Field(primary_key=True, foreign_key="journal.id")
    seq: int = Field(primary_key=True, sa_type=MS)
    kind: str = Field(max_length=32)
    line: bytes
    hash: bytes
    uptime_ms: int = ms()  # type: ignore[assignment]
    utc_ms: int | None = ms(default=None)  # type: ignore[assignment]
    clock: str = Field(max_length=8)
    sync_age_s: int | None = Field(default=None, sa_type=MS)
    received_ms: int = ms()  # type: ignore[assignment]
    badge: str | None = Field(default=None, max_length=64)
    time_ms: int | None = ms(default=None)  # type: ignore[assignment]
    uncertainty_ms: int | None = ms(default=None)  # type: ignore[assignment]
    method: str | None = Field(default=None, max_length=16)
    set_aside: bool = False
    __table_args__ = (
        sa.Index("event_badge_time", "badge", "time_ms", sqlite_where=WITH_BADGE, postgresql_where=WITH_BADGE),
        sa.Index("event_notable", "journal_id", "kind", sqlite_where=NOTABLE, postgresql_where=NOTABLE),
    )


class ForkedEvent(SQLModel, table=True):
    """Another version of a stored identity (wire R3), or events that do not link to what is stored. While a fork is
    open its punches count in the person's favour and the day needs checking. decided: document number of the decision
    that closed it."""

    __tablename__ = "forked_event"
    journal_id: int = Field(primary_key=True, foreign_key="journal.id")
    seq: int = Field(primary_key=True, sa_type=MS)
    hash: bytes = Field(primary_key=True)
    line: bytes
    kind: str = Field(max_length=32)
    badge: str | None = Field(default=None, max_length=64)
    time_ms: int | None = ms(default=None)  # type: ignore[assignment]
    received_ms: int = ms()  # type: ignore[assignment]
    decided: str | None = Field(default=None, max_length=80)


class LostSpan(SQLModel, table=True):
    """Seqs [first_seq, last_seq] of a journal that cannot come: said by the device, or declared by a person (doc_no).

    before_hash / after_hash: chain hashes around the hole, None where nobody knows them.
    """

    __tablename__ = "lost_span"
    journal_id: int = Field(primary_key=True, foreign_key="journal.id")
    first_seq: int = Field(primary_key=True, sa_type=MS)
    last_seq: int = Field(primary_key=True, sa_type=MS)
    before_hash: bytes | None = None
    after_hash: bytes | None = None
    source: str = Field(default="device", max_length=16)
    doc_no: str | None = Field(default=None, max_length=80)
    said_ms: int = ms()  # type: ignore[assignment]


class SealRow(SQLModel, table=True):
    """A verified seal that covered something new."""

    __tablename__ = "seal"
    journal_id: int = Field(primary_key=True, foreign_key="journal.id")
    seq: int = Field(primary_key=True, sa_type=MS)
    note: bytes
    received_ms: int = ms()  # type: ignore[assignment]


class Quarantine(SQLModel, table=True):
    """A message that could not be taken, with its bytes. code: unreadable, unregistered, revoked, signature, oversized,
    contradicts_seal ... released_ms: when it went into intake after all."""

    id: int | None = Field(default=None, primary_key=True)
    received_ms: int = ms()  # type: ignore[assignment]
    topic: str = Field(max_length=200)
    device: str | None = Field(default=None, index=True, max_length=40)
    code: str = Field(index=True, max_length=32)
    problem: str = Field(sa_type=sa.Text)
    payload: bytes
    digest: bytes = Field(unique=True)
    times: int = 1
    released_ms: int | None = ms(default=None)  # type: ignore[assignment]


class DoorClosure(SQLModel, table=True):
    """A documented decision that a device was down (or retired from waiting) between two instants."""

    __tablename__ = "door_closure"
    id: int | None = Field(default=None, primary_key=True)
    device: str = Field(index=True, max_length=40)
    down_from_ms: int = ms()  # type: ignore[assignment]
    down_to_ms: int = ms()  # type: ignore[assignment]
    reason: str = Field(max_length=40)
    doc_no: str = Field(default="", max_length=80)
