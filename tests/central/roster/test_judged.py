"""Facts of a folder as the rules see them: entries, policies, the duty roster, other workplaces, units that ended."""

import datetime as dt

import pytest

from central.ledger.gathering import Known, gather_many
from central.ledger.now import presence_now
from central.rules.day import LOCAL, Day, Policy
from central.rules.policy import policy_from
from central.store import planned, roster, slots
from tests.central.ledger.office import HandClock, at
from tests.central.roster.conftest import Importer

MONDAY, SUNDAY = dt.date(2018, 11, 12), dt.date(2018, 11, 18)
NOW = HandClock(at("12:00", dt.date(2018, 11, 19)))


def known(importer: Importer, staff: str, on: dt.date = MONDAY) -> Known:
    with importer.store.read() as db:
        return gather_many(db, roster.load_roster(db), [(staff, on)], NOW.ms)[staff, on]


def day(importer: Importer, staff: str, on: dt.date = MONDAY) -> Day:
    return known(importer, staff, on).day


def time(text: str) -> dt.datetime:
    return dt.datetime.combine(MONDAY, dt.time.fromisoformat(text), LOCAL)


def test_an_entry_counts_once_somebody_else_approved_it(importer: Importer):
    importer.says("manual", "an,2018-11-12,AM,07:29:30,12:00,quên thẻ,binh,")
    assert day(importer, "an").manual == ()
    importer.says("manual", "an,2018-11-12,AM,07:29:30,12:00,quên thẻ,binh,chi")
    (entry,) = day(importer, "an").manual
    assert (entry.session, entry.time_in, entry.time_out) == ("AM", time("07:29:30"), time("12:00"))


def test_an_entry_that_was_withdrawn_counts_no_more_and_stays_stored(importer: Importer):
    importer.says("manual", "an,2018-11-12,AM,07:29,,quên thẻ,binh,chi")
    with importer.store.write() as db:
        db.exec_driver_sql("UPDATE manual_entry SET withdrawn_ms = 1, withdrawn_by = 'chi'")
    assert day(importer, "an").manual == ()
    assert importer.all("SELECT in_s, withdrawn_by FROM manual_entry") == [(7 * 3600 + 29 * 60, "chi")]


def test_a_policy_is_inherited_and_replaced_by_name_and_date(importer: Importer):
    importer.take()
    assert day(importer, "an").policy == Policy()
    importer.says(
        "policies", "H,,,required_taps,2,", "H,,,dedup_s,30,", "X,,2018-11-11,dedup_s,90,", "X,2018-11-12,,dedup_s,45,"
    )
    assert day(importer, "an").policy == policy_from({"required_taps": "2", "dedup_s": "45"})
    assert day(importer, "chi").policy == policy_from({"required_taps": "2", "dedup_s": "30"})
    assert day(importer, "an", MONDAY - dt.timedelta(days=3)).policy == policy_from(
        {"required_taps": "2", "dedup_s": "90"}
    )


def test_a_slot_changes_no_session_but_a_rostered_workday_has_the_units_own(importer: Importer):
    importer.says("duty", "an,2018-11-18,07:30,11:30,office_duty,,,", "binh,2018-11-18,07:30,17:00,workday,,,")
    free, worked = day(importer, "an", SUNDAY), day(importer, "binh", SUNDAY)
    assert (free.sessions, free.rostered) == ((), False)
    assert [s.start.strftime("%d %H:%M") for s in worked.sessions] == ["18 07:30", "18 13:30"]
    assert worked.rostered


def test_somebody_rostered_works_on_a_holiday(importer: Importer):
    importer.folder.files["calendar"] = ["2018-11-12,holiday,H,,"]
    importer.says("duty", "binh,2018-11-12,07:30,17:00,workday,,,")
    assert day(importer, "binh").rostered and not day(importer, "an").rostered
    assert len(day(importer, "binh").sessions) == 2


