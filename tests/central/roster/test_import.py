"""An office folder goes in whole, or not at all with every bad line named."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.clock import ScaledClock
from central.errors import ImportRefusedError
from central.roster.imports import import_office
from central.store import Store, open_store
from central.tables import Badge, Device, FieldDuty, Leave, ScheduleRow, Staff, StaleDay, Unit

OFFICE = Path(__file__).parents[3] / "deploy" / "office"
CLOCK = ScaledClock(1_541_980_800_000, 0, 1e-9)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path / 'central.db'}")
    found.upgrade()
    yield found
    found.close()


@pytest.fixture
def office(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OFFICE, tmp_path / "office"))


def count(store: Store, model: type) -> int:
    with store.read() as db:
        return db.execute(sa.select(sa.func.count()).select_from(model.__table__)).scalar_one()  # type: ignore[attr-defined]


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / f"{file}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def refused(store: Store, folder: Path) -> str:
    """What the refusal says; nothing may have been stored."""
    with pytest.raises(ImportRefusedError) as refusal:
        import_office(store, CLOCK, folder)
    assert count(store, Unit) == count(store, Staff) == 0
    return str(refusal.value)


def test_the_district_goes_in_whole(store: Store, office: Path):
    assert import_office(store, CLOCK, office).total > 0
    assert (count(store, Staff), count(store, Device), count(store, ScheduleRow)) == (611, 25, 5)


def test_a_second_import_changes_nothing(store: Store, office: Path):
    import_office(store, CLOCK, office)
    before = [count(store, model) for model in (Unit, Staff, Badge, Leave, FieldDuty, Device)]
    assert import_office(store, CLOCK, office).total == 0
    assert [count(store, model) for model in (Unit, Staff, Badge, Leave, FieldDuty, Device)] == before


def test_a_new_plan_is_added_and_the_judged_days_become_stale(store: Store, office: Path):
    import_office(store, CLOCK, office)
    with store.write() as db:
        db.execute(
            sa.text(
                "INSERT INTO day_verdict (staff, date, status, unit, evaluated_ms, why)"
                " VALUES ('CB0001', '2018-11-12', 'present', 'X00', 0, '{}')"
            )
        )
    with (office / "leave.csv").open("a", encoding="utf-8") as file:
        file.write("CB0001,2018-11-12,2018-11-12,,P,Nghỉ phép\n")
    assert import_office(store, CLOCK, office).changed["leave"] == 1
    assert count(store, StaleDay) == 1


def test_without_badges_the_staffs_own_badge_holds_for_ever(store: Store, office: Path):
    (office / "badges.csv").unlink()
    import_office(store, CLOCK, office)
    with store.read() as db:
        found = db.execute(sa.text("SELECT count(*), count(valid_from_ms) FROM badge")).one()
    assert tuple(found) == (611, 0)


def test_a_needed_file_that_is_missing_is_named(store: Store, office: Path):
    (office / "units.csv").unlink()
    assert "units.csv:1: is missing" in refused(store, office)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("staff", "CB0001,", ",", "staff.csv:2, column code: is empty"),
        ("staff", ",X00,", ",X99,", "staff.csv:2, column unit: unit 'X99' is not in units.csv"),
        ("staff", "CB0002,", "CB0001,", "staff.csv:3, column code: 'CB0001' stands twice"),
        ("staff", ",0,", ",first,", "column rank: 'first' is not a whole number"),
        ("units", "H.VP,H,", "H.VP,H.P01,", "is above itself"),
        ("units", "H.VP,H,", "H.VP,NONE,", "units.csv:3, column parent: unit 'NONE' is not in units.csv"),
        ("schedules", "07:30,12:00", "07:30,07:00", "schedules.csv:2, column end: is not after start"),
        ("schedules", "07:30,12:00", "07:30,14:00", "overlaps the session of line"),
        ("schedules", "07:30,12:00", "7.30,12:00", "is not a time of day; write HH:MM"),
        ("schedules", "1-5", "0-5", "is not a list of weekdays"),
        ("schedules", "2018-10-16", "16/10/2018", "is not a date; write YYYY-MM-DD"),
        ("leave", "CB0033,2018-11-12,2018-11-14", "CB9999,2018-11-12,2018-11-14", "'CB9999' is not in staff.csv"),
        ("leave", "2018-11-12,2018-11-14", "2018-11-14,2018-11-12", "leave.csv:2, column to: lies before from"),
        ("leave", "2018-11-14,,P", "2018-11-14,X,P", "is neither S (morning) nor C (afternoon)"),
        ("field", "2018-11-12,S,", "2018-11-12,AM,", "is none of S, C, SC"),
        ("badges", "em:BE4F5EEA", "em:BE4F5EE", "is not a badge number"),
        ("badges", "em:BE4F5EEA", "nfca:08A1B2C3", "is a number that its card changes at every tap"),
        ("badges", "em:BE4F5EEA", "08a1b2c3", "is a number that its card changes at every tap"),
        ("badges", "CB0001,2018-01-02", "CB0001,2018-01-02T07:00:00", "is not an instant"),
        ("calendar", "make_up", "worked", "is none of holiday, swapped_off, make_up"),
        ("calendar", "2018-12-31\n", "\n", "is given for make_up days"),
        ("devices", "code,unit", "kode,unit", "devices.csv:1: has no column code"),
        ("devices", "D-X00,X00", "D-X00", "devices.csv:2: has 2 values, the header has 3"),
    ],
)
def test_a_bad_line_refuses_the_whole_folder(store: Store, office: Path, file: str, old: str, new: str, said: str):
    change(office, file, old, new)
    assert said in refused(store, office)


def test_every_bad_line_is_reported_at_once(store: Store, office: Path):
    change(office, "staff", "CB0001,", ",")
    change(office, "leave", "2018-11-12,2018-11-14", "2018-11-14,2018-11-12")
    said = refused(store, office)
    assert "staff.csv:2" in said and "leave.csv:2" in said


def test_a_badge_held_by_two_people_at_once_is_refused(store: Store, office: Path):
    with (office / "badges.csv").open("a", encoding="utf-8") as file:
        file.write("em:BE4F5EEA,CB0002,2018-06-01,,active\n")
    assert "is held by another person too (line 2)" in refused(store, office)


def test_a_badge_handed_over_within_a_second_is_not(store: Store, office: Path):
    assert "28:" not in str(import_office(store, CLOCK, office))  # the district holds three such handovers
    with store.read() as db:
        shared = db.execute(sa.text("SELECT count(*) FROM badge GROUP BY number HAVING count(*) > 1")).scalars().all()
    assert shared


def test_a_file_in_an_old_vietnamese_coding_is_refused(store: Store, office: Path):
    path = office / "staff.csv"
    path.write_bytes(path.read_text("utf-8").encode("cp1258", "replace"))
    said = refused(store, office)
    assert "staff.csv:2, column position: is not UTF-8: it may be in Windows-1258" in said
    assert "is not in staff.csv" not in said  # nobody is called unknown because of it


def test_decomposed_letters_are_stored_composed(store: Store, office: Path):
    change(office, "staff", "Trần Minh Lực,X00", "Tra\u0302\u0300n Minh Lực,X00")
    import_office(store, CLOCK, office)
    with store.read() as db:
        assert db.execute(sa.text("SELECT full_name FROM staff WHERE code = 'CB0001'")).scalar() == "Trần Minh Lực"
