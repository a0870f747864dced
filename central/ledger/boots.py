"""Working out the times of a boot's events again, and marking what that changes."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from central.ledger.gathering import Key
from central.moments import DAY_MS, local_date
from central.recorded import is_recorded, recorded_times
from central.store import boots, marks, verdicts
from central.store import roster as rosters
from central.store.boots import BootEvent, Retimed
from central.store.engine import Store
from central.store.marks import MarkedBoot
from central.timing import Clock, Stamped, SyncPoint, Timed, repair
from edge.wire.events import ClockSet, decode_event

TRUSTED = frozenset({"ntp"})
"""Sources of a `clock` event that make it a sync point."""
SECOND_MS = 1_000
_CLOCKS: dict[str, Clock] = {"none": "none", "rtc": "rtc", "ntp": "ntp"}


def repair_boot(store: Store, mark: MarkedBoot, now_ms: int) -> int:
    """Work out the boot's times, store those that changed, mark the days and the door they touch; returns how many.

    Reading and working out happen outside the write transaction; a mark that grew meanwhile stays and is done again.
    """
    with store.read() as db:
        events = boots.boot_events(db, mark.device, mark.boot)
        not_before_ms = boots.ended_before(db, mark.device, mark.boot)
    recorded = is_recorded(mark.boot)
    changed = _changed(events, _recorded(events) if recorded else _times(events, not_before_ms))
    with store.write() as db:
        boots.retime(db, [new for _, new in changed])
        _mark(db, mark, changed, now_ms)
        marks.settle_boot(db, mark)
    return len(changed)


def days_of_punches(db: sa.Connection, punches: Iterable[tuple[str, int, int]]) -> set[Key]:
    """The staff-days that punches (badge, time in ms, uncertainty in ms) may touch: of everybody who ever held it.

    A punch before noon may end a night shift: the date before is touched too, if it was ever judged.
    """
    found = list(punches)
    holders: dict[str, set[str]] = defaultdict(set)
    for held in rosters.holders_of(db, {badge for badge, _, _ in found}):
        holders[held.number].add(held.staff)
    days: set[Key] = set()
    nights: set[Key] = set()
    for badge, at_ms, unsure_ms in found:
        first_ms, last_ms = at_ms - min(unsure_ms, DAY_MS), at_ms + min(unsure_ms, DAY_MS)
        night = local_date(first_ms - DAY_MS // 2)
        days |= {(staff, on) for staff in holders[badge] for on in _dates(local_date(first_ms), local_date(last_ms))}
        nights |= {(staff, night) for staff in holders[badge]}
    return days | verdicts.judged(db, nights - days)


def _dates(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _times(events: Sequence[BootEvent], not_before_ms: int | None) -> dict[str, Timed]:
    return repair((_stamped(e) for e in events), _points(events), not_before_ms=not_before_ms)


def _recorded(events: Sequence[BootEvent]) -> dict[str, Timed]:
    """Of a boot that was replayed from a file: what a file says is exact."""
    return recorded_times((_stamped(e) for e in events), _points(events))


def _points(events: Sequence[BootEvent]) -> list[SyncPoint]:
    points = []
    for event in events:
        body = None if event.line is None else decode_event(bytes(event.line)).body
        if isinstance(body, ClockSet) and body.source in TRUSTED:
            points.append(SyncPoint(event.uptime_ms, body.after_ms))
    return points


def _stamped(event: BootEvent) -> Stamped:
    """The event's stamp; a stamp that claims ntp but carries no time is worth as much as none."""
    clock = _CLOCKS.get(event.clock, "none")
    if event.utc_ms is None:
        clock = "none"
    return Stamped(_ref(event), event.uptime_ms, event.utc_ms, clock, event.sync_age_s, event.received_ms)


def _ref(event: BootEvent) -> str:
    return f"{event.journal_id}:{event.seq}"


Change = tuple[BootEvent, Retimed]


def _changed(events: Sequence[BootEvent], times: dict[str, Timed]) -> list[Change]:
    found = []
    for event in events:
        timed = times[_ref(event)]
        new = Retimed(
            event.journal_id, event.seq, timed.best_ms, timed.uncertainty_ms, timed.method.value, timed.set_aside
        )
        if new[2:] != (event.time_ms, event.uncertainty_ms, event.method, event.set_aside):
            found.append((event, new))
    return found


def _mark(db: sa.Connection, mark: MarkedBoot, changed: Sequence[Change], now_ms: int) -> None:
    """The old and the new days of every punch that moved; the door, whose runs and faults moved along."""
    moved = [(event, new) for event, new in changed if _matters(event, new)]
    punches = [
        (event.badge, at_ms, unsure_ms)
        for event, new in moved
        if event.kind == "punch" and event.badge is not None
        for at_ms, unsure_ms in _places(event, new)
    ]
    if punches:
        marks.mark_days(db, days_of_punches(db, punches), now_ms)
    if moved:
        marks.mark_door(db, mark.device, min(at for event, new in moved for at, _ in _places(event, new)))
        marks.mark_boots(db, [(mark.device, boot) for boot in boots.children_boots(db, mark.device, mark.boot)])


def _matters(event: BootEvent, new: Retimed) -> bool:
    """Whether a day has to be judged again: the time moved by more than its uncertainty, or is now surer or less so."""
    if event.time_ms is None or event.set_aside != new.set_aside:
        return True
    if abs((event.uncertainty_ms or 0) - new.uncertainty_ms) >= SECOND_MS:
        return True
    return abs(event.time_ms - new.time_ms) > new.uncertainty_ms


def _places(event: BootEvent, new: Retimed) -> list[tuple[int, int]]:
    """(time, uncertainty) of where the event was, where it is, and, when it cannot be there, its receipt."""
    places = [(new.time_ms, new.uncertainty_ms)]
    if event.time_ms is not None:
        places.append((event.time_ms, event.uncertainty_ms or 0))
    if new.set_aside or event.set_aside:
        places.append((event.received_ms, 0))
    return places
