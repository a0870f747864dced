"""Presence at this moment: everybody employed today, by unit, with the age and state of each door."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from central.coverage import DoorFacts, Interval, down_of
from central.ledger.gathering import Known, gather_many
from central.moments import DAY_MS, local_date, moment, ms_of
from central.patience import TERMINAL, patience_with, too_old
from central.presence import (
    DoorNow,
    DoorState,
    Presence,
    Row,
    State,
    UnitPresence,
    leaders_first,
    presence_of,
)
from central.silence import Silence, Silent, why_down, why_silent
from central.store import coverage
from central.store import roster as rosters
from central.store.coverage import Heard
from central.store.roster import Door, Roster

_LAST_RANK = 999


def presence_now(
    db: sa.Connection, now_ms: int, unit: str | None = None, *, roster: Roster | None = None
) -> tuple[UnitPresence, ...]:
    """Each unit's people in order of the units' codes; of one unit and all below it when `unit` is given.

    `roster`: a roster that the caller holds; it has to be of the current version. People without a unit come first,
    under the code "".
    """
    roster = roster or rosters.load_roster(db)
    today = local_date(now_ms)
    keys = ((staff, today) for staff in rosters.employed_on(db, today))
    known = gather_many(db, roster, keys, now_ms, around=dt.timedelta(0))
    wanted = None if unit is None else rosters.units_below(db, unit, today)
    doors = {door.device: door for door in doors_now(db, now_ms, roster=roster)}
    rows: dict[str, list[Row]] = defaultdict(list)
    used: dict[str, set[str]] = defaultdict(set)
    for one in known.values():
        home = "" if one.post is None else one.post.unit
        if wanted is None or home in wanted:
            rows[home].append(_row(one, home, doors, roster, now_ms))
            used[home].update(one.office)
    return tuple(
        UnitPresence(
            code,
            roster.unit_name(code, today),
            tuple(sorted(rows[code], key=leaders_first)),
            tuple(sorted((doors[d] for d in used[code] if d in doors), key=lambda d: d.code)),
        )
        for code in sorted(rows)
    )


def presence_then(
    db: sa.Connection, on: dt.date, moments: Mapping[str, int], now_ms: int, *, roster: Roster | None = None
) -> dict[str, Row]:
    """Where each of these people was at a moment of their own (UTC ms) of the date, by what is known at now_ms."""
    roster = roster or rosters.load_roster(db)
    known = gather_many(db, roster, ((staff, on) for staff in moments), now_ms, around=dt.timedelta(0))
    doors = {door.device: door for door in doors_now(db, now_ms, roster=roster)}
    return {
        staff: _row(one, "" if one.post is None else one.post.unit, doors, roster, moments[staff])
        for (staff, _), one in known.items()
    }


def doors_now(db: sa.Connection, now_ms: int, *, roster: Roster | None = None) -> tuple[DoorNow, ...]:
    """Every registered door in order of its code: whether its data are current, and whether it can record."""
    known = rosters.load_doors(db) if roster is None else roster.doors
    facts = coverage.door_facts(db, known.keys(), now_ms - DAY_MS, now_ms + DAY_MS)
    words = coverage.heard(db)
    return tuple(_door(door, facts[d], words.get(d), now_ms) for d, door in known.items())


def _door(door: Door, facts: DoorFacts, heard: Heard | None, now_ms: int) -> DoorNow:
    until = facts.delivered_ms
    age_s = None if until is None else max(now_ms - until, 0) // 1000
    down = next((i for i in down_of(facts) if i.from_ms <= now_ms < i.to_ms), None)
    if door.retired_ms is not None and door.retired_ms <= now_ms:
        state = DoorState.RETIRED
    elif down is not None:
        state = DoorState.DOWN
    elif age_s is None:
        state = DoorState.NEVER
    else:
        spoke_ms = None if heard is None else heard.heard_ms
        old = too_old(spoke_ms, now_ms - age_s * 1000, now_ms, terminal=door.terminal)
        state = DoorState.OLD if old else DoorState.CURRENT
    silent = _silent(door, state, down, heard, until, now_ms)
    return DoorNow(
        door.device,
        door.code,
        door.unit_on(local_date(now_ms)),
        door.location,
        state,
        heard is not None and heard.online,
        None if heard is None else heard.heard_ms,
        until,
        age_s,
        "" if silent is None else silent.why.value,
        None if silent is None else silent.since_ms,
    )


def _silent(
    door: Door, state: DoorState, down: Interval | None, heard: Heard | None, until: int | None, now_ms: int
) -> Silent | None:
    if state is DoorState.RETIRED:
        return Silent(Silence.RETIRED, door.retired_ms)
    if down is not None:
        return why_down(down.reason, down.from_ms)
    patience = patience_with(terminal=door.terminal)
    known = door.station or door.terminal
    return why_silent(state, heard, until, now_ms, station=known, heard_within=patience.heard)


def _row(one: Known, home: str, doors: Mapping[str, DoorNow], roster: Roster, now_ms: int) -> Row:
    presence = _presence(one, doors, roster, now_ms)
    until = presence.data_until
    age_s = None if until is None or None in one.delivered.values() else max(now_ms - ms_of(until), 0) // 1000
    return Row(
        one.person.code,
        one.person.full_name,
        one.person.name_sort,
        home,
        _LAST_RANK if one.post is None else one.post.rank,
        "" if one.post is None else one.post.position,
        presence,
        _code(doors, presence.device),
        age_s,
        _behind(one, doors) if presence.state is State.UNKNOWN else (),
    )


def _presence(one: Known, doors: Mapping[str, DoorNow], roster: Roster, now_ms: int) -> Presence:
    """Where somebody is, with the patience that each kind of door needs."""
    terminals = {device for device in one.waited if device in roster.doors and roster.doors[device].terminal}
    if not terminals:
        return presence_of(one.day, moment(now_ms))
    old = any(
        too_old(doors[device].heard_ms if device in doors else None, until, now_ms, terminal=device in terminals)
        for device, until in one.delivered.items()
    )
    return presence_of(one.day, moment(now_ms), too_old=old, sure_within=TERMINAL.sure)


def _code(doors: Mapping[str, DoorNow], device: str | None) -> str | None:
    return doors[device].code if device is not None and device in doors else device


def _behind(one: Known, doors: Mapping[str, DoorNow]) -> tuple[str, ...]:
    """The doors because of which nothing can be said."""
    seen: Iterable[str] = dict.fromkeys((*one.waited, *one.office))
    return tuple(doors[d].code for d in seen if d in doors and doors[d].state is not DoorState.CURRENT)
