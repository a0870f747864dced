"""Calendar days of an office folder: what stands is a matter of decisions, of which an import is one. Nothing goes."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from central.roster.office import Office
from central.store import calendar
from central.store.calendar import DayRow
from central.store.imports import IMPORT, Change, Row

_COLUMNS = ("date", "kind", "unit", "session", "doc_no", "for_date", "name")


def sync_calendar(db: sa.Connection, office: Office, units: Collection[str], now_ms: int, *, keep: bool) -> Change:
    """Let the folder's days stand, and those of its units stand no more that an import brought and this one leaves out.

    A day that a person decided about stays as decided; a day of the folder that a person withdrew is noted.
    """
    wanted = {tuple(line[name] for name in _COLUMNS): line for line in office.of("calendar")}
    decided = calendar.decisions(db)
    by_people = {d.day_id for d in decided if d.decided_by != IMPORT}
    stands = calendar.standing(db)
    gone = [
        day for day in stands if not keep and day.id not in by_people and day.unit in units and _key(day) not in wanted
    ]
    for day in gone:
        calendar.decide(db, _decision(day.id, now_ms))
    known = {_key(day) for day in stands}
    refused = {_key(day) for day in _withdrawn(db, by_people, stands)}
    fresh: list[Row] = []
    for key, line in wanted.items():
        if key in refused - known:
            office.notes.append(f"calendar.csv:{line.number}: {key[0]} was withdrawn by hand and stays withdrawn")
        elif key not in known:
            fresh.append(dict(zip(_COLUMNS, key, strict=True)))
            calendar.add_day(db, fresh[-1])
    return Change(tuple(fresh), tuple({name: getattr(day, name) for name in _COLUMNS} for day in gone))


def _key(day: DayRow) -> tuple[Any, ...]:
    return tuple(getattr(day, name) for name in _COLUMNS)


def _withdrawn(db: sa.Connection, by_people: Collection[int | None], stands: Collection[DayRow]) -> list[DayRow]:
    standing = {day.id for day in stands}
    every = calendar.days(db, [number for number in by_people if number is not None])
    return [day for day in every if day.id not in standing]


def _decision(day_id: int, now_ms: int) -> dict[str, Any]:
    return {
        "action": "withdrawn",
        "day_id": day_id,
        "proposal_id": None,
        "decided_by": IMPORT,
        "reason": "not in calendar.csv any more",
        "decided_ms": now_ms,
    }


def dates(change: Change) -> set[dt.date]:
    """The dates on which the calendar says something else."""
    return {row["date"] for row in change.rows}
