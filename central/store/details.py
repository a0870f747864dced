"""Particulars of the rows that a verdict names: dates and places of plans, whether a staff-day is marked."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from central.tables import FieldDuty, Leave, StaleDay

LEAVE: sa.Table = Leave.__table__  # type: ignore[attr-defined]
STALE_DAY: sa.Table = StaleDay.__table__  # type: ignore[attr-defined]
FIELD: sa.Table = FieldDuty.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PlanDetail:
    """What is known of a plan besides its kind. Never the reason of a leave: that may be somebody's health."""

    first: dt.date
    last: dt.date
    place: str = ""
    purpose: str = ""
    confirmed_by: str = ""


def plan_details(db: sa.Connection, refs: Collection[str]) -> dict[str, PlanDetail]:
    """By the plans' references (`leave:7`, `field_duty:9`); others are left out."""
    found: dict[str, PlanDetail] = {}
    for row in db.execute(sa.select(LEAVE).where(LEAVE.c.id.in_(_ids("leave", refs)))):
        found[f"leave:{row.id}"] = PlanDetail(row.date_from, row.date_to)
    for row in db.execute(sa.select(FIELD).where(FIELD.c.id.in_(_ids("field_duty", refs)))):
        detail = PlanDetail(row.date, row.date, row.place, row.purpose, row.confirmed_by or "")
        found[f"field_duty:{row.id}"] = detail
    return found


def leave_dates(db: sa.Connection, first: dt.date, last: dt.date) -> set[tuple[str, dt.date]]:
    """Every (staff, date) from first to last that some leave, trip or study touches, whole days or halves."""
    c = LEAVE.c
    rows = db.execute(sa.select(c.staff, c.date_from, c.date_to).where(c.date_from <= last, c.date_to >= first))
    return {
        (row.staff, start + dt.timedelta(days=n))
        for row in rows
        for start, end in [(max(row.date_from, first), min(row.date_to, last))]
        for n in range((end - start).days + 1)
    }


def _ids(kind: str, refs: Collection[str]) -> list[int]:
    return [int(ref.partition(":")[2]) for ref in refs if ref.startswith(f"{kind}:")]


def is_marked(db: sa.Connection, staff: str, on: dt.date) -> bool:
    """Whether the staff-day is to be judged again."""
    query = sa.select(STALE_DAY.c.staff).where(STALE_DAY.c.staff == staff, STALE_DAY.c.date == on)
    return db.execute(query).first() is not None
