"""Field duty that was pressed at the door and not planned: somebody has to look at it, and nobody is accused.

`>` is a tap after the button on going out, `<` one on coming back.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.rules import evaluate
from central.rules.day import Cause, Flag, Outcome, Outing, OutingDecision
from central.rules.outings import away, undecided
from tests.central.rules.conftest import a_day, words

CHECK = "needs_checking"
HARD = {Flag.LATE, Flag.EARLY_LEAVE, Flag.MISSING_IN, Flag.MISSING_OUT}


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:20 09:00> 13:20 17:00", [CHECK]),  # went, and came back by noon
        ("07:20 09:00> 11:00< 11:30 13:20 17:00", []),
        ("07:20 09:00> 15:00< 17:00", [CHECK, CHECK]),  # early in the morning, late in the afternoon
        ("07:20 09:00>", [CHECK, CHECK]),  # and was not seen again
        ("10:00< 11:30 13:20 17:00", [CHECK]),  # straight to the field, first tap on coming back
        ("07:20 11:30 13:20 15:00>", [CHECK]),
        ("07:20>", [CHECK, CHECK]),
        ("07:50 09:00> 13:20 17:00", ["late 20", CHECK]),  # came late, then went
        ("07:20 09:00> 10:00< 11:00 13:20 17:00", ["early_leave 30"]),  # back, then left early
        ("07:20 09:00 13:20 17:00", ["early_leave 150"]),  # no button, as ever
        ("07:20 09:00:10> 09:00:30 13:20 17:00", [CHECK]),  # a second read within the minute is the same tap
        ("07:20 09:00 09:00:30> 13:20 17:00", [CHECK]),
        ("07:20 09:00> !09:40> 13:20 17:00", [CHECK]),  # out once more at another door
        ("07:20 11:30 15:00~2< 17:00", [CHECK]),
        ("07:20 09:00?> 13:20 17:00", [CHECK]),
    ],
)
def test_what_the_field_may_explain_needs_checking(flags, punches, said):
    assert flags(punches) == said


def test_an_absence_after_going_to_the_field_is_a_question_that_names_the_tap(judged):
    morning, afternoon = judged("07:20 11:25>").sessions
    assert (afternoon.outcome, afternoon.flags) == (Outcome.INCOMPLETE, (Flag.NEEDS_CHECKING,))
    (reason,) = afternoon.reasons
    assert (reason.cause, reason.withheld) == (Cause.OUTING, Outcome.ABSENT)
    assert (f"{reason.start:%H:%M}", reason.end, [t.ref for t in reason.taps]) == ("11:25", None, ["11:25>"])
    assert morning.reasons[0].withheld is Flag.EARLY_LEAVE


def test_the_minutes_stay_for_whoever_decides(judged):
    morning = judged("10:00< 11:30 13:20 17:00").sessions[0]
    assert (morning.late_min, morning.outcome) == (150, "present")
    assert [(r.start, f"{r.end:%H:%M}", r.withheld) for r in morning.reasons] == [(None, "10:00", Flag.LATE)]


@pytest.mark.parametrize(
    ("punches", "said"), [("07:50> 11:30 13:20 17:00", "late 20"), ("07:20 11:00< 13:20 17:00", "early_leave 30")]
)
def test_a_clock_that_is_sure_within_a_second_excuses_no_lateness_before_the_button(punches, said):
    day = a_day(punches)
    for uncertainty in (timedelta(0), timedelta(milliseconds=400)):
        shaken = replace(day, taps=tuple(replace(t, uncertainty=uncertainty) for t in day.taps))
        assert words(evaluate(shaken).sessions[0]) == [said]


def test_a_plan_decides_its_session_and_the_button_changes_nothing(judged):
    told = judged("07:20 11:25>", plan="field_duty:PM").sessions
    assert (told[1].outcome, told[1].flags, told[1].reasons) == (Outcome.FIELD_DUTY, (), ())


def test_the_button_of_another_date_reaches_no_further_than_its_own(flags):
    assert flags("-1/16:00> 07:50 11:30 13:20 17:00") == ["late 20"]
    assert flags("07:50 11:30 13:20 17:00 +1/09:00<") == ["late 20"]


def test_a_late_arrival_is_open_to_question_at_once(judged):
    morning = judged("08:00<", now="08:05", delivered="08:05").sessions[0]
    assert (morning.outcome, morning.flags) == (Outcome.PENDING, (Flag.NEEDS_CHECKING,))


MINUTES = st.lists(
    st.tuples(st.integers(6 * 60, 18 * 60), st.sampled_from(Outing)), min_size=1, max_size=6, unique_by=lambda t: t[0]
)


@given(MINUTES)
def test_a_button_takes_accusations_away_and_never_adds_one(taps):
    plain = a_day(" ".join(f"{m // 60:02}:{m % 60:02}" for m, _ in taps))
    pressed = [outing for _, outing in taps]
    marked = replace(plain, taps=tuple(replace(t, outing=o) for t, o in zip(plain.taps, pressed, strict=True)))
    for without, told in zip(evaluate(plain).sessions, evaluate(marked).sessions, strict=True):
        assert set(told.flags) & HARD <= set(without.flags) & HARD
        assert told.outcome is without.outcome or (without.outcome, told.outcome) == (
            Outcome.ABSENT,
            Outcome.INCOMPLETE,
        )
        assert (told.flags == without.flags and told.outcome is without.outcome) or told.reasons


def decided(taps: str, *, approved: bool) -> tuple[OutingDecision, ...]:
    return (OutingDecision(frozenset(taps.split()), approved),)


def test_a_refused_outing_is_judged_by_the_taps_alone(flags):
    refused = decided("09:00>", approved=False)
    assert flags("07:20 09:00> 13:20 17:00", decided=refused) == flags("07:20 09:00 13:20 17:00") == ["early_leave 150"]


def test_a_decision_about_the_way_out_holds_for_the_way_back_too(flags):
    punches = "07:20 09:00> 15:00< 17:00"
    for named in ("09:00>", "15:00<", "09:00> 15:00<"):
        assert flags(punches, decided=decided(named, approved=False)) == ["early_leave 150", "late 90"]
    assert flags(punches, decided=decided("10:00>", approved=False)) == [CHECK, CHECK]


def test_an_approved_outing_is_a_plan_and_the_other_session_is_judged_by_taps(judged):
    sessions = judged("07:20 09:00>", plan="field_duty:AM", decided=decided("09:00>", approved=True)).sessions
    assert [s.outcome for s in sessions] == [Outcome.FIELD_DUTY, Outcome.ABSENT]


@pytest.mark.parametrize(
    ("punches", "told"),
    [
        ("07:20 09:00> 11:00< 11:30", ["09:00-11:00 09:00> 11:00<"]),
        ("07:20 09:00> 11:00 11:30", ["09:00-11:00 09:00>"]),  # back, and the button forgotten
        ("07:20 09:00>", ["09:00- 09:00>"]),
        ("10:00< 11:30", ["-10:00 10:00<"]),
        ("07:20 10:00< 11:30", ["07:20-10:00 10:00<"]),  # forgot it on going out
        ("07:20 09:00> 10:00> 11:00<", ["09:00-10:00 09:00>", "10:00-11:00 10:00> 11:00<"]),
        ("07:20 09:00> 09:00:20> 11:00<", ["09:00-11:00 09:00> 09:00:20> 11:00<"]),
        ("07:20 11:30", []),
    ],
)
def test_an_outing_is_its_two_taps_or_the_one_there_is(punches, told):
    def clock(moment):
        return "" if moment is None else f"{moment:%H:%M}"

    found = away(a_day(punches))
    assert [" ".join([f"{clock(a.start)}-{clock(a.end)}", *(t.ref for t in a.taps)]) for a in found] == told
    assert undecided(found) == found
    for a in found:
        assert (a.out and clock(a.out.at), a.back and clock(a.back.at)) == (
            clock(a.start) or None,
            clock(a.end) or None,
        )


def test_a_day_without_hours_tells_of_its_own_outings_only():
    (found,) = away(a_day("-1/09:00> 10:00> +1/11:00<", hours=""))
    assert (found.out and found.out.ref, found.back) == ("10:00>", None)


def test_what_the_way_cannot_explain_stands(flags, judged):
    assert flags("09:00< 13:20 17:00") == ["missing_out", CHECK]  # came back in the morning, and did not tap again
    assert flags("10:00> 13:20 17:00") == ["missing_in", CHECK]
    assert judged("07:20 09:00> 11:00< 11:30").sessions[1].outcome is Outcome.ABSENT
    assert judged("13:20 14:00> 17:00").sessions[0].outcome is Outcome.ABSENT
    assert flags("07:20 11:00> 12:00< 13:45 17:00") == ["late 15"]
    assert flags("07:20 11:00 13:20 14:00>") == ["early_leave 30", CHECK]
    assert flags("06:50> 13:20 17:00", entry="AM=08:00-11:30") == ["late 30"]  # what people entered rests on no tap
    doubted, _ = judged("07:35~10 11:30 13:20 17:00>").sessions
    assert {r.cause for r in doubted.reasons} == {Cause.CLOCK}


@pytest.mark.parametrize(
    ("punches", "said"),
    [("06:30>", "incomplete"), ("06:29:59>", "absent"), ("12:30<", "incomplete"), ("12:30:01<", "absent")],
)
def test_a_button_outside_the_windows_says_nothing(judged, punches, said):
    (session,) = judged(punches, hours="AM 07:30-11:30", before_min=60, after_min=60).sessions
    assert (session.outcome, words(session)) == (said, [] if said == "absent" else [CHECK])


def test_a_way_in_the_night_belongs_to_the_shift(flags):
    assert flags("22:00 +1/02:00>", hours="NIGHT 22:00-+1/06:00") == [CHECK]


def test_of_two_decisions_about_one_way_the_later_counts(flags):
    first, second = (OutingDecision(frozenset({"09:00>"}), False, ref) for ref in ("outing:1", "outing:2"))
    for both in ((first, second), (second, first)):
        (found,) = away(a_day("07:20 09:00>", decided=both))
        assert found.decision == second


def test_the_stretch_is_as_long_as_the_clock_allows():
    def clocks(punches, **unsure):
        day = a_day(punches)
        shaken = replace(day, taps=tuple(replace(t, **unsure) for t in day.taps)) if unsure else day
        return [f"{end:%H:%M:%S}" for a in away(shaken) for end in (a.start, a.end) if end]

    assert clocks("09:00~10> 11:00~5<") == ["08:50:00", "11:05:00"]
    assert clocks("09:00> 11:00<", uncertainty=timedelta(seconds=1)) == ["08:59:59", "11:00:01"]
    assert clocks("09:00> 11:00<", uncertainty=timedelta(milliseconds=999)) == ["09:00:00", "11:00:00"]
    assert clocks("09:00> 09:00:20~1 11:00 11:00:20<") == ["08:59:20", "11:00:20"]


def test_a_way_ends_at_the_last_tap_of_its_going_and_the_first_of_its_coming():
    (found,) = away(a_day("09:00> 09:00:20> 11:00 11:00:30<"))
    assert (found.out and found.out.ref, found.back and found.back.ref) == ("09:00:20>", "11:00")


@given(MINUTES)
def test_refusing_says_what_the_taps_say_without_a_button(taps):
    plain = a_day(" ".join(f"{m // 60:02}:{m % 60:02}" for m, _ in taps))
    marked = replace(plain, taps=tuple(replace(t, outing=o) for t, (_, o) in zip(plain.taps, taps, strict=True)))
    refused = (OutingDecision(frozenset(t.ref for t in marked.taps), approved=False),)
    after = evaluate(replace(marked, decided=refused))
    assert [(s.outcome, words(s)) for s in after.sessions] == [(s.outcome, words(s)) for s in evaluate(plain).sessions]
