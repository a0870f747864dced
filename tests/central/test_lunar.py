"""The Vietnamese lunar calendar against two others: the `holidays` package, and what is known of China's."""

from datetime import date

import holidays
import pytest

from central.lunar import CHINA, LunarDay, hung_kings_day, lunar_day, months, new_year, tet_problem


@pytest.mark.parametrize("year", range(2000, 2061))
def test_tet_and_hung_kings_day_are_those_of_the_holidays_package(year: int):
    known = holidays.country_holidays("VN", years=year, observed=False, language="vi")
    tet = [on for on, name in known.items() if name == "Tết Nguyên Đán" and on.year == year]
    kings = [on for on, name in known.items() if "Hùng Vương" in name and on.year == year]
    assert tet == [new_year(year)]
    assert kings in ([], [hung_kings_day(year)])  # a day off since 2007
    assert kings or year < 2008


def test_vietnam_and_china_keep_different_new_years_in_these_years_alone():
    differ = {year: (new_year(year), new_year(year, CHINA)) for year in range(1976, 2101)}
    assert {year: pair for year, pair in differ.items() if pair[0] != pair[1]} == {
        1985: (date(1985, 1, 21), date(1985, 2, 20)),
        2007: (date(2007, 2, 17), date(2007, 2, 18)),
        2030: (date(2030, 2, 2), date(2030, 2, 3)),
        2053: (date(2053, 2, 18), date(2053, 2, 19)),
    }


def test_lunar_days_and_leap_months_are_named():
    assert lunar_day(date(2026, 2, 16)) == LunarDay(12, 29, leap=False)
    assert lunar_day(date(2026, 2, 17)) == LunarDay(1, 1, leap=False)
    assert lunar_day(date(2025, 8, 1)) == LunarDay(6, 8, leap=True)
    assert [m.number for m in months(2023) if m.leap] == [2]
    assert len(months(2018)) == 12


def test_a_chinese_new_year_is_refused_by_its_name():
    said = tet_problem(date(2030, 2, 3), "Mùng 1 Tết Nguyên đán")
    assert said is not None and "2030-02-02" in said and "Chinese" in said
    assert tet_problem(date(2030, 2, 2), "Mùng 1 Tết Nguyên đán") is None
    assert tet_problem(date(2030, 2, 3), "Mùng hai Tết Nguyên đán") is None
    assert tet_problem(date(2030, 2, 2), "Giao thừa Tết Nguyên đán") is not None
    assert tet_problem(date(2030, 2, 1), "Giao thừa Tết Nguyên đán") is None
    assert tet_problem(date(2026, 2, 18), "Second Day of Lunar New Year") is None
    assert "2026-02-18" in str(tet_problem(date(2026, 2, 19), "Second Day of Lunar New Year"))


@pytest.mark.parametrize("name", ["", "Tết Nguyên đán", "Nghỉ lễ"])
@pytest.mark.parametrize("year", [2007, 2030, 2053])
def test_a_chinese_new_year_is_refused_whatever_its_name_while_the_vietnamese_one_is_worked(year: int, name: str):
    ours, theirs = new_year(year), new_year(year, CHINA)
    assert "Chinese calendar" in str(tet_problem(theirs, name, [theirs]))
    assert tet_problem(theirs, name, [ours, theirs]) is None  # its second day
    assert tet_problem(ours, name, [ours]) is None


def test_a_tet_in_another_month_is_refused():
    assert "2026-02-17" in str(tet_problem(date(2026, 3, 17), "Tết Nguyên đán"))
    assert tet_problem(date(2026, 2, 20), "Tết") is None


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (date(2026, 1, 1), "Tết Dương lịch"),
        (date(2026, 4, 26), "Giỗ Tổ Hùng Vương (mùng 10 tháng 3 âm lịch)"),
        (date(2026, 2, 23), "Mùng 3 Tết Nguyên đán (nghỉ bù)"),
        (date(2026, 9, 2), ""),
    ],
)
def test_other_holidays_are_left_alone(on: date, name: str):
    assert tet_problem(on, name, [on]) is None


def test_a_name_may_be_written_in_composed_or_decomposed_letters():
    assert tet_problem(date(2030, 2, 3), "Mu\u0300ng 1 Te\u0302\u0301t") is not None
