"""Where somebody is, from the taps of the day: one line a case."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.presence import DoorNow, DoorState, Presence, Row, State, UnitPresence, Why, current_session, presence_of
from central.rules import evaluate
from central.rules.day import LOCAL, Coverage, Day, Flag, Outing, OutingDecision, Plan, PlanKind, Session, Span, Tap

DATE = date(2018, 11, 12)
GRACE = timedelta(minutes=5)
CLOCK = "0123456789:"
OUTINGS = {"": Outing.NONE, ">": Outing.OUT, "<": Outing.IN}
"""`09:00>` is a tap after the field duty button on going out, `11:00<` on coming back."""


def moment(time: str) -> datetime:
    return datetime.fromisoformat(f"{DATE}T{time.rjust(5, '0')}+07:00").astimezone(LOCAL)


AM = Session("AM", moment("07:30"), moment("12:00"), GRACE)
PM = Session("PM", moment("13:30"), moment("17:00"), GRACE)


def day(
    taps: str = "", *, until: str | None = None, down: str = "", plans: tuple[Plan, ...] = (), **kwargs: object
) -> Day:
    spans = tuple(Span(*(moment(end) for end in stretch.split("-"))) for stretch in down.split())
    return Day(
        DATE,
        kwargs.pop("sessions", (AM, PM)),  # type: ignore[arg-type]
        tuple(Tap(moment(time.strip("<>")), time, "D1", outing=OUTINGS[time.strip(CLOCK)]) for time in taps.split()),
        plans,
        coverage=Coverage(None, None if until is None else moment(until), spans),
        **kwargs,  # type: ignore[arg-type]
    )


def state(taps: str, now: str, **kwargs: object) -> str:
    return presence_of(day(taps, **kwargs), moment(now)).state.value  # type: ignore[arg-type]


def since(taps: str, now: str) -> str:
    found = presence_of(day(taps), moment(now)).since
    assert found is not None
    return found.strftime("%H:%M")


@pytest.mark.parametrize(
    ("taps", "now", "expected"),
    [
        # before and during the morning
        ("", "06:00", "expected"),
        ("", "07:35", "expected"),
        ("", "07:35:01", "missing"),
        ("07:25", "07:26", "in"),
        ("07:35", "07:36", "in"),
        ("07:35:01", "07:36", "late"),
        ("07:25", "07:20", "expected"),  # what lies ahead of now is not known yet
        # somebody made sure that the badge was read
        ("07:25 07:27", "09:00", "in"),
        # errands: out in the leaving half, back by the next tap
        ("07:25 10:30", "10:40", "out"),
        ("07:25 10:30 11:00", "11:10", "in"),
        ("07:40 10:30 11:00", "11:10", "late"),
        ("07:25 10:30 11:00 12:00", "12:10", "out"),
        # a first tap in the leaving half is a late arrival, at the end it is a leave
        ("10:30", "10:40", "late"),
        ("12:00", "12:10", "out"),
        # lunch
        ("07:25 12:01", "12:30", "out"),
        ("07:25 12:01", "13:00", "expected"),
        ("07:25 12:01", "13:36", "missing"),
        ("07:25 12:01 12:40", "12:41", "in"),
        ("07:25 12:01 13:20", "13:40", "in"),
        ("07:25 12:01 13:45", "13:50", "late"),
        # who forgets to tap out at lunch is still in, and on time only by the tap of the afternoon
        ("07:25", "14:00", "in"),
        ("07:25 13:25", "14:00", "in"),
        ("07:25 13:45", "14:00", "late"),
        ("07:40", "14:00", "in"),
        # the end of the day
        ("07:25 17:01", "17:02", "out"),
        ("07:25 17:01 17:03", "17:10", "out"),
        ("07:25 12:01 13:20 17:01", "17:02", "out"),
        ("07:25", "17:10", "in"),
        ("", "17:30", "missing"),
        ("", "18:00:01", "out"),
        ("07:25 12:01", "18:30", "out"),
    ],
)
def test_one_word_for_each_moment_of_a_day(taps: str, now: str, expected: str) -> None:
    assert state(taps, now) == expected


def test_since_is_the_tap_that_says_it() -> None:
    assert since("07:25 07:27", "09:00") == "07:25"
    assert since("07:25 10:30", "11:00") == "10:30"
    assert since("07:25 12:01 13:20", "14:00") == "13:20"
    assert since("07:25 13:25", "14:00") == "13:25"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (PlanKind.HOLIDAY, "off"),
        (PlanKind.LEAVE, "leave"),
        (PlanKind.TRIP, "leave"),
        (PlanKind.STUDY, "leave"),
        (PlanKind.FIELD_DUTY, "field"),
    ],
)
def test_a_plan_wins_over_taps_and_the_contradiction_is_shown(kind: PlanKind, expected: str) -> None:
    planned = presence_of(day("07:25", plans=(Plan(kind),)), moment("08:00"))
    assert (planned.state, planned.tapped) == (expected, True)
    assert not presence_of(day(plans=(Plan(kind),)), moment("08:00")).tapped


def test_a_plan_of_the_morning_ends_at_the_middle_of_lunch() -> None:
    plans = (Plan(PlanKind.FIELD_DUTY, "AM"),)
    assert state("", "12:45", plans=plans) == "field"
    assert state("", "12:46", plans=plans) == "expected"


def test_nobody_is_looked_for_on_a_day_off_or_before_the_first_day_of_employment() -> None:
    assert state("08:00", "09:00", sessions=()) == "off"
    assert state("", "09:00", employed=False) == "off"


@pytest.mark.parametrize(
    ("now", "until", "expected"),
    [
        ("07:50", "07:47", "missing"),
        ("07:50", "07:46", "unknown"),
        ("07:20", "07:16", "unknown"),
        ("07:14", "01:00", "expected"),  # nobody is due yet
    ],
)
def test_missing_is_said_only_on_data_of_the_last_three_minutes(now: str, until: str, expected: str) -> None:
    found = presence_of(day(until=until), moment(now))
    assert found.state == expected
    assert found.why == (Why.OLD if expected == "unknown" else None)


def test_in_is_shown_on_data_of_any_age_and_late_waits_for_everything_before_the_tap() -> None:
    assert state("07:25", "10:00", until="06:00") == "in"
    waits = presence_of(day("07:42", until="07:41"), moment("07:43"))
    assert (waits.state, waits.late_min) == (State.IN, 12)
    assert state("07:42", "07:43", until="07:42") == "late"


@pytest.mark.parametrize(
    ("taps", "now", "down", "expected"),
    [
        ("", "07:50", "07:10-07:40", "unknown"),  # who came then could not tap
        ("", "07:50", "06:00-07:15", "missing"),
        ("", "09:00", "08:30-09:30", "unknown"),
        ("", "09:00", "08:30-09:00", "missing"),
        ("07:41", "07:50", "07:10-07:40", "in"),
        ("07:41", "07:50", "07:10-07:30", "late"),
    ],
)
def test_nothing_is_held_against_anybody_while_no_door_was_open(taps: str, now: str, down: str, expected: str) -> None:
    found = presence_of(day(taps, down=down), moment(now))
    assert found.state == expected
    assert found.why == (Why.DOWN if expected == "unknown" else None)


def unsure(time: str, minutes: float, **kwargs: bool) -> Tap:
    return Tap(moment(time), time, "D1", timedelta(minutes=minutes), **kwargs)


def test_a_tap_at_an_unknown_time_proves_neither_in_nor_missing() -> None:
    known = Day(DATE, (AM, PM), (unsure("08:00", 300),))
    assert presence_of(known, moment("09:00")) == Presence(State.UNKNOWN, why=Why.CLOCK)
    assert presence_of(Day(DATE, (AM, PM), (unsure("02:00", 10),)), moment("09:00")).state == "missing"


def test_a_tap_from_the_future_leaves_only_unknown() -> None:
    assert presence_of(Day(DATE, (AM, PM), set_aside=(unsure("20:00", 0),)), moment("09:00")).why is Why.CLOCK


def test_late_is_not_said_within_the_uncertainty_of_the_clock_nor_of_a_fork() -> None:
    assert presence_of(Day(DATE, (AM,), (unsure("07:36", 2),)), moment("08:00")).state == "in"
    assert presence_of(Day(DATE, (AM,), (unsure("07:38", 2),)), moment("08:00")).state == "late"
    assert presence_of(Day(DATE, (AM,), (unsure("07:38", 0, forked=True),)), moment("08:00")).state == "in"


def test_the_current_session_changes_at_the_middle_of_the_gap() -> None:
    assert current_session((AM, PM), moment("12:45")) is AM
    assert current_session((AM, PM), moment("12:45:01")) is PM
    assert current_session((), moment("08:00")) is None


def row(staff: str, state: State, rank: int) -> Row:
    return Row(staff, staff, staff, "X", rank, "", Presence(state))


def test_leaders_come_first_and_whoever_needs_a_look_comes_first_in_the_other_order() -> None:
    head, late, gone = row("c", State.IN, 0), row("b", State.LATE, 5), row("a", State.MISSING, 9)
    unit = UnitPresence("X", "Xã X", (head, late, gone), (DoorNow("d", "D", "X", "", DoorState.CURRENT),))
    assert unit.attention == (gone, late, head)
    assert {state.value: n for state, n in unit.counts.items() if n} == {"missing": 1, "late": 1, "in": 1}
    assert list(unit.counts) == list(State)


@pytest.mark.parametrize(
    ("taps", "now", "expected"),
    [
        ("07:25 09:00>", "09:01", "field 09:00"),
        ("07:25 09:00>", "13:40", "field 09:00"),  # and is not missing in the afternoon
        ("07:25 09:00>", "18:01", "out 09:00"),  # the day is over
        ("07:25 11:00>", "11:30", "field 11:00"),
        ("07:25 09:00> 11:00<", "11:01", "in 11:00"),
        ("07:25 09:00> 13:50<", "13:51", "in 13:50"),  # not late: the way may have been duty
        ("10:00<", "10:01", "in 10:00"),
        ("07:25 09:00> 13:50", "13:51", "in 13:50"),  # back, and the button forgotten
        ("07:25 09:00> 10:00", "10:01", "in 10:00"),
        ("07:25 09:00> 12:01", "12:02", "out 12:01"),
        ("07:25 09:00> 11:00< 13:45", "13:46", "late 13:45"),  # came back, then had lunch for too long
        ("07:25 09:00> 10:00< 12:00", "12:01", "out 12:00"),
        ("07:25 13:20>", "13:40", "field 13:20"),
        ("07:25>", "09:00", "field 07:25"),
        ("07:50>", "07:51", "field 07:50"),
        ("07:50> 09:00<", "09:01", "late 09:00"),  # came late, and then went: as the verdict says
        ("07:25 09:00> 10:00>", "10:01", "field 10:00"),
        ("07:25 09:00> 09:00:20<", "09:01", "in 07:25"),  # pressed once more to undo it
        ("07:25 16:30>", "17:30", "field 16:30"),
    ],
)
def test_who_presses_the_button_is_in_the_field_until_the_next_tap(taps, now, expected):
    found = presence_of(day(taps, until=now), moment(now))
    assert f"{found.state} {found.since:%H:%M}" == expected
    assert found.unplanned == (found.state is State.FIELD)


def test_a_plan_of_the_session_makes_the_way_a_planned_one():
    planned = day("07:25 09:00>", plans=(Plan(PlanKind.FIELD_DUTY, "AM"),))
    assert presence_of(planned, moment("09:01")) == Presence(State.FIELD, tapped=True)
    assert presence_of(planned, moment("13:40")).unplanned


@pytest.mark.parametrize("approved", [True, False])
def test_a_way_that_somebody_decided_about_is_only_taps(approved):
    decided = (OutingDecision(frozenset({"09:00>"}), approved),)
    assert state("07:25 09:00>", "10:00", decided=decided) == state("07:25 09:00", "10:00") == "in"
    assert state("07:25 09:00> 13:50<", "13:51", decided=decided) == "late"


APART = st.integers(3 * 60, 9 * 60).map(lambda half: 2 * half)
"""Minutes of a day of which no two are so near that a second tap is the first one again."""


@given(
    st.lists(st.tuples(APART, st.sampled_from("<> ")), max_size=6, unique_by=lambda t: t[0]),
    st.integers(6 * 60, 19 * 60),
)
def test_nobody_is_called_late_or_missing_by_a_way_to_the_field(taps, now):
    clock = f"{now // 60:02}:{now % 60:02}"
    words = sorted(f"{minute // 60:02}:{minute % 60:02}{button.strip()}" for minute, button in taps)
    known = day(" ".join(words), until=clock)
    found = presence_of(known, moment(clock))
    button = next((word[5:] for word in reversed(words) if word[:5] <= clock), "")
    if button == ">":
        assert found.state is State.OUT or (found.state, found.unplanned) == (State.FIELD, True)
    elif button == "<":
        asked = replace(known, coverage=Coverage(moment(clock), moment(clock)))
        session = next(v for v in evaluate(asked).sessions if v.session is current_session((AM, PM), moment(clock)))
        assert found.state is State.IN or (found.state is State.LATE and Flag.LATE in session.flags)
    assert found.unplanned == (button == ">" and found.state is State.FIELD)


def test_a_door_that_lags_by_its_kind_keeps_people_expected_until_its_data_reach_the_grace():
    lagging = day(until="07:31")
    assert presence_of(lagging, moment("07:40")).why is Why.OLD
    assert presence_of(lagging, moment("07:40"), too_old=False).state is State.EXPECTED
    assert presence_of(day(until="07:32"), moment("07:40"), too_old=False).state is State.MISSING
    assert presence_of(day(until="07:40"), moment("07:40"), too_old=True).why is Why.OLD


def test_a_tap_is_as_sure_as_its_kind_of_door_can_be():
    doubted = Day(DATE, (AM, PM), (unsure("07:10", 6),))
    assert presence_of(doubted, moment("09:00"), sure_within=timedelta(minutes=6)).state is State.IN
