"""Tables and constraints; no logic. Every time is UTC milliseconds (`*_ms`), every work date a local date (`date`).

Facts are never edited: events are what devices sent, byte for byte; roster rows are effective-dated, both ends
included, an empty end meaning no limit. Verdicts, presence and coverage are computed and can be thrown away.
"""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

MS = sa.BigInteger
"""UTC milliseconds, or an uptime in milliseconds."""


def _ms(**kwargs: object) -> object:
    return Field(sa_type=MS, **kwargs)  # type: ignore[call-overload]


# --- who: units, staff, badges -----------------------------------------------------------------------------------


class Unit(SQLModel, table=True):
    """A node in the tree of units, as it was during a period. Type is a label, never logic."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(index=True, max_length=40)
    parent: str | None = Field(default=None, max_length=40)
    type: str = Field(max_length=40)
    name: str = Field(max_length=200)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class UnitSuccession(SQLModel, table=True):
    """Which unit took over from which, from `date` on."""

    __tablename__ = "unit_succession"
    from_unit: str = Field(primary_key=True, max_length=40)
    to_unit: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True)


class Staff(SQLModel, table=True):
    """A person. joined / left: first and last day of employment. name_sort, name_search: see names.py."""

    code: str = Field(primary_key=True, max_length=40)
    full_name: str = Field(max_length=120)
    name_sort: str = Field(max_length=400)
    name_search: str = Field(max_length=200)
    category: str = Field(default="", max_length=40)
    joined: dt.date | None = None
    left: dt.date | None = None


class Assignment(SQLModel, table=True):
    """Home unit, position and rank (0 = head) of a person during a period. workplace: unit whose doors and hours count
    instead of the home unit's, None for the home unit itself."""

    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    unit: str = Field(index=True, max_length=40)
    workplace: str | None = Field(default=None, max_length=40)
    position: str = Field(default="", max_length=120)
    rank: int = 99
    room: str | None = Field(default=None, max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class Badge(SQLModel, table=True):
    """Who holds a badge from when to when (instants, both included; None = no limit), and in which state it is.

    number: canonical (`em:008EB2F9`). state: active, lost or blocked.
    """

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(index=True, max_length=64)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    valid_from_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    valid_to_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    state: str = Field(default="active", max_length=16)


# --- what was planned: hours, calendar, leave, field duty --------------------------------------------------------


class ScheduleRow(SQLModel, table=True):
    """One session of a unit's hours. weekdays: bit 0 = Monday. start_min / end_min: minutes after the work date's
    midnight (end may exceed 1440). window_*_min: None = none set. doc_no: the announcement that set the hours."""

    __tablename__ = "schedule_row"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(index=True, max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    weekdays: int
    session: str = Field(max_length=16)
    start_min: int
    end_min: int
    grace_late_min: int = 0
    grace_early_min: int = 0
    window_before_min: int | None = None
    window_after_min: int | None = None
    doc_no: str = Field(default="", max_length=80)


class CalendarDay(SQLModel, table=True):
    """kind: holiday, swapped_off or make_up (for_date = the day it is worked for); for `unit` and all below it.

    session: only that session of the day (half holidays), None = the whole day.
    """

    __tablename__ = "calendar_day"
    id: int | None = Field(default=None, primary_key=True)
    date: dt.date = Field(index=True)
    kind: str = Field(max_length=16)
    unit: str = Field(max_length=40)
    session: str | None = Field(default=None, max_length=16)
    doc_no: str = Field(default="", max_length=80)
    for_date: dt.date | None = None


class Leave(SQLModel, table=True):
    """Approved leave, trip (CT) or study (H). half: None = whole days, else the session's name."""

    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    date_from: dt.date = Field(index=True)
    date_to: dt.date = Field(index=True)
    half: str | None = Field(default=None, max_length=16)
    symbol: str = Field(max_length=8)
    reason: str = Field(default="", max_length=200)


class FieldDuty(SQLModel, table=True):
    """Planned field duty of one session."""

    __tablename__ = "field_duty"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    date: dt.date = Field(index=True)
    session: str = Field(max_length=16)
    place: str = Field(default="", max_length=80)
    purpose: str = Field(default="", max_length=200)
    confirmed_by: str | None = Field(default=None, max_length=40)


# --- doors -------------------------------------------------------------------------------------------------------


class Device(SQLModel, table=True):
    """A registered station. id: its permanent random id; code: what people call it; key: base64url Ed25519 public key.

    unit: whose door it is. A retired or revoked device is nobody's door any more; a revoked one is also refused.
    """

    id: str = Field(primary_key=True, max_length=40)
    code: str = Field(unique=True, max_length=40)
    unit: str | None = Field(default=None, index=True, max_length=40)
    location: str = Field(default="", max_length=200)
    key: str = Field(max_length=64)
    registered_ms: int = _ms()  # type: ignore[assignment]
    revoked_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    retired_ms: int | None = _ms(default=None)  # type: ignore[assignment]


class DeviceState(SQLModel, table=True):
    """The newest word of a device. One row a device, replaced in the transaction that stores the word.

    journal + connection: its newest session. heard_ms: receipt of its newest message. delivered_until_ms: wire.md,
    "Coverage". Stamp fields as sent. cfg: configuration version applied. report: the heartbeat's JSON line.
    """

    __tablename__ = "device_state"
    device: str = Field(primary_key=True, max_length=40)
    journal: str | None = Field(default=None, max_length=16)
    connection: int = 0
    online: bool = False
    heard_ms: int = _ms()  # type: ignore[assignment]
    delivered_until_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    utc_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    clock: str = Field(default="none", max_length=8)
    cfg: int = Field(default=0, sa_type=MS)
    version: str = Field(default="", max_length=64)
    oldest_unacked_s: int | None = None
    report: str = Field(default="{}", sa_type=sa.Text)


# --- what devices sent -------------------------------------------------------------------------------------------


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
    from NTP and heartbeats give it. findings: words: copied, rolled_back, lost_writes, fork.
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
    proven_uptime_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    proven_utc_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    first_seen_ms: int = _ms()  # type: ignore[assignment]
    top_seq: int = Field(default=0, sa_type=MS)
    forked_from: int | None = Field(default=None, sa_type=MS)
    doubt_from: int | None = Field(default=None, sa_type=MS)
    waiting_seal_seq: int | None = Field(default=None, sa_type=MS)
    synced: bool = False
    first_time_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    last_time_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    findings: str = Field(default="", max_length=80)
    __table_args__ = (
        sa.UniqueConstraint("device", "journal", name="journal_identity"),
        sa.Index("journal_parent", "device", "parent_journal"),
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
    uptime_ms: int = _ms()  # type: ignore[assignment]
    utc_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    clock: str = Field(max_length=8)
    sync_age_s: int | None = Field(default=None, sa_type=MS)
    received_ms: int = _ms()  # type: ignore[assignment]
    badge: str | None = Field(default=None, max_length=64)
    time_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    uncertainty_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    method: str | None = Field(default=None, max_length=16)
    set_aside: bool = False
    __table_args__ = (
        sa.Index("event_badge_time", "badge", "time_ms", sqlite_where=sa.text("badge IS NOT NULL")),
        sa.Index("event_notable", "journal_id", "kind", sqlite_where=sa.text("kind <> 'punch'")),
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
    time_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    received_ms: int = _ms()  # type: ignore[assignment]
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
    said_ms: int = _ms()  # type: ignore[assignment]


class SealRow(SQLModel, table=True):
    """A verified seal that covered something new."""

    __tablename__ = "seal"
    journal_id: int = Field(primary_key=True, foreign_key="journal.id")
    seq: int = Field(primary_key=True, sa_type=MS)
    note: bytes
    received_ms: int = _ms()  # type: ignore[assignment]


class Quarantine(SQLModel, table=True):
    """A message that could not be taken, with its bytes. code: unreadable, unregistered, revoked, signature, oversized,
    contradicts_seal ... released_ms: when it went into intake after all."""

    id: int | None = Field(default=None, primary_key=True)
    received_ms: int = _ms()  # type: ignore[assignment]
    topic: str = Field(max_length=200)
    device: str | None = Field(default=None, index=True, max_length=40)
    code: str = Field(index=True, max_length=32)
    problem: str = Field(sa_type=sa.Text)
    payload: bytes
    digest: bytes = Field(unique=True)
    times: int = 1
    released_ms: int | None = _ms(default=None)  # type: ignore[assignment]


class DoorClosure(SQLModel, table=True):
    """A documented decision that a device was down (or retired from waiting) between two instants."""

    __tablename__ = "door_closure"
    id: int | None = Field(default=None, primary_key=True)
    device: str = Field(index=True, max_length=40)
    down_from_ms: int = _ms()  # type: ignore[assignment]
    down_to_ms: int = _ms()  # type: ignore[assignment]
    reason: str = Field(max_length=40)
    doc_no: str = Field(default="", max_length=80)


# --- what is to be computed, and what was ------------------------------------------------------------------------


class StaleDay(SQLModel, table=True):
    """A staff-day whose verdict no longer follows from the facts. version grows at every mark; the evaluator deletes
    the row only with the verdict it wrote, and only if the version is still the one it read."""

    __tablename__ = "stale_day"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True)
    version: int = Field(default=1, sa_type=MS)
    marked_ms: int = _ms()  # type: ignore[assignment]


class StaleBoot(SQLModel, table=True):
    """A boot of a device whose event times have to be worked out again. Same versioning as StaleDay."""

    __tablename__ = "stale_boot"
    device: str = Field(primary_key=True, max_length=40)
    boot: str = Field(primary_key=True, max_length=64)
    version: int = Field(default=1, sa_type=MS)


class StaleDoor(SQLModel, table=True):
    """A device whose coverage changed at or after since_ms. Same versioning as StaleDay."""

    __tablename__ = "stale_door"
    device: str = Field(primary_key=True, max_length=40)
    since_ms: int = _ms()  # type: ignore[assignment]
    version: int = Field(default=1, sa_type=MS)


class DayVerdict(SQLModel, table=True):
    """The verdict of one staff-day. status: cases/README words (see central/rules). recheck_ms: the instant that both
    now and the delivered-until of the doors waited for must pass before it can change by itself; None = final until a
    fact changes. why: JSON, what the verdict rests on."""

    __tablename__ = "day_verdict"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True, index=True)
    status: str = Field(max_length=24)
    unit: str = Field(default="", index=True, max_length=40)
    recheck_ms: int | None = _ms(default=None, index=True)  # type: ignore[assignment]
    evaluated_ms: int = _ms()  # type: ignore[assignment]
    why: str = Field(default="{}", sa_type=sa.Text)


class SessionVerdict(SQLModel, table=True):
    """The verdict of one session. flags: words separated by a space, in the fixed order."""

    __tablename__ = "session_verdict"
    staff: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True, index=True)
    session: str = Field(primary_key=True, max_length=16)
    position: int = 0
    outcome: str = Field(max_length=16)
    flags: str = Field(default="", max_length=80)
    symbol: str = Field(default="", max_length=8)
    in_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    out_ms: int | None = _ms(default=None)  # type: ignore[assignment]
    late_min: int = 0
    early_min: int = 0
    worked_min: int = 0


class PublishedConfig(SQLModel, table=True):
    """The configuration last published to a device: its version, the hash of its content, and the payload."""

    __tablename__ = "published_config"
    device: str = Field(primary_key=True, max_length=40)
    version: int = Field(sa_type=MS)
    hash: str = Field(max_length=64)
    payload: bytes


class Counter(SQLModel, table=True):
    """Numbers that several processes share: `roster` grows with every change of who, plans or doors."""

    name: str = Field(primary_key=True, max_length=40)
    value: int = Field(default=0, sa_type=MS)
