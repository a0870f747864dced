"""The events of one boot of a device, across its journals, for working out their times."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.tables import Event, Journal

EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]


class BootEvent(NamedTuple):
    """A stored event with its stamp and the time that is stored for it (None until it was worked out).

    line: as journalled, for `clock` events only, None for all others.
    """

    journal_id: int
    seq: int
    kind: str
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
    line: bytes | None


class Retimed(NamedTuple):
    """What is to be stored as the time of an event."""

    journal_id: int
    seq: int
    time_ms: int
    uncertainty_ms: int
    method: str
    set_aside: bool


def boot_events(db: sa.Connection, device: str, boot: str) -> list[BootEvent]:
    """Every stored event of the boot."""
    e, j = EVENT.c, JOURNAL.c
    line: Any = sa.case((e.kind == "clock", e.line), else_=None)
    names = [name for name in BootEvent._fields if name != "line"]
    query = sa.select(*(e[name] for name in names), line).join(JOURNAL, j.id == e.journal_id)
    return [BootEvent._make(row) for row in db.execute(query.where(j.device == device, j.boot == boot))]


def ended_before(db: sa.Connection, device: str, boot: str) -> int | None:
    """The time of the last stored event of the journal that preceded the boot; None when that is not known."""
    j = JOURNAL.c
    mine = sa.select(j.parent_journal).where(j.device == device, j.boot == boot, j.parent_journal.is_not(None))
    parents = sa.select(j.id).where(j.device == device, j.journal.in_(mine), j.boot != boot)
    ends = [_last_time(db, journal) for journal in db.execute(parents).scalars().all()]
    return max((at for at in ends if at is not None), default=None)


def _last_time(db: sa.Connection, journal_id: int) -> int | None:
    e = EVENT.c
    earliest = e.time_ms - sa.func.coalesce(e.uncertainty_ms, 0)
    return db.execute(sa.select(earliest).where(e.journal_id == journal_id).order_by(e.seq.desc()).limit(1)).scalar()


def children_boots(db: sa.Connection, device: str, boot: str) -> list[str]:
    """The boots that followed this one; what bounds their times may have moved."""
    j = JOURNAL.c
    mine = sa.select(j.journal).where(j.device == device, j.boot == boot)
    query = sa.select(j.boot).where(j.device == device, j.parent_journal.in_(mine), j.boot != boot).distinct()
    return [str(found) for found in db.execute(query).scalars() if found]


_UPDATE = (
    sa.update(EVENT)
    .where(EVENT.c.journal_id == sa.bindparam("j"), EVENT.c.seq == sa.bindparam("s"))
    .values({name: sa.bindparam(f"new_{name}") for name in Retimed._fields[2:]})
)


def retime(db: sa.Connection, times: Sequence[Retimed]) -> None:
    """Store the times of events."""
    names = ("j", "s", *(f"new_{name}" for name in Retimed._fields[2:]))
    rows = [dict(zip(names, found, strict=True)) for found in times]
    if rows:
        db.execute(_UPDATE, rows)
