"""A timesheet as a file: xlsx, PDF or CSV, beside its place until it is whole, so that nobody opens half a file."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from central.errors import CentralError
from central.reports.timesheet.layout import Timesheet
from central.reports.timesheet.pdf import write_pdf
from central.reports.timesheet.text import write_csv
from central.reports.timesheet.wording import Texts
from central.reports.timesheet.xlsx import write_xlsx

Tell = Callable[[int, int], None]
PAPERS = ("A4", "A3")
SPREAD = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
"""Formats and their media types."""


class FileError(CentralError, OSError):
    """The file cannot be written; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What file. form: a key of SPREAD; paper: one of PAPERS."""

    form: str
    paper: str
    path: Path


def make(sheet: Timesheet, texts: Texts, wanted: Wanted, page: Callable[[], str], tell: Tell) -> None:
    """Write the file. page: the sheet as HTML; tell: hears how much is done, of how much. Raises FileError."""
    begun = wanted.path.with_name(f".{wanted.path.name}.{os.getpid()}")
    try:
        if wanted.form == "pdf":
            write_pdf(sheet, texts, begun, wanted.paper, tell)
        elif wanted.form == "xlsx":
            write_xlsx(sheet, texts, begun, wanted.paper)
        elif wanted.form == "csv":
            write_csv(sheet, texts, begun)
        else:
            begun.write_text(page(), "utf-8")
        begun.replace(wanted.path)
    except OSError as error:
        begun.unlink(missing_ok=True)
        raise FileError(f"{wanted.path}: {error.strerror or error}; name a folder that can be written to") from error
