"""Whom a search of the board finds, and what a reader of a part of the board is sent."""

from dataclasses import replace

import pytest

from central.permits import Role
from central.presence import Presence, Row, State, UnitPresence
from central.web.narrowing import Branch, in_order, narrowed, wanted_of
from tests.central.web.served import OTHER, UNIT, Site

TREE = tuple(Branch(code, code, path) for code, path in (("H", ("H",)), ("X2", ("X2", "H")), ("X1", ("X1", "H"))))


def person(code: str, name: str, unit: str, state: State) -> Row:
    return Row(code, name, name, unit, 9, "", Presence(state))


OFFICE = (
    UnitPresence(
        "X1", "Xã 1", (person("C1", "Trần Thị Hòa", "X1", State.IN), person("C2", "Lê An", "X1", State.FIELD))
    ),
    UnitPresence("X2", "Xã 2", (person("C3", "Đỗ Văn Hoà", "X2", State.FIELD), person("C4", "H'Hen", "X2", State.OUT))),
    UnitPresence("Z", "Xa", (person("C5", "Ngô Hoạ", "Z", State.IN),)),
)


def found(q: str = "", unit: str = "", state: str = "", seen: set[str] | None = None) -> str:
    units = narrowed(OFFICE, wanted_of(q, unit, state), TREE, seen)
    return " ".join(row.staff for one in units for row in one.rows)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({}, "C1 C2 C3 C4 C5"),
        ({"q": "hoà"}, "C1 C3 C5"),
        ({"q": "Hòa"}, "C1 C3 C5"),
        ({"q": "hoa  do"}, "C3"),
        ({"q": "hhen"}, "C4"),
        ({"q": "c2"}, "C2"),
        ({"unit": "H"}, "C1 C2 C3 C4"),
        ({"unit": "X2"}, "C3 C4"),
        ({"unit": "none"}, ""),
        ({"state": "field"}, "C2 C3"),
        ({"state": "gone"}, "C1 C2 C3 C4 C5"),
        ({"q": "hoa", "unit": "H", "state": "in"}, "C1"),
        ({"unit": "H", "seen": {"X1"}}, "C1 C2"),
        ({"q": "hoa", "seen": {"Z"}}, "C5"),
    ],
)
def test_a_search_finds_with_and_without_marks_below_a_unit_and_by_presence(asked: dict[str, str], codes: str):
    assert found(**asked) == codes  # type: ignore[arg-type]


def test_units_stand_below_the_one_that_they_belong_to():
    assert [(one.code, one.depth) for one in in_order(TREE)] == [("H", 0), ("X1", 1), ("X2", 1)]


def test_a_unit_that_was_chosen_is_shown_though_nobody_is_in_it():
    empty = (replace(OFFICE[0], rows=()),)
    assert narrowed(empty, wanted_of("", "X1", ""), TREE, None) == empty
    assert narrowed(empty, wanted_of("", "X1", "in"), TREE, None) == ()


def test_the_page_shows_a_part_and_nobody_of_a_unit_that_one_may_not_see(site: Site):
    all_of = site.browser(Role.ADMINISTRATOR)
    page = all_of.ask(f"/?lang=en&unit={OTHER}")[2]
    assert f'id="unit-{OTHER}"' in page and f'id="unit-{UNIT}"' not in page
    assert f"/board/stream?lang=en&amp;unit={OTHER}" in page
    clerk = site.browser(Role.CLERK)
    page = clerk.ask(f"/?lang=en&unit={OTHER}")[2]
    assert "Nobody was found" in page and f'<option value="{OTHER}"' not in page
    assert "Không tìm thấy ai" in clerk.ask("/?q=%3Cscript%3E")[2]


def test_a_part_of_the_board_keeps_current(site: Site):
    """The first pieces are those of the part, and of nothing else."""
    browser = site.browser(Role.ADMINISTRATOR)
    got = browser.read(f"/board/stream?lang=en&unit={OTHER}", b"event: time")
    assert f'id="unit-{OTHER}"'.encode() in got and f'id="unit-{UNIT}"'.encode() not in got


def test_whoever_sees_one_unit_is_kept_current_of_that_one_alone(site: Site):
    browser = site.browser(Role.CLERK)
    for asked in ("lang=en", f"lang=en&unit={OTHER}"):
        got = browser.read(f"/board/stream?{asked}", b"event: time")
        assert f'id="unit-{OTHER}"'.encode() not in got
        assert (f'id="unit-{UNIT}"'.encode() in got) is ("unit=" not in asked)
