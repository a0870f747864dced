"""What would have to be different. Each line is a day and what is told of it; every change told is one that holds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.explaining.remedies import Remedy, RemedyKind, remedies
from central.rules import evaluate
from central.rules.day import Day, Flag, Outcome, Tap
from tests.central.rules.conftest import a_day, at


def shown(found: Iterable[Remedy]) -> list[str]:
    def clock(moment: datetime | None) -> str:
        return "" if moment is None else moment.strftime("%H:%M:%S").removesuffix(":00")

    return [" ".join([r.kind, *filter(None, (clock(r.since), clock(r.until)))]) for r in found]


def told(punches: str, index: int = 0, **facts: object) -> list[str]:
    day = a_day(punches, **facts)  # type: ignore[arg-type]
    return shown(remedies(day, evaluate(day), index))


@pytest.mark.parametrize(
    ("punches", "index", "expected"),
    [
        ("07:25 11:30 13:30 17:00", 0, []),
        ("07:36 11:30 13:30 17:00", 0, ["come_by 07:35", "entry"]),
        ("07:30 11:29 13:30 17:00", 0, ["stay_until 11:30", "entry"]),
        ("07:36 11:29 13:30 17:00", 0, ["come_by 07:35", "stay_until 11:30", "entry"]),
        ("07:25 13:30 17:00", 0, ["tap_out 11:30 12:30", "entry"]),
        ("11:31 13:30 17:00", 0, ["tap_in 06:30 07:35", "entry"]),
        ("07:25 12:30 17:05", 1, ["tap_in 12:31:01 13:35", "entry"]),  # sooner it is one tap with that at 12:30
        ("07:25 11:30 13:30", 1, ["tap_out 17:00 23:59:59", "entry"]),
        ("13:30 17:00", 0, ["tap_twice 11:30 07:35", "entry"]),
    ],
)
def test_taps_that_would_have_changed_the_answer(punches: str, index: int, expected: list[str]):
    assert told(punches, index) == expected


def test_an_open_session_waits_for_the_clock_and_for_its_doors():
    assert told("07:25", now="10:00", delivered="09:50") == ["time_passes 13:30", "doors_deliver 13:30"]


def test_a_lateness_that_is_said_already_names_its_limit_though_the_session_is_open():
    assert told("07:36", now="10:00", delivered="10:00") == [
        "come_by 07:35", "time_passes 13:30", "doors_deliver 13:30", "entry",
    ]  # fmt: skip


def test_nothing_that_the_doors_could_not_see_is_mended_by_a_tap():
    assert told("07:50 11:30 13:30 17:00", down="07:10-07:45") == ["entry"]


def test_an_uncertain_clock_is_mended_by_setting_it():
    assert told("07:36~10 11:30 13:30 17:00") == ["entry", "clock_set"]


def test_a_way_to_the_field_is_settled_by_deciding_about_it():
    assert told("07:30 09:00> 13:30 17:00") == ["entry", "outing_decided"]


def test_a_fork_is_mended_by_deciding_it():
    assert told("07:36? 11:30 13:30 17:00") == ["come_by 07:35", "entry", "fork_decided"]


def test_a_plan_needs_nothing_to_be_different():
    assert told("", plan="leave") == [] == told("07:50", plan="trip:AM")


def test_where_an_entry_gives_the_times_no_tap_changes_anything():
    assert told("", entry="AM=07:29-11:30") == []
    assert told("07:29", entry="AM=07:40-11:30") == ["entry"]


def test_no_tap_is_told_where_none_would_do():
    # The session is shorter than the time in which two taps count as one.
    assert told("10:00:10", hours="AM 10:00-10:01", after_min=0) == ["entry"]


TIMES = st.integers(0, 24 * 3600 - 1).map(lambda s: Tap(at("00:00") + timedelta(seconds=s), str(s), "door"))


@settings(max_examples=60, deadline=None)
@given(st.lists(TIMES, max_size=6), st.integers(0, 1), st.floats(0, 1))
def test_every_change_that_is_told_holds_anywhere_in_its_span(found: list[Tap], index: int, where: float):
    day = replace(a_day(), taps=tuple(found))
    for remedy in remedies(day, evaluate(day), index):
        added, gone = _change(remedy, where)
        if added:
            changed = evaluate(replace(day, taps=(*day.taps, *added))).sessions[index]
            assert gone not in changed.flags and changed.outcome is not gone, remedy


def _change(remedy: Remedy, where: float) -> tuple[tuple[Tap, ...], Flag | Outcome | None]:
    since, until = remedy.since, remedy.until
    if remedy.kind is RemedyKind.TAP_TWICE and since is not None and until is not None:
        return (Tap(until, "a"), Tap(since, "b")), Outcome.ABSENT
    if remedy.kind is RemedyKind.COME_BY and until is not None:
        return (Tap(until, "a"),), Flag.LATE
    if remedy.kind is RemedyKind.STAY_UNTIL and since is not None:
        return (Tap(since, "a"),), Flag.EARLY_LEAVE
    gone = {RemedyKind.TAP_IN: Flag.MISSING_IN, RemedyKind.TAP_OUT: Flag.MISSING_OUT}.get(remedy.kind)
    if gone is None or since is None or until is None:
        return (), None
    at_second = timedelta(seconds=round((until - since).total_seconds() * where))
    return (Tap(since + at_second, "a"),), gone


def test_the_changes_do_not_depend_on_the_order_of_the_taps():
    day: Day = a_day("07:36 11:20 13:30")
    turned = replace(day, taps=tuple(reversed(day.taps)))
    assert remedies(day, evaluate(day), 0) == remedies(turned, evaluate(turned), 0)
