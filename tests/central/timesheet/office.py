"""An office made by hand for the tests of sheets: units, people and verdicts as the evaluator stores them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import SQLModel

from central.names import search_key, sort_key
from central.reports.timesheet.gathering import Asked, gather
from central.reports.timesheet.layout import Row, Timesheet
from central.store import Store, open_store, verdicts
from central.store.verdicts import DayRow, SessionRow
from central.tables import Assignment, ScheduleRow, Staff, Unit
from tests.central.ledger.office import HandClock, at

MONTH = "2018-11"
FIRST, LAST = dt.date(2018, 11, 1), dt.date(2018, 11, 30)
AFTER = at("08:00", dt.date(2018, 12, 3))
OUTCOMES = {"+": "present", "V": "absent", "": "pending", "CS": "field_duty", "H": "study", "L": "holiday"}


def on(day: int) -> dt.date:
    return dt.date(2018, 11, day)


@dataclass
class Made:
    """The office. clock: after the month."""

    store: Store
    clock: HandClock

    def add(self, *rows: SQLModel) -> None:
        with self.store.write() as db:
            for row in rows:
                db.execute(sa.insert(row.__table__).values(row.model_dump(exclude_none=True)))  # type: ignore[attr-defined]

    def unit(self, code: str, parent: str | None = "H", **more: object) -> None:
        self.add(Unit(code=code, parent=parent, type="commune", name=f"Xã {code}", **more))  # type: ignore[arg-type]

    def person(self, code: str, unit: str, name: str = "", rank: int = 5, position: str = "", **more: object) -> None:
        full = name or f"Nguyễn Văn {code}"
        self.add(Staff(code=code, full_name=full, name_sort=sort_key(full), name_search=search_key(full), **more))  # type: ignore[arg-type]
        self.post(code, unit, rank=rank, position=position)

    def post(self, code: str, unit: str, **more: object) -> None:
        self.add(Assignment(staff=code, unit=unit, **more))  # type: ignore[arg-type]

    def day(self, code: str, unit: str, day: int, *signs: str, flags: str = "") -> None:
        """A verdict: a sign a session, `` for pending; none = a day off."""
        sessions = tuple(
            SessionRow(name, place, OUTCOMES.get(sign, "leave"), flags, sign, None, None, 0, 0, 0)
            for place, (name, sign) in enumerate(zip(("AM", "PM", "NIGHT"), signs, strict=False))
        )
        with self.store.write() as db:
            verdicts.write(db, [DayRow(code, on(day), "present", unit, None, 0, "{}", sessions)])

    def whole_month(self, code: str, unit: str, sign: str = "+", first: int = 1, last: int = 30) -> None:
        for day in range(first, last + 1):
            self.day(code, unit, day, *((sign, sign) if on(day).weekday() < 5 else ()))

    def sheet(self, unit: str = "X01", layout: str = "c01a", **more: object) -> Timesheet:
        with self.store.read() as db:
            return gather(db, Asked(MONTH, unit, layout, **more), self.clock.now_ms())  # type: ignore[arg-type]

    def row(self, code: str, unit: str = "X01", **more: object) -> Row:
        (found,) = [row for row in self.sheet(unit, **more).grid.rows if row.staff == code]
        return found


def make(new_database: Callable[[str], str]) -> Made:
    """A district with two communes and hours, nobody in it."""
    store = open_store(new_database("sheets"))
    store.upgrade()
    made = Made(store, HandClock(AFTER))
    made.unit("H", None)
    made.unit("X01")
    made.unit("X02")
    for session, start, end in (("AM", 450, 720), ("PM", 810, 1020)):
        made.add(ScheduleRow(unit="H", weekdays=31, session=session, start_min=start, end_min=end, doc_no="01/TB-TK"))
    return made
