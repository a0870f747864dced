"""What a device's page tells of its past: the newest remarks of its journals, and the journals themselves."""

from dataclasses import dataclass

import sqlalchemy as sa

from central.tables import Event, Journal
from edge.wire import events as wire

EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
TOLD = ("start", "stop", "fault", "ok", "clock", "lost")
_NOTABLE = sa.text("event.kind <> 'punch'")
"""Word for word the condition of the index `event_notable` (see `coverage`)."""
_JOURNALS = 200
"""The remarks are looked for in so many of the newest journals: a door makes one at every start."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a device said of its own working. at_ms: its repaired time, else when it came. code: of a fault or its
    end, why it stopped, from where its clock was set; which: reader or part."""

    at_ms: int
    kind: str
    code: str = ""
    which: str = ""


def remarks(db: sa.Connection, device: str, most: int) -> list[Remark]:
    """The newest remarks of a device, newest first."""
    j, e = JOURNAL.c, EVENT.c
    newest = sa.select(j.id).where(j.device == device).order_by(j.id.desc()).limit(_JOURNALS)
    ids = list(db.execute(newest).scalars())
    at = sa.func.coalesce(e.time_ms, e.received_ms)
    query = sa.select(at.label("at"), e.line).where(e.journal_id.in_(ids), e.kind.in_(TOLD), _NOTABLE)
    rows = db.execute(query.order_by(at.desc(), e.journal_id.desc(), e.seq.desc()).limit(most))
    return [_remark(int(row.at), bytes(row.line)) for row in rows]


def _remark(at_ms: int, line: bytes) -> Remark:
    event = wire.decode_event(line)
    body = event.body
    if isinstance(body, wire.Fault | wire.Ok):
        return Remark(at_ms, event.kind, body.code, body.which)
    if isinstance(body, wire.Stop):
        return Remark(at_ms, event.kind, body.reason)
    if isinstance(body, wire.ClockSet):
        return Remark(at_ms, event.kind, body.source)
    if isinstance(body, wire.Lost):
        return Remark(at_ms, event.kind, f"{body.first}-{body.last}", body.journal)
    return Remark(at_ms, event.kind)


@dataclass(frozen=True, slots=True)
class Run:
    """A journal. stored: every seq up to it is stored or lost; head: the highest that anything named; sealed: the
    highest under a signature; first_ms: its earliest known time, else when it was first seen."""

    journal: str
    first_ms: int
    stored: int
    head: int
    sealed: int
    parent: str | None
    findings: tuple[str, ...]


def runs(db: sa.Connection, device: str, most: int) -> list[Run]:
    """The newest journals of a device, and all with a finding; newest first."""
    j = JOURNAL.c
    columns = (j.id, j.journal, j.first_time_ms, j.first_seen_ms, j.watermark, j.known_head, j.named_seq)
    query = sa.select(*columns, j.sealed_seq, j.parent_journal, j.findings).where(j.device == device)
    newest = sa.select(j.id).where(j.device == device).order_by(j.id.desc()).limit(most)
    ids = list(db.execute(newest).scalars())
    rows = db.execute(query.where(j.id.in_(ids) | (j.findings != "")).order_by(j.id.desc()))
    return [
        Run(
            row.journal,
            row.first_seen_ms if row.first_time_ms is None else row.first_time_ms,
            row.watermark,
            max(row.known_head, row.named_seq or 0),
            row.sealed_seq,
            row.parent_journal,
            tuple(row.findings.split()),
        )
        for row in rows
    ]
