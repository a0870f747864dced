"""What a cell shows and what it is worth, and that the totals of a sheet are those of its cells."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.reports.timesheet.cells import OPEN, counted, days_text, plain, sign_of, text_of, undecided
from central.reports.timesheet.forms import FORMS, Pay, pay_of
from central.reports.timesheet.layout import DayHead, Member, lay_out
from central.rules.symbols import Symbol, Symbols

SIGNS = ("+", "V", "L", "CS", "CT", "H", "P", "VR", "Ô", "CÔ", "TS", "T", "NB", "KL", "N", "XX", "+?", "V?", OPEN)
DAYS = tuple(DayHead(dt.date(2018, 11, day), day % 7 in (3, 4)) for day in range(1, 31))
CELL = st.lists(st.sampled_from(SIGNS), max_size=3).map(tuple)
MEMBERS = st.lists(st.lists(CELL, min_size=30, max_size=30).map(tuple), max_size=4).map(
    lambda months: [Member(f"S{n}", f"Người {n}", "", cells) for n, cells in enumerate(months)]
)


def worth(cell: str) -> dict[str, int]:
    """Half-days by sign, from what is printed alone: as whoever checks a sheet by hand reads it."""
    if not cell:
        return {}
    if cell.startswith("½"):
        signs = [cell[1:]]
    else:
        signs = cell.split("/") if "/" in cell else [cell, cell]
    found: dict[str, int] = {}
    for sign in signs:
        if sign != OPEN:
            found[sign.removesuffix("?")] = found.get(sign.removesuffix("?"), 0) + 1
    return found


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        ((), ""),
        (("+", "+"), "+"),
        (("P", "+"), "P/+"),
        (("+",), "½+"),
        (("+", "+", "+"), "+/+/+"),
        ((OPEN, OPEN), OPEN),
        (("+?", "+"), "+?/+"),
    ],
)
def test_a_cell_shows_its_half_days(signs: tuple[str, ...], text: str):
    assert text_of(signs) == text


@pytest.mark.parametrize(
    ("outcome", "flags", "symbol", "sign"),
    [
        ("present", "late", "+", "+"),
        ("incomplete", "missing_out", "+", "+"),
        ("present", "late needs_checking", "+", "+?"),
        ("pending", "", "", OPEN),
        ("leave", "", "Ô", "Ô"),
    ],
)
def test_a_verdict_has_its_sign(outcome: str, flags: str, symbol: str, sign: str):
    assert sign_of(outcome, flags, symbol) == sign


def test_half_days_are_told_as_days_with_the_comma_of_the_language():
    assert [days_text(n) for n in (0, 1, 2, 41)] == ["0", "0,5", "1", "20,5"]
    assert days_text(41, ".") == "20.5"


def test_a_lone_mark_is_a_sign_of_its_own():
    assert plain("?") == "?"


@given(MEMBERS, st.sampled_from(sorted(FORMS)))
def test_the_totals_are_those_of_the_cells(members: list[Member], layout: str):
    symbols = Symbols()
    grid = lay_out(FORMS[layout], DAYS, members, symbols.find)
    for row in grid.rows:
        signs: dict[str, int] = {}
        for cell in row.cells:
            for sign, half_days in worth(cell).items():
                signs[sign] = signs.get(sign, 0) + half_days
        for column, total in zip(grid.columns, row.totals, strict=True):
            assert total == sum(n for sign, n in signs.items() if pay_of(sign, symbols.find(sign)) in column.pays)
        assert sum(row.totals) == sum(signs.values()), "every half-day stands in one column, and in one only"
    assert grid.sums == tuple(sum(row.totals[n] for row in grid.rows) for n in range(len(grid.columns)))


@given(st.lists(CELL, max_size=31).map(tuple))
def test_what_is_open_is_worth_nothing_and_is_counted(cells: tuple[tuple[str, ...], ...]):
    left = undecided(cells)
    signs = [sign for cell in cells for sign in cell]
    assert counted(cells).total() + left.open == len(signs)
    assert left == (signs.count(OPEN), signs.count("+?") + signs.count("V?"))


def test_the_legend_explains_the_signs_used_and_no_others():
    cells = (("+", "P"), ("XX", "XX"), (OPEN,), ("+?", "+")) + ((),) * 26
    grid = lay_out(FORMS["c01a"], DAYS, [Member("S1", "An", "", cells)], Symbols().find)
    assert [line.sign for line in grid.legend] == ["+", "P", "XX", "…", "?"]
    assert grid.legend[1].says("vi") == "Nghỉ phép" and grid.legend[1].says("en") == "Annual leave"


def test_a_form_gets_a_column_more_only_for_what_stands_in_none_of_its_own():
    cells = (("+", "P"),) + ((),) * 29
    assert len(lay_out(FORMS["c01a"], DAYS, [Member("S1", "An", "", cells)], Symbols().find).columns) == 3
    stopped = (("N", "XX"),) + ((),) * 29
    grid = lay_out(FORMS["c01a"], DAYS, [Member("S1", "An", "", stopped)], Symbols().find)
    assert (grid.columns[-1].number, grid.rows[0].totals) == ("35", (0, 0, 0, 2))


def test_an_offices_own_sign_is_paid_as_it_says():
    assert pay_of("TN", Symbol("X", "TN", "trip", "Tập huấn", "Training", True, "công tác")) is Pay.TIME
    assert pay_of("TN", Symbol("X", "TN", "leave", "Tự nghỉ", "Own leave", False, "nghỉ")) is Pay.OTHER
    assert pay_of("TN", None) is Pay.OTHER
    assert pay_of("KX", Symbol("X", "KX", "absent", "Vắng", "Absent", False, "vắng")) is Pay.UNPAID


def test_progress_is_told_every_hundred_people():
    told: list[int] = []
    lay_out(
        FORMS["c01a"], DAYS, [Member(f"S{n}", "An", "", ((),) * 30) for n in range(250)], Symbols().find, 1, told.append
    )
    assert told == [100, 200]
