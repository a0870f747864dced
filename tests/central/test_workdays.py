"""Hours by unit and date: inherited down the tree, replaced as a whole, moved by the calendar."""

from datetime import date, timedelta

import pytest

from central.rules.day import PlanKind
from central.workdays import (
    CalendarEntry,
    CalendarKind,
    DoorPlace,
    ScheduleRow,
    Unit,
    UnitTree,
    WorkdayError,
    Workdays,
    time_of_day,
    weekdays_in,
)

TREE = (
    Unit("H"),
    Unit("VP", "H"),
    Unit("X1", "H", date(2018, 1, 1), date(2025, 6, 30)),
    Unit("X1.R1", "X1"),
    Unit("X2", "H", valid_to=date(2018, 12, 31)),
    Unit("X2", "VP", valid_from=date(2019, 1, 1)),
)
WINTER, SUMMER = date(2018, 10, 16), date(2018, 4, 16)
MONDAY, SATURDAY, SUNDAY = date(2018, 11, 12), date(2018, 11, 17), date(2018, 11, 18)


def hours(unit, text, weekdays="1-5", document="", first=None, last=None):
    """Rows such as `07:30-12:00 13:30-17:00` for a unit."""
    return tuple(
        ScheduleRow(
            unit, name, *map(time_of_day, span.split("-")), weekdays_in(weekdays), first, last, document=document
        )
        for name, span in zip(("AM", "PM"), text.split(), strict=False)
    )


DISTRICT = (
    *hours("H", "07:00-11:30 13:30-17:00", document="summer", first=SUMMER, last=WINTER - timedelta(days=1)),
    *hours("H", "07:30-12:00 13:30-17:00", document="winter", first=WINTER),
)
COUNTER = (*hours("X1", "07:30-12:00 13:30-17:00", document="counter"), *hours("X1", "07:45-11:30", "6", "counter"))


def shown(workday):
    return " ".join(f"{s.start:%H:%M}-{s.end:%H:%M}" for s in workday.sessions)


def holiday(on, unit="H", kind="holiday", document="", for_date=None, session=None):
    return CalendarEntry(on, CalendarKind(kind), unit, document, for_date, session)


def test_hours_are_inherited_from_the_nearest_unit_that_has_any():
    work = Workdays(TREE, (*DISTRICT, *COUNTER))
    assert work.sessions_for("VP", MONDAY).documents == ("winter",)
    assert work.sessions_for("X1.R1", MONDAY).documents == ("counter",)


def test_a_units_own_rows_replace_its_parents_as_a_whole():
    work = Workdays(TREE, (*DISTRICT, *hours("X1", "08:00-10:00", "6")))
    assert shown(work.sessions_for("X1", MONDAY)) == ""
    assert shown(work.sessions_for("X1", SATURDAY)) == "08:00-10:00"


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (WINTER - timedelta(days=1), "07:00-11:30 13:30-17:00"),
        (WINTER, "07:30-12:00 13:30-17:00"),
        (SUMMER - timedelta(days=3), ""),
    ],
)
def test_hours_change_with_their_announcement(on, said):
    assert shown(Workdays(TREE, DISTRICT).sessions_for("VP", on)) == said


def test_a_saturday_before_the_change_is_off_and_after_it_worked():
    from_november = hours("X1", "07:30-11:30", "1-6", first=date(2018, 11, 1))
    work = Workdays(TREE, (*DISTRICT, *from_november))
    assert shown(work.sessions_for("X1", date(2018, 10, 27))) == ""
    assert shown(work.sessions_for("X1", SATURDAY)) == "07:30-11:30"


def test_sessions_are_in_order_of_time_and_carry_grace_and_windows():
    minute = timedelta(minutes=1)
    rows = (
        ScheduleRow("H", "N", time_of_day("22:00"), time_of_day("06:00+1"), grace_late=5 * minute),
        ScheduleRow("H", "AM", time_of_day("07:30"), time_of_day("12:00"), window_before=60 * minute),
    )
    morning, night = Workdays(TREE, rows).sessions_for("H", MONDAY).sessions
    assert (morning.name, morning.window_before, morning.window_after) == ("AM", 60 * minute, None)
    assert (night.grace_late, night.end.date()) == (5 * minute, MONDAY + timedelta(days=1))


