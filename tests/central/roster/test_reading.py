"""Every bad line is named with file, line, column and what to do; nothing is stored then."""

from pathlib import Path

import pytest

from central.errors import ImportRefusedError
from central.roster.imports import import_office
from tests.central.roster.conftest import CLOCK, Importer

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_folder_that_is_not_there_is_said_so(importer: Importer, tmp_path: Path):
    with pytest.raises(ImportRefusedError, match="does not exist; name the folder"):
        import_office(importer.store, CLOCK, tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ImportRefusedError, match="is a file; name the folder"):
        import_office(importer.store, CLOCK, tmp_path / "file")


def text_of(importer: Importer, name: str, text: str | bytes) -> str:
    """What the refusal says when a file of the folder holds exactly this."""
    folder = importer.folder.write()
    (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ImportRefusedError) as refusal:
        import_office(importer.store, CLOCK, folder)
    return str(refusal.value)


LEAVE = "staff,from,to,half,symbol,reason\n"
GOOD = "an,2018-11-12,2018-11-12,,P,phép\n"


def test_a_stray_quote_is_reported_where_it_stands_and_the_lines_after_it_are_read(importer: Importer):
    said = text_of(importer, "leave", LEAVE + GOOD + 'an,2018-11-13,2018-11-13,,P,"phép\n' + GOOD + "x,,,,,\n")
    assert "leave.csv:3, column reason: has a stray quote" in said
    assert "leave.csv:5, column from: is empty" in said


def test_a_quote_closed_too_early_is_reported_on_its_line(importer: Importer):
    said = text_of(importer, "leave", LEAVE + GOOD + 'an,2018-11-13,2018-11-13,,P,"phép" năm\n')
    assert "leave.csv:3, column reason: has a stray quote" in said and 'double a quote inside a value ("")' in said


@pytest.mark.parametrize(
    ("line", "column"),
    [('an,2018-11-13,2018-11-13,,P,phép"', "reason"), ('a"n,2018-11-13,2018-11-13,,P,', "staff"),
     ('"an",2018-11-13,"2018-11-13,,P,', "to")],
)  # fmt: skip
def test_a_quote_is_stray_wherever_it_stands(importer: Importer, line: str, column: str):
    assert f"leave.csv:3, column {column}: has a stray quote" in text_of(importer, "leave", LEAVE + GOOD + line + "\n")


def test_a_quoted_value_may_hold_commas_and_doubled_quotes(importer: Importer):
    folder = importer.folder.write()
    (folder / "leave.csv").write_text(LEAVE + 'an,2018-11-12,2018-11-12,,"P","việc ""riêng"", gấp"\n', "utf-8")
    import_office(importer.store, CLOCK, folder)
    assert importer.all("SELECT reason FROM leave") == [('việc "riêng", gấp',)]


def test_windows_line_ends_blank_lines_and_a_byte_order_mark_are_no_fault(importer: Importer):
    folder = importer.folder.write()
    (folder / "leave.csv").write_bytes(b"\xef\xbb\xbf" + (LEAVE + "\n" + GOOD).replace("\n", "\r\n").encode())
    assert import_office(importer.store, CLOCK, folder).changed["leave"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LEAVE + "an,2018-11-12,2018-11-12,,P,nghØ phÐp\n",
         "leave.csv:2, column reason: 'nghØ phÐp' is in TCVN3 and means 'nghỉ phép'; convert the file to Unicode"),
        (LEAVE + GOOD + "an,2018-11-13,2018-11-13,,P,nghæ pheùp\n",
         "leave.csv:3, column reason: 'nghæ pheùp' is in VNI and means 'nghỉ phép'"),
        (LEAVE.encode() + GOOD.encode() + "an,2018-11-13,2018-11-13,,P,nghØ phÐp\n".encode("latin-1"),
         "leave.csv:3, column reason: is not UTF-8: it is in TCVN3, where 'nghØ phÐp' means 'nghỉ phép'"),
        (LEAVE.encode("utf-16"), "leave.csv:1: is UTF-16; save it again as CSV UTF-8"),
        ("staff,from,to,half,symbol,reason,staff\n", "leave.csv:1: has the column staff twice"),
        (LEAVE + "an,2018-11-12,2018-11-12,,P,a\x07b\n", "column reason: holds U+0007, which no text needs"),
        (LEAVE + "an,2018-11-12,2018-11-12,,LONGSYMBOL,\n", "column symbol: has 10 characters; shorten it to 8"),
        ("", "leave.csv:1: has no column staff"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_the_reason(importer: Importer, text: str | bytes, said: str):
    assert said in text_of(importer, "leave", text)


def test_nobody_is_called_unknown_because_of_another_fault(importer: Importer):
    importer.folder.files["leave"] = ["an,2018-11-12,2018-11-12,,P,"]
    said = importer.refuses("staff", "dung,Hà Văn Dũng,X,,first,,,,,")
    assert "column rank: 'first' is not a whole number" in said and "is not in staff.csv" not in said
