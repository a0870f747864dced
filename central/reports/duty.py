"""The verdicts of duty slots of a period, one line a slot, ordered by date, start and staff."""

import datetime as dt
from typing import TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.store.duty import DutyLine, duty_verdicts
from central.store.roster import load_roster
from central.unknown import check_unit


def write(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, form: str, out: TextIO) -> int:
    """Print the duty verdicts of first to last, both included; returns how many. unit: it and all below, None = all.

    Raises UnknownUnitError for a unit that there is not in the period.
    """
    if unit is not None:
        check_unit(load_roster(db).units, unit, first, last)
    return write_rows(DutyLine._fields, duty_verdicts(db, first, last, unit), form, out)
