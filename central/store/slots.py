"""The duty roster: slots by person and date, and whose verdicts rest on whose taps."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.rules.duty import BEFORE, MINUTE
from central.store.keys import among_asked, asked, pairs
from central.tables import DutySlot

SLOT: sa.Table = DutySlot.__table__  # type: ignore[attr-defined]
BEFORE_MIN = BEFORE // MINUTE
WORKDAY = "workday"
"""The kind of slot that makes a day off or a holiday a working day: the unit's sessions apply on it."""

Key = tuple[str, dt.date]
"""(staff, date)."""


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot of the duty roster, columns as in `tables.DutySlot`."""

    id: int
    staff: str
    date: dt.date
    start_min: int
    end_min: int
    kind: str
    swapped_with: str | None
    stand_in: str | None
    deputy: str | None
    credit: str | None
    note: str
    doc_no: str

    @property
    def doer(self) -> str:
        """Whose taps decide: the stand-in's, else those of the person who has to come."""
        return self.stand_in or self.staff

    @property
    def credited(self) -> str:
        """Who earns the compensatory credit: a swap moves it with the slot, a stand-in earns it by coming."""
        return self.credit or self.doer


_COLUMNS = [SLOT.c[name] for name in SlotRow.__slots__]
_ORDER = (SLOT.c.staff, SLOT.c.date, SLOT.c.start_min, SLOT.c.end_min, SLOT.c.kind)
# Built once: they are asked with every punch, and building costs as much as asking.
_STAFF: sa.BindParameter[Any] = sa.bindparam("staff_codes", expanding=True)
_WITHIN = SLOT.c.date.between(sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date))
_SLOTS_OF = sa.select(*_COLUMNS).where(among_asked(SLOT)).order_by(*_ORDER)
_DONE_BY = sa.select(*_COLUMNS).where(sa.func.coalesce(SLOT.c.stand_in, SLOT.c.staff).in_(_STAFF), _WITHIN)
_WORKDAYS = sa.select(SLOT.c.staff, SLOT.c.date).where(SLOT.c.staff.in_(_STAFF), _WITHIN, SLOT.c.kind == WORKDAY)


def slots_of(db: sa.Connection, days: Collection[Key]) -> dict[Key, list[SlotRow]]:
    """The slots of these people on these dates, by (staff, date), in order of their beginnings."""
    found: dict[Key, list[SlotRow]] = defaultdict(list)
    if days:
        for row in pairs(db.execute(_SLOTS_OF, asked(days)), days):
            found[row.staff, row.date].append(SlotRow(*row))
    return found


def slots_between(db: sa.Connection, first: dt.date, last: dt.date) -> list[SlotRow]:
    """Every slot of the dates, both included."""
    query = sa.select(*_COLUMNS).where(SLOT.c.date.between(first, last)).order_by(SLOT.c.date, *_ORDER)
    return [SlotRow(*row) for row in db.execute(query)]


def resting_on(db: sa.Connection, days: Collection[Key]) -> set[Key]:
    """The (staff, date) whose slots rest on the taps of these days: their own slots, those they stand in for, those
    that began the evening before and those that begin right after midnight."""
    people = {staff for staff, _ in days}
    if not people:
        return set()
    first, last = (end(on for _, on in days) for end in (min, max))
    first, last = first - dt.timedelta(days=1), last + dt.timedelta(days=1)
    rows = db.execute(_DONE_BY, {"staff_codes": sorted(people), "first": first, "last": last})
    wanted = set(days)
    return {(slot.staff, slot.date) for slot in (SlotRow(*row) for row in rows) if _dates(slot) & wanted}


def _dates(slot: SlotRow) -> set[Key]:
    """The doer's days with taps for the slot: a tap counts from an hour before it (`rules.duty`) to its end."""
    first, last = (slot.start_min - BEFORE_MIN) // 1440, slot.end_min // 1440
    return {(slot.doer, slot.date + dt.timedelta(days=n)) for n in range(first, last + 1)}


def workdays_of(db: sa.Connection, staff: Collection[str], first: dt.date, last: dt.date) -> set[Key]:
    """The dates on which these people are rostered as on a working day."""
    rows = db.execute(_WORKDAYS, {"staff_codes": list(staff), "first": first, "last": last})
    return {(row.staff, row.date) for row in rows}
