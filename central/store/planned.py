"""What was planned or entered for people: leave, trips, study, field duty, approved manual entries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.moments import midnight_ms, moment
from central.rules.day import ManualEntry, Plan, PlanKind
from central.store.roster import Roster, posts_of
from central.tables import FieldDuty, Leave
from central.tables import ManualEntry as EntryRow

LEAVE: sa.Table = Leave.__table__  # type: ignore[attr-defined]
FIELD: sa.Table = FieldDuty.__table__  # type: ignore[attr-defined]
ENTRY: sa.Table = EntryRow.__table__  # type: ignore[attr-defined]
# Built once: they are asked with every punch, and building costs as much as asking.
_STAFF: sa.BindParameter[Any] = sa.bindparam("staff_codes", expanding=True)
_FIRST, _LAST = sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date)
_LEAVES = sa.select(LEAVE).where(LEAVE.c.staff.in_(_STAFF), LEAVE.c.date_from <= _LAST, LEAVE.c.date_to >= _FIRST)
_AWAY = sa.select(FIELD).where(FIELD.c.staff.in_(_STAFF), FIELD.c.date.between(_FIRST, _LAST))
_ENTRIES = (
    sa.select(ENTRY)
    .where(ENTRY.c.approved_by.is_not(None), ENTRY.c.withdrawn_ms.is_(None))
    .where(ENTRY.c.staff.in_(_STAFF), ENTRY.c.date.between(_FIRST, _LAST))
    .order_by(ENTRY.c.id)
)


@dataclass(frozen=True, slots=True)
class DatedPlan:
    """A plan for each date from first to last. Its session may be a half of the day (see `rules.halves`)."""

    first: dt.date
    last: dt.date
    plan: Plan


def plans_of(
    db: sa.Connection, roster: Roster, staff: Collection[str], first: dt.date, last: dt.date
) -> dict[str, list[DatedPlan]]:
    """Leave, trips, study and field duty of these people that touch the dates."""
    found: dict[str, list[DatedPlan]] = defaultdict(list)
    asked = {"staff_codes": list(staff), "first": first, "last": last}
    rows = db.execute(_LEAVES, asked).all()
    posts = posts_of(db, {row.staff for row in rows}) if rows and roster.symbols.varied else {}
    for row in rows:
        # A leave means what its sign meant to the home unit when it began.
        post = roster.post_on(posts.get(row.staff, ()), row.date_from)
        path = roster.workdays.tree.path(post.unit, row.date_from) if post else ()
        plan = Plan(roster.symbols.kind(row.symbol, path), row.half, row.symbol, ref=f"leave:{row.id}")
        found[row.staff].append(DatedPlan(row.date_from, row.date_to, plan))
    for row in db.execute(_AWAY, asked):
        plan = Plan(PlanKind.FIELD_DUTY, row.session, ref=f"field_duty:{row.id}")
        found[row.staff].append(DatedPlan(row.date, row.date, plan))
    return found


def leave_of_symbol(db: sa.Connection, symbol: str) -> list[tuple[str, dt.date, dt.date]]:
    """(staff, first, last) of every leave with this symbol."""
    query = sa.select(LEAVE.c.staff, LEAVE.c.date_from, LEAVE.c.date_to).where(LEAVE.c.symbol == symbol)
    return [(row.staff, row.date_from, row.date_to) for row in db.execute(query)]


def entries_of(
    db: sa.Connection, staff: Collection[str], first: dt.date, last: dt.date
) -> dict[tuple[str, dt.date], list[ManualEntry]]:
    """The manual entries that count, by person and date: approved, and not withdrawn."""
    found: dict[tuple[str, dt.date], list[ManualEntry]] = defaultdict(list)
    for row in db.execute(_ENTRIES, {"staff_codes": list(staff), "first": first, "last": last}):
        came, went = (_at(row.date, seconds) for seconds in (row.in_s, row.out_s))
        entry = ManualEntry(row.session, came, went, row.doc_no, f"manual_entry:{row.id:012}")
        found[row.staff, row.date].append(entry)
    return found


def _at(on: dt.date, seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else moment(midnight_ms(on)) + dt.timedelta(seconds=seconds)
