"""Hints for an inspection, gathered from stored punches, plans and hours."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.explaining.hinting import sentence, when
from central.explaining.voice import Say
from central.hints import Away, Hint, HintLimits, Seen, find_hints
from central.ledger.gathering import Known, gather_many
from central.moments import local_date, midnight_ms, ms_of
from central.rules.day import PlanKind
from central.store import counting, details, taps
from central.store import roster as rosters
from central.store.roster import Roster
from central.unknown import check_unit

ONE = dt.timedelta(days=1)
AT_ONCE = 400
"""Badges asked for in one query."""
AWAY = frozenset({PlanKind.LEAVE, PlanKind.TRIP, PlanKind.STUDY})


class HintRow(NamedTuple):
    """A line of `hints`: the names are the columns. staff: codes with a space between; at: the (first) moment."""

    kind: str
    at: str
    staff: str
    doors: str
    seconds: int
    times: int
    days: int
    text: str


def hint_rows(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, limits: HintLimits, say: Say, now_ms: int
) -> list[HintRow]:
    """Hints of the dates, both included; of people who are in the unit or below it on some of them.

    Raises UnknownUnitError.
    """
    roster = rosters.load_roster(db)
    if unit is not None:
        check_unit(roster.units, unit, first, last)
    people = counting.people_counted(db)
    chosen = _chosen(db, roster, list(people), first, last, unit)
    seen = list(_seen(db, roster, chosen, first, last))
    away = _away(db, roster, seen, chosen, first, last, now_ms)
    found = find_hints(seen, away, _closing(roster, first, last), limits)
    names = {code: f"{person.name} ({code})" for code, person in people.items()}  # several may have one name
    return [_row(hint, names, say) for hint in found]


def _row(hint: Hint, names: Mapping[str, str], say: Say) -> HintRow:
    return HintRow(
        hint.kind.value,
        when(hint),
        " ".join(hint.staff),
        " ".join(hint.doors),
        hint.seconds,
        hint.times,
        hint.days,
        sentence(hint, names, say),
    )


def _chosen(
    db: sa.Connection, roster: Roster, staff: Sequence[str], first: dt.date, last: dt.date, unit: str | None
) -> set[str]:
    """Everybody, or whoever is in the unit or below it on some of the dates."""
    if unit is None:
        return set(staff)
    branches, posts = rosters.load_branches(db), rosters.posts_of(db, staff)
    found: set[str] = set()
    for on in _days(first, last):
        below = rosters.below(branches, unit, on)
        for code in staff:
            post = roster.post_on(posts.get(code, ()), on)
            if post is not None and post.unit in below:
                found.add(code)
    return found


def _seen(db: sa.Connection, roster: Roster, staff: set[str], first: dt.date, last: dt.date) -> Iterator[Seen]:
    """Punches whose time is known, of whoever held the badge then; what is in doubt as such gives no hint."""
    holdings = defaultdict(list)
    for held in rosters.holdings_of(db, staff):
        if held.active:
            holdings[held.number].append(held)
    numbers = sorted(holdings)
    from_ms, to_ms = midnight_ms(first), midnight_ms(last + ONE)
    for start in range(0, len(numbers), AT_ONCE):
        for punch in taps.punches(db, numbers[start : start + AT_ONCE], from_ms, to_ms):
            holder = next((h for h in holdings[punch.badge] if h.at(punch.time_ms)), None)
            if holder is not None and not punch.forked and not punch.set_aside:
                door = roster.doors.get(punch.device)
                on = local_date(punch.time_ms)
                code, place = (punch.device, "") if door is None else (door.code, door.unit_on(on) or "")
                yield Seen(holder.staff, punch.badge, code, place, punch.time_ms, punch.uncertainty_ms)


def _away(
    db: sa.Connection,
    roster: Roster,
    seen: Sequence[Seen],
    staff: set[str],
    first: dt.date,
    last: dt.date,
    now_ms: int,
) -> list[Away]:
    """Sessions under leave, trip or study of whoever tapped on that date."""
    on_dates = {(s.staff, local_date(s.at_ms)) for s in seen}
    leave = details.leave_dates(db, first, last)
    known = gather_many(db, roster, sorted(key for key in on_dates if key in leave), now_ms)
    return [stretch for (code, _), one in known.items() if code in staff for stretch in _stretches(one)]


def _stretches(known: Known) -> Iterator[Away]:
    day = known.day
    for session in day.sessions:
        if any(plan.kind in AWAY and plan.covers(session) for plan in day.plans):
            yield Away(known.person.code, ms_of(session.start), ms_of(session.end))


def _closing(roster: Roster, first: dt.date, last: dt.date) -> dict[str, list[int]]:
    """The ends of sessions at each door, by the hours of its unit."""
    found: dict[str, list[int]] = defaultdict(list)
    for door in roster.doors.values():
        for on in _days(first, last):
            unit = door.unit_on(on)
            if unit is not None:
                found[door.code] += [ms_of(s.end) for s in roster.workdays.sessions_for(unit, on).sessions]
    return found


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
