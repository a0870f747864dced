"""The timesheet on paper: A4 or A3 landscape, with a font inside that holds every Vietnamese letter.

Drawn on A4 and enlarged for A3, so that both have the same pages. Margins and letterhead follow decree 30/2020.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

from reportlab.lib.pagesizes import A3, A4, landscape
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from central.reports.timesheet.layout import Row, Timesheet
from central.reports.timesheet.wording import Texts

FONTS = Path(__file__).parents[1] / "fonts"
PLAIN, BOLD, ITALIC = "LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic"
PAPER = {"A4": A4, "A3": A3}
WIDTH, HEIGHT = landscape(A4)
LEFT, RIGHT, TOP, BOTTOM = 57.0, WIDTH - 42.0, HEIGHT - 38.0, 42.0
"""The edges of what is printed, in points."""
NUMBER_WIDTH, NAME_WIDTH, POSITION_WIDTH, TOTAL_WIDTH = 22.0, 116.0, 72.0, 31.0
HEAD_HEIGHT, NUMBERS_HEIGHT, ROW_HEIGHT = 42.0, 10.5, 11.5
SIGNATURES_HEIGHT = 64.0
READABLE, HALF_LINE = 5.0, 5.6
"""Sizes: below the first a cell is divided into two lines of the second."""
OFF_GREY = 0.87
LINE_GREY = 0.35
Tell = Callable[[int, int], None]


def write_pdf(sheet: Timesheet, texts: Texts, path: Path, paper: str, tell: Tell = lambda done, of: None) -> None:
    """Write the sheet. tell: hears after each page how many people are printed, of how many."""
    fonts()
    canvas = Canvas(str(path), pagesize=landscape(PAPER[paper]), pageCompression=1)
    canvas.setTitle(f"{texts.title} {sheet.month} {sheet.unit_name}")
    canvas.setAuthor("Điểm Danh")
    _Printing(canvas, sheet, texts, landscape(PAPER[paper])[0] / WIDTH, tell).all()
    canvas.save()


@cache
def fonts() -> None:
    """Make the fonts known to the library, once a process."""
    for name in (PLAIN, BOLD, ITALIC):
        registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


@cache
def _size_for(text: str, font: str, size: float, width: float) -> float:
    """The size at which a text fits into a width: names of forty letters are printed smaller, never cut."""
    wide = stringWidth(text, font, size)
    return size if wide <= width else size * width / wide


@cache
def _title_size(title: str, width: float) -> float:
    """The size at which a heading's lines fit into the head of the table."""
    for size in (8.0, 7.0, 6.0):
        if len(simpleSplit(title, BOLD, size, width)) * size <= HEAD_HEIGHT - 4:
            return size
    return 5.0


@cache
def _halves(text: str) -> tuple[str, str]:
    """The first sign with its stroke, and the others; nothing behind it where there is one sign only."""
    before, stroke, after = text.partition("/")
    return before + stroke, after


