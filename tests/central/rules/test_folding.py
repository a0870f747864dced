"""From the sessions to the day's one word."""

from datetime import timedelta

import pytest

from central.rules.day import Policy

KEPT = "07:30 11:30 13:30 17:00"
THREE = "AM 07:30-11:30 PM 13:30-17:00 EVE 18:30-20:30"
HALF, SHORT = timedelta(hours=5), timedelta(hours=2)


@pytest.mark.parametrize(
    ("punches", "facts", "status"),
    [
        (KEPT, {}, "present"),
        ("07:30 13:30 17:00", {}, "incomplete"),
        ("13:30 17:00", {}, "half_day"),
        ("", {}, "absent"),
        ("", {"now": "08:00"}, "pending"),
        ("07:30 13:30", {"now": "15:00"}, "pending"),  # pending is stronger than incomplete
        ("", {"plan": "leave"}, "on_leave"),
        ("", {"plan": "trip:AM study:PM"}, "on_leave"),
        ("", {"plan": "field_duty"}, "field_duty"),
        ("", {"plan": "holiday"}, "holiday"),
        ("13:30 17:00", {"plan": "leave:AM"}, "half_leave_present"),
        ("", {"plan": "leave:AM"}, "half_leave_absent"),
        ("13:30", {"plan": "leave:AM"}, "incomplete"),
        ("", {"plan": "leave:AM", "now": "14:00"}, "pending"),
        ("", {"plan": "leave:AM field_duty:PM"}, "half_leave_present"),
        ("13:30 17:00", {"plan": "field_duty:AM"}, "present"),
        ("", {"plan": "field_duty:AM"}, "absent"),
        ("13:30 17:00", {"plan": "holiday:AM"}, "present"),
        ("", {"plan": "holiday:AM"}, "absent"),
        ("", {"plan": "holiday:AM leave:PM"}, "half_leave_present"),  # no one plan covers the day whole
        ("", {"plan": "holiday:AM field_duty:PM"}, "present"),
        ("", {"plan": "field_duty:AM trip:PM"}, "half_leave_present"),
        ("", {"plan": "leave:AM trip:PM"}, "on_leave"),
        ("", {"plan": "field_duty holiday:AM"}, "field_duty"),
        ("13:30 17:00", {"hours": THREE, "plan": "leave:AM"}, "half_leave_present"),  # one of the other two absent
        ("", {"hours": THREE, "plan": "leave:AM"}, "half_leave_absent"),
        ("07:30 11:30", {"hours": THREE, "plan": "holiday:PM"}, "half_day"),
        ("", {"plan": "leave holiday:AM", "now": "07:00"}, "on_leave"),  # a day covered whole waits for nothing
        ("13:30 17:00", {"plan": "leave:AM field_duty:AM"}, "half_leave_present"),
        (KEPT, {"employed": False, "plan": "holiday"}, "not_employed"),
        ("", {"plan": "holiday", "rostered": True}, "absent"),
        (KEPT, {"employed": False}, "not_employed"),
        (KEPT, {"hours": ""}, "day_off"),  # taps change nothing
        ("", {"hours": "", "plan": "holiday"}, "holiday"),
        ("", {"hours": "", "plan": "holiday:AM"}, "day_off"),
        ("", {"hours": "", "plan": "leave"}, "day_off"),
    ],
)
def test_the_word_of_the_day(judged, punches, facts, status):
    assert judged(punches, **facts).status == status


@pytest.mark.parametrize(
    ("punches", "policy", "status"),
    [
        ("07:30 11:30 13:30 14:30", Policy(half_day_under=HALF), "present"),  # five hours are not under five hours
        ("07:30 11:30 13:30 14:29:59", Policy(half_day_under=HALF), "half_day"),
        ("07:30 08:30 13:30 14:29:59", Policy(half_day_under=HALF, absent_under=SHORT), "absent"),
        ("07:30 08:30 13:30 14:30", Policy(half_day_under=HALF, absent_under=SHORT), "half_day"),
        ("06:00 08:30 13:30 14:30", Policy(half_day_under=SHORT + timedelta(hours=1)), "present"),  # raw time
        ("07:30 08:30 13:30 14:30", Policy(), "present"),  # no threshold set
        ("07:30 08:30", Policy(absent_under=SHORT), "half_day"),  # only a present day is measured
        ("07:30 08:30", Policy(half_day_under=HALF), "half_day"),
    ],
)
def test_thresholds_come_last_and_are_strict(judged, punches, policy, status):
    assert judged(punches, policy=policy).status == status


def test_field_duty_gives_no_raw_time(judged):
    assert judged("13:30 17:00", plan="field_duty:AM", policy=Policy(half_day_under=HALF)).status == "half_day"
