"""What badges said and when: punches of a span of time, found by badge and time, never by reading everything."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.lines import holds
from central.tables import Event, ForkedEvent, Journal
from central.tables.columns import MS
from edge.wire.events import Punch as Remarked
from edge.wire.events import decode_event

EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
FORK: sa.Table = ForkedEvent.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
_DAY_MS = 86_400_000
_FIELD = b'"field_'
"""How remarks of the field duty button begin in a sealed line."""


class Punch(NamedTuple):
    """A stored punch at its best known time, or (forked) one of several versions of it, or one that cannot be.

    A tuple, because a month has hundreds of thousands."""

    badge: str
    device: str
    journal: str
    seq: int
    time_ms: int
    uncertainty_ms: int
    method: str
    received_ms: int
    forked: bool = False
    set_aside: bool = False
    version: str = ""
    outing: str = ""
    """`out` or `in` where the person pressed "field duty" before it (remarks `field_out`, `field_in`)."""

    @property
    def ref(self) -> str:
        """Its identity at its device, and which version it is where there are several."""
        return f"{self.identity}{self.version and ':' + self.version}"

    @property
    def identity(self) -> str:
        """The event's, whatever its version."""
        return f"{self.journal}:{self.seq}"


class Use(NamedTuple):
    """A badge was used at a device; first and last such time of the stretch that was asked about."""

    badge: str
    device: str
    first_ms: int
    last_ms: int


_BADGES: sa.BindParameter[Any] = sa.bindparam("badges", expanding=True)
_FROM, _TO = sa.bindparam("from_ms", type_=MS), sa.bindparam("to_ms", type_=MS)


def _of_field(line: sa.ColumnElement[bytes]) -> sa.ColumnElement[bytes]:
    """The sealed line where it may say something of field duty: few do, and the others need not be read."""
    return sa.case((holds(line, _FIELD), line))


def _outing(line: bytes | None) -> str:
    """The door's remark about field duty, as the sealed line says it (`Punch.outing`)."""
    body = None if line is None else decode_event(line).body
    remarks = body.remarks if isinstance(body, Remarked) else ()
    return "in" if "field_in" in remarks else "out" if "field_out" in remarks else ""


def _punches() -> sa.Select[Any]:
    e = EVENT.c
    doubted = sa.exists().where(FORK.c.journal_id == e.journal_id, FORK.c.seq == e.seq, FORK.c.decided.is_(None))
    times = (e.time_ms, e.uncertainty_ms, e.method, e.received_ms)
    columns = (
        e.badge,
        JOURNAL.c.device,
        JOURNAL.c.journal,
        e.seq,
        *times,
        doubted.label("forked"),
        e.set_aside,
        _of_field(e.line),
    )
    within = (e.time_ms >= _FROM) & (e.time_ms < _TO)
    query = sa.select(*columns).join(JOURNAL, JOURNAL.c.id == e.journal_id)
    return query.where(e.badge.in_(_BADGES), within, e.kind == "punch")


def _impossible() -> sa.Select[Any]:
    e = EVENT.c
    times = (e.time_ms, e.uncertainty_ms, e.method, e.received_ms)
    query = sa.select(e.badge, JOURNAL.c.device, JOURNAL.c.journal, e.seq, *times)
    received = (e.received_ms >= _FROM) & (e.received_ms < _TO) & (e.time_ms >= _FROM)
    aside = query.join(JOURNAL, JOURNAL.c.id == e.journal_id).where(e.badge.in_(_BADGES), e.set_aside)
    return aside.where(e.kind == "punch", received)


def pressed(db: sa.Connection, badges: Collection[str], from_ms: int, to_ms: int) -> list[tuple[str, int]]:
    """(badge, time_ms) of the punches that may follow a field duty button, versions of an open fork included."""
    asked = {"badges": list(badges), "from_ms": from_ms, "to_ms": to_ms}
    e = EVENT.c
    stored = sa.select(e.badge, e.time_ms).where(e.badge.in_(_BADGES), e.time_ms >= _FROM, e.time_ms < _TO)
    found = [(r.badge, r.time_ms) for r in db.execute(stored.where(e.kind == "punch", holds(e.line, _FIELD)), asked)]
    return found + [(r.badge, r.at_ms) for r in db.execute(_FORKED, asked) if r.line is not None]


# Built once: building them costs as much as asking for one person's punches.
_PUNCHES, _IMPOSSIBLE = _punches(), _impossible()


