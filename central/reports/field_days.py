"""Field duty of a period: what was planned, whether somebody confirmed it, and what nobody planned but was approved."""

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa

from central.reports.staff import posts_on
from central.rules.halves import AFTERNOON, MORNING
from central.store import afield, outings, verdicts
from central.store import roster as rosters
from central.store.details import names_of
from central.store.verdicts import DayRow


class FieldLine(NamedTuple):
    """A session in the field: the names are the columns. planned: yes, or no where it was pressed at a door and
    approved afterwards; confirmed_by: who confirmed or approved it, "" = nobody yet; outcome: the session's verdict, ""
    = none yet."""

    date: dt.date
    staff: str
    name: str
    unit: str
    session: str
    place: str
    purpose: str
    planned: str
    confirmed_by: str
    outcome: str


def field_lines(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, staff: str | None = None
) -> list[FieldLine]:
    """The dates' field duty, by date and name. unit: of whoever belonged to it or one below it on the date."""
    planned = [
        FieldLine(p.date, p.staff, p.name, "", p.session, p.place, p.purpose, "yes", p.confirmed_by or "", "")
        for p in afield.planned_between(db, first, last, staff)
    ]
    found = _located(db, [*planned, *_unplanned(db, first, last, staff)])
    if unit is not None:
        branches = rosters.load_branches(db)
        below = {on: rosters.below(branches, unit, on) for on in {line.date for line in found}}
        found = [line for line in found if line.unit in below[line.date]]
    return sorted(_judged(db, found), key=lambda line: (line.date, line.unit, line.name, line.staff, line.session))


def _unplanned(db: sa.Connection, first: dt.date, last: dt.date, staff: str | None) -> list[FieldLine]:
    rows = [row for row in outings.approved_between(db, first, last) if staff is None or row.staff == staff]
    names = names_of(db, {row.staff for row in rows} | {row.decided_by for row in rows})
    return [
        FieldLine(
            row.date, row.staff, names.get(row.staff, row.staff), "", session, row.place, row.reason, "no",
            names.get(row.decided_by, row.decided_by), "",
        )
        for row in rows for session in row.sessions.split()
    ]  # fmt: skip


def _located(db: sa.Connection, lines: list[FieldLine]) -> list[FieldLine]:
    roster = rosters.load_roster(db)
    found = []
    for on in sorted({line.date for line in lines}):
        here = [line for line in lines if line.date == on]
        posts = posts_on(db, roster, sorted({line.staff for line in here}), on)
        for line in here:
            post = posts.get(line.staff)
            found.append(line._replace(unit=post.unit if post else rosters.NO_UNIT))
    return found


def _judged(db: sa.Connection, lines: list[FieldLine]) -> list[FieldLine]:
    days = verdicts.stored(db, {(line.staff, line.date) for line in lines})
    return [line._replace(outcome=_outcome(days.get((line.staff, line.date)), line.session)) for line in lines]


def _outcome(day: DayRow | None, session: str) -> str:
    """The verdict of a session by its name, or by the half of the day that it is."""
    sessions = () if day is None else day.sessions
    halves = {MORNING: sessions[:1], AFTERNOON: sessions[1:2]}
    found = [s for s in sessions if s.session == session] or list(halves.get(session, ()))
    return found[0].outcome if found else ""
