"""The recorded cases: one person, one work date, one answer; each a test of its own."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from central.case_format import day_of
from central.evaluate_file import as_json, run
from central.rules import evaluate

FILE = Path(__file__).parents[2] / "data" / "attendance.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
CASES = CONTENT["cases"]


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "sessions": [{**s, "flags": set(s["flags"])} for s in answer["sessions"]]}


def expected(case: dict[str, Any]) -> dict[str, Any]:
    return comparable(case["expected"])


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['id']} {c['title']}")
def test_the_case_is_judged_as_recorded(case):
    answer = comparable(as_json(evaluate(day_of(case, CONTENT["schedules"]))))
    if not case["expected"]["sessions"]:
        answer["sessions"] = []
    assert answer == expected(case)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_the_answer_does_not_depend_on_the_order_or_repetition_of_punches(case):
    shuffled = case["punches"] * 2
    random.Random(case["id"]).shuffle(shuffled)  # noqa: S311 - a repeatable order, no secret
    again = {**case, "arrival": shuffled}
    assert as_json(evaluate(day_of(again, CONTENT["schedules"]))) == as_json(
        evaluate(day_of(case, CONTENT["schedules"]))
    )


def test_the_whole_file_is_answered_in_its_order():
    answers = run(FILE)
    assert [a["id"] for a in answers] == [c["id"] for c in CASES]
    assert {frozenset(a) for a in answers} == {frozenset({"id", "status", "sessions"})}


def one_case(**changes: Any) -> dict[str, Any]:
    """A kept Monday of the recorded office, with the changes."""
    plain = next(c for c in CASES if c["id"] == "C01")
    verdict = evaluate(day_of({**plain, **changes}, CONTENT["schedules"]))
    return as_json(verdict)


@pytest.mark.parametrize(
    ("employment", "status"),
    [
        ("inactive", "not_employed"),
        ("active", "present"),
        ({"joined": "2026-03-02", "left": "2026-03-02"}, "present"),
        ({"joined": "2026-03-03"}, "not_employed"),
        ({"joined": None, "left": "2026-03-01"}, "not_employed"),
    ],
)
def test_employment_is_said_by_a_word_or_by_its_first_and_last_day(employment, status):
    assert one_case(context={"employment": employment})["status"] == status


@pytest.mark.parametrize(
    ("workdays", "status"),
    [("Mon-Sat", "present"), ("Tue,Thu", "day_off"), ("Sat-Mon", "present"), ("Mon", "present")],
)
def test_workdays_are_ranges_and_lists_of_names(workdays, status):
    assert one_case(parameters={"workdays": workdays})["status"] == status


def test_an_unset_window_has_no_limit():
    unset = {"window_before_min": None, "window_after_min": None}
    early = one_case(punches=["2026-03-02 05:00:00", "2026-03-02 11:30:00"], parameters=unset)
    assert early["sessions"][0]["in"] == "2026-03-02 05:00:00"
    assert one_case(punches=["2026-03-02 05:00:00", "2026-03-02 11:30:00"])["sessions"][0]["in"] is None


def test_taps_on_a_holiday_count_where_the_office_says_so():
    holiday = {"context": {"holiday": "2026-03-02"}}
    assert one_case(**holiday)["status"] == "holiday"
    assert one_case(**holiday, parameters={"holiday_punch": "count"})["status"] == "present"
