"""The list of what is open in a month: one line for what is alike."""

import datetime as dt

from central.open_items import Open, listed


def items(text: str, what: str = "pending") -> list[Open]:
    """`an 1-3,5AM`: days of November, each perhaps with a session."""
    staff, days = text.split()
    found = []
    for part in days.split(","):
        numbers = part.rstrip("AMP")
        first, _, last = numbers.partition("-")
        for day in range(int(first), int(last or first) + 1):
            found.append(Open(staff, dt.date(2018, 11, day), part[len(numbers) :], what))
    return found


def test_days_in_a_row_stand_as_one():
    assert listed(items("an 1-12")) == ["an: 12 days pending (1-12 Nov)"]


def test_a_gap_and_another_session_begin_anew():
    assert listed(items("an 1-3,5,6AM,7AM,8PM")) == ["an: 7 days pending (1-3 Nov, 5 Nov, 6-7 Nov AM, 8 Nov PM)"]


def test_what_is_open_otherwise_has_a_line_of_its_own():
    found = items("an 1-2") + items("an 2AM", "needs_checking")
    assert listed(found) == ["an: 2 days pending (1-2 Nov)", "an: 1 day needs_checking (2 Nov AM)"]


def test_people_who_have_the_same_open_share_a_line():
    found = [item for n in range(1, 8) for item in items(f"c{n} 1-30", "not judged")] + items("binh 4")
    assert listed(found) == [
        "binh: 1 day pending (4 Nov)",
        "c1, c2, c3, c4, c5 and 2 more: 30 days not judged (1-30 Nov)",
    ]
