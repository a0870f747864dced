"""Which tap is the IN and which the OUT of which session."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from central.rules import evaluate
from central.rules.day import Policy, Session
from central.rules.pairing import windows


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:30 11:30 13:30 17:00", "07:30 11:30 13:30 17:00"),
        ("07:30 09:00 09:40 11:30 13:30 17:00", "07:30 11:30 13:30 17:00"),  # an errand
        ("00:00 23:59:59", "00:00 - - 23:59:59"),  # the day's windows open and close with the date
        ("-1/23:59:59 +1/00:00", "- - - -"),
        ("", "- - - -"),
    ],
)
def test_first_in_and_last_out(ends, punches, said):
    assert ends(punches) == said


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:30 12:30 17:00", "07:30 12:30 - 17:00"),  # the earlier session owns the middle
        ("07:30 12:30:01 17:00", "07:30 - 12:30:01 17:00"),
        ("07:30 11:50 12:10 17:00", "07:30 11:50 12:10 17:00"),  # both before the middle
        ("07:30 12:40 13:10 17:00", "07:30 12:40 13:10 17:00"),  # both after it
        ("07:30 11:40 12:30 13:20 17:00", "07:30 11:40 13:20 17:00"),  # those between belong to neither
        ("07:30 11:30 11:40 17:00", "07:30 11:40 - 17:00"),  # exactly at the end is not in the gap
        ("07:30 13:20 13:30 17:00", "07:30 - 13:20 17:00"),
        ("11:40 13:20", "- 11:40 13:20 -"),  # alone, yet sure of their sides
        ("11:00 11:50 12:10 17:00", "11:00 11:50 12:10 17:00"),  # beside a lunch tap nearness says nothing
        ("07:30 11:50 12:10 14:00", "07:30 11:50 12:10 14:00"),
        ("11:30 11:40 13:20 13:30", "11:30 11:40 13:20 13:30"),
    ],
)
def test_lunch(ends, punches, said):
    assert ends(punches) == said


def test_each_gap_of_three_sessions_has_its_own_lunch(ends):
    three = {"hours": "A 07:00-09:00 B 10:00-12:00 C 14:00-16:00"}
    assert ends("07:00 09:10 09:20 12:10 12:20 16:00", **three) == "07:00 09:10 09:20 12:10 12:20 16:00"
    assert ends("07:00 09:40 09:50 13:40 13:50 16:00", **three) == "07:00 09:40 09:50 13:40 13:50 16:00"
    assert ends("07:00 09:30 09:40 13:00 16:00", **three) == "07:00 09:30 09:40 13:00 - 16:00"


def test_a_gap_with_one_tap_does_not_keep_the_next_from_its_lunch(ends):
    three = {"hours": "A 07:00-09:00 B 10:00-12:00 C 14:00-16:00"}
    assert ends("07:00 09:10 13:40 13:50 16:00", **three) == "07:00 09:10 - 13:40 13:50 16:00"


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("09:29:59 13:30 17:00", "09:29:59 - 13:30 17:00"),
        ("09:30 13:30 17:00", "- 09:30 13:30 17:00"),  # a tie is OUT
        ("09:30:01 13:30 17:00", "- 09:30:01 13:30 17:00"),
    ],
)
def test_a_lone_tap_is_the_nearer_boundary(ends, punches, said):
    assert ends(punches) == said


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:30 07:31 11:30 13:30 17:00", "07:30 11:30 13:30 17:00"),
        ("07:30 11:30 13:30 17:00 17:01", "07:30 11:30 13:30 17:01"),  # an OUT counts at its last time
        ("07:30 07:31 13:30 17:00", "07:30 - 13:30 17:00"),  # 60 s: one tap
        ("07:30 07:31:01 13:30 17:00", "07:30 07:31:01 13:30 17:00"),  # 61 s: two
        ("07:30 07:30:50 07:31:40 13:30 17:00", "07:30 07:31:40 13:30 17:00"),  # measured from the group's first
        ("11:20 !11:20:40 13:30 17:00", "- 11:20:40 13:30 17:00"),  # two doors, one person
        ("07:30 12:29:30 12:30:20 17:00", "07:30 12:30:20 - 17:00"),  # lies where its first time lies
        ("-1/23:59:30 00:00:20 13:30 17:00", "- - 13:30 17:00"),  # a group that began the day before
    ],
)
def test_taps_within_a_minute_are_one(ends, punches, said):
    assert ends(punches) == said


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("06:30 11:30 13:30 18:00", "06:30 11:30 13:30 18:00"),
        ("06:29:59 11:30 13:30 18:00:01", "- 11:30 13:30 -"),
        ("07:30 12:00 12:30 17:00", "07:30 12:00 12:30 17:00"),
    ],
)
def test_a_window_includes_both_its_ends(ends, punches, said):
    assert ends(punches, before_min=60, after_min=60) == said


def test_taps_outside_every_window_are_listed_and_not_counted(judged):
    verdict = judged("05:00 07:30 11:30 12:20 13:30 17:00 -1/07:30", before_min=30, after_min=30)
    assert [t.ref for t in verdict.outside] == ["05:00", "12:20"]


def test_lunch_taps_outside_every_window_are_not_lunch_taps(ends):
    assert ends("07:30 12:10 12:50 17:00", before_min=30, after_min=30) == "07:30 - - 17:00"


def test_unequal_windows_meet_where_the_shorter_one_ends(ends):
    office = {"before_min": 180, "after_min": 10}
    assert ends("07:30 11:40 13:30 17:00", **office) == "07:30 11:40 13:30 17:00"
    assert ends("07:30 11:41 17:00", **office) == "07:30 - 11:41 17:00"


def test_a_night_shift_belongs_to_the_date_on_which_it_starts(ends):
    night = {"hours": "N 22:00-+1/06:00"}
    assert ends("21:55 +1/06:02", **night) == "21:55 06:02"
    assert ends("21:55 +1/07:00", **night) == "21:55 07:00"
    assert ends("21:55 +1/07:00:01", **night) == "21:55 -"
    assert ends("18:00 +1/00:05", hours="E 18:00-+1/00:00") == "18:00 00:05"


def test_windows_of_neighbouring_dates_are_split_too(day):
    today = day("-1/22:00 06:10 06:50 11:30 13:30 17:00")
    midnight = today.sessions[0].start.replace(hour=0, minute=0)
    night = Session("N", midnight - timedelta(hours=2), midnight + timedelta(hours=6))
    alone, beside = evaluate(today), evaluate(day("06:10 06:50 11:30 13:30 17:00", previous=night))
    assert [v.sessions[0].time_in.strftime("%H:%M") for v in (alone, beside)] == ["06:10", "06:50"]
    assert [v.time_out.strftime("%H:%M") for v in beside.sessions] == ["11:30", "17:00"]


def test_a_following_date_takes_its_half_of_the_gap(day):
    office = day("").sessions
    early = Session("E", office[-1].end + timedelta(hours=9), office[-1].end + timedelta(hours=12))
    verdict = evaluate(day("07:30 11:30 13:30 23:00 +1/00:30", following=early))
    assert verdict.sessions[1].time_out.strftime("%H:%M") == "23:00"


def test_a_verdict_names_its_taps(judged):
    morning, afternoon = judged("07:30 07:30:05 11:50 12:10 17:00").sessions
    assert (morning.in_tap.ref, morning.out_tap.ref) == ("07:30", "11:50")
    assert (afternoon.in_tap.ref, afternoon.out_tap.ref) == ("12:10", "17:00")
    assert [t.ref for t in morning.taps] == ["07:30", "07:30:05", "11:50"]
    assert [t.ref for t in afternoon.taps] == ["12:10", "17:00"]


@pytest.mark.parametrize(
    ("punches", "named"),
    [
        ("07:00 09:40 09:45 09:50 12:10 12:15 12:20 16:00", "07:00 09:40 | 09:45 09:50 12:10 12:15 | 12:20 16:00"),
        ("07:00 09:10 09:15 09:20 13:40 13:45 13:50 16:00", "07:00 09:10 09:15 | 09:20 13:40 | 13:45 13:50 16:00"),
    ],
)
def test_lunch_taps_go_over_to_the_session_whose_end_they_are(judged, punches, named):
    three = judged(punches, hours="A 07:00-09:00 B 10:00-12:00 C 14:00-16:00").sessions
    assert " | ".join(" ".join(t.ref for t in v.taps) for v in three) == named


def test_a_tap_that_is_told_twice_is_shown_once(judged):
    assert [t.ref for t in judged("07:30 07:30 11:30 13:30 17:00").sessions[0].taps] == ["07:30", "11:30"]


def test_taps_in_another_time_zone_are_shown_and_dated_in_viet_nam(day):
    local = day("05:00 07:30 11:30 13:30 17:00", before_min=30)
    elsewhere = replace(local, taps=tuple(replace(t, at=t.at.astimezone(UTC)) for t in local.taps))
    verdict = evaluate(elsewhere)
    assert [t.ref for t in verdict.outside] == ["05:00"]
    assert [v.time_in.strftime("%H:%M") for v in verdict.sessions] == ["07:30", "13:30"]
    assert [v.time_out.strftime("%H:%M") for v in verdict.sessions] == ["11:30", "17:00"]


def test_one_event_known_in_two_ways_is_judged_alike_in_any_order(day):
    facts = day("01:49:26 01:49:26~2 07:30 11:30 13:30 17:00")
    same = tuple(replace(t, ref="") for t in facts.taps)
    assert evaluate(replace(facts, taps=same)) == evaluate(replace(facts, taps=same[::-1]))


def test_the_windows_ends_are_inside_and_a_group_lies_where_it_begins(ends):
    none = {"before_min": 0, "after_min": 0}
    assert ends("07:30 11:30 13:30 17:00", **none) == "07:30 11:30 13:30 17:00"
    assert ends("07:29:59 11:30 13:30 17:00", **none) == "- 11:30 13:30 17:00"
    assert ends("07:29:59 07:30 11:30 13:30 17:00 17:00:01", **none) == "- 11:30 13:30 17:00:01"


@pytest.mark.parametrize(
    ("after_min", "before_min", "last_of_morning", "first_of_afternoon"),
    [
        (None, None, "12:30", "12:30:01"),  # both open: the middle, which the earlier session owns
        (60, 60, "12:30", "12:30:01"),  # they meet exactly there
        (59, 60, "12:29", "12:30"),
        (30, None, "12:00", "12:00:01"),  # what one leaves, an open one takes
    ],
)
def test_where_neighbouring_windows_end(day, after_min, before_min, last_of_morning, first_of_afternoon):
    def minutes(count):
        return None if count is None else timedelta(minutes=count)

    morning, afternoon = day("").sessions
    office = replace(morning, window_after=minutes(after_min)), replace(afternoon, window_before=minutes(before_min))
    first, second = windows(replace(day(""), sessions=office))
    assert (first.end.strftime("%H:%M:%S"), second.start.strftime("%H:%M:%S")) == tuple(
        text if len(text) > 5 else f"{text}:00" for text in (last_of_morning, first_of_afternoon)
    )


def test_with_two_taps_a_day_one_session_due_is_judged_as_ever(ends, judged):
    two = Policy(required_taps=2)
    assert ends("13:30 17:00", plan="leave:AM", policy=two) == "- - 13:30 17:00"
    assert ends("13:30", plan="leave:AM", policy=two) == "- - 13:30 -"
    assert ends("12:40 13:10 17:00", plan="leave:AM", policy=two) == "- - 13:10 17:00"  # lunch taps are paired


@pytest.mark.parametrize(
    ("punches", "said"),
    [
        ("07:00", "07:00 09:00 10:00 12:00 14:00 -"),
        ("10:00", "- - 10:00 12:00 14:00 -"),
        ("11:30", "- 09:00 10:00 11:30 - -"),  # as far from the day's start as from its end: the OUT
        ("12:30", "- 09:00 10:00 12:30 - -"),
        ("16:00", "- 09:00 10:00 12:00 14:00 16:00"),
    ],
)
def test_with_two_taps_a_day_a_lone_tap_is_the_nearer_end_of_the_whole_day(ends, punches, said):
    three = {"hours": "A 07:00-09:00 B 10:00-12:00 C 14:00-16:00"}
    assert ends(punches, policy=Policy(required_taps=2), **three) == said
