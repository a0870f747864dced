"""`diemdanh-central evaluate FILE`: what is no file of cases is refused with the path of the element, never judged."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.case_format import CaseFormatError, day_of
from central.evaluate_file import CasesError, refuse, run
from central.rules import evaluate
from central.rules.day import DayStatus

FILE = Path(__file__).parents[1] / "data" / "attendance.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
PLAIN = next(c for c in CONTENT["cases"] if c["id"] == "C01")
GONE = object()


def changed(whole: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one element put in, or taken away (GONE)."""
    whole = copy.deepcopy(whole)
    *parents, last = path.split(".")
    inner = whole
    for parent in parents:
        inner = inner.setdefault(parent, {})
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return whole


def written(folder: Path, content: Any) -> Path:
    path = folder / "cases.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "not a JSON file"),
        ("{", "not a JSON file"),
        ("[" * 100_000, "nested too deep"),
        ("[]", "a list `cases`"),
        ("{}", "a list `cases`"),
        ('{"schedules": [], "cases": []}', "an object `schedules`"),
        ('{"schedules": {}, "cases": {}}', "a list `cases`"),
    ],
)
def test_a_file_that_is_no_file_of_cases_is_refused_with_its_name(tmp_path, content, complaint):
    with pytest.raises(CasesError, match=r"cases\.json") as refusal:
        run(written(tmp_path, content))
    assert complaint in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path):
    with pytest.raises(CasesError, match=r"none\.json: cannot be read"):
        run(tmp_path / "none.json")
    with pytest.raises(CasesError, match="cannot be read"):
        run(tmp_path)
    (tmp_path / "old.json").write_bytes(b'{"schedules": {}, "cases": ["\xd0"]}')
    with pytest.raises(CasesError, match=r"old\.json: not a JSON file"):
        run(tmp_path / "old.json")


def test_no_case_is_no_answer_and_a_byte_order_mark_says_nothing(tmp_path):
    path = written(tmp_path, "\ufeff" + json.dumps({"schedules": {}, "cases": []}))
    assert run(path) == []
    refuse(path, [])


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("work_date", GONE, "case.work_date: is missing"),
        ("work_date", "2026-02-30", "case.work_date: '2026-02-30' is wrong; write a date as YYYY-MM-DD"),
        ("work_date", 20260302, "case.work_date: 20260302 is wrong"),
        ("work_date", "9999-12-31", "a year from 1970 to 2100"),
        ("schedule", GONE, "case.schedule: is missing"),
        ("schedule", "NONE", "a name from `schedules`: VN_SPLIT"),
        ("schedule", ["VN_SPLIT"], "case.schedule: ['VN_SPLIT'] is wrong"),
        ("punches", GONE, "case.punches: is missing"),
        ("punches", "2026-03-02 07:00:00", "case.punches: '2026-03-02 07:00:00' is wrong; write a list"),
        ("punches", ["2026-03-02 07:00:00", "25:00"], "case.punches[1]: '25:00' is wrong; write an instant"),
        ("punches", [None], "case.punches[0]: None is wrong"),
        ("punches", ["0001-01-01 00:00:00"], "a year from 1970"),
        ("arrival", ["2026-03-02 06:55:00"], "case.arrival: not the punches"),
        ("context", [], "case.context: [] is wrong; write an object"),
        ("context.leaves", "full", "case.context.leaves: is not known; there are duty_roster"),
        ("context.leave", "EVE", "case.context.leave: 'EVE' is wrong; write AM or PM or full"),
        ("context.leave", 1, "case.context.leave: 1 is wrong; write a text"),
        ("context.field_duty", {"a": 1}, "case.context.field_duty: {'a': 1} is wrong"),
        ("context.holiday", "30/4", "case.context.holiday: '30/4' is wrong; write a date"),
        ("context.duty_roster", [7], "case.context.duty_roster: 7 is wrong"),
        ("context.employment", "retired", "case.context.employment: 'retired' is wrong"),
        ("context.employment", {"from": "2026-03-02"}, "case.context.employment.from: is not known"),
        ("context.employment", {"joined": "soon"}, "case.context.employment.joined: 'soon' is wrong"),
        ("context.now", "later", "case.context.now: 'later' is wrong; write an instant"),
        ("context.synced_until", 5, "case.context.synced_until: 5 is wrong"),
        ("parameters", 5, "case.parameters: 5 is wrong; write an object"),
        ("parameters.half_threshold", 4, "case.parameters.half_threshold: is not known"),
        ("parameters.half_threshold_h", "four", "case: policy half_threshold_h = 'four': write a number"),
        ("parameters.half_threshold_h", True, "case: half_threshold_h: True is wrong"),
        ("parameters.half_threshold_h", None, "case: half_threshold_h: None is wrong"),
        ("parameters.holiday_punch", "maybe", "write ignore or count"),
        ("parameters.window_before_min", -1, "case: window_before_min: -1 is wrong; write minutes from 0 to 1440"),
        ("parameters.window_after_min", float("nan"), "case: window_after_min: nan is wrong"),
        ("parameters.grace_late_min", "5", "case: grace_late_min: '5' is wrong"),
        ("parameters.workdays", "Mo-Fr", "case: workdays: 'Mo-Fr' is wrong; write `every day`"),
        ("parameters.workdays", "Mon-", "case: workdays: 'Mon-' is wrong"),
        ("parameters.workdays", 5, "case: workdays: 5 is wrong"),
        ("parameters.sessions", "AM", "case.parameters.sessions: 'AM' is wrong; write a list"),
        ("parameters.sessions", [["AM", "07:00"]], "case.parameters.sessions[0]: ['AM', '07:00'] is wrong"),
        ("parameters.sessions", [["AM", "7h", "11:30"]], "case.parameters.sessions[0][1]: '7h' is wrong"),
        ("parameters.sessions", [["AM", "07:00", "11:30+9"]], "case.parameters.sessions[0][2]: '11:30+9' is wrong"),
        ("parameters.sessions", [["N", "22:00", "06:00"]], "not after its start 22:00; +1 is the next day"),
        ("parameters.sessions", [["A", "07:00", "11:00"], ["A", "13:00", "17:00"]], "two sessions have one name"),
        ("parameters.sessions", [["A", "07:00", "11:00"], ["B", "10:00", "17:00"]], "B starts before A ends"),
        ("contxt", {}, "case.contxt: is not known; write context"),
    ],
)
def test_an_element_that_is_wrong_is_named_with_what_to_write(path, value, complaint):
    with pytest.raises(CaseFormatError) as refusal:
        day_of(changed(PLAIN, path, value), CONTENT["schedules"])
    assert complaint in str(refusal.value)


