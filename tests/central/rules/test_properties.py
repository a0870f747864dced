"""What holds for every day, whatever was tapped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from central.rules import evaluate
from central.rules.day import (
    LOCAL,
    Coverage,
    Day,
    DayVerdict,
    Flag,
    ManualEntry,
    Outcome,
    Plan,
    PlanKind,
    Session,
    SessionVerdict,
    Span,
    Tap,
)


def holds(*facts: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """For all such facts; how long one example takes on a busy machine says nothing."""
    return lambda test: settings(deadline=None, max_examples=80)(given(*facts)(test))


MONDAY = date(2026, 3, 2)
MIDNIGHT = datetime.combine(MONDAY, time(), LOCAL)
ACCUSING = {Outcome.ABSENT, *Flag} - {Flag.NEEDS_CHECKING}


def clock(minutes: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minutes)


def session(name: str, start: int, end: int, window: timedelta | None) -> Session:
    return Session(name, clock(start), clock(end), timedelta(minutes=5), timedelta(0), window, window)


seconds = st.integers(-3_600, 90_000).map(lambda s: MIDNIGHT + timedelta(seconds=s))
near = st.sampled_from([420, 450, 455, 480, 570, 690, 720, 765, 810, 815, 900, 1020, 1040]).flatmap(
    lambda m: st.integers(-61, 61).map(lambda s: clock(m) + timedelta(seconds=s))
)
sure_taps = st.builds(Tap, st.one_of(near, seconds), st.integers(0, 99).map(str), st.sampled_from(["A", "B"]))
odd_taps = st.builds(
    Tap,
    st.one_of(near, seconds),
    st.integers(100, 199).map(str),
    st.sampled_from(["A", "B"]),
    st.integers(0, 90).map(lambda m: timedelta(minutes=m)),
    st.booleans(),
)
any_taps = st.lists(st.one_of(sure_taps, odd_taps), max_size=8).map(tuple)
plain_taps = st.lists(sure_taps, max_size=8).map(tuple)
offices = st.sampled_from([None, timedelta(minutes=30), timedelta(minutes=60)]).map(
    lambda w: (session("AM", 450, 690, w), session("PM", 810, 1020, w))
)
plans = st.lists(st.builds(Plan, st.sampled_from(PlanKind), st.sampled_from([None, "AM", "PM"])), max_size=2).map(tuple)
spans = st.tuples(st.integers(400, 1100), st.integers(1, 120)).map(lambda p: (Span(clock(p[0]), clock(sum(p))),))
known_moments = st.integers(300, 1500).map(clock)
moments = st.one_of(st.none(), known_moments)
coverages = st.builds(Coverage, moments, moments, st.one_of(st.just(()), spans))
entered = st.one_of(st.none(), st.integers(400, 1100).map(clock))
entries = st.lists(st.builds(ManualEntry, st.sampled_from(["AM", "PM"]), entered, entered), max_size=1).map(tuple)
days = st.builds(Day, st.just(MONDAY), offices, any_taps, plans, entries, coverages)


def accusations(verdict: DayVerdict) -> list[set[Flag | Outcome]]:
    return [{*v.flags, v.outcome} & ACCUSING for v in verdict.sessions]


@holds(days, st.randoms(use_true_random=False))
def test_order_and_repetition_of_facts_never_matter(day, random):
    taps, plans = list(day.taps * 2), list(day.plans * 2)
    random.shuffle(taps)
    random.shuffle(plans)
    assert evaluate(replace(day, taps=tuple(taps), plans=tuple(plans))) == evaluate(day)


@holds(days, sure_taps, st.builds(Plan, st.sampled_from(PlanKind), st.sampled_from([None, "AM"])), entries)
def test_a_fact_that_was_added_and_withdrawn_leaves_no_trace(day, tap, plan, entry):
    before = evaluate(day)
    evaluate(replace(day, taps=(*day.taps, tap), plans=(*day.plans, plan), manual=(*day.manual, *entry)))
    assert evaluate(day) == before


@holds(days, days)
def test_two_people_never_influence_each_other(one, other):
    alone = evaluate(one)
    assert [evaluate(day) for day in (other, one, other)] == [evaluate(other), alone, evaluate(other)]
    assert {t for v in alone.sessions for t in v.taps} | set(alone.outside) <= set(one.taps)


@holds(days)
def test_no_minutes_are_negative(day):
    for v in evaluate(day).sessions:
        assert min(v.late_min, v.early_min, v.worked_min) >= 0


@holds(days)
def test_flags_come_in_their_order_and_once(day):
    for v in evaluate(day).sessions:
        assert list(v.flags) == [f for f in Flag if f in v.flags]


@holds(days)
def test_every_pending_session_and_every_doubt_has_a_reason(day):
    for v in evaluate(day).sessions:
        if v.outcome is Outcome.PENDING or Flag.NEEDS_CHECKING in v.flags:
            assert v.reasons


def rests_on(flag: Flag, v: SessionVerdict) -> bool:
    """Whether what the flag speaks of is there: the time, and the tap or the entry that gave it."""
    came = v.time_in is not None and (v.in_tap is not None or v.manual is not None)
    went = v.time_out is not None and (v.out_tap is not None or v.manual is not None)
    return {
        Flag.LATE: came,
        Flag.EARLY_LEAVE: went,
        Flag.MISSING_IN: went and v.time_in is None,
        Flag.MISSING_OUT: came and v.time_out is None,
        Flag.NEEDS_CHECKING: bool(v.reasons),
    }[flag]


@holds(days)
def test_everything_that_is_said_points_to_a_session_a_tap_an_entry_or_a_reason_that_exists(day):
    verdicts = evaluate(day).sessions
    assert tuple(v.session for v in verdicts) == day.sessions
    for v in verdicts:
        assert all(rests_on(flag, v) for flag in v.flags)
        assert {t for t in (v.in_tap, v.out_tap) if t is not None} <= set(v.taps)
        assert set(v.taps).union(*(r.taps for r in v.reasons)) <= set(day.taps)
        assert v.manual in (None, *day.manual) and v.plan in (None, *day.plans)


@holds(offices, plain_taps, st.integers(450, 690))
def test_more_punches_inside_a_session_never_create_lateness(office, taps, minute):
    before = evaluate(Day(MONDAY, office, taps))
    after = evaluate(Day(MONDAY, office, (*taps, Tap(clock(minute), "more"))))
    morning = before.sessions[0]
    if morning.time_in is not None and Flag.LATE not in morning.flags:
        assert Flag.LATE not in after.sessions[0].flags


@holds(offices, any_taps, coverages)
def test_unknown_never_becomes_absent_before_delivery(office, taps, coverage):
    for v in evaluate(Day(MONDAY, office, taps, coverage=coverage)).sessions:
        known = [m for m in (coverage.now, coverage.delivered_until) if m is not None]
        if any(m <= v.session.end for m in known):
            assert v.outcome is Outcome.PENDING
            assert not {Flag.EARLY_LEAVE, Flag.MISSING_IN, Flag.MISSING_OUT} & set(v.flags)


@holds(offices, any_taps, st.one_of(st.just(()), spans), known_moments, known_moments)
def test_lateness_said_of_sure_clocks_while_waiting_still_holds_when_all_is_delivered(office, taps, down, now, until):
    taps = tuple(t for t in taps if not t.uncertainty and not t.forked and t.at <= until)
    early = evaluate(Day(MONDAY, office, taps, coverage=Coverage(now, until, down)))
    final = evaluate(Day(MONDAY, office, taps, coverage=Coverage(down=down)))
    for then, at_last in zip(early.sessions, final.sessions, strict=True):
        if Flag.LATE in then.flags:
            assert Flag.LATE in at_last.flags


@holds(offices, any_taps, spans)
def test_a_door_that_is_down_never_adds_an_accusation(office, taps, down):
    open_doors = accusations(evaluate(Day(MONDAY, office, taps)))
    shut_doors = accusations(evaluate(Day(MONDAY, office, taps, coverage=Coverage(down=down))))
    assert all(shut <= open_ for shut, open_ in zip(shut_doors, open_doors, strict=True))


@holds(offices, plain_taps, st.integers(1, 120))
def test_an_uncertain_clock_never_adds_an_accusation(office, taps, minutes):
    unsure = tuple(replace(t, uncertainty=timedelta(minutes=minutes)) for t in taps)
    sure = accusations(evaluate(Day(MONDAY, office, taps)))
    doubtful = accusations(evaluate(Day(MONDAY, office, unsure)))
    assert all(d <= s for d, s in zip(doubtful, sure, strict=True))


@holds(offices, plain_taps, sure_taps)
def test_a_forked_tap_never_harms(office, taps, tap):
    without = evaluate(Day(MONDAY, office, taps))
    with_fork = evaluate(Day(MONDAY, office, (*taps, replace(tap, ref="fork", forked=True))))
    kindness = [Outcome.PRESENT, Outcome.INCOMPLETE, Outcome.ABSENT]
    for old, new in zip(without.sessions, with_fork.sessions, strict=True):
        assert kindness.index(new.outcome) <= kindness.index(old.outcome)
