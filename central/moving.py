"""A door moves to another unit on a date: the past stays the old unit's, and what rests on it is judged again."""

import datetime as dt

from central import enrol
from central.errors import CentralError
from central.ledger.touched import days_of_roster
from central.store import Store, calendar, decisions, fleet, marks
from central.store import roster as rosters
from central.store.decisions import Decision
from central.store.moves import MOVED, Move, moves


class MoveError(CentralError, ValueError):
    """A door cannot move like this; the message says what stands against it."""


def move_device(store: Store, code: str, unit: str, on: dt.date, why: str, by: str, now_ms: int) -> int:
    """From `on` on the door is `unit`'s, with the configuration of that unit from that date; returns how many judged
    staff-days are judged again. why: a document or a reason. Raises MoveError, UnknownUnitError, UnknownDeviceError."""
    row = enrol.device_of(store, code)
    if row.revoked_ms is not None or row.retired_ms is not None:
        raise MoveError(
            f"{code} is revoked or no longer in use; `enrol open` lets another station in at the other unit"
        )
    with store.write() as db:
        enrol.check_unit(db, unit)
        before = rosters.load_roster(db)
        door = before.doors[row.id]
        last = moves(db).get(row.id, ())[-1:]
        if last and on <= last[0].on:
            raise MoveError(f"{code} has moved on {last[0].on} already; a move lies after the one before it")
        if door.unit == unit:
            raise MoveError(f"{code} is at {unit} already")
        decisions.record(db, Decision(row.id, MOVED, Move(on, door.unit, unit).detail, why, by, now_ms))
        fleet.move(db, row.id, unit)
        period = calendar.judged_period(db)
        touched = days_of_roster(db, before, rosters.load_roster(db), *period) if period is not None else set()
        marks.mark_days(db, touched, now_ms)
    return len(touched)