def punches(db: sa.Connection, badges: Collection[str], from_ms: int, to_ms: int) -> list[Punch]:
    """All punches of these badges from from_ms up to to_ms, those set aside and all open forks included."""
    asked = {"badges": list(badges), "from_ms": from_ms, "to_ms": to_ms}
    rows = db.execute(_PUNCHES, asked).all()
    return [_punch(*row) for row in rows] + [_version(row) for row in db.execute(_FORKED, asked)]


def impossible(db: sa.Connection, badges: Collection[str], from_ms: int, to_ms: int) -> list[Punch]:
    """Punches set aside that were received in this span of time; their own time lies after their receipt."""
    rows = db.execute(_IMPOSSIBLE, {"badges": list(badges), "from_ms": from_ms, "to_ms": to_ms})
    return [_punch(*[*row, False, True]) for row in rows]


def _forked() -> sa.Select[Any]:
    """The other versions; one without a time of its own is placed at its receipt, and may lie a day to either side."""
    f = FORK.c
    at = sa.func.coalesce(f.time_ms, f.received_ms)
    stored = sa.exists().where(EVENT.c.journal_id == f.journal_id, EVENT.c.seq == f.seq, EVENT.c.hash == f.hash)
    query = sa.select(
        f.badge,
        JOURNAL.c.device,
        JOURNAL.c.journal,
        f.seq,
        f.time_ms,
        f.received_ms,
        f.hash,
        at.label("at_ms"),
        _of_field(f.line).label("line"),
    ).join(JOURNAL, JOURNAL.c.id == f.journal_id)
    open_ones = f.badge.in_(_BADGES) & (f.kind == "punch") & f.decided.is_(None) & ~stored
    return query.where(open_ones, at >= _FROM, at < _TO)


_FORKED = _forked()


def _version(row: Any) -> Punch:
    own = row.time_ms is not None
    return Punch(
        row.badge,
        row.device,
        row.journal,
        row.seq,
        row.at_ms,
        0 if own else _DAY_MS,
        "own" if own else "interval",
        row.received_ms,
        forked=True,
        version=row.hash.hex()[:8],
        outing=_outing(row.line),
    )


def _punch(
    badge: str,
    device: str,
    journal: str,
    seq: int,
    time_ms: int,
    uncertainty_ms: int | None,
    method: str | None,
    received_ms: int,
    forked: bool,
    set_aside: bool,
    line: bytes | None = None,
) -> Punch:
    times = (time_ms, uncertainty_ms or 0, method or "", received_ms)
    return Punch(badge, device, journal, seq, *times, bool(forked), bool(set_aside), outing=_outing(line))


def _unrepaired() -> sa.Select[Any]:
    e = EVENT.c
    return sa.select(e.badge).where(e.badge.in_(_BADGES), e.time_ms.is_(None), e.kind == "punch").distinct()


def _uses(*, daily: bool) -> sa.Select[Any]:
    e = EVENT.c
    groups: list[sa.ColumnElement[Any]] = [e.badge, e.journal_id]
    if daily:
        groups.append((e.time_ms + 7 * 3_600_000) // _DAY_MS)
    times = (sa.func.min(e.time_ms).label("first_ms"), sa.func.max(e.time_ms).label("last_ms"))
    grouped = (
        sa.select(e.badge, e.journal_id, *times)
        .where(e.badge.in_(_BADGES), e.time_ms >= _FROM, e.time_ms < _TO)
        .group_by(*groups)
        .subquery()
    )
    query = sa.select(grouped.c.badge, JOURNAL.c.device, grouped.c.first_ms, grouped.c.last_ms)
    return query.join(JOURNAL, JOURNAL.c.id == grouped.c.journal_id)


_UNREPAIRED = _unrepaired()
_USES = {daily: _uses(daily=daily) for daily in (False, True)}


def unrepaired(db: sa.Connection, badges: Collection[str]) -> set[str]:
    """Those of the badges that have punches whose time is still to be worked out."""
    return {str(badge) for badge in db.execute(_UNREPAIRED, {"badges": list(badges)}).scalars()}


def uses(db: sa.Connection, badges: Collection[str], from_ms: int, to_ms: int, *, daily: bool) -> list[Use]:
    """At which devices these badges were used, in the whole stretch or day by day."""
    asked = {"badges": list(badges), "from_ms": from_ms, "to_ms": to_ms}
    return [Use(*row) for row in db.execute(_USES[daily], asked).all()]
