"""One database, two trees: a report of November 2018 shows the old units, one of July 2025 the new ones."""

import datetime as dt
import io

import pytest
import sqlalchemy as sa

from central.errors import UnknownUnitError
from central.ledger import presence_now
from central.reports import staff, units, verdicts
from central.tables import Assignment, ScheduleRow, Unit, UnitSuccession
from tests.central.ledger.office import DATE, Office

EVE, MERGER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)  # a Monday, a Tuesday


@pytest.fixture
def merged(office: Office) -> Office:
    """X and Y became N under T on 1 July 2025, H and the counter of Z ended without an heir; `an` of X, `binh` of Y,
    `chi` of H, `dung` of Y sent to N2 by an assignment of its own, `em` of Y who works at the counter."""
    office.unit("Y", "H")
    office.unit("Z", "H")
    with office.store.write() as db:
        db.execute(sa.update(Unit.__table__).values(valid_to=EVE))  # type: ignore[attr-defined]
    office.add(
        Unit(code="T", type="province", name="Tỉnh"),
        Unit(code="N", parent="T", type="commune", name="Xã Mới", valid_from=MERGER),
        Unit(code="N2", parent="T", type="commune", name="Xã Hai", valid_from=MERGER),
        UnitSuccession(from_unit="X", to_unit="N", date=MERGER),
        UnitSuccession(from_unit="Y", to_unit="N", date=MERGER),
    )
    hours = {"session": "AM", "start_min": 420, "end_min": 690, "doc_no": "77/TB", "valid_from": MERGER}
    office.add(ScheduleRow(unit="T", weekdays=31, **hours))
    for code, unit in (("an", "X"), ("binh", "Y"), ("chi", "H"), ("dung", "Y")):
        office.person(code, unit)
    office.person("em", "Y", workplace="Z")
    office.add(Assignment(staff="dung", unit="N2", valid_from=MERGER, rank=0))
    return office


def judged(office: Office, on: dt.date) -> None:
    for code in ("an", "binh", "chi", "dung", "em"):
        office.mark(code, on)
    office.until("23:00", on)


def printed(office: Office, on: dt.date, unit: str | None) -> list[str]:
    out = io.StringIO()
    with office.store.read() as db:
        verdicts.write(db, on, on, unit, "csv", out)
    return sorted({line.split(",")[0] for line in out.getvalue().splitlines()[1:]})


def tree(office: Office, on: dt.date) -> list[str]:
    with office.store.read() as db:
        return [f"{row.depth} {row.code} {row.staff}" for row in units.tree_rows(db, on)]


def people(office: Office, on: dt.date, unit: str | None = None) -> list[str]:
    with office.store.read() as db:
        return [f"{line.code} {line.unit or line.unit_name}" for line in staff.staff_lines(db, on, "", unit)]


def test_the_tree_of_a_date_is_that_of_the_date(merged: Office) -> None:
    assert tree(merged, EVE) == ["0 H 1", "1 X 1", "1 Y 3", "1 Z 0", "0 T 0"]
    assert tree(merged, MERGER) == ["0 T 0", "1 N 3", "1 N2 1", "0  1"]


def test_people_follow_their_units_successor_and_nobody_is_dropped(merged: Office) -> None:
    assert people(merged, EVE) == ["an X", "binh Y", "chi H", "dung Y", "em Y"]
    assert people(merged, MERGER) == ["dung N2", "an N", "binh N", "em N", "chi không còn đơn vị"]
    assert people(merged, MERGER, staff.NOBODYS) == ["chi không còn đơn vị"]
    assert people(merged, MERGER, "T") == ["dung N2", "an N", "binh N", "em N"]


def test_verdicts_count_for_the_unit_of_their_own_date(merged: Office) -> None:
    judged(merged, DATE)
    judged(merged, MERGER)
    assert [printed(merged, DATE, unit) for unit in ("X", "Y", "H", None)] == [
        ["an"], ["binh", "dung", "em"], ["an", "binh", "chi", "dung", "em"], ["an", "binh", "chi", "dung", "em"],
    ]  # fmt: skip
    assert [printed(merged, MERGER, unit) for unit in ("N", "N2", "T")] == [
        ["an", "binh", "em"], ["dung"], ["an", "binh", "dung", "em"],
    ]  # fmt: skip
    assert merged.day("chi", MERGER).unit == ""
    assert [row.session for row in merged.day("an", DATE).sessions] == ["AM", "PM"]
    assert [row.session for row in merged.day("an", MERGER).sessions] == ["AM"]  # by the new unit's announcement


def test_one_report_over_the_merger_holds_both_trees(merged: Office) -> None:
    judged(merged, EVE)
    judged(merged, MERGER)
    out = io.StringIO()
    with merged.store.read() as db:
        verdicts.write(db, EVE, MERGER, "X", "csv", out)
        verdicts.write(db, EVE, MERGER, "N", "csv", out)
    lines = [line.split(",")[:3] for line in out.getvalue().splitlines() if not line.startswith("staff")]
    assert lines == [
        ["an", "2025-06-30", "AM"], ["an", "2025-06-30", "PM"],
        ["an", "2025-07-01", "AM"], ["binh", "2025-07-01", "AM"], ["em", "2025-07-01", "AM"],
    ]  # fmt: skip


def test_a_unit_that_there_is_not_is_refused_with_the_reason(merged: Office) -> None:
    with pytest.raises(UnknownUnitError, match="no unit 'ZZ'"):
        printed(merged, DATE, "ZZ")
    with pytest.raises(UnknownUnitError, match=r"N is valid from 2025-07-01 to \.\.\."):
        printed(merged, DATE, "N")
    with pytest.raises(UnknownUnitError, match="choose other dates"):
        people(merged, MERGER, "X")


def test_the_doors_of_the_old_units_are_those_of_the_new_one(merged: Office) -> None:
    door = merged.door("D-Y", "Y")
    door.start("06:00", MERGER)
    door.tap("em:an", "06:55", MERGER)
    merged.until("07:30", MERGER)
    with merged.store.read() as db:
        board = {unit.unit: unit for unit in presence_now(db, merged.clock.ms)}
    assert {row.staff for row in board["N"].rows} == {"an", "binh", "em"}
    assert [known.code for known in board["N"].doors] == ["D-Y"]
    assert {row.staff for row in board[""].rows} == {"chi"}


def test_the_tree_is_printed_for_people_and_for_machines(merged: Office) -> None:
    out = io.StringIO()
    with merged.store.read() as db:
        units.write(db, MERGER, "text", out)
        units.write(db, MERGER, "csv", out)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["T", "N", "N2", "-"]
    assert "  N  Xã Mới" in lines[1] and lines[1].endswith(" 3")
    assert "không còn đơn vị" in lines[3]
    assert lines[4] == "depth,code,parent,type,name,staff"
    assert lines[8] == "0,,,,không còn đơn vị,1"


def test_who_is_seconded_is_judged_by_the_counters_hours_and_printed_at_home(merged: Office) -> None:
    saturday = DATE + dt.timedelta(days=5)
    merged.add(ScheduleRow(unit="Z", weekdays=1 << 5, session="AM", start_min=450, end_min=690, doc_no="02/TB-CA"))
    merged.door("D-Z", "Z").start("06:00", DATE)
    judged(merged, DATE)
    judged(merged, saturday)
    assert merged.says("binh", saturday) == [] and merged.says("em", DATE) == []  # the counter has hours of its own
    assert merged.says("em", saturday) == ["AM pending"]  # only the counter's door can say who came
    assert (printed(merged, saturday, "Y"), printed(merged, saturday, "Z")) == (["em"], [])
