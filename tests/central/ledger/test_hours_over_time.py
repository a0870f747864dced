"""Hours change with their announcements, and one report over the change shows both sides of it."""

import datetime as dt
import io

import pytest

from central.calendars.deciding import NewDay, add
from central.reports import verdicts
from central.tables import CalendarDay, ScheduleRow
from central.workdays import CalendarKind
from tests.central.ledger.office import Office

MONDAY_TO_FRIDAY, SATURDAY, MONDAY_TO_SATURDAY = 0b11111, 0b100000, 0b111111


def hours(unit: str, weekdays: int, start: str, session: str, end: str, doc: str, **period: dt.date) -> ScheduleRow:
    def minutes(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    return ScheduleRow(
        unit=unit,
        weekdays=weekdays,
        session=session,
        start_min=minutes(start),
        end_min=minutes(end),
        grace_late_min=5,
        doc_no=doc,
        **period,
    )


def report(office: Office, first: dt.date, last: dt.date, unit: str) -> dict[str, str]:
    """Each date of a unit's report -> its rows, such as `AM present late 6, PM absent`; `off` without any."""
    out = io.StringIO()
    with office.store.read() as db:
        verdicts.write(db, first, last, unit, "csv", out)
    days = {first + dt.timedelta(days=n): [] for n in range((last - first).days + 1)}  # type: ignore[var-annotated]
    for line in out.getvalue().splitlines()[1:]:
        _, date, session, outcome, flags, _, late, _ = line.split(",")
        minutes = f" {late}" if late != "0" else ""
        days[dt.date.fromisoformat(date)].append(f"{session} {outcome}{flags and ' '}{flags}{minutes}")
    return {f"{on:%a %d %b}": ", ".join(rows) or "off" for on, rows in days.items()}


def judged(office: Office, first: dt.date, last: dt.date, taps: dict[dt.date, str]) -> None:
    """Everybody taps at these times, and each day ends with everything delivered."""
    door = office.door("D-H", "H")
    door.start("05:00", first)
    for on in (first + dt.timedelta(days=n) for n in range((last - first).days + 1)):
        for time in taps.get(on, "").split():
            door.tap("em:an", time, on)
        door.heartbeat("23:50", on)
        office.until("23:55", on)


def test_a_saturday_before_the_counters_change_of_hours_is_off_and_after_it_worked_in_one_report(
    office: Office,
) -> None:
    change = dt.date(2018, 11, 14)
    office.unit("C", "H")
    office.add(
        hours("C", MONDAY_TO_FRIDAY, "07:30", "AM", "11:30", "01/TB", valid_to=change - dt.timedelta(days=1)),
        hours("C", MONDAY_TO_SATURDAY, "07:30", "AM", "11:30", "02/TB", valid_from=change),
    )
    office.person("an", "C")
    first, last = dt.date(2018, 11, 9), dt.date(2018, 11, 17)
    judged(office, first, last, {dt.date(2018, 11, 10): "07:20 11:40", last: "07:20 11:40"})
    assert report(office, first, last, "C") == {
        "Fri 09 Nov": "AM absent", "Sat 10 Nov": "off", "Sun 11 Nov": "off", "Mon 12 Nov": "AM absent",
        "Tue 13 Nov": "AM absent", "Wed 14 Nov": "AM absent", "Thu 15 Nov": "AM absent", "Fri 16 Nov": "AM absent",
        "Sat 17 Nov": "AM present",
    }  # fmt: skip


def test_a_report_over_16_april_judges_each_day_by_its_own_season(office: Office) -> None:
    summer = dt.date(2019, 4, 16)
    office.unit("K", "H")
    for start, end, doc, period in (
        ("07:30", "12:00", "01/TB", {"valid_to": summer - dt.timedelta(days=1)}),
        ("07:00", "11:30", "03/TB", {"valid_from": summer}),
    ):
        office.add(hours("K", MONDAY_TO_FRIDAY, start, "AM", end, doc, **period))
    office.person("an", "K")
    monday = summer - dt.timedelta(days=1)
    judged(office, monday, summer, {monday: "07:20 12:01", summer: "07:20 12:01"})
    assert report(office, monday, summer, "K") == {"Mon 15 Apr": "AM present", "Tue 16 Apr": "AM present late 20"}
    assert '"03/TB"' in office.day("an", summer).why and '"01/TB"' not in office.day("an", summer).why


@pytest.mark.parametrize("late_entry", [False, True], ids=["known before", "entered afterwards"])
def test_the_swap_week_of_2018_is_judged_alike_whenever_it_was_entered(office: Office, late_entry: bool) -> None:
    office.unit("C", "H")
    office.add(
        hours("C", MONDAY_TO_FRIDAY, "07:30", "AM", "12:00", "02/TB"),
        hours("C", MONDAY_TO_FRIDAY, "13:30", "PM", "17:00", "02/TB"),
        hours("C", SATURDAY, "07:30", "AM", "11:30", "02/TB"),
    )
    office.person("an", "C")
    first, off, worked = dt.date(2018, 12, 31), dt.date(2019, 1, 1), dt.date(2019, 1, 5)
    days = (
        NewDay(first, CalendarKind.SWAPPED_OFF, "H", "6519/VPCP-KGVX"),
        NewDay(off, CalendarKind.HOLIDAY, "H", "BLLĐ"),
        NewDay(worked, CalendarKind.MAKE_UP, "H", "6519/VPCP-KGVX", first),
    )
    if not late_entry:
        for day in days:
            office.add(CalendarDay(date=day.on, kind=day.kind, unit="H", doc_no=day.document, for_date=day.for_date))
    taps = {worked: "07:20 11:40 13:40 17:01"} | {dt.date(2019, 1, n): "07:20 12:01 13:20 17:01" for n in (2, 3, 4)}
    judged(office, first, dt.date(2019, 1, 6), taps)
    if late_entry:
        for day in days:
            add(office.store, office.clock, day, "An")
        office.ledger.settle()
    full = "AM present, PM present"
    assert report(office, first, dt.date(2019, 1, 6), "C") == {
        "Mon 31 Dec": "AM holiday, PM holiday", "Tue 01 Jan": "AM holiday, PM holiday",
        "Wed 02 Jan": full, "Thu 03 Jan": full, "Fri 04 Jan": full,
        "Sat 05 Jan": "AM present early_leave, PM present late 10",  # Monday's hours, not the counter's own Saturday
        "Sun 06 Jan": "off",
    }  # fmt: skip
