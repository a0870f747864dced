"""What of a unit's month is not decided yet, and its list for whoever wants to sign: alike days of alike people in one
line."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central.sheets import Span
from central.store import faults, marks
from central.store import roster as rosters
from central.store.roster import Roster
from central.store.verdicts import DayRow, Key

NAMED = 5
"""How many people of one line are named."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, order=True)
class Open:
    """Something of a month that is not decided. what: pending, needs_checking, not judged, to be judged again, or set
    aside; session: empty for the whole day."""

    staff: str
    date: dt.date
    session: str
    what: str


def open_items(db: sa.Connection, members: set[Key], dates: Span, days: Iterable[DayRow]) -> list[Open]:
    """What is not decided, by person, date and session. members: whose month it is on which dates."""
    judged = {(day.staff, day.date): day for day in days}
    wanted = members | judged.keys()
    found = [Open(staff, on, "", "not judged") for staff, on in wanted - judged.keys()]
    found += [Open(*key, "", "to be judged again") for key in marks.marked_days(db, dates.first, dates.last) & wanted]
    found += [Open(*key, "", "set aside") for key in faults.unjudged_days(db, dates.first, dates.last) & wanted]
    found += [item for day in judged.values() for item in _sessions(day)]
    return sorted(set(found))


def members(db: sa.Connection, roster: Roster, unit: str, dates: Span) -> set[Key]:
    """Whose home unit lay in the subtree on which dates."""
    branches = rosters.load_branches(db)
    found: set[Key] = set()
    for on in (dates.first + dt.timedelta(days=n) for n in range((dates.last - dates.first).days + 1)):
        below, employed = rosters.below(branches, unit, on), rosters.employed_on(db, on)
        posts = rosters.posts_of(db, employed)
        at_home = ((staff, roster.post_on(posts.get(staff, ()), on)) for staff in employed)
        found |= {(staff, on) for staff, post in at_home if post is not None and post.unit in below}
    return found


def listed(found: Iterable[Open]) -> list[str]:
    """`CB0001: 12 days pending (1-12 Nov)`; who has the same open on the same dates shares the line."""
    alike: dict[tuple[str, str], dict[dt.date, str]] = defaultdict(dict)
    for item in sorted(found):
        dates = alike[item.staff, item.what]
        dates[item.date] = " ".join(word for word in (dates.get(item.date, ""), item.session) if word)
    people: dict[tuple[str, tuple[tuple[dt.date, str], ...]], list[str]] = defaultdict(list)
    for (staff, what), dates in alike.items():
        people[what, tuple(dates.items())].append(staff)
    return [f"{_named(who)}: {_days(days)} {what} ({_ranges(days)})" for (what, days), who in people.items()]


def _sessions(day: DayRow) -> Iterator[Open]:
    """The open sessions of a day; the whole day where all of several are open alike."""
    open_ones = [(s.session, what) for s in day.sessions if (what := _undecided(s.outcome, s.flags))]
    alike = {what for _, what in open_ones}
    if len(alike) == 1 and len(open_ones) == len(day.sessions) > 1:
        open_ones = [("", alike.pop())]
    return (Open(day.staff, day.date, session, what) for session, what in open_ones)


def _undecided(outcome: str, flags: str) -> str:
    if outcome == "pending":
        return "pending"
    return "needs_checking" if "needs_checking" in flags.split() else ""


def _named(people: Sequence[str]) -> str:
    more = f" and {len(people) - NAMED} more" if len(people) > NAMED else ""
    return ", ".join(people[:NAMED]) + more


def _days(days: Sequence[tuple[dt.date, str]]) -> str:
    return "1 day" if len(days) == 1 else f"{len(days)} days"


def _ranges(days: Sequence[tuple[dt.date, str]]) -> str:
    """`1-12 Nov, 15 Nov AM`: dates that follow each other and have the same sessions open, in one."""
    runs: list[tuple[dt.date, dt.date, str]] = []
    for on, sessions in days:
        if runs and (runs[-1][1] + dt.timedelta(days=1), runs[-1][2]) == (on, sessions):
            runs[-1] = (runs[-1][0], on, sessions)
        else:
            runs.append((on, on, sessions))
    return ", ".join(_range(*run) for run in runs)


def _range(first: dt.date, last: dt.date, sessions: str) -> str:
    dates = f"{first.day}" if first == last else f"{first.day}-{last.day}"
    return " ".join(word for word in (dates, MONTHS[first.month - 1], sessions) if word)
