"""A year of the calendar with where each day comes from, and the warnings about years that nobody confirmed."""

import datetime as dt
import logging
from typing import NamedTuple

import sqlalchemy as sa

from central.clock import Clock
from central.moments import local_date, moment
from central.store import Store, calendar
from central.store.calendar import DayRow, DecisionRow, ProposalRow

log = logging.getLogger(__name__)

WARN_FROM_MONTH = 11
"""From 1 November on, the next year should be confirmed."""


class CalendarRow(NamedTuple):
    """A line of `calendar list`: the names are the columns. state: stands, withdrawn, proposed or dismissed."""

    id: str
    date: dt.date
    kind: str
    unit: str
    session: str
    for_date: dt.date | None
    name: str
    doc_no: str
    state: str
    source: str
    decided_by: str
    decided_at: str
    reason: str


def calendar_rows(db: sa.Connection, year: int) -> list[CalendarRow]:
    """The year's days, and the proposals that no day stands for, by date."""
    decided = calendar.decisions(db)
    last = {d.day_id: d for d in decided if d.day_id is not None}  # in order, so the newest one stays
    proposals = {p.id: p for p in calendar.proposals_of_year(db, year)}
    origin = {d.day_id: proposals.get(d.proposal_id or 0) for d in decided if d.action == "confirmed"}
    days = calendar.days_of_year(db, year)
    rows = [_of_day(day, last.get(day.id), origin.get(day.id)) for day in days]
    rows += [_of_proposal(p, _dismissal(decided, p)) for p in open_proposals(db, year, dismissed=True)]
    return sorted(rows, key=lambda row: (row.date, row.unit, row.kind, row.id))


def open_proposals(db: sa.Connection, year: int, *, dismissed: bool = False) -> list[ProposalRow]:
    """The year's proposals for which no day stands; without those that were dismissed, unless asked for."""
    stands = {(d.date, d.kind, d.unit, d.session) for d in calendar.standing(db)}
    refused = set() if dismissed else {d.proposal_id for d in calendar.decisions(db) if d.action == "dismissed"}
    return [
        p
        for p in calendar.proposals_of_year(db, year)
        if (p.date, p.kind, p.unit, p.session) not in stands and p.id not in refused
    ]


def unconfirmed(db: sa.Connection, today: dt.date) -> list[str]:
    """A warning for this year, and from 1 November on for the next one, where its calendar is not confirmed.

    A year without any holiday makes people absent on days off, so this one is warned of all the year round.
    """
    holidays = {day.date.year for day in calendar.standing(db) if day.kind == "holiday"}
    years = [today.year] + ([today.year + 1] if today.month >= WARN_FROM_MONTH else [])
    waiting = {year: len(open_proposals(db, year)) for year in years}
    return [
        f"the calendar of {year} is not confirmed ({count} proposals wait): `calendar propose {year}`, "
        f"`calendar list {year}`, then `calendar confirm` with the number of the Government's document"
        for year, count in waiting.items()
        if count or year not in holidays
    ]


class Reminder:
    """Logs the warnings once a date, for whoever reads a running process's log."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._looked: dt.date | None = None

    def look(self) -> None:
        """Cheap, except at the first call of a date."""
        today = local_date(self._clock.now_ms())
        if today == self._looked:
            return
        with self._store.read() as db:
            warnings = unconfirmed(db, today)
        for warning in warnings:
            log.warning("%s", warning)
        self._looked = today


def _of_day(day: DayRow, last: DecisionRow | None, proposal: ProposalRow | None) -> CalendarRow:
    source = "import" if last is None else ("operator" if proposal is None else proposal.source)
    state = "withdrawn" if last is not None and last.action == "withdrawn" else "stands"
    words = (day.date, day.kind, day.unit, day.session or "", day.for_date, day.name or "", day.doc_no)
    return CalendarRow(str(day.id), *words, state, source, *_decision(last))


def _of_proposal(proposal: ProposalRow, dismissal: DecisionRow | None) -> CalendarRow:
    p = proposal
    state = "proposed" if dismissal is None else "dismissed"
    words = (p.date, p.kind, p.unit, p.session or "", p.for_date, p.name, "")
    return CalendarRow(f"P{p.id}", *words, state, p.source, *_decision(dismissal))


def _dismissal(decided: list[DecisionRow], proposal: ProposalRow) -> DecisionRow | None:
    return next((d for d in decided if d.action == "dismissed" and d.proposal_id == proposal.id), None)


def _decision(last: DecisionRow | None) -> tuple[str, str, str]:
    if last is None:
        return "", "", ""
    return last.decided_by, moment(last.decided_ms).isoformat(timespec="seconds"), last.reason
