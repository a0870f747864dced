"""Duty slots are judged on their own, with the day of whoever has to come; staying late is proposed as overtime."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from central.explaining import Section, lines_of
from central.ledger import Ledger
from central.reports.why import explain
from central.store import duty, marks, overtime
from central.tables import DutySlot
from central.web.texts import catalogue
from edge.wire.events import Punch
from tests.central.ledger.office import DATE, Office, Station, at

ONE = dt.timedelta(days=1)
SUNDAY = DATE + 6 * ONE


def slot(office: Office, staff: str, start: int, end: int, on: dt.date = DATE, **more: Any) -> None:
    """A slot from start to end, in minutes after the date's midnight, as an import stores and marks it."""
    office.add(DutySlot(staff=staff, date=on, start_min=start, end_min=end, kind="reception", **more))
    office.mark(staff, on)


def said(office: Office, on: dt.date = DATE) -> list[str]:
    with office.store.read() as db:
        lines = duty.duty_verdicts(db, on, on)
    return [f"{d.staff} {d.start}-{d.end} {d.outcome} {d.by} {d.late_min}".replace("  ", " ") for d in lines]


def proposed(office: Office) -> list[tuple[str, int]]:
    with office.store.read() as db:
        return [(p.staff, p.minutes) for p in overtime.proposals(db, DATE, SUNDAY)]


@pytest.fixture
def door(office: Office) -> Station:
    found = office.door()
    for staff in ("an", "binh"):
        office.person(staff)
    found.start("05:00")
    return found


def closed(office: Office, door: Station, on: dt.date = DATE, time: str = "23:00") -> None:
    door.heartbeat(time, on)
    office.until(time + ":30", on)


