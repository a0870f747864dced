"""Holiday, leave, field duty, manual entries: which decides a session, and that punches then change nothing."""

from dataclasses import replace

import pytest

from central.rules import evaluate
from central.rules.day import Basis, HolidayPunch, LeaveTaps, ManualEntry, Plan, PlanKind, Policy


@pytest.mark.parametrize(
    ("plan", "outcome", "signs"),
    [
        ("holiday", "holiday holiday", "L L"),
        ("leave", "leave leave", "P P"),
        ("trip:AM study:PM", "trip study", "CT H"),
        ("field_duty:PM", "absent field_duty", "V CS"),
        ("field_duty leave:AM", "leave field_duty", "P CS"),  # leave is stronger than field duty
        ("leave holiday:PM", "leave holiday", "P L"),
        ("study trip leave field_duty", "leave leave", "P P"),
        ("leave:NIGHT", "absent absent", "V V"),
    ],
)
def test_the_strongest_plan_decides(judged, plan, outcome, signs):
    verdict = judged("", plan=plan)
    assert " ".join(v.outcome for v in verdict.sessions) == outcome
    assert " ".join(v.symbol for v in verdict.sessions) == signs


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_leaves_that_for_the_whole_day_decides_in_whatever_order_they_come(day, order):
    plans = (Plan(PlanKind.LEAVE, None, "TS"), Plan(PlanKind.LEAVE, "AM", "KL"))
    assert [v.symbol for v in evaluate(replace(day(""), plans=plans[::order])).sessions] == ["TS", "TS"]


def test_a_plan_has_no_flags_and_no_minutes_but_shows_the_taps(judged):
    morning = judged("08:30 10:00", plan="leave").sessions[0]
    assert (morning.flags, morning.late_min, morning.early_min, morning.worked_min) == ((), 0, 0, 0)
    assert (morning.time_in, morning.time_out) == (None, None)
    assert [t.ref for t in morning.taps] == ["08:30", "10:00"]
    assert (morning.basis, morning.plan.kind) == (Basis.PLAN, PlanKind.LEAVE)


def test_leave_in_one_session_does_not_change_the_windows(ends):
    assert ends("07:30 11:40 12:20 17:00", plan="leave:PM") == "07:30 11:40 - -"


def test_a_plan_may_carry_its_own_sign_and_document(day):
    maternity = Plan(PlanKind.LEAVE, None, "TS", "12/QĐ-UBND")
    verdict = evaluate(day("", employed=True, rostered=False))
    planned = evaluate(type(day())(verdict.work_date, tuple(v.session for v in verdict.sessions), plans=(maternity,)))
    assert {v.symbol for v in planned.sessions} == {"TS"}
    assert {v.plan.document for v in planned.sessions} == {"12/QĐ-UBND"}


def test_the_duty_roster_makes_a_holiday_a_workday(outcomes):
    assert outcomes("07:30 11:30", plan="holiday", rostered=True) == "present absent"
    assert outcomes("", plan="holiday leave:AM", rostered=True) == "leave absent"


@pytest.mark.parametrize(
    ("punches", "policy", "outcome"),
    [
        ("07:30 11:30", HolidayPunch.IGNORE, "holiday holiday"),
        ("07:30 11:30", HolidayPunch.COUNT, "present absent"),
        ("", HolidayPunch.COUNT, "holiday holiday"),
    ],
)
def test_taps_on_a_holiday(outcomes, punches, policy, outcome):
    assert outcomes(punches, plan="holiday", policy=Policy(holiday_punch=policy)) == outcome


def test_a_manual_entry_stands_for_the_taps(judged, ends, flags):
    facts = {"punches": "08:00 11:30 13:30 17:00", "entry": "AM=07:40-11:00"}
    assert ends(**facts) == "07:40 11:00 13:30 17:00"
    assert flags(**facts) == ["late 10", "early_leave 30"]
    morning, afternoon = judged(**facts).sessions
    assert (morning.basis, morning.in_tap, morning.out_tap) == (Basis.MANUAL, None, None)
    assert (afternoon.basis, afternoon.manual) == (Basis.PUNCHES, None)
    assert [t.ref for t in morning.taps] == ["08:00", "11:30"]


def test_a_plan_is_stronger_than_a_manual_entry(outcomes):
    assert outcomes("", entry="AM=07:30-11:30", plan="field_duty:AM") == "field_duty absent"


def test_an_end_that_the_entry_leaves_open_is_taken_from_the_taps(ends, outcomes):
    assert ends("07:30 13:30 17:00", entry="AM=-11:30") == "07:30 11:30 13:30 17:00"
    assert outcomes("13:30 17:00", entry="AM=-11:30") == "incomplete present"


def test_of_two_entries_the_later_reference_counts_whatever_their_order(day, judged):
    early, late = (
        ManualEntry("AM", day("07:30").taps[0].at, day("11:30").taps[0].at, ref="1"),
        ManualEntry("AM", day("07:50").taps[0].at, day("11:30").taps[0].at, ref="2"),
    )
    office = tuple(v.session for v in judged().sessions)
    for entries in ((early, late), (late, early)):
        verdict = evaluate(type(day())(day().work_date, office, manual=entries))
        assert verdict.sessions[0].late_min == 20


@pytest.mark.parametrize(("punches", "outcome"), [("11:30", "leave"), ("07:30", "leave"), ("07:30 11:30", "present")])
def test_where_taps_win_over_leave_it_takes_both_of_them(judged, punches, outcome):
    verdict = judged(punches, plan="leave:AM", policy=Policy(leave_taps=LeaveTaps.TAPS))
    assert verdict.sessions[0].outcome == outcome


def test_an_end_that_was_entered_is_not_assumed(judged):
    two = Policy(required_taps=2)
    assumed = [(v.assumed_in, v.assumed_out) for v in judged("07:30 17:00", policy=two).sessions]
    assert assumed == [(False, True), (True, False)]
    entered = judged("07:30 17:00", entry="AM=-11:30 PM=13:30-", policy=two).sessions
    assert [(v.assumed_in, v.assumed_out) for v in entered] == [(False, False), (False, False)]
