"""What is proposed of staying late, one line a staff-day, ordered by staff and date: a person decides."""

import datetime as dt
from typing import TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.store.overtime import ProposalLine, proposals


def write(db: sa.Connection, first: dt.date, last: dt.date, form: str, out: TextIO) -> int:
    """Print the proposals of first to last, both included."""
    return write_rows(ProposalLine._fields, proposals(db, first, last), form, out)
