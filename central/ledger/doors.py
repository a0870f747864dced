"""What a change of a door's coverage, or time passing, makes stale."""

import datetime as dt
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from central.coverage import DoorFacts, delivered_until, down_of
from central.ledger.gathering import Key
from central.ledger.why import waited_for
from central.moments import DAY_MS, local_date, midnight_ms
from central.store import coverage, duty, verdicts
from central.store import roster as rosters
from central.store.marks import MarkedDoor
from central.store.roster import Roster
from central.store.verdicts import Held, Waiting


def ripe(db: sa.Connection, roster: Roster, waiting: Collection[Waiting]) -> list[Key]:
    """Those verdicts whose instant is passed by every door that they wait for; nobody waits for a retired one."""
    waited = {d for d, door in roster.doors.items() if door.retired_ms is None}
    doors = {w: waited & waited_for(w.why).keys() for w in waiting}
    facts = coverage.delivered(db, {device for found in doors.values() for device in found})

    def passed(w: Waiting) -> bool:
        never_ms = midnight_ms(w.date - dt.timedelta(days=1))
        return all(delivered_until(facts[device], never_ms) > w.recheck_ms for device in doors[w])

    return [(w.staff, w.date) for w in waiting if passed(w)]


def overtaken(db: sa.Connection, roster: Roster, written: Collection[Waiting], now_ms: int) -> set[Key]:
    """Those verdicts whose instant is passed, and of whose doors one has delivered more than was known when they were
    judged: their news came between the judging and the writing."""
    ready = set(ripe(db, roster, [w for w in written if w.recheck_ms < now_ms]))
    late = [w for w in written if (w.staff, w.date) in ready]
    knew = {w: waited_for(w.why) for w in late}
    facts = coverage.delivered(db, {device for doors in knew.values() for device in doors})
    return {(w.staff, w.date) for w in late if any(_told(facts[d], w.date) != at for d, at in knew[w].items())}


def _told(facts: DoorFacts, on: dt.date) -> int | None:
    """Up to when a door has delivered, as `waited_for` gives it."""
    never_ms = midnight_ms(on - dt.timedelta(days=1))
    until = delivered_until(facts, never_ms)
    return None if facts.delivered_ms is None and until == never_ms else until


def doubted(db: sa.Connection, roster: Roster, marks: Iterable[MarkedDoor], now_ms: int) -> set[Key]:
    """The staff-days whose verdict may depend on when these doors were down: only what was held against somebody.

    A day on which the door never was down can only lose a doubt, so then only doubted days are judged again; and those
    that rest on a delivery which was withdrawn since (events were taken away again).
    """
    return {key for mark in marks for key in _doubted_by(db, roster, mark, now_ms)}


def _doubted_by(db: sa.Connection, roster: Roster, mark: MarkedDoor, now_ms: int) -> list[Key]:
    since = max(local_date(mark.since_ms), local_date(now_ms) - dt.timedelta(days=366))
    places = {unit for unit in roster.units if mark.device in roster.workdays.office_doors(unit, local_date(now_ms))}
    places |= {unit for unit in roster.units if mark.device in roster.workdays.office_doors(unit, since)}
    staff = {
        code for on in (since, local_date(now_ms)) for code in rosters.staff_at(db, roster.codes_of(places, on), on)
    }
    if not staff:
        return []
    from_ms, to_ms = midnight_ms(since) - DAY_MS, midnight_ms(local_date(now_ms)) + 2 * DAY_MS
    facts = coverage.door_facts(db, {mark.device}, from_ms, to_ms)[mark.device]
    days = {
        day for interval in down_of(facts) for day in _days(max(interval.from_ms, from_ms), min(interval.to_ms, to_ms))
    }
    held = verdicts.held_against(db, staff, since) + duty.held_against(db, staff, since)
    return [(h.staff, h.date) for h in held if h.checking or h.date in days or _withdrawn(mark.device, facts, h)]


def _withdrawn(device: str, facts: DoorFacts, held: Held) -> bool:
    """Whether the verdict rests on more than the door has delivered by now."""
    if facts.delivered_ms is not None and local_date(facts.delivered_ms) > held.date:
        return False
    had_ms = waited_for(held.why).get(device)
    return had_ms is not None and had_ms > delivered_until(facts, midnight_ms(held.date - dt.timedelta(days=1)))


def _days(from_ms: int, to_ms: int) -> list[dt.date]:
    first, last = local_date(from_ms), local_date(to_ms)
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)] if from_ms < to_ms else []
