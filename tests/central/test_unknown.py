"""What is said of a code that nobody has: which, what is near it, where all of them stand."""

import datetime as dt

import pytest

from central.errors import UnknownUnitError
from central.store.roster import UnitName
from central.unknown import check_unit, unknown_device, unknown_staff, unknown_unit

UNITS = ("H", "H.P01", "H.P02", "H.X01")
ON = dt.date(2018, 11, 12)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("H.P1", "there is no unit 'H.P1'; near it: H.P01, H.X01, H.P02; `units --on 2018-11-12` lists all"),
        ("h.p01", "there is no unit 'h.p01'; near it: H.P01, H.X01, H.P02; `units --on 2018-11-12` lists all"),
        ("văn phòng", "there is no unit 'văn phòng'; `units --on 2018-11-12` lists all"),
    ],
)
def test_what_is_near_a_unit_that_there_is_not_is_named(code: str, said: str):
    assert str(unknown_unit(code, UNITS, ON)) == said


def test_without_a_date_the_tree_of_today_is_named():
    assert str(unknown_unit("Z", UNITS)) == "there is no unit 'Z'; `units` lists all"


def test_people_and_doors_are_named_in_the_same_way():
    assert str(unknown_staff("cb0001", ["CB0001", "XY"])) == (
        "nobody has the code 'cb0001'; near it: CB0001; `staff --search NAME` finds people by name"
    )
    assert str(unknown_device("D-X1", ["D-X01"])) == (
        "no device has the code 'D-X1'; near it: D-X01; `device list` shows them all"
    )


@pytest.mark.parametrize("unknown", [unknown_unit, unknown_staff, unknown_device])
def test_an_empty_database_says_so(unknown):
    assert "is there yet; `import DIR` " in str(unknown("Z", []))


def test_a_unit_is_asked_for_within_its_time():
    units = {"H": [UnitName("Huyện", None, ON)]}
    check_unit(units, "H", ON, ON)
    with pytest.raises(UnknownUnitError, match=r"valid from \.\.\. to 2018-11-12, not from 2018-11-13"):
        check_unit(units, "H", ON + dt.timedelta(days=1), ON + dt.timedelta(days=1))
    with pytest.raises(UnknownUnitError, match="no unit 'K'"):
        check_unit(units, "K", ON, ON)
