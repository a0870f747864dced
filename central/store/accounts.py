"""What every door is accounted for: what is to come, what is lost, what contradicts itself (wire R2, R3, R6, R10)."""

from dataclasses import dataclass

import sqlalchemy as sa

from central.store.faults import unjudged
from central.tables import ForkedEvent, Journal, LostSpan, Quarantine

JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
LOST: sa.Table = LostSpan.__table__  # type: ignore[attr-defined]
FORKED: sa.Table = ForkedEvent.__table__  # type: ignore[attr-defined]
QUARANTINE: sa.Table = Quarantine.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Account:
    """Of one device: events known to exist and not stored yet, events that cannot come, undecided other versions of
    events, messages in quarantine, and what its journals show: copied, rolled_back, lost_writes, fork, branched;
    unjudged: its times or its door's news could not be worked out and are set aside."""

    to_come: int = 0
    lost: int = 0
    forked: int = 0
    quarantined: int = 0
    findings: tuple[str, ...] = ()


def accounts(db: sa.Connection) -> dict[str, Account]:
    """Device -> its account, for every device that ever sent anything."""
    to_come: dict[str, int] = {}
    findings: dict[str, set[str]] = {}
    j = JOURNAL.c
    for row in db.execute(sa.select(j.device, j.watermark, j.known_head, j.named_seq, j.findings)):
        behind = max(row.known_head, row.named_seq or 0) - row.watermark
        to_come[row.device] = to_come.get(row.device, 0) + max(behind, 0)
        findings.setdefault(row.device, set()).update(row.findings.split())
    for one in unjudged(db):
        if one.kind != "day":
            findings.setdefault(one.name, set()).add("unjudged")
    lost = _by_device(db, LOST, sa.func.sum(LOST.c.last_seq - LOST.c.first_seq + 1))
    forked = _by_device(db, FORKED, sa.func.count(), FORKED.c.decided.is_(None))
    q = QUARANTINE.c
    held = sa.select(q.device, sa.func.count()).where(q.device.is_not(None), q.released_ms.is_(None)).group_by(q.device)
    quarantined = {device: count for device, count in db.execute(held)}
    return {
        device: Account(
            to_come.get(device, 0),
            lost.get(device, 0),
            forked.get(device, 0),
            quarantined.get(device, 0),
            tuple(sorted(findings.get(device, ()))),
        )
        for device in to_come.keys() | quarantined.keys() | findings.keys()
    }


def _by_device(
    db: sa.Connection, table: sa.Table, value: sa.ColumnElement[int], *where: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = sa.select(JOURNAL.c.device, value).join(table, table.c.journal_id == JOURNAL.c.id).where(*where)
    return {device: count for device, count in db.execute(query.group_by(JOURNAL.c.device))}