def test_a_reception_before_hours_is_late_although_the_session_is_not(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    door.tap("em:an", "07:02")
    closed(office, door)
    assert said(office) == ["an 06:45-07:30 late an 17"]
    assert office.says("an")[0] == "AM incomplete missing_out"


def test_a_slot_is_pending_until_its_doors_have_delivered_past_its_end(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    door.heartbeat("07:00")
    office.until("07:10")
    assert said(office) == ["an 06:45-07:30 pending 0"]
    office.until("08:00")
    assert said(office) == ["an 06:45-07:30 pending 0"]
    door.heartbeat("08:01")
    office.until("08:02")
    assert said(office) == ["an 06:45-07:30 no_show 0"]
    assert office.says("an")[0] == "AM pending"


def test_a_tap_that_arrives_later_repairs_the_slot(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    kept = door.tap("em:an", "06:44", deliver=False)
    closed(office, door)
    assert said(office) == ["an 06:45-07:30 no_show 0"]
    door.deliver(kept, received=office.clock.ms)
    office.until("23:05")
    assert said(office) == ["an 06:45-07:30 kept an 0"]


def test_the_tap_of_a_stand_in_marks_the_day_of_the_person_stood_in_for(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450, stand_in="binh")
    closed(office, door)
    assert said(office) == ["an 06:45-07:30 no_show 0"]
    kept = door.tap("em:binh", "06:50", deliver=False)
    door.deliver(kept, received=office.clock.ms)
    office.until("23:05")
    assert said(office) == ["an 06:45-07:30 stood_in binh 5"]


def test_two_who_stand_in_for_each_other_come_to_rest(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450, stand_in="binh")
    slot(office, "binh", 780, 810, stand_in="an")
    door.tap("em:binh", "06:40")
    door.tap("em:an", "12:58")
    closed(office, door)
    assert said(office) == ["an 06:45-07:30 stood_in binh 0", "binh 13:00-13:30 stood_in an 0"]
    assert office.ledger.step() == 0
    with office.store.read() as db:
        assert marks.stale_days(db) == []


def test_a_night_belongs_to_the_date_on_which_it_starts(office: Office, door: Station) -> None:
    slot(office, "an", 17 * 60, 31 * 60)
    closed(office, door)
    assert said(office) == ["an 17:00-07:00+1 pending 0"]
    kept = door.tap("em:an", "02:10", DATE + ONE, deliver=False)
    closed(office, door, DATE + ONE, "08:00")
    assert said(office) == ["an 17:00-07:00+1 no_show 0"]
    door.deliver(kept, received=office.clock.ms)
    office.until("08:05", DATE + ONE)
    assert said(office) == ["an 17:00-07:00+1 late an 550"]


def test_a_slot_right_after_midnight_is_kept_by_a_tap_of_the_evening_before(office: Office, door: Station) -> None:
    slot(office, "an", 30, 300, DATE + ONE, stand_in="binh")
    closed(office, door, DATE + ONE, "06:00")
    assert said(office, DATE + ONE) == ["an 00:30-05:00 no_show 0"]
    kept = door.tap("em:binh", "23:50", deliver=False)
    door.deliver(kept, received=office.clock.ms)
    office.until("06:05", DATE + ONE)
    assert said(office, DATE + ONE) == ["an 00:30-05:00 stood_in binh 0"]


def test_a_sunday_without_sessions_has_its_duty(office: Office, door: Station) -> None:
    slot(office, "an", 450, 690, SUNDAY)
    door.tap("em:an", "07:29", SUNDAY)
    closed(office, door, SUNDAY)
    assert said(office, SUNDAY) == ["an 07:30-11:30 kept an 0"]
    assert office.says("an", SUNDAY) == []


def test_a_slot_taken_back_takes_its_verdict_along(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    closed(office, door)
    with office.store.write() as db:
        db.execute(sa.text("DELETE FROM duty_slot"))
    office.mark("an")
    office.until("23:05")
    assert said(office) == []


def test_a_door_that_could_not_record_makes_nobody_miss_a_slot(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    closed(office, door)
    assert said(office) == ["an 06:45-07:30 no_show 0"]
    office.close_door(door, "05:30", "07:35")
    office.until("23:05")
    assert said(office) == ["an 06:45-07:30 needs_checking 0"]


def test_judging_again_writes_no_duty_verdict_again(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    closed(office, door)
    with office.store.read() as db:
        before = duty.duty_rows(db, [("an", DATE)])
    office.mark("an")
    door.heartbeat("23:30")
    office.until("23:31")
    with office.store.read() as db:
        assert duty.duty_rows(db, [("an", DATE)]) == before


def test_another_evaluator_that_took_the_doors_news_leaves_no_slot_pending(office: Office, door: Station) -> None:
    slot(office, "an", 405, 450)
    office.until("06:00")
    office.clock.ms = at("08:02")
    slow = Ledger(office.store, office.clock)
    slow.settle()
    with office.store.write() as db:
        db.exec_driver_sql("DELETE FROM duty_verdict")
    office.mark("an")
    from central.store import roster

    with office.store.read() as db:
        work = slow.look(roster.load_roster(db), marks.stale_days(db))
    door.heartbeat("08:01")
    with office.store.write() as db:
        for mark in marks.stale_doors(db):
            marks.settle_door(db, mark)
    slow.write(work)
    assert said(office) == ["an 06:45-07:30 pending 0"]
    slow.settle()
    assert said(office) == ["an 06:45-07:30 no_show 0"]


def test_duty_is_printed_for_a_unit_and_all_below_it(office: Office, door: Station) -> None:
    office.unit("Y", "H")
    office.person("chi", "Y")
    slot(office, "an", 405, 450)
    slot(office, "chi", 405, 450)
    closed(office, door)
    with office.store.read() as db:
        assert [d.staff for d in duty.duty_verdicts(db, DATE, DATE, "Y")] == ["chi"]
        assert [d.staff for d in duty.duty_verdicts(db, DATE, DATE, "H")] == ["an", "chi"]


def test_staying_late_is_proposed_replaced_and_withdrawn(office: Office, door: Station) -> None:
    for time in ("07:20", "12:00", "13:20", "18:20"):
        door.tap("em:an", time)
    later = door.tap("em:an", "18:45", deliver=False)
    closed(office, door)
    assert proposed(office) == [("an", 80)]
    door.deliver(later, received=office.clock.ms)
    office.until("23:05")
    assert proposed(office) == [("an", 105)]
    office.leave("an", "PM")
    office.mark("an")
    office.until("23:06")
    assert proposed(office) == []


def test_a_slot_of_somebody_who_has_left_has_no_verdict_unless_a_colleague_stands_in(
    office: Office, door: Station
) -> None:
    office.person("chi", left=DATE - ONE)
    office.person("dung", joined=DATE + ONE)
    slot(office, "chi", 405, 450)
    slot(office, "dung", 405, 450)
    slot(office, "chi", 780, 810, stand_in="binh")
    door.tap("em:binh", "12:55")
    closed(office, door)
    assert said(office) == ["chi 13:00-13:30 stood_in binh 0"]


def test_who_went_to_the_field_by_the_button_has_not_missed_a_slot(office: Office, door: Station) -> None:
    slot(office, "an", 990, 1080)
    door.tap("em:an", "07:20")
    door.say(Punch("em:an", "main", ("known", "field_out")), "14:00")
    closed(office, door)
    assert said(office) == ["an 16:30-18:00 needs_checking 0"]
    with office.store.read() as db:
        found = lines_of(explain(db, "an", DATE, office.clock.ms), catalogue("vi").gettext)
    assert [line.text for line in found if line.section is Section.DUTY] == [
        "Nhiệm vụ tiếp công dân, từ 16:30 đến 18:00: cần xác minh; không tính cho ai. Đã bấm “Đi cơ sở” tại cửa: "
        "ở cơ sở từ 14:00:00, nên không kết luận là vắng mặt."
    ]
