"""Taps that count for nobody: of badges that nobody held then, or that are lost or blocked."""

from typing import NamedTuple

import sqlalchemy as sa

from central.tables import Badge, Device, Event, Journal

EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
DEVICE: sa.Table = Device.__table__  # type: ignore[attr-defined]
BADGE: sa.Table = Badge.__table__  # type: ignore[attr-defined]


class Stranger(NamedTuple):
    """The taps of one badge at one door, for one reason: unknown (no such badge), lost, blocked, or not_held (known,
    but nobody's at that moment). first_ms, last_ms, times: when, and how often; device: its code, or its id where it is
    not registered."""

    badge: str
    device: str
    first_ms: int
    last_ms: int
    times: int
    reason: str


def strangers(db: sa.Connection) -> list[Stranger]:
    """Every badge that was tapped while nobody held it, by badge, door and reason."""
    e, b = EVENT.c, BADGE.c
    at = sa.func.coalesce(e.time_ms, e.received_ms)
    known = b.number == e.badge
    held = sa.and_(
        known,
        sa.or_(b.valid_from_ms.is_(None), b.valid_from_ms <= at),
        sa.or_(b.valid_to_ms.is_(None), b.valid_to_ms >= at),
    )
    active = sa.exists().where(held, b.state == "active").correlate(EVENT)
    state = sa.select(sa.func.max(b.state)).where(held).correlate(EVENT).scalar_subquery()
    ever = sa.exists().where(known).correlate(EVENT)
    reason = sa.func.coalesce(state, sa.case((ever, "not_held"), else_="unknown"))
    taps = (
        sa.select(e.badge, e.journal_id, at.label("at"), reason.label("reason"))
        .where(e.kind == "punch", e.badge.is_not(None), ~active)
        .subquery()
    )
    name = sa.func.coalesce(DEVICE.c.code, JOURNAL.c.device)
    query = (
        sa.select(taps.c.badge, name, sa.func.min(taps.c.at), sa.func.max(taps.c.at), sa.func.count(), taps.c.reason)
        .join(JOURNAL, JOURNAL.c.id == taps.c.journal_id)
        .outerjoin(DEVICE, DEVICE.c.id == JOURNAL.c.device)
        .group_by(taps.c.badge, name, taps.c.reason)
        .order_by(taps.c.badge, name, taps.c.reason)
    )
    return [Stranger(*row) for row in db.execute(query)]
