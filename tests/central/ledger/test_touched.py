"""A fact touches exactly the days on which it says something about somebody."""

import datetime as dt
import json
from collections.abc import Callable

import sqlalchemy as sa

from central.ledger.gathering import Key
from central.ledger.touched import days_of_badge, days_of_roster, days_of_slot, days_of_staff
from central.store import marks, roster, taps
from central.tables import Badge, CalendarDay, Device, ScheduleRow, StaleDay
from tests.central.ledger.office import DATE, Office, at

ONE = dt.timedelta(days=1)
WEEK = [DATE + n * ONE for n in range(5)]  # Monday to Friday


def judged_week(office: Office) -> None:
    """An in X, Bình in Y, Chi of X at the counter of Y, Dung in H above them: Monday to Friday judged."""
    office.unit("Y", "H")
    for staff, unit, workplace in (("an", "X", None), ("binh", "Y", None), ("chi", "X", "Y"), ("dung", "H", None)):
        office.person(staff, unit, workplace=workplace)
    for on in WEEK:
        office.until("06:00", on)


def touched(office: Office, change: Callable[[], None], first: dt.date = WEEK[0], last: dt.date = WEEK[-1]) -> set[Key]:
    with office.store.read() as db:
        before = roster.load_roster(db)
    change()
    with office.store.read() as db:
        return days_of_roster(db, before, roster.load_roster(db), first, last)


def each(staff: str, *dates: dt.date) -> set[Key]:
    return {(code, on) for code in staff.split() for on in dates}


def test_hours_touch_the_people_of_the_unit_and_below_by_workplace_in_their_period_alone(office: Office) -> None:
    judged_week(office)

    def own_hours() -> None:
        row = ScheduleRow(unit="Y", weekdays=31, session="AM", start_min=420, end_min=690, doc_no="05/TB")
        row.valid_from, row.valid_to = WEEK[1], WEEK[2]
        office.add(row)

    # Tuesday and Wednesday themselves; Monday and Thursday lie beside other last and first sessions.
    assert touched(office, own_hours) == each("binh chi", *WEEK[:4])


def test_hours_above_touch_all_that_have_none_of_their_own(office: Office) -> None:
    judged_week(office)
    office.hours("Y", "AM", 420, 690)

    def other_grace() -> None:
        with office.store.write() as db:
            db.execute(sa.text("UPDATE schedule_row SET grace_late_min = 10 WHERE unit = 'H' AND session = 'AM'"))

    # The grace of a morning is nothing that the evening before asks for, yet its session is another one.
    assert touched(office, other_grace) == each("an dung", *WEEK)


def test_hours_written_again_with_the_same_words_touch_nobody(office: Office) -> None:
    judged_week(office)
    assert touched(office, lambda: office.unit("Z", "H")) == set()


def test_a_calendar_day_touches_its_scope_on_that_date_and_its_neighbours(office: Office) -> None:
    judged_week(office)

    def holiday() -> None:
        office.add(CalendarDay(date=WEEK[2], kind="holiday", unit="X", doc_no="02/TB"))

    # A holiday takes no session away: only the day itself says something else.
    assert touched(office, holiday) == each("an", WEEK[2])


def test_a_new_door_touches_those_whose_office_it_opens(office: Office) -> None:
    judged_week(office)

    def door() -> None:
        office.add(Device(id="device-new", code="D-NEW", unit="Y", key="k", registered_ms=0))

    assert touched(office, door) == each("binh chi", *WEEK)


def test_leave_touches_the_judged_days_of_its_period(office: Office) -> None:
    judged_week(office)
    with office.store.read() as db:
        assert days_of_staff(db, ["an"], WEEK[3], WEEK[4] + 30 * ONE) == each("an", *WEEK[3:])
        assert days_of_staff(db, ["an", "binh"], None, WEEK[0]) == each("an binh", WEEK[0])


def test_a_badge_handed_over_touches_both_holders_in_the_period(office: Office) -> None:
    judged_week(office)
    noon = at("12:00", WEEK[2])
    with office.store.write() as db:
        db.execute(sa.text("UPDATE badge SET valid_to_ms = :ms WHERE staff = 'an'"), {"ms": noon - 1})
    office.add(Badge(number="em:an", staff="binh", valid_from_ms=noon))
    with office.store.read() as db:
        found = days_of_badge(db, "em:an", noon, None)
        assert days_of_badge(db, "em:an", noon, noon) == each("an binh", *WEEK[1:3])
    assert found == each("an binh", *WEEK[1:])


def test_a_duty_slot_touches_the_day_of_whoever_has_to_come(office: Office) -> None:
    assert days_of_slot("an", DATE) == {("an", DATE)}


def test_a_punch_marks_its_day_and_in_the_morning_the_night_before_where_that_was_judged(office: Office) -> None:
    judged_week(office)
    door = office.door(unit="H")
    door.start("05:00", WEEK[4])
    office.until("06:00", WEEK[4])
    with office.store.write() as db:
        db.execute(sa.delete(StaleDay.__table__))  # type: ignore[attr-defined]
    door.tap("em:an", "06:30", WEEK[4])
    with office.store.read() as db:
        assert {(m.staff, m.date) for m in marks.stale_days(db)} == each("an", WEEK[3], WEEK[4])
        (punch,) = taps.punches(db, ["em:an"], 0, 2**62)
    assert punch.time_ms == at("06:30", WEEK[4])


def test_a_verdict_names_its_schedule_and_documents_without_row_numbers(office: Office) -> None:
    office.person("an")
    office.holiday()
    office.until("06:00")
    versions = json.loads(office.day("an").why)["versions"]
    assert versions == {
        "rules": 1,
        "schedules": ["H AM .. 01/TB", "H PM .. 01/TB"],
        "documents": ["01/TB", "02/TB"],
    }
