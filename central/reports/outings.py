"""Ways to the field that nobody planned, one line each, by date and person."""

import datetime as dt
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.outings import Found, doors_of, found_between
from central.reports.formats import write_rows
from central.rules.day import Tap
from central.store import roster as rosters
from central.store.roster import Roster


class OutingLine(NamedTuple):
    """The names are the columns. sessions: which the way touches and no plan covers, once approved those approved; out,
    back: the taps that end it, "" for none; pressed: at which of them the button was; door, device: where it was
    pressed; state: open, approved or refused; number, by, reason: of the decision."""

    staff: str
    name: str
    date: dt.date
    sessions: str
    out: str
    back: str
    pressed: str
    door: str
    device: str
    state: str
    number: int | str
    by: str
    reason: str


def write(
    db: sa.Connection,
    period: tuple[dt.date, dt.date],
    unit: str | None,
    now_ms: int,
    form: str,
    out: TextIO,
    *,
    decided: bool,
) -> int:
    """Print the open ways of first to last, both included, with `decided` all; returns how many."""
    roster = rosters.load_roster(db)
    found = found_between(db, *period, unit, now_ms, decided=decided)
    return write_rows(OutingLine._fields, [_line(one, roster) for one in found], form, out)


def _line(found: Found, roster: Roster) -> OutingLine:
    way, decision, person = found.way, found.decision, found.known.person
    doors = doors_of(roster, way.taps)
    approved = decision is not None and decision.approved
    return OutingLine(
        person.code,
        person.full_name,
        found.known.day.work_date,
        decision.sessions if decision is not None and approved else " ".join(found.sessions),
        _time(way.out),
        _time(way.back),
        " ".join(dict.fromkeys(tap.outing.value for tap in way.taps)),
        " ".join(doors.values()),
        " ".join(doors),
        "open" if decision is None else "approved" if approved else "refused",
        "" if decision is None else decision.id,
        "" if decision is None else decision.decided_by,
        "" if decision is None else decision.reason,
    )


def _time(tap: Tap | None) -> str:
    return "" if tap is None else f"{tap.at:%H:%M:%S}"
