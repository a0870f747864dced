"""A day off that is entered late is judged again, for exactly the people it binds, and can be undone."""

import datetime as dt
import random
from contextlib import suppress

import pytest

from central.calendars.deciding import CalendarError, NewDay, add, confirm, dismiss, withdraw
from central.calendars.listing import Reminder, calendar_rows, open_proposals, unconfirmed
from central.calendars.proposing import believed, propose
from central.errors import UnknownUnitError
from central.store import calendar, marks
from central.store import roster as rosters
from central.store.verdicts import verdict_rows
from central.workdays import CalendarKind
from tests.central.ledger.office import DATE, Office

ONE = dt.timedelta(days=1)
SATURDAY = DATE + 5 * ONE
HOLIDAY, SWAPPED, MAKE_UP = CalendarKind.HOLIDAY, CalendarKind.SWAPPED_OFF, CalendarKind.MAKE_UP
OFF = ["AM holiday", "PM holiday"]
ABSENT = ["AM absent", "PM absent"]


def off(on: dt.date = DATE, unit: str = "H", kind: CalendarKind = HOLIDAY, **rest: object) -> NewDay:
    return NewDay(on, kind, unit, "6519/VPCP", **rest)  # type: ignore[arg-type]


def decide(office: Office, day: NewDay) -> int:
    """Add a day; returns its number."""
    (number,) = add(office.store, office.clock, day, "An").days
    return number


def waiting(office: Office) -> set[tuple[str, dt.date]]:
    with office.store.read() as db:
        return {(mark.staff, mark.date) for mark in marks.stale_days(db)}


def stands(office: Office, on: dt.date, unit: str = "X") -> bool:
    with office.store.read() as db:
        day = rosters.load_roster(db).workdays.sessions_for(unit, on)
    return bool(day.sessions) and not day.holidays


@pytest.fixture
def week(office: Office) -> Office:
    """`an` of X and `binh` of Y came to no session of Monday 12 to Sunday 18 November 2018, and all doors said so."""
    door = office.door(unit="H")
    office.unit("Y", "H")
    office.person("an")
    office.person("binh", "Y")
    door.start("06:00")
    for day in range(7):
        door.heartbeat("23:00", DATE + day * ONE)
        office.until("23:30", DATE + day * ONE)
    assert not waiting(office)
    return office


def test_a_day_off_entered_late_is_judged_again_and_undone(week: Office) -> None:
    assert week.says("an") == ABSENT
    number = decide(week, off())
    assert waiting(week) == {("an", DATE), ("binh", DATE)}
    week.ledger.settle()
    assert week.says("an") == OFF
    with week.store.read() as db:
        assert [row.symbol for row in verdict_rows(db, DATE, DATE, "X")] == ["L", "L"]
    assert withdraw(week.store, week.clock, number, "An", "nhầm ngày").marked == 2
    week.ledger.settle()
    assert week.says("an") == ABSENT


def test_a_swap_is_two_days_and_binds_the_unit_that_it_names(week: Office) -> None:
    decide(week, off(DATE, "X", SWAPPED))
    decide(week, off(SATURDAY, "X", MAKE_UP, for_date=DATE))
    assert waiting(week) == {("an", DATE), ("an", SATURDAY), ("an", SATURDAY - ONE), ("an", SATURDAY + ONE)}
    week.ledger.settle()
    assert (week.says("an"), week.says("an", SATURDAY)) == (OFF, ABSENT)
    assert (week.says("binh"), week.says("binh", SATURDAY)) == (ABSENT, [])


def test_half_a_holiday_frees_one_session(week: Office) -> None:
    decide(week, off(session="PM"))
    week.ledger.settle()
    assert week.says("an") == ["AM absent", "PM holiday"]


def test_a_day_that_changes_nobodys_hours_marks_nobody(week: Office) -> None:
    decide(week, off(SATURDAY))
    decide(week, off(DATE + 30 * ONE))
    # A Saturday off has no sessions, yet its verdict names the paper.
    assert waiting(week) == {("an", SATURDAY), ("binh", SATURDAY)}


