"""What each punch of a day was taken for: one line a day, the uses in order of time."""

import pytest

from central.explaining.facts import use_of
from central.rules import evaluate
from tests.central.rules.conftest import a_day


@pytest.mark.parametrize(
    ("punches", "facts", "expected"),
    [
        ("07:25 11:30 13:30 17:00", {}, "in AM, out AM, in PM, out PM"),
        ("07:25 09:00 11:30", {}, "in AM, within AM, out AM"),
        ("07:25 07:25:30 11:30", {}, "in AM, within AM, out AM"),  # a double tap
        ("07:25 11:30", {"plan": "leave"}, "beside_plan AM, beside_plan AM"),
        ("07:40 11:30", {"entry": "AM=07:29-11:30"}, "beside_entry AM, beside_entry AM"),
        ("07:40 11:30", {"entry": "AM=07:29-"}, "beside_entry AM, out AM"),
        ("05:00 07:25 11:30", {"before_min": 60, "after_min": 60}, "outside, in AM, out AM"),
        ("12:00 12:10 07:25 17:00", {}, "in AM, out AM, in PM, out PM"),
    ],
)
def test_what_each_punch_was_taken_for(punches: str, facts: dict[str, object], expected: str):
    day = a_day(punches, **facts)  # type: ignore[arg-type]
    verdict = evaluate(day)
    uses = (use_of(tap.ref, verdict) for tap in sorted(day.taps, key=lambda t: t.at))
    assert ", ".join(" ".join(filter(None, used)) for used in uses) == expected


def test_a_punch_that_the_verdict_does_not_know_was_set_aside():
    assert use_of("unknown", evaluate(a_day("07:25 11:30"))) == ("set_aside", "")
