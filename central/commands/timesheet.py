"""`diemdanh-central timesheet`: a month's timesheet of a unit as a file, in one of the official layouts."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands.arguments import Commands
from central.settings import Settings

if TYPE_CHECKING:
    from central.reports.timesheet.layout import Timesheet

LANGUAGES = ("vi", "en")
BAR = 30
"""Characters of the progress bar."""


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "write a unit's monthly timesheet: as signed, else as a draft with what is still open"
    sheet = commands.add_parser("timesheet", help=text, description=text)
    sheet.add_argument("--month", required=True, metavar="YYYY-MM")
    sheet.add_argument("--unit", required=True, help="the unit and all below it")
    sheet.add_argument("--layout", choices=("c01a", "01a"), default="c01a", help="form C01a-HD or 01a-LĐTL")
    sheet.add_argument("--format", choices=("xlsx", "pdf", "csv", "html"), required=True)
    sheet.add_argument("--paper", choices=("A4", "A3"), default="A4", help="landscape")
    sheet.add_argument("--out", type=Path, required=True, metavar="FILE")
    sheet.add_argument("--staff", default="", metavar="CODE", help="only this person's line")
    sheet.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="vi (Vietnamese, the default) or en")
    sheet.add_argument(
        "--progress",
        choices=("bar", "lines", "none"),
        default=None,
        help="on standard error; a bar on a terminal, nothing elsewhere, unless this says otherwise",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the file; returns the exit code."""
    from central.processes import standing_store
    from central.reports.timesheet.gathering import Asked, gather
    from central.reports.timesheet.making import Wanted, make
    from central.reports.timesheet.wording import texts_of
    from central.web.sheet_page import whole_page
    from central.web.texts import catalogue

    say, progress = catalogue(arguments.lang).gettext, Progress(_chosen(arguments.progress))
    asked = Asked(arguments.month, arguments.unit, arguments.layout, arguments.staff)
    with closing(standing_store(settings)) as store, store.read() as db:
        sheet = gather(db, asked, settings.clock.clock().now_ms(), progress.of(0, 50))
    texts = texts_of(sheet, arguments.lang, say)
    wanted = Wanted(arguments.format, arguments.paper, arguments.out)
    make(sheet, texts, wanted, lambda: whole_page(sheet, texts, arguments.lang, arguments.paper), progress.of(50, 99))
    progress.end()
    sys.stdout.write(_summary(sheet, arguments.out))
    return 0


def _summary(sheet: "Timesheet", out: Path) -> str:
    state = f"signed by {sheet.signed.by}" if sheet.signed else "a draft"
    open_ones = sum(one.count for one in sheet.open)
    rest = f", {open_ones} items open" if open_ones else ""
    return f"{out}: {sheet.month} of {sheet.unit}, {len(sheet.grid.rows)} people, {state}{rest}\n"


def _chosen(progress: str | None) -> str:
    return progress or ("bar" if sys.stderr.isatty() else "none")


class Progress:
    """How far a file is, on standard error: a bar that stays in its line, or a line a step for machines."""

    def __init__(self, kind: str) -> None:
        self._kind, self._said = kind, -1

    def of(self, first: int, last: int) -> "Stretch":
        """What tells of a stretch of the work, from `first` to `last` percent."""
        return Stretch(self, first, last)

    def say(self, percent: int) -> None:
        """Show a percentage, each once."""
        if percent <= self._said or self._kind == "none":
            return
        self._said = percent
        if self._kind == "lines":
            sys.stderr.write(f"{percent}\n")
        else:
            done = percent * BAR // 100
            sys.stderr.write(f"\r[{'#' * done}{' ' * (BAR - done)}] {percent:3} %")
        sys.stderr.flush()

    def end(self) -> None:
        """All is done."""
        self.say(100)
        if self._kind == "bar":
            sys.stderr.write("\n")


class Stretch:
    """A part of the work that knows which percentages are its own."""

    def __init__(self, progress: Progress, first: int, last: int) -> None:
        self._progress, self._first, self._last = progress, first, last

    def __call__(self, done: int, of: int) -> None:
        """So much is done, of so much."""
        self._progress.say(self._first + (self._last - self._first) * min(done, of) // max(of, 1))