def test_verdicts_of_days_off_have_no_rows_and_of_holidays_all(week: Office) -> None:
    decide(week, off())
    week.ledger.settle()
    with week.store.read() as db:
        rows = verdict_rows(db, DATE, DATE + 6 * ONE, "X")
    assert [row.date for row in rows] == [DATE + n * ONE for n in range(5) for _ in "AC"]
    assert {row.date for row in rows if row.outcome == "holiday"} == {DATE}


def test_each_decision_counts_a_new_version_and_a_newer_calendar(week: Office) -> None:
    def versions() -> tuple[int, dict[str, int]]:
        with week.store.read() as db:
            return rosters.roster_version(db), calendar.versions(db)

    before = versions()[0]
    number = decide(week, off(DATE + 40 * ONE, "X"))
    added = versions()
    withdraw(week.store, week.clock, number, "An", "hoãn")
    undone = versions()
    assert (added[0], undone[0]) == (before + 1, before + 2)
    assert set(added[1]) == {"X"} and undone[1]["X"] > added[1]["X"]


def test_a_proposal_changes_nothing_until_it_is_confirmed(office: Office) -> None:
    new_year = dt.date(2026, 1, 1)
    assert propose(office.store, office.clock, 2026) == 15
    assert propose(office.store, office.clock, 2026) == 0
    assert stands(office, new_year)
    with office.store.read() as db:
        first = open_proposals(db, 2026)[0]
    assert first.date == new_year
    (number,) = confirm(office.store, office.clock, [first.id], "01/TB", "An").days
    assert not stands(office, new_year)
    with office.store.read() as db:
        assert first.id not in {p.id for p in open_proposals(db, 2026)}
    withdraw(office.store, office.clock, number, "Bình", "hoãn")
    assert stands(office, new_year)
    with office.store.read() as db:
        rows = [row for row in calendar_rows(db, 2026) if row.date == new_year]
    assert [(row.id, row.state, row.source, row.decided_by, row.reason) for row in rows] == [
        (str(number), "withdrawn", "holidays 0.109", "Bình", "hoãn"),
        (f"P{first.id}", "proposed", "holidays 0.109", "", ""),
    ]


def test_a_proposal_that_nobody_wants_is_dismissed(office: Office) -> None:
    propose(office.store, office.clock, 2026)
    with office.store.read() as db:
        culture = next(p for p in open_proposals(db, 2026) if p.date == dt.date(2026, 11, 24))
    dismiss(office.store, office.clock, culture.id, "An", "chưa có văn bản")
    with office.store.read() as db:
        assert culture.id not in {p.id for p in open_proposals(db, 2026)}
        assert [row.state for row in calendar_rows(db, 2026) if row.id == f"P{culture.id}"] == ["dismissed"]


@pytest.mark.parametrize(
    ("on", "working"),
    [
        ("2018-12-31", False), ("2019-01-05", True), ("2026-01-01", False), ("2026-04-27", False),
        ("2026-08-22", True), ("2026-08-31", False), ("2026-01-02", True), ("2026-01-10", False),
    ],
)  # fmt: skip
def test_the_library_knows_these_days_and_not_those_of_the_late_swap(office: Office, on: str, working: bool) -> None:
    for year in (2018, 2019, 2026):
        propose(office.store, office.clock, year)
        with office.store.read() as db:
            found = [p.id for p in open_proposals(db, year)]
        confirm(office.store, office.clock, found, "01/TB", "An")
    assert stands(office, dt.date.fromisoformat(on)) is working


