"""What a report rests on: the documents behind hours, calendar and policies, and the head of the audit log."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from central import heads
from central.store import roster as rosters
from central.store.roster import Roster


@dataclass(frozen=True, slots=True)
class Cited:
    """documents: their numbers; audit_head: of the period's last day, "" = none yet."""

    documents: tuple[str, ...]
    audit_head: str


def documents(roster: Roster, places: Collection[str], dates: Iterable[dt.date]) -> tuple[str, ...]:
    """The numbers of the documents by which people of these units were judged on the dates, each once, sorted."""
    workdays, found, last = roster.workdays, set[str](), None
    for on in dates:
        last = on
        for unit in {workdays.unit_on(place, on) for place in places} - {None}:
            found |= set(workdays.sessions_for(unit or "", on).documents)
    if roster.policies.rows and last is not None:
        paths = (workdays.tree.path(place, last) for place in places)
        found |= {row.doc_no for path in paths for row in roster.policies.rows_on(path, last) if row.doc_no}
    return tuple(sorted(found))


def cite(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None) -> Cited:
    """What a list of the dates, both included, rests on. Documents only of one unit: all of a province say nothing."""
    found: tuple[str, ...] = ()
    if unit is not None:
        dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        found = documents(rosters.load_roster(db), [unit], dates)
    return Cited(found, heads.for_sheet(db, last) or "")