def test_a_holiday_keeps_its_sessions_and_frees_them_with_its_document():
    work = Workdays(TREE, DISTRICT, [holiday(MONDAY, document="12/TB")]).sessions_for("X1.R1", MONDAY)
    assert len(work.sessions) == 2
    assert [(p.kind, p.session, p.document) for p in work.holidays] == [(PlanKind.HOLIDAY, None, "12/TB")]
    assert work.documents == ("winter", "12/TB")


def test_a_half_holiday_frees_one_session():
    work = Workdays(TREE, DISTRICT, [holiday(MONDAY, session="PM")]).sessions_for("VP", MONDAY)
    assert [p.session for p in work.holidays] == ["PM"]


def test_the_calendar_binds_the_unit_and_all_below_it_only():
    work = Workdays(TREE, DISTRICT, [holiday(MONDAY, "X1")])
    assert [bool(work.sessions_for(u, MONDAY).holidays) for u in ("H", "VP", "X1", "X1.R1")] == [0, 0, 1, 1]


def test_a_make_up_day_is_worked_by_the_hours_of_the_weekday_it_replaces():
    work = Workdays(TREE, (*DISTRICT, *COUNTER), [holiday(SATURDAY, kind="make_up", for_date=MONDAY)])
    assert shown(work.sessions_for("X1", SATURDAY)) == "07:30-12:00 13:30-17:00"
    assert work.sessions_for("X1", SATURDAY).holidays == ()


def test_the_nearest_units_entry_rules_and_a_holiday_is_stronger_than_a_make_up_day():
    make_up = holiday(SATURDAY, kind="make_up", for_date=MONDAY)
    spared = Workdays(TREE, (*DISTRICT, *COUNTER), [make_up, holiday(SATURDAY, "X1", "swapped_off")])
    assert spared.sessions_for("X1", SATURDAY).holidays
    assert shown(spared.sessions_for("VP", SATURDAY)) == "07:30-12:00 13:30-17:00"
    both = Workdays(TREE, DISTRICT, [make_up, holiday(SATURDAY)]).sessions_for("VP", SATURDAY)
    assert (shown(both), len(both.holidays)) == ("", 1)


def test_a_make_up_day_without_the_day_it_replaces_is_refused():
    with pytest.raises(WorkdayError, match="for_date is missing"):
        holiday(SATURDAY, kind="make_up")


def test_a_unit_moves_in_the_tree_with_time():
    tree = UnitTree(TREE)
    assert tree.path("X2", MONDAY) == ("X2", "H")
    assert tree.path("X2", date(2019, 1, 1)) == ("X2", "VP", "H")


def test_a_unit_that_has_ended_or_is_unknown_has_no_hours():
    work = Workdays(TREE, DISTRICT)
    assert work.sessions_for("X1.R1", date(2025, 7, 1)).sessions == ()
    assert work.sessions_for("NONE", MONDAY).sessions == ()


def test_a_unit_cannot_be_its_own_ancestor():
    with pytest.raises(WorkdayError, match="A is its own ancestor"):
        UnitTree([Unit("A", "B"), Unit("B", "A")]).path("A", MONDAY)


def test_a_unit_cannot_have_two_parents_at_once():
    with pytest.raises(WorkdayError, match="several parents"):
        UnitTree([Unit("A", "B"), Unit("A", "C")]).path("A", MONDAY)


def test_office_doors_are_those_of_the_nearest_unit_that_has_any():
    doors = (DoorPlace("D-H", "H"), DoorPlace("D-1", "X1", valid_to=SATURDAY), DoorPlace("D-2", "X1"))
    work = Workdays(TREE, DISTRICT, doors=doors)
    assert work.office_doors("X1.R1", SATURDAY) == {"D-1", "D-2"}
    assert work.office_doors("X1.R1", SUNDAY) == {"D-2"}
    assert work.office_doors("VP", SUNDAY) == {"D-H"}
    assert work.office_doors("NONE", SUNDAY) == frozenset()


