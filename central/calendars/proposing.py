"""What the `holidays` package believes about a year: a start for the operator, never a fact.

The Government decides late (the swap of 2 January 2026 was approved on 25 December 2025), so nothing proposed here
changes anything until somebody confirms it with the number of the document.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from central.calendars.deciding import CalendarError
from central.clock import Clock
from central.lunar import tet_problem
from central.store import Store, calendar
from central.store import roster as rosters
from central.workdays import CalendarKind, Unit

COUNTRY, LANGUAGE = "VN", "vi"
_SWAPPED = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A day that the library believes to be off, or worked instead of `for_date`."""

    date: dt.date
    kind: CalendarKind
    name: str
    for_date: dt.date | None = None


def believed(year: int) -> list[Proposed]:
    """The library's days of a year, weekends included, in order of date.

    Raises CalendarError where one of them cannot be Tết by the Vietnamese lunar calendar.
    """
    import holidays  # not at the top: only this command needs it, and its data take a while to read

    known = holidays.country_holidays(COUNTRY, years=(year - 1, year, year + 1), observed=True, language=LANGUAGE)
    found: list[Proposed] = []
    for on in sorted(known):
        found += _days(on, "; ".join(known.get_list(on)))
    mine = [day for day in found if day.date.year == year]
    off = {day.date for day in mine if day.kind is CalendarKind.HOLIDAY}
    for day in mine:
        if day.kind is CalendarKind.HOLIDAY and (problem := tet_problem(day.date, day.name, off)):
            raise CalendarError(f"the holidays package is wrong about {year}: {problem}; enter the year by hand")
    return sorted(mine, key=lambda day: (day.date, day.kind))


def _days(on: dt.date, name: str) -> list[Proposed]:
    """One entry of the library: a holiday, or both days of a swap, of which it names the worked one in words."""
    swapped = _SWAPPED.search(name)
    if swapped is None:
        return [Proposed(on, CalendarKind.HOLIDAY, name)]
    day, month, year = (int(number) for number in swapped.groups())
    worked = dt.date(year, month, day)
    made_up = f"Làm bù ngày {on:%d/%m/%Y}"
    return [Proposed(on, CalendarKind.SWAPPED_OFF, name), Proposed(worked, CalendarKind.MAKE_UP, made_up, on)]


def propose(store: Store, clock: Clock, year: int, unit: str | None = None) -> int:
    """Store what is believed about a year as proposals for `unit`; returns how many are new.

    unit: None for the only unit without a parent in that year. Raises CalendarError where there is not exactly one.
    """
    days = believed(year)
    with store.write() as db:
        unit = unit or _root(rosters.load_branches(db), year)
        if unit not in {branch.code for branch in rosters.load_branches(db)}:
            raise CalendarError(f"unit {unit!r} is not known; `diemdanh-central units` lists all")
        known = {(p.date, p.kind, p.for_date, p.unit) for p in calendar.proposals_of_year(db, year)}
        fresh = [day for day in days if (day.date, day.kind.value, day.for_date, unit) not in known]
        calendar.propose(
            db,
            (
                {
                    "year": year,
                    "date": day.date,
                    "kind": day.kind.value,
                    "unit": unit,
                    "session": None,
                    "for_date": day.for_date,
                    "name": day.name,
                    "source": f"holidays {version('holidays')}",
                    "proposed_ms": clock.now_ms(),
                }
                for day in fresh
            ),
        )
    return len(fresh)


def _root(branches: Iterable[Unit], year: int) -> str:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    roots = sorted(
        {b.code for b in branches if not b.parent and (b.valid_from or first) <= last and (b.valid_to or last) >= first}
    )
    if not roots:
        raise CalendarError(f"no unit is valid in {year}, whose calendar it could be; `import DIR` brings units")
    if len(roots) != 1:
        raise CalendarError(f"{year} has several units above all others ({', '.join(roots)}); name one with --unit")
    return roots[0]
