"""The timesheet as a workbook: texts are texts, whatever they begin with; only the row of sums holds formulas, each
with the value that it has to give."""

from pathlib import Path
from typing import Any

import xlsxwriter

from central.reports.timesheet.layout import Row, Timesheet
from central.reports.timesheet.wording import Texts

PAPER = {"A3": 8, "A4": 9}
"""Numbers of paper sizes in the format."""
_FIXED = 3
"""Columns before the days: number, name, position."""
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_EDGE = {"border": 1, "font_name": "Times New Roman", "font_size": 9, "valign": "vcenter"}


def write_xlsx(sheet: Timesheet, texts: Texts, path: Path, paper: str) -> None:
    """Write the workbook; a row at a time, so that it never stands in memory whole."""
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        _Writing(book, sheet, texts).all(paper)


class _Writing:
    def __init__(self, book: Any, sheet: Timesheet, texts: Texts) -> None:
        self._sheet, self._texts, self._grid = sheet, texts, sheet.grid
        self._page = book.add_worksheet(
            f"{sheet.month} {sheet.unit}"[:31].translate(str.maketrans("[]:*?/\\", "-------"))
        )
        self._at = 0
        self._plain = book.add_format({"font_name": "Times New Roman", "font_size": 10})
        self._bold = book.add_format({"font_name": "Times New Roman", "font_size": 10, "bold": True})
        self._big = book.add_format({"font_name": "Times New Roman", "font_size": 14, "bold": True, "align": "center"})
        self._head = book.add_format(
            {**_EDGE, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#EEEEEE"}
        )
        self._text = book.add_format(_EDGE)
        self._number = book.add_format({**_EDGE, "align": "right"})
        self._sum = book.add_format({**_EDGE, "align": "right", "bold": True})
        self._cell = book.add_format({**_EDGE, "align": "center"})
        self._off = book.add_format({**_EDGE, "align": "center", "bg_color": "#DDDDDD"})
        self._cells = [self._off if day.off else self._cell for day in self._grid.days]
        self._totals_at = _FIXED + len(self._grid.days)

    def all(self, paper: str) -> None:
        self._set_up(paper)
        self._heads()
        first = self._at
        for row in self._grid.rows:
            self._row(row)
        self._sums(first)
        self._notes()

    def _set_up(self, paper: str) -> None:
        page = self._page
        page.set_landscape()
        page.set_paper(PAPER[paper])
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.6)
        page.set_footer("&C&P/&N")
        page.set_column(0, 0, 5)
        page.set_column(1, 1, 28)
        page.set_column(2, 2, 18)
        page.set_column(_FIXED, self._totals_at - 1, 4)
        page.set_column(self._totals_at, self._totals_at + len(self._grid.columns) - 1, 9)

    def _line(self, text: str, form: Any = None, column: int = 0) -> None:
        self._page.write_string(self._at, column, text, form or self._plain)
        self._at += 1

    def _heads(self) -> None:
        texts, right = self._texts, self._totals_at - 8
        for left, other in zip(texts.left, texts.right, strict=False):
            self._page.write_string(self._at, 0, left, self._plain)
            self._line(other, self._plain, right)
        for other in texts.right[len(texts.left) :]:
            self._line(other, self._plain, right)
        middle = self._totals_at // 2 + 1
        self._line(texts.title, self._big, middle)
        self._line(texts.period, self._big, middle)
        self._line(texts.state, self._bold)
        self._page.set_row(self._at, 48)
        self._strings((texts.number, texts.name, texts.position, *texts.weekdays, *texts.columns), self._head)
        numbers = [str(day.on.day) for day in self._grid.days]
        self._strings(("A", "B", "C", *numbers, *(column.number for column in self._grid.columns)), self._head)
        self._page.freeze_panes(self._at, _FIXED)
        self._page.repeat_rows(self._at - 2, self._at - 1)

    def _strings(self, values: tuple[str, ...], form: Any) -> None:
        for column, value in enumerate(values):
            self._page.write_string(self._at, column, value, form)
        self._at += 1

    def _row(self, row: Row) -> None:
        page, at = self._page, self._at
        page.write_number(at, 0, row.number, self._number)
        page.write_string(at, 1, row.name, self._text)
        page.write_string(at, 2, row.position, self._text)
        write, blank = page.write_string, page.write_blank
        for column, (text, form) in enumerate(zip(row.cells, self._cells, strict=True), start=_FIXED):
            if text:
                write(at, column, text, form)
            else:
                blank(at, column, None, form)
        for column, half_days in enumerate(row.totals, start=self._totals_at):
            page.write_number(at, column, half_days / 2, self._number)
        self._at += 1

    def _sums(self, first: int) -> None:
        if not self._grid.rows:
            self._line(self._texts.nobody, self._bold)
            return
        self._page.write_string(self._at, 1, self._texts.sums, self._sum)
        for column, half_days in enumerate(self._grid.sums, start=self._totals_at):
            letter = xlsxwriter.utility.xl_col_to_name(column)
            formula = f"=SUM({letter}{first + 1}:{letter}{self._at})"
            self._page.write_formula(self._at, column, formula, self._sum, half_days / 2)
        self._at += 1

    def _notes(self) -> None:
        self._at += 1
        for note in (*self._texts.notes(), self._texts.proof):
            self._line(note)
        self._at += 1
        places = (1, _FIXED + len(self._grid.days) // 2 - 3, self._totals_at - 4)
        for part, form in (("title", self._bold), ("note", self._plain)):
            for column, one in zip(places, self._texts.signatures, strict=True):
                self._page.write_string(self._at, column, getattr(one, part), form)
            self._at += 1
