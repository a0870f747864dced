"""The timesheet as a value: rows of cells, totals that equal them, the legend, and what stands around the grid. Pure.

Whatever is shown (page, xlsx, PDF, CSV) shows this value and works nothing out by itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from central.reports.timesheet.cells import CHECKING, OPEN, Signs, counted, text_of, undecided
from central.reports.timesheet.forms import Column, Form, Pay, pay_of
from central.rules.symbols import Symbol

Meaning = Callable[[str], Symbol | None]
"""What a sign means to the sheet's unit."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's month as it was judged or signed. cells: one a day of the month."""

    staff: str
    name: str
    position: str
    cells: tuple[Signs, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the sheet. cells: what each shows; totals: half-days, one a column; open, checking: half-days that are
    not decided."""

    number: int
    staff: str
    name: str
    position: str
    cells: tuple[str, ...]
    totals: tuple[int, ...]
    open: int = 0
    checking: int = 0


@dataclass(frozen=True, slots=True)
class DayHead:
    """A day of the month. off: a weekend or holiday, shaded."""

    on: date
    off: bool


@dataclass(frozen=True, slots=True)
class LegendLine:
    """A sign that stands on the sheet, and what it means."""

    sign: str
    vi: str
    en: str

    def says(self, language: str) -> str:
        """The meaning in a language."""
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True, slots=True)
class Grid:
    """The table. columns: of totals; sums: half-days, one a column, over all rows."""

    days: tuple[DayHead, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sums: tuple[int, ...]
    legend: tuple[LegendLine, ...]


_MARKS = (
    (OPEN, LegendLine(OPEN, "Chưa kết luận, chờ dữ liệu", "Not decided yet")),
    (CHECKING, LegendLine(CHECKING, "Cần xác minh", "Needs checking")),
)


def lay_out(
    form: Form,
    days: Sequence[DayHead],
    members: Iterable[Member],
    meaning: Meaning,
    first_number: int = 1,
    tell: Callable[[int], None] = lambda _: None,
) -> Grid:
    """The grid of a form. members: in the order of the sheet; first_number: of the first row, where the sheet is shown
    in parts; tell: hears how many people are done."""
    people = list(members)
    counts = []
    for number, member in enumerate(people):
        counts.append(counted(member.cells))
        if number % 100 == 99:
            tell(number + 1)
    signs = sorted(set[str]().union(*counts))
    pays = {sign: pay_of(sign, meaning(sign)) for sign in signs}
    columns = form.columns_for(frozenset(pays.values()))
    rows = tuple(
        _row(number, member, count, columns, pays)
        for number, (member, count) in enumerate(zip(people, counts, strict=True), start=first_number)
    )
    sums = tuple(sum(row.totals[place] for row in rows) for place in range(len(columns)))
    return Grid(tuple(days), columns, rows, sums, _legend(signs, rows, meaning))


def _row(number: int, member: Member, count: Counter[str], columns: Sequence[Column], pays: dict[str, Pay]) -> Row:
    totals = tuple(sum(n for sign, n in count.items() if pays[sign] in column.pays) for column in columns)
    cells = tuple(text_of(signs) for signs in member.cells)
    return Row(number, member.staff, member.name, member.position, cells, totals, *undecided(member.cells))


def _legend(signs: Sequence[str], rows: Sequence[Row], meaning: Meaning) -> tuple[LegendLine, ...]:
    told = []
    for sign in signs:
        found = meaning(sign)
        told.append(LegendLine(sign, found.name_vi if found else sign, found.name_en if found else sign))
    shown = {OPEN: any(row.open for row in rows), CHECKING: any(row.checking for row in rows)}
    return (*told, *(line for mark, line in _MARKS if shown[mark]))


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of a month. unit: whose sheet was signed, the one shown or one above it; at: local, as text."""

    unit: str
    by: str
    doc_no: str
    at: str
    digest: str


@dataclass(frozen=True, slots=True)
class StillOpen:
    """What of a draft is not decided: half-days (or days) and of how many people. what: pending, needs_checking, not
    judged, to be judged again, set aside."""

    what: str
    count: int
    people: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is listed in this month for a month that was signed before."""

    staff: str
    name: str
    on: date
    session: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Timesheet:
    """A month of a unit and all below it. layout: key of FORMS; office: the unit above, "" = none; part: which part of
    how many this is; signed: None = a draft, with what is still open; parts_signed: units below whose month is signed;
    documents: behind hours, calendar and policies; audit_head: of the month's last day, "" = none yet; printed: when
    this was made, local, as text."""

    layout: str
    form: Form
    month: str
    unit: str
    unit_name: str
    office: str
    grid: Grid
    signed: Signed | None
    parts_signed: tuple[str, ...]
    open: tuple[StillOpen, ...]
    changes: tuple[Change, ...]
    documents: tuple[str, ...]
    audit_head: str
    printed: str
    part: int = 1
    parts: int = 1
