"""What devices said of their own working: runs, faults, holes, closures, and up to when they have delivered."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from central.coverage import Closure, DoorFacts, Fault, Hole, JournalFacts, Mended
from central.tables import Device, DeviceState, DoorClosure, Event, Journal, LostSpan
from edge.wire import events as wire

EVENT: sa.Table = Event.__table__  # type: ignore[attr-defined]
JOURNAL: sa.Table = Journal.__table__  # type: ignore[attr-defined]
DEVICE: sa.Table = Device.__table__  # type: ignore[attr-defined]
STATE: sa.Table = DeviceState.__table__  # type: ignore[attr-defined]
CLOSURE: sa.Table = DoorClosure.__table__  # type: ignore[attr-defined]
LOST: sa.Table = LostSpan.__table__  # type: ignore[attr-defined]
_REMARKS = ("fault", "ok", "stop")
_NOTABLE = sa.text("event.kind <> 'punch'")
"""Word for word the condition of the index `event_notable`: without it SQLite reads the whole journal."""


_DEVICES: sa.BindParameter[Any] = sa.bindparam("devices", expanding=True)
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_FROM: sa.BindParameter[Any] = sa.bindparam("from_ms", type_=sa.BigInteger)
_TO: sa.BindParameter[Any] = sa.bindparam("to_ms", type_=sa.BigInteger)


def _runs_query() -> sa.Select[Any]:
    j, e = JOURNAL.c, EVENT.c
    columns = (j.id, j.device, j.journal, j.parent_journal, j.proven_uptime_ms, j.proven_utc_ms)
    start = sa.and_(e.journal_id == j.id, e.seq == 1, e.kind == "start")  # a journal's first event, by its key
    query = sa.select(*columns, e.time_ms.label("started_ms")).select_from(JOURNAL.outerjoin(EVENT, start))
    first, mine = j.first_time_ms, j.device.in_(_DEVICES)
    within = mine & (first > _FROM) & (first <= _TO)
    undated = mine & first.is_(None) & (j.first_seen_ms > _FROM)
    return query.where(j.id.in_(_IDS) | within | undated)


def _neighbours_query() -> sa.Select[Any]:
    """The runs nearest before and after a span by their first known time, and of those without one the last that were
    heard of before it; two each: a clock that is set late dates a run by that moment, and one run at most lasts over
    each end of the span. A door has had thousands of runs: none but these are read."""
    j, door = JOURNAL.c, DEVICE.c.id
    first, seen = j.first_time_ms, j.first_seen_ms
    mine = sa.select(j.id).where(j.device == door).correlate(DEVICE).limit(1)
    parts = (
        mine.where(first <= _FROM).order_by(first.desc()),
        mine.where(first > _TO).order_by(first),
        mine.where(first.is_(None), seen <= _FROM).order_by(seen.desc()),
    )
    columns = [part.offset(number).scalar_subquery() for part in parts for number in (0, 1)]
    return sa.select(*columns).where(door.in_(_DEVICES))


def _last_query() -> sa.Select[Any]:
    j, e = JOURNAL.c, EVENT.c
    other = EVENT.alias()
    newest = sa.select(sa.func.max(other.c.seq)).where(other.c.journal_id == j.id).correlate(JOURNAL).scalar_subquery()
    columns = (j.id, e.kind, e.uptime_ms, e.time_ms, e.uncertainty_ms, e.received_ms)
    there = sa.and_(e.journal_id == j.id, e.seq == newest)
    return sa.select(*columns).select_from(JOURNAL.join(EVENT, there)).where(j.id.in_(_IDS))


def _remarks_query() -> sa.Select[Any]:
    """The keys come from the index alone: asked for the whole rows at once, SQLite prefers to read whole journals."""
    e = EVENT.c
    notable = sa.select(e.journal_id, e.seq).where(e.journal_id.in_(_IDS), e.kind.in_(_REMARKS), _NOTABLE)
    keys = notable.cte("remarks").prefix_with("MATERIALIZED")
    columns = (e.journal_id, e.kind, e.line, e.uptime_ms, e.time_ms, e.received_ms)
    same = sa.and_(e.journal_id == keys.c.journal_id, e.seq == keys.c.seq)
    return sa.select(*columns).select_from(keys.join(EVENT, same)).order_by(e.seq)


# Built once: they are asked for every staff-day, and building costs as much as asking.
_RUNS, _NEIGHBOURS, _LAST, _REMARKED = _runs_query(), _neighbours_query(), _last_query(), _remarks_query()
_SAID = sa.select(STATE.c.device, STATE.c.delivered_until_ms).where(STATE.c.device.in_(_DEVICES))
_CLOSURES = sa.select(
    CLOSURE.c.device, CLOSURE.c.down_from_ms, CLOSURE.c.down_to_ms, CLOSURE.c.reason, CLOSURE.c.doc_no
).where(CLOSURE.c.device.in_(_DEVICES))
_LOST = sa.select(LOST.c.journal_id, LOST.c.first_seq, LOST.c.last_seq).where(LOST.c.journal_id.in_(_IDS))


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest word of a device: whether it is connected, when it was heard, what it has delivered and applied."""

    online: bool
    heard_ms: int
    delivered_ms: int | None
    clock: str
    cfg: int
    version: str
    report: str


def heard(db: sa.Connection) -> dict[str, Heard]:
    """The newest words of all devices that ever spoke."""
    s = STATE.c
    columns = (s.device, s.online, s.heard_ms, s.delivered_until_ms, s.clock, s.cfg, s.version, s.report)
    return {row[0]: Heard(*row[1:]) for row in db.execute(sa.select(*columns))}


