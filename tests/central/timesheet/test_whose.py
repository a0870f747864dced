"""Whose sheet it is: people who come, go and move, units that end, and months that were signed. On both databases."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pypdf
import pytest

from central.months import Signing, lock, unlock
from central.reports.timesheet.making import Wanted, make
from central.reports.timesheet.wording import texts_of
from central.sheets import Value
from central.store import months
from central.store.months import Adjustment
from central.tables import LeaveSymbol, UnitSuccession
from central.web.texts import catalogue
from tests.central.timesheet import office
from tests.central.timesheet.office import FIRST, LAST, MONTH, Made, on

FILES_ALONE = pytest.mark.parametrize("database", ["sqlite"])
"""Nothing here differs between databases."""
LONG = "Nguyễn Thị Phương Quỳnh Hoàng Ngọc Khánhh"
assert len(LONG) > 40


@pytest.fixture
def made(new_database: Callable[[str], str]) -> Iterator[Made]:
    found = office.make(new_database)
    yield found
    found.store.close()


def filled(row_cells: tuple[str, ...]) -> list[int]:
    return [day for day, cell in enumerate(row_cells, start=1) if cell]


@FILES_ALONE
def test_a_unit_without_anybody_has_an_empty_sheet_that_says_so(made: Made, tmp_path: Path):
    sheet = made.sheet("X02")
    assert sheet.grid.rows == () and sheet.open == () and sheet.grid.legend == ()
    texts = texts_of(sheet, "vi", catalogue("vi").gettext)
    for form in ("xlsx", "pdf", "csv"):
        make(sheet, texts, Wanted(form, "A4", tmp_path / f"x.{form}"), str, lambda done, of: None)
    assert "Tháng này không có ai thuộc đơn vị." in pypdf.PdfReader(tmp_path / "x.pdf").pages[0].extract_text()
    assert openpyxl.load_workbook(tmp_path / "x.xlsx").active is not None


def test_whoever_joined_or_left_in_the_month_has_cells_and_open_days_from_then_until_then(made: Made):
    made.person("an", "X01", joined=on(12))
    made.person("bo", "X01", left=on(9))
    made.whole_month("an", "X01", first=12)
    made.whole_month("bo", "X01", last=9)
    assert filled(made.row("an").cells)[0] == 12 and made.row("an").totals[0] == 30
    assert filled(made.row("bo").cells)[-1] == 9 and made.row("bo").totals[0] == 14
    assert made.sheet().open == ()
    made.person("gone", "X01", left=on(1).replace(month=10))
    assert [row.staff for row in made.sheet().grid.rows] == ["an", "bo"]


def test_whoever_moves_stands_in_both_sheets_with_the_days_of_each(made: Made):
    made.person("an", "X01")
    made.post("an", "X02", valid_from=on(15))
    made.whole_month("an", "X01", last=14)
    made.whole_month("an", "X02", first=15)
    assert filled(made.row("an", "X01").cells)[-1] == 14
    assert filled(made.row("an", "X02").cells)[0] == 15
    assert len(filled(made.row("an", "H").cells)) == 22
    assert made.sheet("X01").open == made.sheet("X02").open == ()


def test_a_unit_that_ends_keeps_its_sheet_and_its_heir_has_the_rest(made: Made):
    made.unit("X03", valid_to=on(15))
    made.unit("N1", valid_from=on(16))
    made.add(UnitSuccession(from_unit="X03", to_unit="N1", date=on(16)))
    made.person("an", "X03")
    made.whole_month("an", "X03", last=15)
    made.whole_month("an", "N1", first=16)
    ended, heir = made.sheet("X03"), made.sheet("N1")
    assert (ended.unit_name, ended.office, heir.unit_name) == ("Xã X03", "Xã H", "Xã N1")
    assert filled(ended.grid.rows[0].cells)[-1] == 15 and filled(heir.grid.rows[0].cells)[0] == 16
    assert ended.open == heir.open == ()


def test_what_is_pending_needs_checking_or_has_no_verdict_is_counted(made: Made):
    made.person("an", "X01")
    made.whole_month("an", "X01", last=28)
    made.day("an", "X01", 26, "+", "")
    made.day("an", "X01", 27, "+", "+", flags="late needs_checking")
    row, sheet = made.row("an"), made.sheet()
    assert row.cells[25:27] == ("+/…", "+?") and row.totals[0] == 39
    assert {(one.what, one.count, one.people) for one in sheet.open} == {
        ("pending", 1, 1),
        ("needs_checking", 2, 1),
        ("not judged", 2, 1),
    }
    assert [line.sign for line in sheet.grid.legend] == ["+", "…", "?"]


@FILES_ALONE
def test_leaders_come_first_and_long_names_stand_whole_in_every_file(made: Made, tmp_path: Path):
    made.person("an", "X01", name=LONG, position="Phó Chủ tịch Hội Cựu chiến binh kiêm Văn phòng")
    made.person("bo", "X01", name="Trần Văn Ổn", rank=0, position="Chủ tịch UBND")
    made.whole_month("an", "X01")
    sheet = made.sheet()
    assert [row.name for row in sheet.grid.rows] == ["Trần Văn Ổn", LONG]
    texts = texts_of(sheet, "vi", catalogue("vi").gettext)
    for form in ("xlsx", "pdf"):
        make(sheet, texts, Wanted(form, "A4", tmp_path / f"x.{form}"), str, lambda done, of: None)
    assert LONG in pypdf.PdfReader(tmp_path / "x.pdf").pages[0].extract_text()
    cells = [cell.value for line in openpyxl.load_workbook(tmp_path / "x.xlsx").active.iter_rows() for cell in line]
    assert LONG in cells


@FILES_ALONE
def test_nothing_that_people_are_called_is_worked_out_by_a_spreadsheet(made: Made, tmp_path: Path):
    made.person("an", "X01", name="=cmd|'/c calc'!A1", position="@SUM(1)")
    said = {"name_vi": "Lạ", "name_en": "Odd", "counts_as_worked": False, "public_label": "nghỉ"}
    made.add(LeaveSymbol(symbol="=1+1", unit="", kind="leave", **said))
    made.whole_month("an", "X01")
    made.day("an", "X01", 1, "=1+1", "=1+1")
    made.day("an", "X01", 2, "+", "P")
    sheet = made.sheet()
    texts = texts_of(sheet, "vi", catalogue("vi").gettext)
    for form in ("xlsx", "csv"):
        make(sheet, texts, Wanted(form, "A4", tmp_path / f"x.{form}"), str, lambda done, of: None)
    text = (tmp_path / "x.csv").read_text("utf-8-sig")
    row = list(csv.reader(io.StringIO(text)))[1]
    assert row[2:8] == ["'=cmd|'/c calc'!A1", "'@SUM(1)", "'=1+1", "+/P", "", ""]
    page = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    cells = [cell for line in page.iter_rows() for cell in line]
    assert {str(cell.value)[:5] for cell in cells if cell.data_type == "f"} == {"=SUM("}
    assert {cell.data_type for cell in cells if cell.value == "=cmd|'/c calc'!A1"} == {"s"}


def signing(unit: str = "X01") -> Signing:
    return Signing(MONTH, unit, "Trần Văn Trưởng", "11/BCC")


@pytest.fixture
def two(made: Made) -> Made:
    """Somebody in each commune, judged all month."""
    made.person("an", "X01")
    made.person("bo", "X02")
    made.whole_month("an", "X01")
    made.whole_month("bo", "X02")
    return made


def test_a_signed_sheet_is_shown_as_it_was_signed(two: Made):
    locked = lock(two.store, two.clock, signing(), accept_open=True)
    two.day("an", "X01", 1, "V", "V")
    two.person("new", "X01")
    sheet = two.sheet()
    assert [row.staff for row in sheet.grid.rows] == ["an"] and sheet.grid.rows[0].cells[0] == "+"
    assert sheet.signed is not None and sheet.open == ()
    assert (sheet.signed.by, sheet.signed.doc_no, sheet.signed.digest) == (
        "Trần Văn Trưởng",
        "11/BCC",
        locked.sheet.digest,
    )
    texts = texts_of(replace(sheet, audit_head="2018-11-30 · 7"), "en", catalogue("en").gettext)
    assert "2018-11-30 · 7" in texts.proof
    assert texts.state.startswith("Signed by Trần Văn Trưởng, 11/BCC") and locked.sheet.digest in texts.proof
    unlock(two.store, two.clock, signing(), "nhầm")
    assert two.sheet().signed is None and two.row("an").cells[0] == "V"


def test_whoever_is_gone_from_the_roster_stays_in_what_was_signed(two: Made):
    lock(two.store, two.clock, signing(), accept_open=True)
    with two.store.write() as db:
        db.exec_driver_sql("DELETE FROM assignment WHERE staff = 'an'")
    sheet = two.sheet()
    assert [(row.staff, row.name) for row in sheet.grid.rows] == [("an", "Nguyễn Văn an")]
    assert [row.staff for row in two.sheet(staff="an").grid.rows] == ["an"]


def test_a_part_of_a_signed_district_is_shown_as_part_of_it(two: Made):
    lock(two.store, two.clock, signing("H"), accept_open=True)
    two.day("an", "X01", 1, "V", "V")
    sheet = two.sheet("X01")
    assert sheet.signed is not None and sheet.signed.unit == "H"
    assert [row.cells[0] for row in sheet.grid.rows] == ["+"]
    assert texts_of(sheet, "en", catalogue("en").gettext).state.endswith("as part of the sheet of H")


def test_a_draft_of_the_district_holds_signed_communes_as_they_were_signed(two: Made):
    lock(two.store, two.clock, signing("X01"), accept_open=True)
    two.day("an", "X01", 1, "V", "V")
    two.day("bo", "X02", 1, "V", "V")
    sheet = two.sheet("H")
    assert sheet.signed is None and sheet.parts_signed == ("X01",)
    assert [(row.staff, row.cells[0]) for row in sheet.grid.rows] == [("an", "+"), ("bo", "V")]
    assert "signed already: X01" in texts_of(sheet, "en", catalogue("en").gettext).state


def test_what_is_proposed_for_months_signed_before_is_listed(two: Made):
    october = Signing("2018-10", "X01", "Trần Văn Trưởng", "10/BCC")
    two.day("an", "X01", 1, "+", "+")
    sheet = lock(two.store, two.clock, october, accept_open=True).sheet
    before, after = Value("absent", "", "V", 0, 0), Value("present", "", "+", 0, 0)
    with two.store.write() as db:
        day = on(1).replace(month=10)
        months.put_adjustments(db, [Adjustment(sheet.id, "an", day, "AM", MONTH, before, after, "+ punch", 1, None)])
    (change,) = two.sheet().changes
    assert (change.staff, change.before, change.after) == ("an", "V", "+")
    (text,) = texts_of(two.sheet(), "vi", catalogue("vi").gettext).changes
    assert "Nguyễn Văn an (an), 01/10/2018 AM: V → +" in text


@FILES_ALONE
def test_three_sessions_a_day_are_three_half_days(made: Made):
    made.person("an", "X01")
    made.day("an", "X01", 1, "+", "+", "P")
    assert (made.row("an").cells[0], made.row("an").totals) == ("+/+/P", (3, 0, 0))


@FILES_ALONE
def test_the_sheet_has_the_days_of_its_month(made: Made):
    sheet = made.sheet("X02")
    assert [sheet.grid.days[0].on, sheet.grid.days[-1].on] == [FIRST, LAST]
    assert [day.on.day for day in sheet.grid.days if day.off] == [3, 4, 10, 11, 17, 18, 24, 25]
