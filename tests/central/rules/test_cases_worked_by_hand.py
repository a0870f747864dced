"""Days of the recorded cases' kind, answered by hand from the text of the rules: every boundary, a second to each side.

Written as `punches -> status | session outcome in-out worked flags`; 2 March 2026 is a Monday, 8 March a Sunday.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from central.case_format import day_of
from central.evaluate_file import as_json
from central.rules import evaluate

CONTENT = json.loads((Path(__file__).parents[2] / "data" / "attendance.json").read_text(encoding="utf-8"))
MONDAY, SUNDAY = "2026-03-02", "2026-03-08"


def instant(text: str, on: str) -> str:
    """`07:30` or `07:30:10` on the date, `+06:00` on the next, `-23:30` on the one before."""
    shift = {"+": 1, "-": -1}.get(text[0], 0)
    day = int(on[-2:]) + shift
    clock = text.lstrip("+-")
    return f"{on[:-2]}{day:02d} {clock if clock.count(':') == 2 else clock + ':00'}"


def clock(moment: str | None, on: str) -> str:
    """The instant as it is written here."""
    if moment is None:
        return "?"
    date, _, time = moment.partition(" ")
    sign = "" if date == on else "+" if date > on else "-"
    return sign + time.removesuffix(":00")


def said(
    schedule: str, punches: str, context: dict[str, Any] | None = None, on: str = MONDAY, **parameters: Any
) -> str:
    case = {
        "id": "X",
        "schedule": schedule,
        "work_date": on,
        "punches": [instant(p, on) for p in punches.split()],
        "context": {k: instant(v, on) if k in ("now", "synced_until") else v for k, v in (context or {}).items()},
        "parameters": parameters,
    }
    answer = as_json(evaluate(day_of(case, CONTENT["schedules"])))
    parts = [answer["status"]]
    for s in answer["sessions"]:
        minutes = {"late": s["late_min"], "early_leave": s["early_min"]}
        flags = " ".join(f"{f}={minutes[f]}" if f in minutes else f for f in s["flags"])
        ends = f"{clock(s['in'], on)}-{clock(s['out'], on)}"
        parts.append(" ".join(filter(None, [s["session"], s["outcome"], ends, str(s["worked_min"]), flags])))
    return " | ".join(parts)


ONE_SESSION = [
    # grace nought: a second decides, and gives nought minutes
    ("08:00:01 12:00", "present | S present 08:00:01-12:00 239 late=0"),
    ("08:01 12:00", "present | S present 08:01-12:00 239 late=1"),
    ("08:00 11:59:59", "present | S present 08:00-11:59:59 239 early_leave=0"),
    ("08:00 11:59", "present | S present 08:00-11:59 239 early_leave=1"),
    # the window's ends are inside
    ("07:00 13:00", "present | S present 07:00-13:00 240"),
    ("06:59:59 13:00", "incomplete | S incomplete ?-13:00 0 missing_in"),
    ("07:00 13:00:01", "incomplete | S incomplete 07:00-? 0 missing_out"),
    ("06:59:59 13:00:01", "absent | S absent ?-? 0"),
    # a lone tap is the nearer end, exactly between the OUT; whichever end is there is judged
    ("09:59:59", "incomplete | S incomplete 09:59:59-? 0 late=119 missing_out"),
    ("10:00", "incomplete | S incomplete ?-10:00 0 early_leave=120 missing_in"),
    ("10:00:01", "incomplete | S incomplete ?-10:00:01 0 early_leave=119 missing_in"),
    # 60 s are one tap: the IN at its first, the OUT at its last, alone one punch
    ("08:00 08:01", "incomplete | S incomplete 08:00-? 0 missing_out"),
    ("08:00 08:01:01", "present | S present 08:00-08:01:01 1 early_leave=238"),
    ("07:59:30 08:00:30 12:00", "present | S present 07:59:30-12:00 240"),
    ("08:00 11:59:10 12:00:10", "present | S present 08:00-12:00:10 240"),
    ("08:00 11:59:10 12:00:11", "present | S present 08:00-12:00:11 240"),
    # counted from the first of the group, not from tap to tap: 08:01:20 begins the second
    ("08:00 08:00:40 08:01:20", "present | S present 08:00-08:01:20 1 early_leave=238"),
    # before the window it begins, so its group lies outside
    ("06:59:30 07:00:10 12:00", "incomplete | S incomplete ?-12:00 0 missing_in"),
]


@pytest.mark.parametrize(("punches", "expected"), ONE_SESSION, ids=lambda text: text.partition("|")[0])
def test_a_day_of_one_session(punches, expected):
    assert said("F_0812", punches) == expected


SPLIT = [
    ("06:59 11:30 13:30 17:00", "present | AM present 06:59-11:30 270 | PM present 13:30-17:00 210"),
    (
        "07:05 11:24:59 13:35:01 16:55",
        "present | AM present 07:05-11:24:59 259 early_leave=5 | PM present 13:35:01-16:55 199 late=5",
    ),
    # the middle belongs to the morning, a second later to the afternoon
    ("07:00 12:30 17:00", "incomplete | AM present 07:00-12:30 270 | PM incomplete ?-17:00 0 missing_in"),
    ("07:00 12:30:01 17:00", "incomplete | AM incomplete 07:00-? 0 missing_out | PM present 12:30:01-17:00 210"),
    # lunch: after the end and before the start, the ends themselves are no lunch
    ("07:00 11:30 12:10 17:00", "incomplete | AM present 07:00-12:10 270 | PM incomplete ?-17:00 0 missing_in"),
    ("07:00 11:30:01 12:10 17:00", "present | AM present 07:00-11:30:01 270 | PM present 12:10-17:00 210"),
    ("07:00 12:40 13:30 17:00", "incomplete | AM incomplete 07:00-? 0 missing_out | PM present 12:40-17:00 210"),
    ("07:00 12:40 13:29:59 17:00", "present | AM present 07:00-12:40 270 | PM present 13:29:59-17:00 210"),
    ("07:00 11:40 12:00 12:20 17:00", "present | AM present 07:00-11:40 270 | PM present 12:20-17:00 210"),
    ("07:00 11:40 11:41 17:00", "incomplete | AM present 07:00-11:41 270 | PM incomplete ?-17:00 0 missing_in"),
    ("11:40 12:10", "incomplete | AM incomplete ?-11:40 0 missing_in | PM incomplete 12:10-? 0 missing_out"),
    # the last tap counts out, an errand changes nothing
    ("07:00 11:30 13:30 15:00 15:20 18:00", "present | AM present 07:00-11:30 270 | PM present 13:30-18:00 210"),
    ("07:00 11:30 13:30 18:00:01", "incomplete | AM present 07:00-11:30 270 | PM incomplete 13:30-? 0 missing_out"),
]


@pytest.mark.parametrize(("punches", "expected"), SPLIT, ids=lambda text: text.partition("|")[0])
def test_a_day_of_two_sessions(punches, expected):
    assert said("VN_SPLIT", punches) == expected


AM = "AM present 07:00-11:30 270"
PM = "PM present 13:30-17:00 210"
NO_AM, NO_PM = "AM absent ?-? 0", "PM absent ?-? 0"
FULL = "07:00 11:30 13:30 17:00"
CONTEXTS = [
    (FULL, {"leave": "PM"}, f"half_leave_present | {AM} | PM leave ?-? 0"),
    ("07:10 11:30", {"leave": "PM"}, "half_leave_present | AM present 07:10-11:30 260 late=10 | PM leave ?-? 0"),
    ("07:00", {"leave": "PM"}, "incomplete | AM incomplete 07:00-? 0 missing_out | PM leave ?-? 0"),
    ("13:30 17:00", {"leave": "PM"}, f"half_leave_absent | {NO_AM} | PM leave ?-? 0"),
    ("", {"leave": ["AM", "PM"]}, "on_leave | AM leave ?-? 0 | PM leave ?-? 0"),
    ("", {"trip": "full"}, "on_leave | AM trip ?-? 0 | PM trip ?-? 0"),
    ("13:30 17:00", {"study": "AM"}, f"half_leave_present | AM study ?-? 0 | {PM}"),
    ("13:30 17:00", {"field_duty": "AM"}, f"present | AM field_duty ?-? 0 | {PM}"),
    ("", {"field_duty": "AM"}, f"absent | AM field_duty ?-? 0 | {NO_PM}"),
    ("", {"leave": "AM", "field_duty": "full"}, "half_leave_present | AM leave ?-? 0 | PM field_duty ?-? 0"),
    ("", {"leave": "full", "holiday": MONDAY}, "holiday | AM holiday ?-? 0 | PM holiday ?-? 0"),
    (FULL, {"holiday": "2026-03-03"}, f"present | {AM} | {PM}"),  # another date's holiday
    ("", {"holiday_session": "AM"}, f"absent | AM holiday ?-? 0 | {NO_PM}"),
    ("13:30", {"holiday_session": "AM"}, "incomplete | AM holiday ?-? 0 | PM incomplete 13:30-? 0 missing_out"),
    (FULL, {"duty_roster": [MONDAY], "holiday": MONDAY}, f"present | {AM} | {PM}"),
    ("", {"duty_roster": [MONDAY], "holiday": MONDAY}, f"absent | {NO_AM} | {NO_PM}"),
    ("", {"duty_roster": [MONDAY], "leave": "full"}, "on_leave | AM leave ?-? 0 | PM leave ?-? 0"),
    (FULL, {"employment": "inactive", "leave": "full"}, "not_employed"),
    (FULL, {"employment": {"joined": "2026-03-03", "left": None}}, "not_employed"),
    (FULL, {"employment": {"joined": MONDAY, "left": MONDAY}}, f"present | {AM} | {PM}"),
    # open until the close lies strictly before both moments; an IN is shown, nothing is asserted
    ("07:00 11:30", {"now": "13:30"}, "pending | AM pending 07:00-? 0 | PM pending ?-? 0"),
    ("07:00 11:30", {"now": "13:30:01"}, f"pending | {AM} | PM pending ?-? 0"),
    ("07:00", {"now": "13:31", "synced_until": "13:30"}, "pending | AM pending 07:00-? 0 | PM pending ?-? 0"),
    ("07:00", {"now": "13:31", "synced_until": "13:31"},
     "pending | AM incomplete 07:00-? 0 missing_out | PM pending ?-? 0"),
    (FULL, {"now": "18:00"}, f"pending | {AM} | PM pending 13:30-? 0"),
    (FULL, {"now": "18:00:01"}, f"present | {AM} | {PM}"),
    (FULL, {"now": "+09:00", "synced_until": "18:00"}, f"pending | {AM} | PM pending 13:30-? 0"),
    ("", {"now": "18:00:01"}, f"absent | {NO_AM} | {NO_PM}"),
    ("07:05:01", {"now": "07:06"}, "pending | AM pending 07:05:01-? 0 late=5 | PM pending ?-? 0"),
    ("07:05:01", {"now": "08:00", "synced_until": "07:05"}, "pending | AM pending 07:05:01-? 0 | PM pending ?-? 0"),
    ("07:05:01", {"now": "08:00", "synced_until": "07:05:01"},
     "pending | AM pending 07:05:01-? 0 late=5 | PM pending ?-? 0"),
    ("", {"leave": "AM", "now": "15:00"}, "pending | AM leave ?-? 0 | PM pending ?-? 0"),
    ("", {"leave": "full", "now": "06:00"}, "on_leave | AM leave ?-? 0 | PM leave ?-? 0"),
]  # fmt: skip


@pytest.mark.parametrize(("punches", "context", "expected"), CONTEXTS, ids=str)
def test_plans_employment_and_the_moment_of_asking(punches, context, expected):
    assert said("VN_SPLIT", punches, context) == expected


@pytest.mark.parametrize(
    ("punches", "context", "expected"),
    [
        (FULL, {}, "day_off"),
        ("", {"duty_roster": SUNDAY}, f"absent | {NO_AM} | {NO_PM}"),
        ("13:30 17:00", {"duty_roster": [SUNDAY]}, f"half_day | {NO_AM} | {PM}"),
        ("", {"duty_roster": ["2026-03-09"]}, "day_off"),
        ("", {"leave": "full"}, "day_off"),
        ("", {"field_duty": "full"}, "day_off"),
        (FULL, {"holiday": SUNDAY}, "holiday"),
        ("", {"employment": {"joined": "2026-03-02", "left": "2026-03-07"}}, "not_employed"),
    ],
)
def test_a_sunday(punches, context, expected):
    assert said("VN_SPLIT", punches, context, on=SUNDAY) == expected


@pytest.mark.parametrize(
    ("punches", "expected"),
    [
        ("21:00 +07:00", "present | N present 21:00-+07:00 480"),
        ("20:59:59 +07:00", "incomplete | N incomplete ?-+07:00 0 missing_in"),
        ("21:00 +07:00:01", "incomplete | N incomplete 21:00-? 0 missing_out"),
        ("22:05:01 +05:54:59", "present | N present 22:05:01-+05:54:59 469 late=5 early_leave=5"),
        ("+01:59:59", "incomplete | N incomplete +01:59:59-? 0 late=239 missing_out"),
        ("+02:00", "incomplete | N incomplete ?-+02:00 0 early_leave=240 missing_in"),
        ("-23:00 00:30", "absent | N absent ?-? 0"),  # the night before is another date's
        ("23:59:30 +00:00:20 +06:00", "present | N present 23:59:30-+06:00 360 late=119"),
    ],
)
def test_a_night_belongs_to_the_date_on_which_it_starts(punches, expected):
    assert said("F_NIGHT_2206", punches) == expected


@pytest.mark.parametrize(("now", "status"), [("+07:00", "pending"), ("+07:00:01", "absent"), ("23:30", "pending")])
def test_a_night_is_open_until_its_window_ends_on_the_next_date(now, status):
    assert said("F_NIGHT_2206", "", {"now": now}).startswith(status)


@pytest.mark.parametrize(
    ("punches", "expected"),
    [
        ("08:00 12:15 16:30", "incomplete | S1 present 08:00-12:15 240 | S2 incomplete ?-16:30 0 missing_in"),
        ("08:00 12:15:01 16:30", "incomplete | S1 incomplete 08:00-? 0 missing_out | S2 present 12:15:01-16:30 240"),
        ("08:00 12:05 12:10 16:30", "present | S1 present 08:00-12:05 240 | S2 present 12:10-16:30 240"),
        ("08:00 12:00 12:30 16:30", "present | S1 present 08:00-12:00 240 | S2 present 12:30-16:30 240"),
    ],
)
def test_sessions_half_an_hour_apart(punches, expected):
    assert said("F_0812_1230", punches) == expected


@pytest.mark.parametrize(
    ("punches", "parameters", "expected"),
    [
        ("08:00 10:00", {"absent_threshold_h": 2}, "present | S present 08:00-10:00 120 early_leave=120"),
        ("08:00 09:59:59", {"absent_threshold_h": 2}, "absent | S present 08:00-09:59:59 119 early_leave=120"),
        ("07:00 09:00", {"absent_threshold_h": 2}, "present | S present 07:00-09:00 60 early_leave=180"),  # raw time
        ("08:00 11:00", {"half_threshold_h": 3}, "present | S present 08:00-11:00 180 early_leave=60"),
        ("08:00 10:59", {"half_threshold_h": 3, "absent_threshold_h": 1},
         "half_day | S present 08:00-10:59 179 early_leave=61"),
        ("08:00", {"absent_threshold_h": 2}, "incomplete | S incomplete 08:00-? 0 missing_out"),
        ("07:45 12:15", {"window_before_min": 15, "window_after_min": 15}, "present | S present 07:45-12:15 240"),
        ("07:44 12:15", {"window_before_min": 15}, "incomplete | S incomplete ?-12:15 0 missing_in"),
        ("08:05 12:00", {"grace_late_min": 5}, "present | S present 08:05-12:00 235"),
        ("08:05:59 12:00", {"grace_late_min": 5, "resolution": "minute"}, "present | S present 08:05:59-12:00 234"),
        ("08:06 12:00", {"grace_late_min": 5, "late_base": "grace"}, "present | S present 08:06-12:00 234 late=1"),
        ("08:06:01 12:00", {"rounding": "ceil"}, "present | S present 08:06:01-12:00 233 late=7"),
        ("07:30 12:30", {"worked": "raw"}, "present | S present 07:30-12:30 300"),
        ("10:30", {"single_punch": "in"}, "incomplete | S incomplete 10:30-? 0 late=150 missing_out"),
        ("08:00 08:02", {"dedup_s": 120}, "incomplete | S incomplete 08:00-? 0 missing_out"),
        ("08:00 08:00:30", {"dedup_s": 0}, "present | S present 08:00-08:00:30 0 early_leave=239"),
        ("08:30 12:30", {"flexible_min": 30}, "present | S present 08:30-12:30 240"),
        ("08:30:01 12:30", {"flexible_min": 30}, "present | S present 08:30:01-12:30 239 late=0"),
    ],
)  # fmt: skip
def test_choices_of_an_office(punches, parameters, expected):
    assert said("F_0812", punches, **parameters) == expected


@pytest.mark.parametrize(
    ("punches", "context", "expected"),
    [
        ("08:00 12:00", {"holiday": MONDAY}, f"half_day | AM present 08:00-12:00 210 late=60 | {NO_PM}"),
        ("", {"holiday": MONDAY}, "holiday | AM holiday ?-? 0 | PM holiday ?-? 0"),
        # half a holiday: who works the other half is not absent from the half that is free
        ("13:30 17:00", {"holiday_session": "AM"}, f"present | AM holiday ?-? 0 | {PM}"),
        (FULL, {"holiday_session": "AM"}, f"present | {AM} | {PM}"),
    ],
)
def test_taps_on_a_holiday_where_they_count(punches, context, expected):
    assert said("VN_SPLIT", punches, context, holiday_punch="count") == expected


@pytest.mark.parametrize(
    ("punches", "expected"),
    [
        ("07:00 17:00", "present | AM present 07:00-11:30 270 | PM present 13:30-17:00 210"),
        ("07:30 17:30", "present | AM present 07:30-12:00 270 | PM present 14:00-17:30 210"),
        ("06:30 16:30", "present | AM present 06:30-11:00 270 | PM present 13:00-16:30 210"),
        ("07:30 17:00", "present | AM present 07:30-12:00 270 | PM present 14:00-17:00 180 early_leave=30"),
        ("17:00", "incomplete | AM incomplete ?-11:30 0 missing_in | PM present 13:30-17:00 210"),
    ],
)
def test_two_taps_a_day_with_flexible_hours_move_the_whole_day(punches, expected):
    assert said("VN_SPLIT", punches, required_taps=2, flexible_min=30, grace_early_min=0) == expected