def test_the_late_swap_of_january_2026_holds_once_the_operator_enters_it_and_no_longer_than_it_stands(
    office: Office,
) -> None:
    friday, worked = dt.date(2026, 1, 2), dt.date(2026, 1, 10)
    numbers = [decide(office, off(friday, kind=SWAPPED)), decide(office, off(worked, kind=MAKE_UP, for_date=friday))]
    assert (stands(office, friday), stands(office, worked)) == (False, True)
    for number in numbers:
        withdraw(office.store, office.clock, number, "An", "nhầm")
    assert (stands(office, friday), stands(office, worked)) == (True, False)
    decide(office, off(friday, kind=SWAPPED))  # what was undone may be entered again
    assert not stands(office, friday)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (off(unit="Z"), "no unit 'Z'"),
        (off(kind=MAKE_UP), "--for-date"),
        (off(for_date=SATURDAY), "--for-date"),
        (off(SATURDAY, kind=MAKE_UP, for_date=SATURDAY), "itself"),
        (off(session="NIGHT"), "no session 'NIGHT'"),
        (off(dt.date(2030, 2, 3)), "Chinese calendar"),
        (off(dt.date(2026, 2, 18), name="Mùng một Tết Nguyên đán"), "2026-02-17"),
        (NewDay(DATE, HOLIDAY, "H", ""), "--doc"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_day_that_cannot_be_right_is_refused_and_nothing_stands(office: Office, day: NewDay, why: str) -> None:
    with pytest.raises((CalendarError, UnknownUnitError), match=why):
        decide(office, day)
    with office.store.read() as db:
        assert calendar.standing(db) == []


def test_a_date_is_decided_once_a_unit(office: Office) -> None:
    number = decide(office, off())
    with pytest.raises(CalendarError, match=f"withdraw {number} first"):
        decide(office, off(kind=SWAPPED))
    decide(office, off(unit="X", kind=SWAPPED))


def test_what_does_not_stand_cannot_be_withdrawn_nor_what_is_unknown_confirmed(office: Office) -> None:
    number = decide(office, off())
    withdraw(office.store, office.clock, number, "An", "nhầm")
    with pytest.raises(CalendarError, match=f"no day {number} stands"):
        withdraw(office.store, office.clock, number, "An", "nhầm")
    with pytest.raises(CalendarError, match="no proposal P7"):
        confirm(office.store, office.clock, [7], "01/TB", "An")
    with pytest.raises(CalendarError, match="no proposal P7"):
        dismiss(office.store, office.clock, 7, "An", "")
    with pytest.raises(CalendarError, match="no proposal is open"):
        confirm(office.store, office.clock, [], "01/TB", "An")
    with pytest.raises(CalendarError, match="--by"):
        add(office.store, office.clock, off(), "")


def test_a_make_up_day_for_a_day_that_is_worked_says_so(office: Office) -> None:
    day = off(SATURDAY, kind=MAKE_UP, for_date=DATE)
    decided = add(office.store, office.clock, day, "An")
    assert "2018-11-12, for which 2018-11-17 is worked, is not given off" in decided.note
    withdraw(office.store, office.clock, decided.days[0], "An", "thiếu ngày nghỉ")
    assert add(office.store, office.clock, off(kind=SWAPPED), "An").note == ""
    assert add(office.store, office.clock, day, "An").note == ""


def test_the_night_before_a_new_make_up_day_is_judged_again_for_the_morning_takes_its_tap(office: Office) -> None:
    door = office.door(unit="H")
    office.unit("Y", "H")
    office.hours("Y", "AM", 450, 720)
    office.hours("Y", "NIGHT", 1320, 1800)  # until six in the morning
    an, friday = office.person("an", "Y"), SATURDAY - ONE
    door.start("06:00", friday)
    for time in ("07:20", "12:01", "21:55"):
        door.tap(an, time, friday)
    door.tap(an, "06:55", SATURDAY)
    for on in (friday, SATURDAY, SATURDAY + ONE):
        door.heartbeat("23:50", on)
        office.until("23:55", on)
    assert office.says("an", friday) == ["AM present", "NIGHT present"]
    number = decide(office, off(SATURDAY, "Y", MAKE_UP, for_date=friday))
    assert waiting(office) == {("an", friday), ("an", SATURDAY), ("an", SATURDAY + ONE)}
    office.ledger.settle()
    assert office.says("an", friday) == ["AM present", "NIGHT incomplete missing_out"]
    withdraw(office.store, office.clock, number, "An", "nhầm")
    office.ledger.settle()
    assert office.says("an", friday) == ["AM present", "NIGHT present"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_decided_only_what_was_marked_would_be_judged_otherwise(office: Office, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test's dice
    people = {"an": "X", "binh": "Y", "chi": "Z", "dung": "H"}
    door = office.door(unit="H")
    office.unit("Y", "H")
    office.unit("Z", "X")
    office.hours("Y", "AM", 450, 720)
    office.hours("Y", "NIGHT", 1320, 1800)  # until six in the morning: neighbours of a changed day matter
    for code, unit in people.items():
        office.person(code, unit)
    dates = [DATE + n * ONE for n in range(8)]
    door.start("00:01")
    for on in dates:
        for code in people:
            for time in draw.sample(("05:40", "06:50", "07:36", "12:01", "13:20", "17:05", "21:50"), 3):
                door.tap(f"em:{code}", time, on)
        door.heartbeat("23:50", on)
        office.until("23:55", on)

    def verdicts() -> dict[tuple[str, dt.date], object]:
        found = {(code, on): office.day(code, on) for code in people for on in dates}
        return {key: (row.status, row.unit, row.why, row.sessions) for key, row in found.items()}

    for _ in range(4):
        on, unit, kind = draw.choice(dates[1:-1]), draw.choice("HXYZ"), draw.choice((HOLIDAY, SWAPPED, MAKE_UP))
        other = draw.choice([day for day in dates if day != on])
        session = draw.choice((None, None, "AM")) if unit != "Y" else None
        with suppress(CalendarError):  # the same day again
            decide(office, off(on, unit, kind, session=session, for_date=other if kind is MAKE_UP else None))
        office.ledger.settle()
        after = verdicts()
        for code, on in after:
            office.mark(code, on)
        office.ledger.settle()
        assert verdicts() == after


def test_a_confirmation_stores_all_its_days_or_none(office: Office) -> None:
    propose(office.store, office.clock, 2026)
    with office.store.read() as db:
        found = open_proposals(db, 2026)
    decide(office, off(found[3].date))
    with pytest.raises(CalendarError):
        confirm(office.store, office.clock, [p.id for p in found], "01/TB", "An")
    with office.store.read() as db:
        assert len(calendar.standing(db)) == 1


def test_a_year_with_several_trees_asks_which(office: Office) -> None:
    office.unit("T")
    with pytest.raises(CalendarError, match=r"H, T.*--unit"):
        propose(office.store, office.clock, 2026)
    with pytest.raises(CalendarError, match="'Z' is not known"):
        propose(office.store, office.clock, 2026, "Z")
    assert propose(office.store, office.clock, 2026, "T") == 15


def years(office: Office, today: dt.date) -> list[str]:
    """The years that are warned of, each with how many proposals wait."""
    with office.store.read() as db:
        return [" ".join(warning.split()[i].strip("(") for i in (3, 7)) for warning in unconfirmed(db, today)]


def test_this_year_is_asked_for_at_any_time_and_the_next_one_from_november_on(office: Office) -> None:
    november = dt.date(2026, 11, 1)
    assert years(office, november - ONE) == ["2026 0"]
    assert years(office, november) == ["2026 0", "2027 0"]
    for year in (2026, 2027):
        propose(office.store, office.clock, year)
        with office.store.read() as db:
            found = [p.id for p in open_proposals(db, year)]
        assert f"{year} {len(found)}" in years(office, november)
        confirm(office.store, office.clock, found, "01/TB", "An")
    assert years(office, november) == []
    assert years(office, dt.date(2027, 11, 1)) == ["2028 0"]


def test_a_running_process_says_so_once_a_date(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    reminder = Reminder(office.store, office.clock)
    reminder.look()  # it is November 2018
    reminder.look()
    said = [record.message for record in caplog.records if "is not confirmed" in record.message]
    assert [message.split()[3] for message in said] == ["2018", "2019"]


@pytest.mark.parametrize("year", range(2000, 2061))
def test_every_year_that_the_library_believes_in_agrees_with_the_moon(year: int) -> None:
    assert believed(year)
