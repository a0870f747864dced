"""The verdicts of a period, one line a staff-session, ordered by staff, date and session."""

import datetime as dt
from typing import TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.reports.scope import check_unit
from central.store.roster import load_roster
from central.store.verdicts import VerdictRow, verdict_rows


def write(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, form: str, out: TextIO) -> None:
    """Print the verdicts of first to last, both included, as `csv` or `json`; unit: it and all below, None = all.

    Each verdict counts for the unit that the person belonged to on its own date. Raises UnknownUnitError for a unit
    that there is not in the period.
    """
    if unit is not None:
        check_unit(load_roster(db).units, unit, first, last)
    write_rows(VerdictRow._fields, verdict_rows(db, first, last, unit), form, out)
