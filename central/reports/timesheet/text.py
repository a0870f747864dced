"""The timesheet as CSV for spreadsheets."""

from pathlib import Path

from central.reports.formats import spreadsheet
from central.reports.timesheet.layout import Timesheet
from central.reports.timesheet.wording import Texts


def write_csv(sheet: Timesheet, texts: Texts, path: Path) -> None:
    """A line a person: number, code, name, position, the days, the totals; nothing beside them."""
    days = [day.on.isoformat() for day in sheet.grid.days]
    columns = (texts.number, "staff", texts.name, texts.position, *days, *texts.columns)
    rows = (
        (row.number, row.staff, row.name, row.position, *row.cells, *(half / 2 for half in row.totals))
        for row in sheet.grid.rows
    )
    with path.open("w", encoding="utf-8", newline="") as out:
        spreadsheet(columns, rows, out)
