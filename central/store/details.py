"""Particulars of the rows that a verdict names: dates and places of plans, whether a staff-day is marked."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from central.moments import midnight_ms
from central.store import rollcalls
from central.tables import FieldDuty, Leave, ManualEntry, OutingDecision, RollCall, RollCallLine, Staff, StaleDay

LEAVE: sa.Table = Leave.__table__  # type: ignore[attr-defined]
STALE_DAY: sa.Table = StaleDay.__table__  # type: ignore[attr-defined]
ENTRY: sa.Table = ManualEntry.__table__  # type: ignore[attr-defined]
CALL: sa.Table = RollCall.__table__  # type: ignore[attr-defined]
CALLED: sa.Table = RollCallLine.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
FIELD: sa.Table = FieldDuty.__table__  # type: ignore[attr-defined]
OUTING: sa.Table = OutingDecision.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PlanDetail:
    """What is known of a plan besides its kind. Never the reason of a leave: that may be somebody's health."""

    first: dt.date
    last: dt.date
    place: str = ""
    purpose: str = ""
    confirmed_by: str = ""


def plan_details(db: sa.Connection, refs: Collection[str]) -> dict[str, PlanDetail]:
    """By the plans' references (`leave:7`, `field_duty:9`, `outing:3`); others are left out."""
    found: dict[str, PlanDetail] = {}
    for row in db.execute(sa.select(LEAVE).where(LEAVE.c.id.in_(_ids("leave", refs)))):
        found[f"leave:{row.id}"] = PlanDetail(row.date_from, row.date_to)
    for row in db.execute(sa.select(FIELD).where(FIELD.c.id.in_(_ids("field_duty", refs)))):
        detail = PlanDetail(row.date, row.date, row.place, row.purpose, row.confirmed_by or "")
        found[f"field_duty:{row.id}"] = detail
    for row in db.execute(sa.select(OUTING).where(OUTING.c.id.in_(_ids("outing", refs)))):
        found[f"outing:{row.id:012}"] = PlanDetail(row.date, row.date, row.place)
    return found


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """A manual entry, whether it counts or not; ref as in the rules' entries. came, went: seconds after midnight."""

    ref: str
    session: str
    came_s: int | None
    went_s: int | None
    reason: str
    evidence: str
    document: str
    entered_by: str
    approved_by: str
    withdrawn_by: str


def entry_details(db: sa.Connection, staff: str, on: dt.date) -> list[EntryDetail]:
    """Every manual entry of a staff-day, those not approved and those withdrawn too, in the order of their making."""
    e = ENTRY.c
    query = sa.select(ENTRY).where(e.staff == staff, e.date == on).order_by(e.id)
    return [
        EntryDetail(
            f"manual_entry:{row.id:012}",
            row.session,
            row.in_s,
            row.out_s,
            row.reason,
            row.evidence,
            row.doc_no,
            row.entered_by,
            row.approved_by or "",
            "" if row.withdrawn_ms is None else row.withdrawn_by or "?",
        )
        for row in db.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class SeenInRoom:
    """What a roll call wrote down about a person; at_min: minutes after midnight; status: a word of the sheet."""

    at_min: int
    taken_by: str
    status: str


def roll_calls(db: sa.Connection, staff: str, on: dt.date) -> list[SeenInRoom]:
    """What the roll calls of a date saw of a person: those on paper that were imported, then those taken here."""
    joined = sa.select(CALL.c.at_min, CALL.c.taken_by, CALLED.c.status).join(CALLED, CALLED.c.roll_call_id == CALL.c.id)
    query = joined.where(CALL.c.date == on, CALLED.c.staff == staff).order_by(CALL.c.at_min, CALL.c.id)
    on_paper = [SeenInRoom(*row) for row in db.execute(query)]
    return on_paper + [
        SeenInRoom((word.said_ms - midnight_ms(on)) // 60_000, word.by, "present" if word.saying.seen else "absent")
        for word in rollcalls.last_looks(db, "roll_call", staff, on)
    ]


def names_of(db: sa.Connection, staff: Collection[str]) -> dict[str, str]:
    """The full names of these people with their codes, for several may have one name: `Nguyễn Văn Hùng (CB0036)`."""
    query = sa.select(STAFF.c.code, STAFF.c.full_name).where(STAFF.c.code.in_(staff))
    return {row.code: f"{row.full_name} ({row.code})" for row in db.execute(query)}


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
