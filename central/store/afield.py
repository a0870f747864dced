"""Field duty as it was planned, with whose it is."""

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa

from central.tables import FieldDuty, Staff

FIELD: sa.Table = FieldDuty.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]


class PlannedRow(NamedTuple):
    """A session of field duty. confirmed_by: who confirmed that it took place, None = nobody yet."""

    date: dt.date
    staff: str
    name: str
    name_sort: str
    session: str
    place: str
    purpose: str
    confirmed_by: str | None


def planned_between(db: sa.Connection, first: dt.date, last: dt.date, staff: str | None = None) -> list[PlannedRow]:
    """What was planned for the dates, both included, by date and name; of one person where `staff` is given."""
    f, s = FIELD.c, STAFF.c
    query = sa.select(f.date, f.staff, s.full_name, s.name_sort, f.session, f.place, f.purpose, f.confirmed_by)
    query = query.join_from(FIELD, STAFF, s.code == f.staff).where(f.date.between(first, last))
    if staff is not None:
        query = query.where(f.staff == staff)
    return [PlannedRow(*row) for row in db.execute(query.order_by(f.date, s.name_sort, f.staff, f.session))]
