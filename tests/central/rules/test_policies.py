"""The office's choices: what each changes, one line a case, and how they are written.

The office works 07:30-11:30 and 13:30-17:00, five minutes of grace when coming, none when leaving.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from central.rules.day import (
    HolidayPunch,
    LateBase,
    LeaveTaps,
    LunchTaps,
    NightDate,
    Policy,
    Resolution,
    Rounding,
    SinglePunch,
    TapPairing,
    WindowSplit,
    Worked,
)
from central.rules.nights import worked_on
from central.rules.policy import POLICY_NAMES, PolicyError, policy_from

KEPT = "07:30 11:30 13:30 17:00"
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("resolution", "punches", "expected"),
    [
        (Resolution.SECOND, "07:35:01 11:30 13:30 17:00", ["late 5"]),
        (Resolution.MINUTE, "07:35:59 11:30 13:30 17:00", []),
        (Resolution.MINUTE, "07:36 11:30 13:30 17:00", ["late 6"]),
        (Resolution.MINUTE, "07:30 11:29:59 13:30 17:00", ["early_leave 1"]),
    ],
)
def test_taps_are_compared_in_seconds_or_cut_to_the_minute(flags, resolution, punches, expected):
    assert flags(punches, policy=Policy(resolution=resolution)) == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [(LateBase.SCHEDULE, ["late 6", "early_leave 10"]), (LateBase.GRACE, ["late 1", "early_leave 5"])],
)
def test_minutes_count_from_the_schedule_or_from_the_end_of_grace(flags, base, expected):
    punches = "07:36 11:30 13:30 16:50"
    assert flags(punches, policy=Policy(late_base=base), grace_early_min=5) == expected


@pytest.mark.parametrize(
    ("rounding", "came", "minutes"),
    [
        (Rounding.FLOOR, "07:40:59", 10),
        (Rounding.CEIL, "07:40:01", 11),
        (Rounding.CEIL, "07:40", 10),
        (Rounding.NEAREST, "07:40:29", 10),
        (Rounding.NEAREST, "07:40:30", 11),
    ],
)
def test_seconds_become_minutes_as_the_office_rounds(flags, rounding, came, minutes):
    assert flags(f"{came} 11:30 13:30 17:00", policy=Policy(rounding=rounding)) == [f"late {minutes}"]


QUARTERS = policy_from({"rounding_table": "0-7:0 8-22:15 23-37:30 38-52:45 53-59:60"})


@pytest.mark.parametrize(
    ("came", "minutes"),
    [("07:37:59", 0), ("07:38", 15), ("07:52:59", 15), ("07:53", 30), ("08:23", 60), ("08:37:59", 60), ("08:38", 75)],
)
def test_minutes_are_rounded_by_the_offices_table_hour_by_hour(flags, came, minutes):
    assert flags(f"{came} 11:30 13:30 17:00", policy=QUARTERS) == [f"late {minutes}"]


IN_TURN = Policy(pairing=TapPairing.ALTERNATING)


@pytest.mark.parametrize(
    ("punches", "worked", "said"),
    [
        ("07:30 11:30 13:30 17:00", [240, 210], []),
        ("07:30 09:00 09:30 11:30 13:30 17:00", [210, 210], []),
        ("07:30 09:00 09:30 10:00 10:10 11:30 13:30 17:00", [200, 210], []),
        ("07:00 07:20 07:40 11:30 13:30 17:00", [230, 210], []),  # out before the hours: only what lies inside counts
        ("07:30 09:00 09:30 13:30 17:00", [0, 210], ["missing_out"]),  # back at half past nine, and when out?
        ("07:30 13:30 17:00", [0, 210], ["missing_out"]),
        ("07:30 12:00 13:00 17:00", [240, 210], []),
        ("07:30 09:00 09:30 12:00 13:00 17:00", [210, 210], []),
    ],
)
def test_taps_in_turn_count_only_the_time_between_in_and_out(judged, punches, worked, said):
    verdict = judged(punches, policy=IN_TURN)
    assert [s.worked_min for s in verdict.sessions] == worked
    assert [f.value for s in verdict.sessions for f in s.flags] == said


def test_taps_in_turn_are_compared_with_thresholds_without_the_time_away(judged):
    policy = replace(IN_TURN, half_day_under=timedelta(hours=7))
    assert judged("07:30 11:30 13:30 17:00", policy=policy).status == "present"
    assert judged("07:30 08:00 09:00 11:30 13:30 17:00", policy=policy).status == "half_day"


def test_an_approved_entry_stands_for_the_taps_in_between_too(judged):
    morning = judged("07:30 09:00 10:00 11:30", policy=IN_TURN, entry="AM=07:30-11:30").sessions[0]
    assert (morning.basis, morning.worked_min, morning.away) == ("manual", 240, ())


NIGHT = "N 22:00-+1/06:00"


@pytest.mark.parametrize(
    ("punches", "whole", "divided"),
    [
        ("21:55 +1/06:05", [(2, 480)], [(2, 120), (3, 360)]),
        ("22:00:30 +1/06:00", [(2, 479)], [(2, 119), (3, 360)]),
        ("+1/01:00 +1/06:00", [(2, 300)], [(2, 0), (3, 300)]),
        ("22:00 23:30", [(2, 90)], [(2, 90)]),
        ("22:00 +1/00:00", [(2, 120)], [(2, 120)]),
        ("22:00:01 +1/00:01", [(2, 120)], [(2, 119), (3, 1)]),
        ("22:00", [(2, 0)], [(2, 0)]),
    ],
)
def test_the_time_of_a_night_shift_belongs_to_its_first_date_or_is_divided_at_midnight(judged, punches, whole, divided):
    (session,) = judged(punches, hours=NIGHT).sessions
    for choice, expected in ((NightDate.START, whole), (NightDate.MIDNIGHT, divided)):
        found = worked_on(session, Policy(night_date=choice))
        assert [(part.date.day, part.minutes) for part in found] == expected
        assert sum(part.minutes for part in found) == session.worked_min


def test_worked_time_is_inside_the_session_or_from_in_to_out(judged):
    punches = "07:00 11:40 13:30 17:00"
    clipped, raw = (judged(punches, policy=Policy(worked=w)).sessions[0] for w in (Worked.CLIPPED, Worked.RAW))
    assert (clipped.worked_min, raw.worked_min) == (240, 280)


@pytest.mark.parametrize(("base", "status"), [(Worked.RAW, "present"), (Worked.CLIPPED, "half_day")])
def test_thresholds_compare_raw_or_clipped_time(judged, base, status):
    policy = Policy(half_day_under=timedelta(hours=7, minutes=45), threshold_base=base)
    assert judged("07:00 11:30 13:45 17:30", policy=policy).status == status


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(Policy(), "- 10:00 13:30 17:00"), (Policy(single_punch=SinglePunch.IN), "10:00 - 13:30 17:00")],
)
def test_a_lone_tap_is_the_nearer_end_or_always_the_in(ends, policy, expected):
    assert ends("10:00 13:30 17:00", policy=policy) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), "07:30 12:20 - 17:00"),
        (Policy(window_split=WindowSplit.LATER), "07:30 - 12:20 17:00"),
    ],
)
def test_windows_are_split_at_the_middle_or_the_later_session_owns_the_gap(ends, policy, expected):
    assert ends("07:30 12:20 17:00", policy=policy) == expected


def test_the_later_session_owns_only_what_its_window_reaches(ends):
    policy = Policy(window_split=WindowSplit.LATER)
    assert ends("07:30 12:00 17:00", policy=policy, before_min=90, after_min=90) == "07:30 - 12:00 17:00"
    assert ends("07:30 12:00 17:00", policy=policy, before_min=60, after_min=90) == "07:30 12:00 - 17:00"
    assert ends("07:30 11:30 17:00", policy=policy, before_min=120, after_min=90) == "07:30 11:30 - 17:00"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), "07:30 11:40 12:10 17:00"),
        (Policy(lunch_taps=LunchTaps.WINDOW), "07:30 12:10 - 17:00"),
    ],
)
def test_two_taps_at_lunch_are_out_and_in_or_stay_in_their_window(ends, policy, expected):
    assert ends("07:30 11:40 12:10 17:00", policy=policy) == expected


def test_taps_are_folded_within_the_offices_span_and_zero_folds_nothing(judged):
    def taps(seconds: int) -> int:
        policy = Policy(dedup=timedelta(seconds=seconds))
        first = judged("07:30 07:32 11:30 13:30 17:00", policy=policy).sessions[0]
        return len({first.time_in, first.time_out})

    assert judged("07:30 07:30:40", policy=Policy(dedup=timedelta(0))).sessions[0].outcome == "present"
    assert judged("07:30 07:30:40").sessions[0].outcome == "incomplete"
    assert judged("07:30 07:34", policy=Policy(dedup=5 * MINUTE)).sessions[0].outcome == "incomplete"
    assert taps(60) == 2


def test_taps_on_a_holiday_are_ignored_or_count(judged):
    assert judged(KEPT, plan="holiday").status == "holiday"
    assert judged(KEPT, plan="holiday", policy=Policy(holiday_punch=HolidayPunch.COUNT)).status == "present"
    assert judged("", plan="holiday", policy=Policy(holiday_punch=HolidayPunch.COUNT)).status == "holiday"


class TestLeaveAndTaps:
    def test_leave_wins_and_the_conflict_is_shown(self, judged):
        verdict = judged(KEPT, plan="leave:AM")
        assert [s.outcome for s in verdict.sessions] == ["leave", "present"]
        assert [s.conflict for s in verdict.sessions] == [True, False]
        assert not judged("13:30 17:00", plan="leave:AM").sessions[0].conflict

    def test_taps_win_where_the_office_says_so_and_only_a_whole_pair(self, outcomes, flags):
        policy = Policy(leave_taps=LeaveTaps.TAPS)
        assert outcomes(KEPT, plan="leave:AM", policy=policy) == "present present"
        assert flags("07:50 11:30 13:30 17:00", plan="leave:AM", policy=policy) == ["late 20"]
        assert outcomes("07:30 13:30 17:00", plan="leave:AM", policy=policy) == "leave present"
        assert outcomes(KEPT, plan="trip:AM field_duty:PM", policy=policy) == "trip field_duty"


class TestTwoTapsADay:
    """First in, last out; lunch is assumed, and said so."""

    POLICY = Policy(required_taps=2)

    @pytest.mark.parametrize(
        ("punches", "expected"),
        [
            ("07:25 17:05", "07:25 11:30 13:30 17:05"),
            ("07:25 11:00 14:00 17:05", "07:25 11:30 13:30 17:05"),
            ("13:25 17:05", "- - 13:25 17:05"),
            ("07:25 11:35", "07:25 11:35 - -"),
            ("07:25", "07:25 11:30 13:30 -"),
            ("17:05", "- 11:30 13:30 17:05"),
            ("", "- - - -"),
        ],
    )
    def test_the_hours_are_taken_between_the_first_and_the_last(self, ends, punches, expected):
        assert ends(punches, policy=self.POLICY) == expected

    @pytest.mark.parametrize(
        ("punches", "expected"),
        [
            ("07:25 17:05", []),
            ("07:50 16:30", ["late 20", "early_leave 30"]),
            ("07:25", ["missing_out"]),
            ("17:05", ["missing_in"]),
        ],
    )
    def test_only_the_ends_of_the_day_are_flagged(self, flags, punches, expected):
        assert flags(punches, policy=self.POLICY) == expected

    def test_outcomes_of_days_with_one_end_or_one_half(self, outcomes):
        assert outcomes("07:25", policy=self.POLICY) == "present incomplete"
        assert outcomes("13:25 17:05", policy=self.POLICY) == "absent present"
        assert outcomes("", policy=self.POLICY) == "absent absent"

    def test_what_is_assumed_is_said(self, judged):
        first, second = judged("07:25 17:05", policy=self.POLICY).sessions
        assert (first.assumed_in, first.assumed_out, second.assumed_in, second.assumed_out) == (
            False,
            True,
            True,
            False,
        )
        assert (first.out_tap, second.in_tap) == (None, None)

    def test_half_a_day_of_leave_leaves_one_session_with_its_own_two_taps(self, ends, outcomes):
        assert outcomes("13:25 17:05", plan="leave:AM", policy=self.POLICY) == "leave present"
        assert ends("13:25", plan="leave:AM", policy=self.POLICY) == "- - 13:25 -"

    def test_a_manual_entry_takes_the_place_of_what_is_assumed(self, judged):
        first = judged("07:25 17:05", entry="AM=-11:00", policy=self.POLICY).sessions[0]
        assert (first.assumed_out, first.early_min) == (False, 30)


class TestFlexibleHours:
    """A session may be begun up to half an hour earlier or later, when it is left as much earlier or later."""

    POLICY = Policy(flexible=30 * MINUTE)

    @pytest.mark.parametrize(
        ("punches", "expected"),
        [
            ("07:30 11:30 13:30 17:00", []),
            ("08:00 12:00 13:30 17:00", []),
            ("08:05 12:00 13:30 17:00", []),
            ("08:05:01 12:00 13:30 17:00", ["late 5"]),
            ("08:00 11:45 13:30 17:00", ["early_leave 15"]),
            ("07:00 11:00 13:30 17:00", []),
            ("06:30 10:59 13:30 17:00", ["early_leave 1"]),
            ("07:00 11:00 13:10 16:40", []),
        ],
    )
    def test_the_session_moves_with_its_in_and_keeps_its_length(self, flags, punches, expected):
        assert flags(punches, policy=self.POLICY) == expected

    def test_worked_time_is_that_of_the_moved_session(self, judged):
        assert judged("08:00 12:00 13:30 17:00", policy=self.POLICY).sessions[0].worked_min == 240

    def test_doors_are_doubted_where_the_moved_session_ends(self, flags):
        early = {"punches": "08:00 11:45 13:30 17:00", "policy": self.POLICY}
        assert flags(**early, down="11:50-11:55") == ["needs_checking"]
        assert flags(**early, down="12:00-12:10") == ["early_leave 15"]
        late = {"punches": "08:10 12:00 13:30 17:00", "policy": self.POLICY}
        assert flags(**late, down="08:01-08:02") == ["needs_checking"]
        assert flags(**late, down="07:40-08:00") == ["late 10"]
        assert flags("08:10", policy=self.POLICY, down="08:01-08:02", now="08:30") == ["needs_checking"]

    @pytest.mark.parametrize(
        ("down", "outcome"),
        [
            ("08:29-08:31", "incomplete"),
            ("08:30-08:31", "absent"),
            ("06:40-06:46", "incomplete"),
            ("06:40-06:45", "absent"),
            ("12:29-12:31", "incomplete"),
            ("12:30-12:31", "absent"),
        ],
    )
    def test_nobody_is_absent_for_doors_that_were_down_when_they_might_have_come(self, judged, down, outcome):
        assert judged("13:30 17:00", policy=self.POLICY, down=down).sessions[0].outcome == outcome

    def test_what_is_assumed_at_lunch_moves_with_the_day_and_accuses_nobody(self, flags, judged):
        two = Policy(flexible=30 * MINUTE, required_taps=2)
        assert flags("08:00 17:30", policy=two) == []
        assert flags("08:00 17:00", policy=two) == ["early_leave 30"]
        assert flags("07:00 16:30", policy=two) == []
        assert flags("17:00", policy=two, entry="AM=08:00-") == []
        assert judged("08:00 17:30", policy=two).sessions[0].worked_min == 240

    def test_without_an_in_the_hours_stand_where_they_are(self, flags):
        assert flags("11:00 13:30 17:00", policy=self.POLICY) == ["early_leave 30", "missing_in"]


class TestWords:
    def test_every_choice_can_be_written(self):
        written = {
            "dedup_s": "90",
            "half_threshold_h": "4",
            "absent_threshold_h": "1.5",
            "threshold_base": "clipped",
            "worked": "raw",
            "holiday_punch": "count",
            "leave_taps": "taps",
            "resolution": "minute",
            "late_base": "grace",
            "rounding": "ceil",
            "rounding_table": "0-29:0 30-59:60",
            "pairing": "alternating",
            "night_date": "midnight",
            "single_punch": "in",
            "window_split": "later",
            "lunch_taps": "window",
            "required_taps": "2",
            "flexible_min": "30",
        }
        assert set(written) == set(POLICY_NAMES)
        policy = policy_from(written)
        assert policy.dedup == timedelta(seconds=90)
        assert (policy.half_day_under, policy.absent_under) == (timedelta(hours=4), timedelta(hours=1.5))
        assert (policy.required_taps, policy.flexible) == (2, timedelta(minutes=30))
        usual = Policy()
        assert all(getattr(policy, name) != getattr(usual, name) for name in Policy.__slots__)

    def test_nothing_written_is_the_usual(self):
        assert policy_from({}) == policy_from({"rounding_table": ""}) == Policy()

    def test_the_ends_of_a_span_are_inside(self):
        written = {"half_threshold_h": "24", "absent_threshold_h": "24", "dedup_s": "3600", "flexible_min": "1440"}
        policy = policy_from(written)
        assert policy.half_day_under == policy.absent_under == policy.flexible == timedelta(days=1)
        assert policy.dedup == timedelta(hours=1)

    def test_a_table_may_have_ranges_of_one_minute(self):
        text = " ".join(f"{minute}-{minute}:{minute}" for minute in range(60))
        assert policy_from({"rounding_table": text}).rounding_table == tuple(range(60))

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("grace", "5", "policy 'grace' is not known; there are dedup_s"),
            ("rounding", "up", "policy rounding = 'up': write floor or ceil or nearest"),
            ("required_taps", "3", "write 2 or 4"),
            ("dedup_s", "-1", "write a number from 0 to 3600"),
            ("flexible_min", "9999", "write a number from 0 to 1440"),
            ("half_threshold_h", "24.1", "write a number from 0 to 24"),
            ("absent_threshold_h", "24.1", "write a number from 0 to 24"),
            ("dedup_s", "3601", "write a number from 0 to 3600"),
            ("half_threshold_h", "four", "write a number from 0 to 24"),
            ("half_threshold_h", "nan", "write a number from 0 to 24"),
            ("pairing", "all", "write first_last or alternating"),
            ("night_date", "end", "write start or midnight"),
            ("rounding_table", "0-30:0 30-59:60", r"from 0 to 59 without a gap.*'30-59:60' does not follow"),
            ("rounding_table", "0-29:0 31-59:60", "'31-59:60' does not follow"),
            ("rounding_table", "0-29:0 30-60:60", "'30-60:60' does not follow"),
            ("rounding_table", "0-29:61 30-59:60", "'0-29:61' does not follow"),
            ("rounding_table", "29-0:0", "'29-0:0' does not follow"),
            ("rounding_table", "0-29", "'0-29' does not follow"),
            ("rounding_table", "0-29:0 30-58:60", "it ends at 58"),
        ],
    )
    def test_what_is_no_choice_is_refused_with_the_words_there_are(self, name, text, problem):
        with pytest.raises(PolicyError, match=problem):
            policy_from({name: text})
