"""From the database to a timesheet: whose it is, their cells signed or judged, and what stands around them."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central import heads
from central.errors import MonthError
from central.moments import local_date, moment
from central.months import span as span_of_month
from central.reports.citing import documents
from central.reports.timesheet.cells import Signs, sign_of
from central.reports.timesheet.forms import FORMS
from central.reports.timesheet.layout import (
    Change,
    DayHead,
    Grid,
    Member,
    Signed,
    StillOpen,
    Timesheet,
    lay_out,
)
from central.reports.timesheet.whose import Ground, Memory, Whose, ground_of
from central.store import faults, grid, marks, months
from central.store.grid import Cell
from central.unknown import check_unit

PART = 40
"""People of one part, where a sheet is shown in parts."""
Tell = Callable[[int, int], None]
"""Hears how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sheet. layout: a key of FORMS; staff: only this person's line, "" = everybody's; part: 1, 2 ..., 0 = the
    whole sheet."""

    month: str
    unit: str
    layout: str = "c01a"
    staff: str = ""
    part: int = 0


class PartError(MonthError):
    """A part of a sheet that there is not."""


def gather(
    db: sa.Connection,
    asked: Asked,
    now_ms: int,
    tell: Tell = lambda done, of: None,
    memory: Memory | None = None,
) -> Timesheet:
    """The sheet, or the part of it, as it is at this moment. memory: of whoever asks often. Raises MonthError,
    UnknownUnitError."""
    if asked.layout not in FORMS:
        raise MonthError(f"there is no layout {asked.layout!r}; choose one of {', '.join(FORMS)}")
    span = span_of_month(asked.month)
    memory = memory or Memory()
    ground = ground_of(db, memory.roster(db), asked.month, asked.unit, span)
    check_unit(ground.roster.units, asked.unit, span.first, span.last)
    everybody = memory.people(db, ground, asked.staff or None)
    parts = max(-(-len(everybody) // PART), 1) if asked.part else 1
    if asked.part > parts:
        raise PartError(f"this sheet has {parts} parts, not {asked.part}; ask for part 1 to {parts}")
    first = (asked.part - 1) * PART if asked.part else 0
    shown = everybody[first : first + PART] if asked.part else everybody
    return _Gathering(db, ground, asked, shown, now_ms, tell).timesheet(first + 1, parts)


class _Gathering:
    """One sheet while it is gathered."""

    def __init__(
        self, db: sa.Connection, ground: Ground, asked: Asked, shown: Sequence[Whose], now_ms: int, tell: Tell
    ) -> None:
        self._db, self._ground, self._asked, self._shown = db, ground, asked, shown
        self._now_ms, self._tell = now_ms, tell
        # Asking for everybody's rows is cheaper than naming thousands of people.
        self._only = {one.staff for one in shown} if asked.part or asked.staff else None

    def timesheet(self, first_number: int, parts: int) -> Timesheet:
        """The sheet around its grid. first_number: of the first row; parts: how many there are."""
        ground, asked, form = self._ground, self._asked, FORMS[self._asked.layout]
        symbols = ground.roster.symbols
        shown = lay_out(
            form, self._day_heads(), self._members(), lambda sign: symbols.find(sign, ground.path), first_number
        )
        above = ground.path[1] if len(ground.path) > 1 else ""
        return Timesheet(
            asked.layout,
            form,
            asked.month,
            asked.unit,
            ground.roster.unit_name(asked.unit, ground.named_on),
            ground.roster.unit_name(above, ground.named_on) if above else "",
            shown,
            self._signature(),
            () if ground.whole else tuple(sheet.unit for sheet in self._parts_signed()),
            () if ground.whole else tuple(self._open(shown)),
            tuple(self._changes()),
            self._documents(),
            heads.for_sheet(self._db, ground.span.last) or "",
            f"{moment(self._now_ms):%H:%M %d/%m/%Y}",
            asked.part or 1,
            parts,
        )

    # --- cells ---

    def _members(self) -> Iterator[Member]:
        cells = self._cells()
        empty: tuple[Signs, ...] = ((),) * len(self._ground.dates)
        known: dict[Signs, Signs] = {}
        for one in self._shown:
            days = cells.pop(one.staff, None)
            made = empty if days is None else tuple(known.setdefault(signs, signs) for signs in map(_ordered, days))
            yield Member(one.staff, one.name, one.position, made)

    def _cells(self) -> dict[str, list[list[tuple[int, str]]]]:
        """By person, a list a day of (place in the day, sign)."""
        ground, count = self._ground, len(self._ground.dates)
        found: dict[str, list[list[tuple[int, str]]]] = {one.staff: [] for one in self._shown}
        of, first = max(len(found) * count * 2, 1), ground.span.first.toordinal()
        done = 0
        for cell in self._counting():
            days = found.get(cell.staff)
            if days is not None:
                if not days:
                    days += ([] for _ in range(count))
                days[cell.date.toordinal() - first].append((cell.position, sign_of(*cell[4:])))
            done += 1
            if not done % grid.PIECE:
                self._tell(min(done, of), of)
        self._tell(of, of)
        return {staff: days for staff, days in found.items() if days}

    def _counting(self) -> Iterator[Cell]:
        """The signed lines where a sheet answers for the person and date, else the verdicts of now."""
        ground, first = self._ground, self._ground.span.first.toordinal()
        answered: set[tuple[str, dt.date]] = set()
        for cell in self._signed_cells():
            answered.add((cell.staff, cell.date))
            if cell.unit in ground.subtrees[cell.date.toordinal() - first]:
                yield cell
        if ground.whole is not None:
            return
        for cell in grid.judged(self._db, *ground.span, self._only):
            day = cell.date.toordinal() - first
            theirs = cell.unit in ground.subtrees[day] and cell.unit not in ground.signed[day]
            if theirs and (cell.staff, cell.date) not in answered:
                yield cell

    def _signed_cells(self) -> Iterator[Cell]:
        sheets = [sheet.id for sheet in self._ground.sheets]
        return grid.signed(self._db, sheets, *self._ground.span, self._only) if sheets else iter(())

    def _day_heads(self) -> list[DayHead]:
        return [DayHead(on, _is_off(self._ground, on)) for on in self._ground.dates]

    # --- around the grid ---

    def _signature(self) -> Signed | None:
        sheet = self._ground.whole
        if sheet is None:
            return None
        return Signed(
            sheet.unit, sheet.signed_by, sheet.doc_no, f"{moment(sheet.signed_ms):%H:%M %d/%m/%Y}", sheet.digest
        )

    def _parts_signed(self) -> Iterator[months.Sheet]:
        return (sheet for sheet in self._ground.sheets if sheet.unit in self._ground.codes)

    def _open(self, shown: Grid) -> Iterator[StillOpen]:
        yield from _tallied("pending", {row.staff: row.open for row in shown.rows})
        yield from _tallied("needs_checking", {row.staff: row.checking for row in shown.rows})
        until = min(self._ground.span.last, local_date(self._now_ms))
        yield from _tallied("not judged", self._not_judged(until))
        waiting = marks.marked_days(self._db, *self._ground.span)
        yield from _tallied("to be judged again", self._among(waiting))
        yield from _tallied("set aside", self._among(faults.unjudged_days(self._db, *self._ground.span)))

    def _not_judged(self, until: dt.date) -> dict[str, int]:
        """Days up to a date without any verdict, by person. Those of signed parts were somebody else's to sign."""
        passed = (until - self._ground.span.first).days
        if passed < 0:
            return {}
        judged = grid.days_judged(self._db, self._ground.codes, self._ground.span.first, until, self._only)
        due = {one.staff: sum(day <= passed for day in one.days or ()) for one in self._shown}
        return {staff: max(days - judged.get(staff, 0), 0) for staff, days in due.items()}

    def _among(self, days: Collection[tuple[str, dt.date]]) -> Counter[str]:
        theirs = {one.staff: one.days or frozenset() for one in self._shown}
        first = self._ground.span.first
        return Counter(staff for staff, on in days if (on - first).days in theirs.get(staff, ()))

    def _changes(self) -> Iterator[Change]:
        names = {one.staff: one.name for one in self._shown}
        for found in months.adjustments_in(self._db, self._asked.month):
            if found.withdrawn_ms is None and found.staff in names:
                yield Change(
                    found.staff, names[found.staff], found.date, found.session,
                    found.before.symbol, found.after.symbol, found.reason,
                )  # fmt: skip

    def _documents(self) -> tuple[str, ...]:
        """Those behind hours, calendar and policies of the people shown."""
        places = frozenset({self._ground.unit}).union(*(one.workplaces for one in self._shown))
        return documents(self._ground.roster, places, self._ground.dates)


def _ordered(signs: list[tuple[int, str]]) -> Signs:
    return tuple(sign for _, sign in sorted(signs)) if len(signs) > 1 else tuple(sign for _, sign in signs)


def _is_off(ground: Ground, on: dt.date) -> bool:
    """Nobody's working day by the unit's hours; by the week where it has none of its own."""
    workdays = ground.roster.workdays
    if not workdays.announced(ground.unit, on):
        return on.weekday() >= 5
    day = workdays.sessions_for(ground.unit, on)
    return not day.sessions or any(plan.session is None for plan in day.holidays)


def _tallied(what: str, by_person: dict[str, int]) -> Iterator[StillOpen]:
    counts = [count for count in by_person.values() if count]
    if counts:
        yield StillOpen(what, sum(counts), len(counts))