def test_a_schedule_that_is_wrong_is_named():
    for schedule, complaint in [(7, "schedules.S: 7 is wrong"), ({}, "schedules.S.sessions: is missing")]:
        with pytest.raises(CaseFormatError, match=complaint):
            day_of({**PLAIN, "schedule": "S"}, {"S": schedule})
    with pytest.raises(CaseFormatError, match=r"schedules\.S\.grace: is not known"):
        day_of({**PLAIN, "schedule": "S"}, {"S": {**CONTENT["schedules"]["VN_SPLIT"], "grace": 5}})


def test_remarks_of_the_writer_change_nothing():
    assert day_of({**PLAIN, "note": "seen twice", "source": 7}, CONTENT["schedules"]) == day_of(
        PLAIN, CONTENT["schedules"]
    )


def test_a_wrong_case_silences_no_other_and_every_error_is_told(tmp_path):
    wrong = [{**PLAIN, "id": "X1", "punches": None}, 7, {k: v for k, v in PLAIN.items() if k != "id"}]
    path = written(tmp_path, {"schedules": CONTENT["schedules"], "cases": [PLAIN, *wrong, {**PLAIN, "id": 5}]})
    answers = run(path)
    assert [a["id"] for a in answers] == ["C01", "X1", None, None, 5]
    assert ["status" in a for a in answers] == [True, False, False, False, True]
    with pytest.raises(CasesError) as refusal:
        refuse(path, answers)
    lines = str(refusal.value).splitlines()
    assert [line.removeprefix(f"{path}: ") for line in lines] == [
        "case X1: cases[1].punches: None is wrong; write a list [...]",
        "cases[2]: 7 is wrong; write an object {...}",
        "cases[3].id: is missing or no text; write a name of the case",
    ]


def test_many_errors_are_told_in_part_and_counted(tmp_path):
    path = written(tmp_path, {"schedules": {}, "cases": [7] * 30})
    with pytest.raises(CasesError, match="and 10 more") as refusal:
        refuse(path, run(path))
    assert len(str(refusal.value).splitlines()) == 21


def test_the_command_answers_what_it_can_and_says_the_rest(tmp_path):
    cases = [PLAIN, changed(PLAIN, "context.leave", "XX")]
    path = written(tmp_path, {"schedules": CONTENT["schedules"], "cases": cases})
    command = [sys.executable, "-m", "central", "evaluate", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, [a.get("status") for a in json.loads(done.stdout)]) == (1, ["present", None])
    assert "cases[1].context.leave: 'XX' is wrong" in done.stderr
    assert "Traceback" not in done.stderr


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["07:00", "full"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["joined", "a"]), inner, max_size=2),
    max_leaves=5,
)
places = st.sampled_from(
    ["id", "work_date", "schedule", "punches", "arrival", "context", "parameters"]
    + [f"context.{name}" for name in ("holiday", "leave", "field_duty", "duty_roster", "employment", "now")]
    + [f"parameters.{name}" for name in ("sessions", "workdays", "window_after_min", "dedup_s", "required_taps")]
)


@settings(deadline=None, max_examples=300)
@given(places, anything)
def test_whatever_stands_in_its_place_a_case_is_judged_or_refused_by_name(path, value):
    try:
        verdict = evaluate(day_of(changed(PLAIN, path, value), CONTENT["schedules"]))
    except CaseFormatError as refusal:
        assert str(refusal).startswith("case")
    else:
        assert verdict.status in DayStatus
