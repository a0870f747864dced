"""The list of what is wrong with a folder: whatever is alike is told ten times, and then counted."""

from central.roster.problems import listed
from central.roster.reading import Problem


def unknown(line: int) -> Problem:
    return Problem("leave.csv", line, "staff", f"'CB{line:04}' is not in staff.csv; add the person")


def test_a_few_problems_are_told_one_by_one():
    assert listed([unknown(7), Problem("units.csv", 1, "", "is missing")]) == [
        "leave.csv:7, column staff: 'CB0007' is not in staff.csv; add the person",
        "units.csv:1: is missing",
    ]


def test_of_many_alike_the_others_are_counted_with_their_lines():
    told = listed([*map(unknown, (*range(2, 15), 17, 20)), Problem("leave.csv", 4, "from", "is empty")])
    assert told[9:] == [
        "leave.csv:11, column staff: 'CB0011' is not in staff.csv; add the person",
        "leave.csv: ... and 5 more like it, in lines 12-14, 17, 20",
        "leave.csv:4, column from: is empty",
    ]


def test_line_numbers_without_end_are_cut():
    assert listed(map(unknown, range(2, 200, 2)))[-1].endswith("92, 94, 96, 98, 100 ...")
