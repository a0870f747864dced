"""Duty slots, one line a case: a slot 06:45 to 07:30, taps, and what is said."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from central.rules.day import LOCAL, Cause, Coverage, Outing, OutingDecision, Span, Tap
from central.rules.duty import DutyFacts, DutyOutcome, DutySlot, DutyTaps, judge_duty, obliges

MONDAY = date(2018, 11, 12)


def at(clock: str) -> datetime:
    """`06:45`, `06:45:30` or, on the next date, `07:00+1`."""
    time, _, days = clock.partition("+")
    parts = [int(part) for part in time.split(":")] + [0]
    midnight = datetime(2018, 11, 12, tzinfo=LOCAL) + timedelta(days=int(days or 0))
    return midnight + timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])


def slot(start: str = "06:45", end: str = "07:30", **more) -> DutySlot:
    return DutySlot("A", MONDAY, at(start), at(end), "reception", **more)


def taps(text: str, **more) -> tuple[Tap, ...]:
    return tuple(Tap(at(clock), clock, "door", **more) for clock in text.split())


def said(text: str, one: DutySlot | None = None, coverage: Coverage | None = None, **more) -> str:
    verdict = judge_duty(DutyFacts(one or slot(), DutyTaps(taps(text, **more)), coverage or Coverage()))
    minutes = f" {verdict.late_min}" if verdict.late_min or verdict.outcome is DutyOutcome.LATE else ""
    return f"{verdict.outcome}{minutes} {verdict.by}".strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06:45", "kept A"),
        ("06:45:01", "late 0 A"),
        ("06:46", "late 1 A"),
        ("07:02", "late 17 A"),
        ("07:30", "late 45 A"),
        ("07:30:01", "no_show"),
        ("05:45", "kept A"),
        ("05:44:59", "no_show"),
        ("", "no_show"),
        ("05:50 06:50", "late 5 A"),  # the nearest to the start, not the first
        ("06:40 06:50", "kept A"),  # as near: the earlier
        ("06:44:30 06:45:20", "kept A"),  # one tap within 60 s
        ("06:44:10 06:45:10", "kept A"),  # and exactly 60 s apart
        ("06:44:10 06:45:11", "late 0 A"),  # a second more is another tap
        ("06:30 07:25 17:00", "kept A"),
    ],
)
def test_the_tap_nearest_to_the_start_decides(text, expected):
    assert said(text) == expected


def test_grace_is_strict_and_minutes_count_from_the_start():
    assert said("06:50", slot(grace=timedelta(minutes=5))) == "kept A"
    assert said("06:50:01", slot(grace=timedelta(minutes=5))) == "late 5 A"


@pytest.mark.parametrize(("text", "expected"), [("06:40", "stood_in B"), ("06:55", "stood_in 10 B"), ("", "no_show")])
def test_a_stand_ins_taps_decide(text, expected):
    assert said(text, slot(stand_in="B")) == expected


def test_who_took_a_slot_over_has_to_come():
    assert said("06:40", slot(swapped_with="B")) == "kept A"


def test_night_duty_belongs_to_the_date_on_which_it_starts():
    night = slot("17:00", "07:00+1")
    assert said("16:55 07:05+1", night) == "kept A"
    assert said("06:50+1", night) == "late 830 A"


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [
        (Coverage(now=at("07:00")), "pending"),
        (Coverage(now=at("07:30")), "pending"),
        (Coverage(now=at("07:30:01")), "no_show"),
        (Coverage(delivered_until=at("07:30")), "pending"),
        (Coverage(delivered_until=at("07:30:01")), "no_show"),
        (Coverage(now=at("09:00"), delivered_until=at("06:00")), "pending"),
    ],
)
def test_nothing_is_said_before_the_end_is_past_and_delivered(coverage, expected):
    assert said("", coverage=coverage) == expected


def test_who_came_is_shown_while_it_is_open():
    verdict = judge_duty(DutyFacts(slot(), DutyTaps(taps("06:40")), Coverage(now=at("06:41"))))
    assert (verdict.outcome, verdict.by, verdict.in_tap.ref) == ("pending", "A", "06:40")
    assert [r.cause for r in verdict.reasons] == [Cause.NOT_OVER]


@pytest.mark.parametrize(
    ("text", "down", "expected"),
    [
        ("", ("06:00", "06:10"), "needs_checking"),
        ("", ("04:00", "05:45"), "no_show"),
        ("", ("07:30", "08:00"), "no_show"),
        ("07:00", ("06:50", "06:55"), "needs_checking 15 A"),
        ("07:00", ("07:00", "07:20"), "late 15 A"),
        ("06:40", ("06:00", "07:30"), "kept A"),
    ],
)
def test_doors_that_could_not_record_accuse_nobody(text, down, expected):
    coverage = Coverage(down=(Span(at(down[0]), at(down[1])),))
    assert said(text, coverage=coverage) == expected


def test_of_taps_that_count_as_one_the_first_is_shown():
    assert judge_duty(DutyFacts(slot(), DutyTaps(taps("06:44:10 06:45:10")))).in_tap.ref == "06:44:10"


def test_a_stand_in_is_late_only_where_the_doors_could_record():
    down = Coverage(down=(Span(at("06:50"), at("06:52")),))
    assert said("06:55", slot(stand_in="B"), down) == "needs_checking 10 B"
    assert said("06:45:30", slot(stand_in="B"), Coverage(down=(Span(at("06:45"), at("06:45:10")),))) == "stood_in B"


def test_a_clock_in_doubt_accuses_nobody():
    doubt = timedelta(minutes=2)
    assert said("06:46", uncertainty=doubt) == "needs_checking 1 A"
    assert said("06:50", uncertainty=doubt) == "late 5 A"
    assert said("06:40", uncertainty=doubt) == "kept A"
    assert said("06:44", uncertainty=doubt) == "needs_checking A"


def test_a_fork_or_a_tap_set_aside_accuses_nobody():
    assert said("06:40", forked=True) == "needs_checking A"
    facts = DutyFacts(slot(), DutyTaps((), taps("06:40")))
    verdict = judge_duty(facts)
    assert (verdict.outcome, verdict.withheld, verdict.reasons[0].cause) == (
        "needs_checking",
        "no_show",
        Cause.SET_ASIDE,
    )
    kept = replace(facts, taps=DutyTaps(taps("06:40"), taps("06:50")))
    assert judge_duty(kept).outcome is DutyOutcome.KEPT
    both = DutyTaps((*taps("06:41"), *taps("06:40", forked=True)))
    assert judge_duty(DutyFacts(slot(), both)).outcome is DutyOutcome.KEPT


def test_a_slot_of_somebody_not_employed_binds_only_a_stand_in():
    assert obliges(None, employed=True)
    assert not obliges(None, employed=False)
    assert obliges("B", employed=False)
    assert not obliges("", employed=False)


def pressed(text: str) -> tuple[Tap, ...]:
    """`05:30>` is a tap after the field duty button on going out, `07:00<` on coming back."""
    told = {"": Outing.NONE, ">": Outing.OUT, "<": Outing.IN}
    return tuple(
        Tap(at(word.strip("<>")), word, "door", outing=told[word.strip("0123456789:+")]) for word in text.split()
    )


@pytest.mark.parametrize(
    ("text", "one", "expected"),
    [
        ("05:30>", slot(), "needs_checking no_show"),  # went before it, and was not seen again
        ("05:30> 07:02<", slot(), "needs_checking late"),
        ("07:02<", slot(), "needs_checking late"),  # straight from the field
        ("09:00<", slot(), "needs_checking no_show"),
        ("05:30> 05:40< 07:02", slot(), "late"),  # was back before it
        ("07:02> 09:00<", slot(), "late"),  # came late, and then went
        ("06:44 07:00>", slot(), "kept"),
        ("09:00>", slot(), "no_show"),  # went after it
        ("05:30 07:02", slot(), "late"),
        ("20:00>", slot("22:00", "05:00+1"), "needs_checking no_show"),
        ("06:00+1<", slot("22:00", "05:00+1"), "needs_checking no_show"),
        ("06:00+1<", slot("20:00", "00:00+1"), "no_show"),  # another date's way
        ("05:30> 07:02<", slot(stand_in="B"), "needs_checking stood_in"),
    ],
)
def test_a_way_to_the_field_accuses_nobody_of_missing_a_slot(text, one, expected):
    verdict = judge_duty(DutyFacts(one, DutyTaps(pressed(text))))
    assert f"{verdict.outcome} {verdict.withheld or ''}".strip() == expected
    assert [r.cause for r in verdict.reasons] == ([Cause.OUTING] if verdict.withheld else [])


def test_only_a_refusal_takes_the_way_as_an_answer_away():
    def said_when(*decided: OutingDecision) -> str:
        return judge_duty(DutyFacts(slot(), DutyTaps(pressed("05:30> 07:02<")), decided=decided)).outcome

    way = frozenset({"05:30>"})
    assert said_when(OutingDecision(way, approved=True)) == "needs_checking"
    assert said_when(OutingDecision(way, approved=False)) == "late"


CLOCKS = st.integers(5 * 60, 8 * 60).map(lambda m: f"{m // 60:02d}:{m % 60:02d}")


@given(st.lists(CLOCKS, max_size=6), st.randoms())
def test_order_and_repetition_never_matter(clocks, chance):
    shuffled = clocks * 2
    chance.shuffle(shuffled)
    assert said(" ".join(shuffled)) == said(" ".join(clocks))


ODD_TAPS = st.builds(
    Tap,
    st.sampled_from(["06:40", "06:44:10", "06:45", "06:50"]).map(at),
    st.just("one event"),
    st.just("door"),
    st.sampled_from([0, 1, 2, 15]).map(lambda m: timedelta(minutes=m)),
    st.booleans(),
)


@given(st.lists(ODD_TAPS, max_size=4), st.lists(ODD_TAPS, max_size=3), st.randoms(), st.sampled_from([None, "B"]))
def test_one_event_known_in_several_ways_is_judged_and_shown_alike_in_any_order(counted, aside, chance, stand_in):
    before = judge_duty(DutyFacts(slot(stand_in=stand_in), DutyTaps(tuple(counted), tuple(aside))))
    chance.shuffle(counted)
    chance.shuffle(aside)
    again = DutyTaps(tuple(counted * 2), tuple(aside * 2))
    assert judge_duty(DutyFacts(slot(stand_in=stand_in), again)) == before


@given(st.lists(CLOCKS, max_size=6))
def test_minutes_are_never_negative_and_a_tap_on_time_is_never_a_no_show(clocks):
    verdict = judge_duty(DutyFacts(slot(), DutyTaps(taps(" ".join(clocks)))))
    assert verdict.late_min >= 0
    if any("05:45" <= clock <= "07:30" for clock in clocks):
        assert verdict.outcome is not DutyOutcome.NO_SHOW


@given(st.lists(st.tuples(CLOCKS, st.sampled_from(["", "<", ">"])), max_size=6))
def test_a_button_takes_accusations_away_and_never_adds_one(words):
    plain = judge_duty(DutyFacts(slot(), DutyTaps(pressed(" ".join(clock for clock, _ in words)))))
    told = judge_duty(DutyFacts(slot(), DutyTaps(pressed(" ".join(clock + button for clock, button in words)))))
    assert told.outcome is plain.outcome or (
        told.outcome is DutyOutcome.NEEDS_CHECKING and told.withheld is plain.outcome is not DutyOutcome.KEPT
    )


MINUTES_AWAY = st.integers(-75, 60)


@settings(max_examples=150, deadline=None)
@given(
    words=st.lists(st.tuples(st.booleans(), MINUTES_AWAY, st.sampled_from([0, 1, 2, 5, 20])), min_size=1, max_size=4),
    shifts_s=st.lists(st.tuples(st.integers(-1200, 1200), st.integers(-1200, 1200)), min_size=20, max_size=20),
)
@example(words=[(0, -4, 0), (0, 7, 5)], shifts_s=[(-200, 0)])
def test_nobody_is_held_to_what_doubtful_taps_may_tell_otherwise(words, shifts_s):
    """One clock a door, and anywhere within what each tap is sure to: against times drawn by chance."""
    doors = ("door", "other door")
    told = tuple(
        Tap(at("06:45") + timedelta(minutes=away), f"{n}", doors[other], timedelta(minutes=unsure))
        for n, (other, away, unsure) in enumerate(words)
    )
    said_of = judge_duty(DutyFacts(slot(grace=timedelta(minutes=5)), DutyTaps(told)))
    if said_of.outcome not in (DutyOutcome.LATE, DutyOutcome.NO_SHOW):
        return
    for shift in shifts_s:
        by = dict(zip(doors, (timedelta(seconds=s) for s in shift), strict=True))
        moved = tuple(
            replace(t, at=t.at + max(-t.uncertainty, min(by[t.device], t.uncertainty)), uncertainty=timedelta(0))
            for t in told
        )
        possible = judge_duty(DutyFacts(slot(grace=timedelta(minutes=5)), DutyTaps(moved)))
        assert possible.outcome is said_of.outcome, words


def test_a_doubtful_tap_that_may_be_as_near_to_the_start_as_another_decides_nothing():
    """Sure at 06:48, three minutes late; doubtful around 06:38: if it was after 06:42, that one counts, in time."""
    facts = DutyFacts(slot(), DutyTaps((*taps("06:48"), *taps("06:38", uncertainty=timedelta(minutes=5)))))
    verdict = judge_duty(facts)
    assert verdict.outcome is DutyOutcome.NEEDS_CHECKING
    (reason,) = verdict.reasons
    assert (reason.cause, reason.start, reason.end) == (Cause.CLOCK, at("06:33"), at("06:43"))
    assert [t.ref for t in reason.taps] == ["06:38"]


STAND_IN = slot(stand_in="B")


@pytest.mark.parametrize(
    ("text", "seconds", "expected"),
    [
        ("06:46", 59, "needs_checking 1 B"),  # a minute late, or not
        ("06:46:30", 29, "stood_in 1 B"),  # a minute late wherever it was
        ("06:44:30", 29, "stood_in B"),
    ],
)
def test_whether_a_stand_in_came_late_is_in_doubt_too(text, seconds, expected):
    assert said(text, STAND_IN, uncertainty=timedelta(seconds=seconds)) == expected


def test_a_minute_of_a_stand_in_rests_on_open_doors_too():
    down = Coverage(down=(Span(at("06:45"), at("06:46")),))
    assert said("06:46", STAND_IN, down) == "needs_checking 1 B"
    assert said("06:45", STAND_IN, down) == "stood_in B"


def test_where_the_ways_are_too_many_the_slot_needs_checking():
    many = tuple(
        Tap(at("06:00") + timedelta(minutes=2 * n), str(n), f"door {n % 2}", timedelta(minutes=20)) for n in range(40)
    )
    verdict = judge_duty(DutyFacts(slot(grace=timedelta(minutes=5)), DutyTaps((*taps("06:45"), *many))))
    assert verdict.outcome is DutyOutcome.NEEDS_CHECKING and verdict.withheld is DutyOutcome.KEPT


def test_a_way_to_the_field_does_not_bring_a_slot_into_doubt_that_was_kept_within_grace():
    out = Tap(at("06:30"), "out", "door", outing=Outing.OUT)
    back = Tap(at("06:48"), "in", "door", outing=Outing.IN)
    kept = judge_duty(DutyFacts(slot(grace=timedelta(minutes=5)), DutyTaps((out, back))))
    assert (kept.outcome, kept.reasons) == (DutyOutcome.KEPT, ())
    late = judge_duty(DutyFacts(slot(), DutyTaps((back,))))
    assert late.outcome in (DutyOutcome.LATE, DutyOutcome.NEEDS_CHECKING)
