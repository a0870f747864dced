"""The verdicts of a period, one line a staff-session, ordered by staff, date and session."""

import datetime as dt
from typing import TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.store.verdicts import VerdictRow, verdict_rows


def write(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, form: str, out: TextIO) -> None:
    """Print the verdicts of first to last, both included, as `csv` or `json`; unit: it and all below, None = all."""
    write_rows(VerdictRow._fields, verdict_rows(db, first, last, unit), form, out)
