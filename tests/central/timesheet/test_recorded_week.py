"""The sheets of the recorded week, cell by cell against its answer key, and read again from every kind of file."""

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pypdf
import pytest

from central.__main__ import main
from central.reports.timesheet.gathering import PART, Asked, gather
from central.reports.timesheet.layout import Timesheet
from central.store import Store, open_store
from tests.central.ledger.test_recorded_week import CLOCK, judged_week, key

MONTH = "2018-11"
LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The judged week in a file."""
    url = f"sqlite:///{tmp_path_factory.mktemp('week') / 'week.db'}"
    with judged_week(url, None):
        return url


@pytest.fixture(scope="module")
def week(database: str) -> Iterator[Store]:
    with closing(open_store(database)) as store:
        yield store


def sheet_of(store: Store, unit: str = "H", layout: str = "c01a", **more: object) -> Timesheet:
    with store.read() as db:
        return gather(db, Asked(MONTH, unit, layout, **more), CLOCK.now_ms())  # type: ignore[arg-type]


def expected_cells() -> dict[tuple[str, int], str]:
    """By person and day, what the answer key says the cell shows."""
    signs: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row in csv.DictReader(key("expected")):
        checking = "?" if "needs_checking" in row["flags"] else ""
        sign = f"{row['symbol']}{checking}" if row["outcome"] != "pending" else "…"
        signs[row["staff"], dt.date.fromisoformat(row["date"]).day].append(sign)
    shown = {}
    for at, found in signs.items():
        alike = found[0] if len(set(found)) == 1 and len(found) == 2 else "/".join(found)
        shown[at] = alike if len(found) > 1 else f"½{found[0]}"
    return shown


def shown_cells(sheet: Timesheet) -> dict[tuple[str, int], str]:
    return {
        (row.staff, day): cell for row in sheet.grid.rows for day, cell in enumerate(row.cells, start=1)
        if cell and 12 <= day <= 18
    }  # fmt: skip


def test_every_cell_of_the_district_is_that_of_the_answer_key(week: Store):
    sheet = sheet_of(week)
    assert shown_cells(sheet) == expected_cells()
    assert len(sheet.grid.rows) == 611


def test_parts_make_up_the_whole(week: Store):
    whole, rows = sheet_of(week), []
    for part in range(1, -(-611 // PART) + 1):
        found = sheet_of(week, part=part)
        assert (found.part, found.parts) == (part, -(-611 // PART))
        rows += found.grid.rows
    assert [(r.number, r.staff, r.cells) for r in rows] == [(r.number, r.staff, r.cells) for r in whole.grid.rows]


def test_leaders_come_first_then_names_in_vietnamese_order(week: Store):
    names = [row.name for row in sheet_of(week, "X01").grid.rows]
    assert names[:2] == ["Nguyễn Thị Vân", "Hoàng Thị Hiền"] and len(names) == 21


def test_one_person_sees_one_line(week: Store):
    (row,) = sheet_of(week, "X01", staff="CB0025").grid.rows
    assert (row.staff, row.number) == ("CB0025", 1)


def test_a_draft_says_what_is_open_and_cites_what_it_rests_on(week: Store):
    sheet = sheet_of(week, "X01")
    open_ones = {one.what: (one.count, one.people) for one in sheet.open}
    assert sheet.signed is None and open_ones["pending"][1] == 21
    assert open_ones["not judged"][1] == 21
    assert sheet.documents == ("01/TB-TK",)
    assert (sheet.unit_name, sheet.office) == ("Xã Khê Dũng", "Huyện Tân Khê")


@pytest.fixture(scope="module")
def files(database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheet of a commune in every format, by the command line."""
    folder = tmp_path_factory.mktemp("files")
    for form in ("xlsx", "pdf", "csv", "html"):
        for layout in ("c01a", "01a"):
            words = f"--month {MONTH} --unit X01 --layout {layout} --format {form} --paper A3".split()
            assert main(["--db", database, "timesheet", *words, "--out", str(folder / f"{layout}.{form}")]) == 0
    return folder


def rows_of(files: Path) -> list[list[str]]:
    found = list(csv.reader(io.StringIO((files / "c01a.csv").read_text("utf-8-sig"))))
    return found[1:]


def test_the_workbook_has_the_same_cells_and_its_sums_are_those_of_its_rows(files: Path):
    page = openpyxl.load_workbook(files / "c01a.xlsx").active
    values = openpyxl.load_workbook(files / "c01a.xlsx", data_only=True).active
    (first,) = [cell.row for cell in page["A"] if cell.value == 1]
    for number, row in enumerate(rows_of(files)):
        at = first + number
        assert [page.cell(at, 2).value, page.cell(at, 3).value] == row[2:4]
        assert [page.cell(at, 4 + day).value or "" for day in range(30)] == row[4:34]
        assert [float(page.cell(at, 34 + n).value) for n in range(3)] == [float(value) for value in row[34:]]
    last = first + len(rows_of(files))
    for column in range(34, 37):
        assert str(page.cell(last, column).value).startswith("=SUM(")
        rows = [float(page.cell(at, column).value) for at in range(first, last)]
        assert float(values.cell(last, column).value) == sum(rows)
    formulas = [cell for line in page.iter_rows() for cell in line if cell.data_type == "f"]
    assert len(formulas) == 3
    assert page.page_setup.orientation == "landscape" and page.page_setup.paperSize == 8


