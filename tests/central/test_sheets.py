"""A signed month as a value: its canonical form, its months, and what a later verdict rests on."""

from datetime import date

import pytest

from central.sheets import Line, Value, canonical, digest, following, month_of, open_month, reason, references, span_of

ON = date(2018, 11, 12)
LINES = [
    Line("an", "X", ON, "PM", 1, Value("present", "", "+")),
    Line("an", "X", ON, "AM", 0, Value("present", "late", "+", 6)),
]


def test_the_canonical_form_does_not_depend_on_the_order_of_lines() -> None:
    assert canonical("2018-11", "X", "Lê An", "1/BC", LINES) == canonical("2018-11", "X", "Lê An", "1/BC", LINES[::-1])
    assert canonical("2018-11", "X", "Lê An", "1/BC", LINES).decode().splitlines() == [
        '["diemdanh-month",1,"2018-11","X","Lê An","1/BC"]',
        '["an","X","2018-11-12","AM","present","late","+",6,0]',
        '["an","X","2018-11-12","PM","present","","+",0,0]',
    ]


@pytest.mark.parametrize("other", [("2018-12", "X", "a", "1"), ("2018-11", "Y", "a", "1"), ("2018-11", "X", "b", "1")])
def test_the_digest_covers_whose_month_was_signed_by_whom(other: tuple[str, str, str, str]) -> None:
    assert digest("2018-11", "X", "a", "1", LINES) != digest(*other, LINES)


def test_the_facts_behind_a_line_are_not_under_its_digest() -> None:
    told = [line._replace(rests_on=("punch 1",)) for line in LINES]
    assert digest("2018-11", "X", "a", "1", told) == digest("2018-11", "X", "a", "1", LINES)


def test_months_follow_each_other() -> None:
    assert month_of(ON) == "2018-11"
    assert [following(m) for m in ("2018-11", "2018-12", "0999-12")] == ["2018-12", "2019-01", "1000-01"]
    assert span_of("2020-02") == (date(2020, 2, 1), date(2020, 2, 29))
    assert open_month("2018-11", []) == "2018-12"
    assert open_month("2018-11", ["2018-12", "2019-01", "2019-03"]) == "2019-02"


@pytest.mark.parametrize("month", ["2018-13", "0000-01", "18-11", "2018-1", "2018-11-01"])
def test_what_is_no_month_has_no_dates(month: str) -> None:
    with pytest.raises(ValueError, match="write YYYY-MM"):
        span_of(month)


def test_a_value_is_told_in_words() -> None:
    assert str(Value("present", "late early_leave", "+", 6, 3)) == "present late early_leave 6 3"
    assert str(Value()) == "no line"


def test_the_facts_of_a_session_are_named_and_no_others() -> None:
    why = {
        "hours": [{"session": "AM", "doc_no": "1/TB", "row": "7"}, {"session": "PM", "doc_no": "", "row": "8"}],
        "calendar": [{"kind": "make_up", "doc_no": "2/QĐ"}],
        "punches": [{"ref": "J:5", "door": "D-1"}],
        "sessions": [
            {
                "session": "AM",
                "taps": ["J:5", "J:6"],
                "plan": {"kind": "leave", "symbol": "P", "doc_no": "", "row": "leave:3"},
                "manual": {"row": "manual:1", "doc_no": "9/GX"},
                "reasons": [
                    {"cause": "doors_down", "from_ms": 1, "to_ms": 2, "withheld": "late"},
                    {"cause": "not_over", "from_ms": 1, "to_ms": 2},
                ],
            },
            {"session": "PM", "taps": [], "reasons": []},
        ],
    }
    assert references(why, "AM") == (
        "calendar make_up 2/QĐ",
        "doors_down 1 to 2",
        "hours 1/TB",
        "leave P leave:3",
        "manual 9/GX manual:1",
        "punch J:5 at D-1",
        "punch J:6 at ?",
    )
    assert references(why, "PM") == ("calendar make_up 2/QĐ", "hours 8")
    assert references({}, "AM") == ()


def test_a_reason_names_what_is_new_and_what_is_gone() -> None:
    assert reason(["a", "b"], ["b", "c"]) == "+ c; - a"
    assert reason(["a"], ["a"]) == "what the doors delivered"
