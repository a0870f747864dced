"""Which staff-days a change of the roster touches: those on which it says something else about the person than before.

Whoever stores facts marks these days in the same transaction. Only judged days are looked at: a day that was never
judged is opened with all its facts.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Any

import sqlalchemy as sa

from central.ledger.gathering import Key
from central.moments import DAY_MS, local_date
from central.store import roster as rosters
from central.store import verdicts
from central.store.roster import Post, Roster

ONE = dt.timedelta(days=1)
GROUP = 500
"""People whose posts are read in one query."""
_EVER = (dt.date.min + ONE, dt.date.max - ONE)


def days_of_staff(db: sa.Connection, staff: Collection[str], first: dt.date | None, last: dt.date | None) -> set[Key]:
    """What leave, field duty, a manual entry or employment of these people touches: their judged days of the period
    (both ends included, None without limit)."""
    return verdicts.judged_between(db, staff, first or _EVER[0], last or _EVER[1])


def days_of_badge(db: sa.Connection, number: str, from_ms: int | None, to_ms: int | None) -> set[Key]:
    """What a change of who holds a badge between two instants touches: the judged days of everybody who ever held it,
    from the day before (a tap may end a night shift) to the period's last. Call it with the old and the new holder
    stored, or once before and once after."""
    staff = {held.staff for held in rosters.holders_of(db, [number])}
    first = None if from_ms is None else local_date(from_ms - DAY_MS)
    return days_of_staff(db, staff, first, None if to_ms is None else local_date(to_ms))


def days_of_slot(staff: str, on: dt.date) -> set[Key]:
    """What a duty slot touches: the day of whoever has to come, judged or not. A stand-in's taps are read with it."""
    return {(staff, on)}


def days_of_roster(db: sa.Connection, before: Roster, after: Roster, first: dt.date, last: dt.date) -> set[Key]:
    """What other units, hours, calendar days or doors touch: the judged days of the period on which a person's own
    sessions, those of the days beside it, or the doors are others than before."""
    seen = _Seen(before, after)
    days = sorted(verdicts.judged_between(db, None, first, last))
    staff = sorted({code for code, _ in days})
    posts: dict[str, list[Post]] = {}
    for start in range(0, len(staff), GROUP):
        posts |= rosters.posts_of(db, staff[start : start + GROUP])
    return {(code, on) for code, on in days if seen.differs(posts.get(code, ()), on)}


class _Seen:
    """What two rosters say about a post on a date; a whole office shares the answers."""

    def __init__(self, before: Roster, after: Roster) -> None:
        self._rosters = (before, after)
        self._same: dict[tuple[Any, str, dt.date], bool] = {}

    def differs(self, posts: Iterable[Post], on: dt.date) -> bool:
        old, new = (roster.post_on(posts, on) for roster in self._rosters)
        if old != new:
            return True
        if new is None:
            return False
        return not (self._unchanged(_says, new.workplace, on) and self._unchanged(_doors, new.unit, on))

    def _unchanged(self, asked: Callable[[Roster, str, dt.date], Any], unit: str, on: dt.date) -> bool:
        key = (asked, unit, on)
        if key not in self._same:
            old, new = (asked(roster, unit, on) for roster in self._rosters)
            self._same[key] = old == new
        return self._same[key]


def _says(roster: Roster, unit: str, on: dt.date) -> tuple[Any, ...]:
    workdays = roster.workdays
    here = workdays.sessions_for(unit, on)
    beside = (workdays.sessions_for(unit, on - ONE).sessions[-1:], workdays.sessions_for(unit, on + ONE).sessions[:1])
    return here, beside, workdays.office_doors(unit, on), roster.policy_on(unit, on)


def _doors(roster: Roster, unit: str, on: dt.date) -> frozenset[str]:
    """The doors of the home unit are waited for, even where somebody works elsewhere."""
    return roster.workdays.office_doors(unit, on)