def test_the_same_question_has_the_same_answer():
    work = Workdays(TREE, DISTRICT)
    assert work.sessions_for("VP", MONDAY) is work.sessions_for("VP", MONDAY)


@pytest.mark.parametrize(
    ("text", "days"), [("1-5", {1, 2, 3, 4, 5}), ("6", {6}), ("1,3,6", {1, 3, 6}), ("1-2, 5-6", {1, 2, 5, 6})]
)
def test_weekdays_are_ranges_and_lists(text, days):
    assert weekdays_in(text) == days


@pytest.mark.parametrize("text", ["", "0-5", "8", "5-1", "Mon", "1-x", "1;2"])
def test_other_weekdays_are_refused(text):
    with pytest.raises(WorkdayError, match="weekdays"):
        weekdays_in(text)


def test_a_time_may_lie_on_the_next_date():
    assert time_of_day("07:30") == timedelta(hours=7, minutes=30)
    assert time_of_day("07:00+1") == timedelta(hours=31)


@pytest.mark.parametrize("text", ["", "7h30", "25:00", "07:00+x", "07:00+"])
def test_other_times_are_refused(text):
    with pytest.raises(WorkdayError, match="HH:MM"):
        time_of_day(text)


def week(work, unit, first=date(2018, 12, 31)):
    """Mon 31 Dec 2018 to Sun 6 Jan 2019, a line a day: `off`, the hours, `(hours)` where they are given off."""
    lines = []
    for on in (first + timedelta(days=n) for n in range(7)):
        day = work.sessions_for(unit, on)
        lines.append((f"({shown(day)})" if day.holidays else shown(day)) or "off")
    return lines


FULL, MORNING = "07:30-12:00 13:30-17:00", "07:45-11:30"
SWAP = (
    holiday(date(2018, 12, 31), kind="swapped_off", document="6519"),
    holiday(date(2019, 1, 1)),
    holiday(date(2019, 1, 5), kind="make_up", document="6519", for_date=date(2018, 12, 31)),
)


def test_in_the_swap_week_monday_is_off_and_saturday_is_worked_for_it():
    work = Workdays(TREE, DISTRICT, SWAP)
    assert week(work, "VP") == [f"({FULL})", f"({FULL})", FULL, FULL, FULL, FULL, "off"]
    assert work.sessions_for("VP", date(2019, 1, 5)).documents == ("winter", "6519")


def test_the_counters_own_saturday_does_not_apply_twice_on_a_make_up_saturday():
    work = Workdays(TREE, (*DISTRICT, *COUNTER), SWAP)
    assert week(work, "X1") == [f"({FULL})", f"({FULL})", FULL, FULL, FULL, FULL, "off"]
    assert week(work, "X1", date(2019, 1, 7))[5] == MORNING


def test_a_make_up_day_may_bind_one_unit_alone():
    only = holiday(SATURDAY, "VP", "make_up", for_date=MONDAY)
    work = Workdays(TREE, (*DISTRICT, *COUNTER), [only])
    assert [shown(work.sessions_for(u, SATURDAY)) for u in ("VP", "X2", "X1")] == [FULL, "", MORNING]


def test_half_a_make_up_day_is_worked_for_half_a_day_off():
    work = Workdays(
        TREE,
        (*DISTRICT, *COUNTER),
        [
            holiday(MONDAY, kind="swapped_off", session="PM"),
            holiday(SATURDAY, kind="make_up", for_date=MONDAY, session="PM"),
        ],
    )
    assert [p.session for p in work.sessions_for("VP", MONDAY).holidays] == ["PM"]
    assert shown(work.sessions_for("VP", SATURDAY)) == "13:30-17:00"
    assert shown(work.sessions_for("X1", SATURDAY)) == "13:30-17:00"


def test_a_make_up_saturday_is_worked_by_the_hours_that_hold_on_it():
    fifteenth = date(2018, 10, 15)  # the last Monday of the summer hours
    work = Workdays(TREE, DISTRICT, [holiday(date(2018, 10, 20), kind="make_up", for_date=fifteenth)])
    assert shown(work.sessions_for("VP", fifteenth)) == "07:00-11:30 13:30-17:00"
    assert shown(work.sessions_for("VP", date(2018, 10, 20))) == FULL
