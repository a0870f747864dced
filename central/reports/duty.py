"""The verdicts of duty slots of a period, one line a slot, ordered by date, start and staff."""

import datetime as dt
from typing import TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.store.duty import DutyLine, duty_verdicts


def write(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, form: str, out: TextIO) -> None:
    """Print the duty verdicts of first to last, both included; unit: it and all below, None = all."""
    write_rows(DutyLine._fields, duty_verdicts(db, first, last, unit), form, out)
