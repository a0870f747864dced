"""The verdicts of a period, one line a staff-session, ordered by staff, date and session."""

import datetime as dt
from typing import TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.store.marks import marked_days
from central.store.roster import load_roster
from central.store.signed import signed_rows
from central.store.verdicts import VerdictRow, verdict_rows
from central.unknown import check_unit


def write(
    db: sa.Connection,
    first: dt.date,
    last: dt.date,
    unit: str | None,
    form: str,
    out: TextIO,
    *,
    live: bool = False,
) -> int:
    """Print the verdicts of first to last, both included, as `csv` or `json`; returns how many. unit: it and all below,
    None = all.

    Where a month is signed the signed values are printed, unless `live`. Each verdict counts for the unit that the
    person belonged to on its own date. Raises UnknownUnitError for a unit that there is not in the period.
    """
    if unit is not None:
        check_unit(load_roster(db).units, unit, first, last)
    rows = verdict_rows if live else signed_rows
    return write_rows(VerdictRow._fields, rows(db, first, last, unit), form, out)


def waiting(db: sa.Connection, first: dt.date, last: dt.date) -> int:
    """How many staff-days of the dates have facts that no evaluator has judged yet."""
    return len(marked_days(db, first, last))
