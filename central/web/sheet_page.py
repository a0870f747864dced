"""The timesheet as a file of its own: a page that prints without anything beside it."""

from pathlib import Path

from central.reports.timesheet.layout import Timesheet
from central.reports.timesheet.wording import Texts
from central.web.templating import environment

STATIC = Path(__file__).parent / "static"


def whole_page(sheet: Timesheet, texts: Texts, language: str, paper: str) -> str:
    """The page with its style in it, for whoever keeps pages instead of PDFs."""
    style = "\n".join((STATIC / name).read_text("utf-8") for name in ("board.css", "timesheet.css"))
    page = environment().get_template("timesheet_file.html")
    return page.render(sheet=sheet, texts=texts, language=language, paper=paper, style=style)