def delivered(db: sa.Connection, devices: Collection[str]) -> dict[str, DoorFacts]:
    """Up to when each device has delivered, and the decisions about it; without its runs."""
    if not devices:
        return {}
    asked = {"devices": sorted(devices)}
    said = dict(db.execute(_SAID, asked).all())
    closures: dict[str, list[Closure]] = defaultdict(list)
    for device, from_ms, to_ms, reason, doc_no in db.execute(_CLOSURES, asked):
        closures[device].append(Closure(from_ms, to_ms, reason, doc_no))
    return {d: DoorFacts((), tuple(closures[d]), said.get(d)) for d in devices}


def door_facts(db: sa.Connection, devices: Collection[str], from_ms: int, to_ms: int) -> dict[str, DoorFacts]:
    """All that is known of these devices' coverage between two instants."""
    runs: dict[str, list[Any]] = defaultdict(list)
    for run in _runs(db, devices, from_ms, to_ms):
        runs[run.device].append(run)
    chosen = [run for device in devices for run in _touching(runs[device], from_ms, to_ms)]
    ids = [run.id for run in chosen]
    last = _last_events(db, ids)
    remarks, holes = _remarks(db, ids), _holes(db, ids)
    journals: dict[str, list[JournalFacts]] = defaultdict(list)
    for run in chosen:
        journals[run.device].append(_journal(run, last.get(run.id), remarks[run.id], holes[run.id]))
    return {d: replace(f, journals=tuple(journals[d])) for d, f in delivered(db, devices).items()}


def _runs(db: sa.Connection, devices: Collection[str], from_ms: int, to_ms: int) -> Iterable[Any]:
    """What the span can need of each door's runs."""
    asked = {"devices": sorted(devices), "from_ms": from_ms, "to_ms": to_ms}
    near = {run for row in db.execute(_NEIGHBOURS, asked) for run in row if run is not None}
    return db.execute(_RUNS, {**asked, "ids": sorted(near)})


def _touching(runs: list[Any], from_ms: int, to_ms: int) -> list[Any]:
    """The runs that began in the span, the one before and the one after them, and all of an unknown beginning."""
    known = sorted((r for r in runs if r.started_ms is not None), key=lambda r: r.started_ms)
    before = [r for r in known if r.started_ms <= from_ms][-1:]
    after = [r for r in known if r.started_ms > to_ms][:1]
    within = [r for r in known if from_ms < r.started_ms <= to_ms]
    return before + within + after + [r for r in runs if r.started_ms is None]


def _last_events(db: sa.Connection, ids: Collection[int]) -> dict[int, Any]:
    """The last stored event of each journal, one step down the primary key."""
    return {row.id: row for row in db.execute(_LAST, {"ids": list(ids)})}


def _remarks(db: sa.Connection, ids: Collection[int]) -> dict[int, list[Any]]:
    """Faults, their ends, and stops."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.execute(_REMARKED, {"ids": list(ids)}):
        found[row.journal_id].append(row)
    return found


def _holes(db: sa.Connection, ids: Collection[int]) -> dict[int, list[Hole]]:
    found: dict[int, list[Hole]] = defaultdict(list)
    rows = db.execute(_LOST, {"ids": list(ids)})
    for journal, first, last in rows.all():
        before = (EVENT.c.seq < first, EVENT.c.seq.desc())
        after = (EVENT.c.seq > last, EVENT.c.seq.asc())
        found[journal].append(Hole(*(_neighbour(db, journal, *side) for side in (before, after))))
    return found


def _neighbour(db: sa.Connection, journal: int, side: Any, order: Any) -> int | None:
    query = sa.select(sa.func.coalesce(EVENT.c.time_ms, EVENT.c.received_ms))
    return db.execute(query.where(EVENT.c.journal_id == journal, side).order_by(order).limit(1)).scalar()


def _journal(run: Any, last: Any, remarks: list[Any], holes: list[Hole]) -> JournalFacts:
    read = [(row, wire.decode_event(bytes(row.line)).body) for row in remarks]
    return JournalFacts(
        run.journal,
        run.started_ms,
        _alive_until(run, last),
        first=run.started_ms is not None and run.parent_journal is None,
        stopped=last is not None and last.kind == "stop",
        faults=tuple(Fault(b.code, b.which, _at(row)) for row, b in read if isinstance(b, wire.Fault)),
        mended=tuple(
            Mended(b.code, b.which, _at(row) - max(row.uptime_ms - b.began_uptime_ms, 0), _at(row))
            for row, b in read
            if isinstance(b, wire.Ok)
        ),
        holes=tuple(holes),
    )


def _at(row: Any) -> int:
    return int(row.received_ms if row.time_ms is None else row.time_ms)


def _alive_until(run: Any, last: Any) -> int:
    """The last moment at which the station is known to have worked, rather too early than too late.

    A heartbeat that was fully stored proves its uptime; the last event of the run says which moment that was.
    """
    if last is None:
        return int(run.proven_utc_ms or run.started_ms or 0)
    at = _at(last) - (last.uncertainty_ms or 0)
    if run.started_ms is not None:
        at = max(at, run.started_ms)
    if run.proven_uptime_ms is None or run.proven_uptime_ms <= last.uptime_ms:
        return int(at)
    proven = at + run.proven_uptime_ms - last.uptime_ms
    return int(proven if run.proven_utc_ms is None else max(at, min(proven, run.proven_utc_ms)))