class _Printing:
    def __init__(self, canvas: Canvas, sheet: Timesheet, texts: Texts, scale: float, tell: Tell) -> None:
        self._canvas, self._sheet, self._texts, self._scale, self._tell = canvas, sheet, texts, scale, tell
        self._grid = sheet.grid
        days, totals = len(self._grid.days), len(self._grid.columns)
        fixed = NUMBER_WIDTH + NAME_WIDTH + POSITION_WIDTH + TOTAL_WIDTH * totals
        day_width = (RIGHT - LEFT - fixed) / days
        widths = [NUMBER_WIDTH, NAME_WIDTH, POSITION_WIDTH, *[day_width] * days, *[TOTAL_WIDTH] * totals]
        self._edges = list(accumulate(widths, initial=LEFT))
        self._y = TOP
        self._number = 0
        self._pages = self._count_pages()

    def all(self) -> None:
        self._begin_page()
        self._letterhead()
        rows = list(self._grid.rows)
        while True:
            room = int((self._y - BOTTOM - HEAD_HEIGHT - NUMBERS_HEIGHT) / ROW_HEIGHT)
            # The last line of a page is kept for the sums, should everybody fit.
            self._table(rows[: room - 1], last=len(rows) <= room - 1)
            rows = rows[room - 1 :]
            self._tell(len(self._grid.rows) - len(rows), max(len(self._grid.rows), 1))
            if not rows:
                break
            self._begin_page()
        self._notes()
        self._signatures()
        self._canvas.showPage()

    # --- pages ---

    def _begin_page(self) -> None:
        if self._number:
            self._canvas.showPage()
        self._number += 1
        self._y = TOP
        self._canvas.scale(self._scale, self._scale)
        self._canvas.setLineWidth(0.4)
        if self._number > 1:
            self._centred(WIDTH / 2, TOP + 12, f"{self._number}/{self._pages}", PLAIN, 10, WIDTH)
        self._write(LEFT, BOTTOM - 16, f"{self._texts.state}. {self._texts.proof}", ITALIC, 7, RIGHT - LEFT)

    def _count_pages(self) -> int:
        """How many pages there will be: the same steps as `all`, without ink."""
        y, pages, left = TOP - self._letterhead_height(), 1, len(self._grid.rows)
        while True:
            room = int((y - BOTTOM - HEAD_HEIGHT - NUMBERS_HEIGHT) / ROW_HEIGHT) - 1
            shown, left = min(room, left), left - min(room, left)
            y -= HEAD_HEIGHT + NUMBERS_HEIGHT + ROW_HEIGHT * (shown + (0 if left else 1))
            if not left:
                break
            y, pages = TOP, pages + 1
        y -= 12
        for _ in self._note_lines():
            if y - 10 < BOTTOM:
                y, pages = TOP, pages + 1
            y -= 10
        return pages + int(y - SIGNATURES_HEIGHT < BOTTOM)

    # --- pieces ---

    def _letterhead_height(self) -> float:
        return 13.0 * max(len(self._texts.left), len(self._texts.right)) + 46

    def _letterhead(self) -> None:
        texts, bottom = self._texts, TOP - self._letterhead_height()
        for number, line in enumerate(texts.left):
            self._write(LEFT, TOP - 10 - 13 * number, line, BOLD if number < 2 else PLAIN, 11, (RIGHT - LEFT) * 0.6)
        for number, line in enumerate(texts.right):
            self._centred(RIGHT - 110, TOP - 10 - 13 * number, line, PLAIN if number else BOLD, 11, 220)
        self._centred(WIDTH / 2, bottom + 36, texts.title, BOLD, 15, RIGHT - LEFT)
        self._centred(WIDTH / 2, bottom + 22, texts.period, BOLD, 12, RIGHT - LEFT)
        self._centred(WIDTH / 2, bottom + 8, texts.state, ITALIC, 10, RIGHT - LEFT)
        self._y = bottom

    def _table(self, rows: Sequence[Row], *, last: bool) -> None:
        top = self._y
        heights = [HEAD_HEIGHT, NUMBERS_HEIGHT, *[ROW_HEIGHT] * (len(rows) + last)]
        lines = list(accumulate(heights, lambda y, height: y - height, initial=top))
        self._shade(top, lines[-1])
        self._head(top)
        self._y = top - HEAD_HEIGHT - NUMBERS_HEIGHT
        for row in rows:
            self._row(row)
        if last:
            self._sums()
        self._canvas.setStrokeGray(LINE_GREY)
        self._canvas.grid(self._edges, lines)

    def _shade(self, top: float, bottom: float) -> None:
        self._canvas.setFillGray(OFF_GREY)
        for column, day in enumerate(self._grid.days, start=3):
            if day.off:
                left, right = self._edges[column : column + 2]
                self._canvas.rect(left, bottom, right - left, top - bottom, stroke=0, fill=1)
        self._canvas.setFillGray(0)

    def _head(self, top: float) -> None:
        texts = self._texts
        titles = (texts.number, texts.name, texts.position, *texts.weekdays, *texts.columns)
        for column, title in enumerate(titles):
            left, right = self._edges[column : column + 2]
            size = _title_size(title, right - left - 2)
            lines = simpleSplit(title, BOLD, size, right - left - 2)
            y = top - HEAD_HEIGHT / 2 + (len(lines) - 1) * size / 2 - size / 3
            for number, line in enumerate(lines):
                self._centred((left + right) / 2, y - number * size, line, BOLD, size, right - left - 2)
        numbers = (*"ABC", *(str(day.on.day) for day in self._grid.days), *(c.number for c in self._grid.columns))
        for column, number_text in enumerate(numbers):
            middle = (self._edges[column] + self._edges[column + 1]) / 2
            self._centred(middle, top - HEAD_HEIGHT - 8.5, number_text, PLAIN, 7.5, 30)

    def _row(self, row: Row) -> None:
        y, edges = self._y - 8.6, self._edges
        self._centred((edges[0] + edges[1]) / 2, y, str(row.number), PLAIN, 8, NUMBER_WIDTH - 2)
        self._write(edges[1] + 2, y, row.name, PLAIN, 9, NAME_WIDTH - 4)
        self._write(edges[2] + 2, y, row.position, PLAIN, 7.5, POSITION_WIDTH - 4)
        width = edges[4] - edges[3] - 1.5
        for column, text in enumerate(row.cells, start=3):
            if text:
                self._cell(edges[column], y, text, width)
        self._totals(row.totals, y, PLAIN)
        self._y -= ROW_HEIGHT

    def _cell(self, left: float, y: float, text: str, width: float) -> None:
        """One line, or one below the other where two signs side by side would be too small to read."""
        size = _size_for(text, PLAIN, 8.0, width)
        before, after = _halves(text)
        lines = [(text, y)] if size >= READABLE or not after else [(before, y + 3.4), (after, y - 1.4)]
        for line, at in lines:
            fitting = min(_size_for(line, PLAIN, 8.0, width), 8.0 if len(lines) == 1 else HALF_LINE)
            self._canvas.setFont(PLAIN, fitting)
            self._canvas.drawString(left + (width + 1.5 - stringWidth(line, PLAIN, fitting)) / 2, at, line)

    def _totals(self, values: tuple[int, ...], y: float, font: str) -> None:
        for place, text in enumerate(self._texts.totals(values), start=len(self._edges) - 1 - len(values)):
            self._canvas.setFont(font, 8)
            self._canvas.drawRightString(self._edges[place + 1] - 3, y, text)

    def _sums(self) -> None:
        text = self._texts.sums if self._grid.rows else self._texts.nobody
        self._write(self._edges[1] + 2, self._y - 8.6, text, BOLD, 9, RIGHT - self._edges[1] - 200)
        if self._grid.rows:
            self._totals(self._grid.sums, self._y - 8.6, BOLD)
        self._y -= ROW_HEIGHT

    def _note_lines(self) -> list[str]:
        return [line for note in self._texts.notes() for line in simpleSplit(note, PLAIN, 8.5, RIGHT - LEFT)]

    def _notes(self) -> None:
        self._y -= 12
        for line in self._note_lines():
            if self._y - 10 < BOTTOM:
                self._begin_page()
            self._write(LEFT, self._y, line, PLAIN, 8.5, RIGHT - LEFT)
            self._y -= 10

    def _signatures(self) -> None:
        if self._y - SIGNATURES_HEIGHT < BOTTOM:
            self._begin_page()
        third = (RIGHT - LEFT) / 3
        for place, one in enumerate(self._texts.signatures):
            middle = LEFT + third * (place + 0.5)
            self._centred(middle, self._y - 12, one.title, BOLD, 11, third)
            self._centred(middle, self._y - 24, one.note, ITALIC, 9, third)

    # --- ink ---

    def _write(self, x: float, y: float, text: str, font: str, size: float, width: float) -> None:
        self._canvas.setFont(font, _size_for(text, font, size, width))
        self._canvas.drawString(x, y, text)

    def _centred(self, x: float, y: float, text: str, font: str, size: float, width: float) -> None:
        self._canvas.setFont(font, _size_for(text, font, size, width))
        self._canvas.drawCentredString(x, y, text)