def test_a_stand_in_does_the_slot_and_earns_the_credit_unless_somebody_else_is_named(importer: Importer):
    importer.says(
        "duty", "an,2018-11-12,17:00,07:00+1,night,,binh,", "an,2018-11-13,17:00,19:00,x,chi,,,binh,chi",
        "chi,2018-11-14,17:00,19:00,x,,,",
    )  # fmt: skip
    days = {("an", MONDAY), ("an", MONDAY + dt.timedelta(days=1)), ("chi", MONDAY + dt.timedelta(days=2))}
    with importer.store.read() as db:
        found = [slot for key in sorted(slots.slots_of(db, days).items()) for slot in key[1]]
        resting = {d: slots.resting_on(db, {("binh", MONDAY + dt.timedelta(days=d))}) for d in (0, 1, 2)}
        assert [slot.staff for slot in slots.slots_between(db, MONDAY, MONDAY)] == ["an"]
    assert [(s.doer, s.credited, s.deputy) for s in found] == [
        ("binh", "binh", None), ("an", "chi", "binh"), ("chi", "chi", None),
    ]  # fmt: skip
    assert resting == {0: {("an", MONDAY)}, 1: {("an", MONDAY)}, 2: set()}  # the night ends on the next date


@pytest.mark.parametrize("half", ["S", "C"])
def test_a_half_day_is_the_session_at_its_place_whatever_the_hours_call_it(importer: Importer, half: str):
    importer.says("schedules", "H,,,1-5,sáng,07:30,12:00,5,0,", "H,,,1-5,chiều,13:30,17:00,5,0,")
    importer.says("leave", f"an,2018-11-12,2018-11-12,{half},P,")
    importer.says("field", f"binh,2018-11-12,{half},,,")
    meant = {"S": "sáng", "C": "chiều"}[half]
    assert [p.session for p in day(importer, "an").plans + day(importer, "binh").plans] == [meant, meant]


def test_a_symbol_means_what_the_home_unit_says(importer: Importer):
    importer.folder.files["symbols"] = ["X,HL,study,Hội họp,Meeting,yes,công tác"]
    importer.says("leave", "an,2018-11-12,2018-11-12,,HL,", "chi,2018-11-12,2018-11-12,,HL,")
    assert [day(importer, staff).plans[0].kind.value for staff in ("an", "chi")] == ["study", "leave"]
    with importer.store.read() as db:
        assert planned.leave_of_symbol(db, "HL") == [("an", MONDAY, MONDAY), ("chi", MONDAY, MONDAY)]


def test_who_is_seconded_works_by_the_counters_hours_for_as_long_as_it_lasts(importer: Importer):
    importer.says(
        "schedules", "H,,,1-5,AM,07:30,12:00,5,0,01/TB", "H,,,1-5,PM,13:30,17:00,5,0,01/TB",
        "Y,,,1-6,AM,07:00,11:00,0,0,02/TB",
    )  # fmt: skip
    importer.says("work", "an,Y,2018-11-13,2018-11-14,07/QĐ")
    found = [known(importer, "an", MONDAY + dt.timedelta(days=n)) for n in range(4)]
    assert [len(one.day.sessions) for one in found] == [2, 1, 1, 2]
    assert [(one.post.unit, one.post.workplace) for one in found if one.post] == [
        ("X", "X"), ("X", "Y"), ("X", "Y"), ("X", "X"),
    ]  # fmt: skip


def test_people_of_a_unit_that_ended_without_a_successor_are_on_the_board_without_a_unit(importer: Importer):
    importer.says("units", "H,,district,Huyện,,", "X,H,commune,Xã X,,2018-11-01", "Y,H,commune,Xã Y,,")
    with importer.store.read() as db:
        board = presence_now(db, NOW.ms)
    assert {unit.unit: {p.staff for p in unit.rows} for unit in board} == {"": {"an", "binh"}, "Y": {"chi"}}
    importer.says("succession", "X,Y,2018-11-02")
    with importer.store.read() as db:
        board = presence_now(db, NOW.ms)
    assert {unit.unit: {p.staff for p in unit.rows} for unit in board} == {"Y": {"an", "binh", "chi"}}