def test_the_pdf_says_every_name_sign_and_total_in_vietnamese(files: Path):
    reader = pypdf.PdfReader(files / "c01a.pdf")
    text = "\n".join(page.extract_text() for page in reader.pages)
    for row in rows_of(files):
        assert row[2] in text and row[3] in text
    for words in ("BẢNG CHẤM CÔNG", "Tháng 11 năm 2018", "Mẫu số: C01a-HD", "Người chấm công", "Phụ trách bộ phận"):
        assert words in text
    assert "Người duyệt" in text and "103" in text and "4,5" in text and "Căn cứ: 01/TB-TK" in text
    assert "Bản nháp, chưa ký" in text and "CS/+" in text
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [1191, 842]
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    assert any("LiberationSerif" in str(font.get_object()["/BaseFont"]) for font in fonts)


def test_the_other_form_has_its_own_columns(files: Path):
    text = pypdf.PdfReader(files / "01a.pdf").pages[0].extract_text()
    assert "Mẫu số: 01a-LĐTL" in text and "TT 200/2014/TT-BTC" in text
    found = next(csv.reader(io.StringIO((files / "01a.csv").read_text("utf-8-sig"))))
    assert found[-6:-1] == [
        "Số công hưởng lương sản phẩm", "Số công hưởng lương thời gian",
        "Số công nghỉ việc, ngừng việc hưởng 100% lương", "Số công nghỉ việc, ngừng việc hưởng …% lương",
        "Số công hưởng BHXH",
    ]  # fmt: skip


def test_the_page_needs_nothing_beside_it(files: Path):
    text = (files / "c01a.html").read_text("utf-8")
    assert "<style>" in text and "src=" not in text and "href=" not in text
    assert all(row[2] in text for row in rows_of(files))


def test_the_font_has_all_vietnamese_letters(tmp_path: Path):
    from reportlab.pdfgen.canvas import Canvas

    from central.reports.timesheet.pdf import BOLD, ITALIC, PLAIN, fonts

    fonts()
    canvas, letters = Canvas(str(tmp_path / "letters.pdf")), LETTERS + LETTERS.upper()
    for font in (PLAIN, BOLD, ITALIC):
        for half in (letters[:90], letters[90:]):
            canvas.setFont(font, 8)
            canvas.drawString(20, 800, half)
            canvas.showPage()
    canvas.save()
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "letters.pdf").pages]
    assert ["".join(pages[n : n + 2]).replace("\n", "") for n in (0, 2, 4)] == [letters] * 3
    assert len({letter for letter in letters if not letter.isascii()}) == 134


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--month 2018-13 --unit X01 --format csv", "is not a month"),
        ("--month 2018-11 --unit X99 --format csv", "there is no unit 'X99'"),
        ("--month 2026-01 --unit X01 --format csv", "choose other dates"),
    ],
)
def test_a_wrong_question_is_refused_with_a_remedy(database: str, tmp_path: Path, capsys, words: str, said: str):
    assert main(["--db", database, "timesheet", *words.split(), "--out", str(tmp_path / "x")]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_a_folder_that_is_not_there_is_named(database: str, tmp_path: Path, capsys):
    place = tmp_path / "nowhere" / "x.csv"
    words = ["timesheet", "--month", MONTH, "--unit", "X01", "--format", "csv", "--out", str(place)]
    assert main(["--db", database, *words]) == 1
    assert str(place) in capsys.readouterr().err


def test_progress_is_a_bar_or_lines(database: str, tmp_path: Path, capsys):
    words = ["timesheet", "--month", MONTH, "--unit", "H", "--format", "csv", "--out", str(tmp_path / "x.csv")]
    assert main(["--db", database, *words, "--progress", "lines"]) == 0
    steps = [int(line) for line in capsys.readouterr().err.split()]
    assert steps == sorted(set(steps)) and steps[-1] == 100
    assert main(["--db", database, *words, "--progress", "bar"]) == 0
    assert "[##############################] 100 %" in capsys.readouterr().err


def test_every_text_of_the_sheets_stands_in_both_catalogues():
    from babel.messages.pofile import read_po

    from central.reports.timesheet.forms import FORMS, SIGNATURES
    from central.reports.timesheet.wording import STILL_OPEN
    from central.web.texts import LOCALE

    asked = {c.title for form in FORMS.values() for c in form.columns} | set(SIGNATURES) | set(STILL_OPEN.values())
    asked |= {text for form in FORMS.values() for text in (*form.heads, form.position, form.rest)}
    for language in ("vi", "en"):
        with (LOCALE / f"reports.{language}.po").open("rb") as file:
            found = {str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id}
        assert not {text for text in asked if not found.get(text)}
        assert language == "vi" or all(text == said for text, said in found.items())
