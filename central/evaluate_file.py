"""Recorded cases of attendance: a JSON file in, the rules' answers out (`diemdanh-central evaluate FILE`).

The format: `schedules` (name -> sessions, grace and window minutes, workdays) and `cases` (one person, one work date:
punches, context, parameters). No database, no clock: a case says itself when it is asked.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from central.errors import CentralError
from central.rules import evaluate
from central.rules.day import (
    LOCAL,
    Coverage,
    Day,
    DayVerdict,
    Plan,
    PlanKind,
    Policy,
    Session,
    SessionVerdict,
    Tap,
)
from central.rules.policy import POLICY_NAMES, PolicyError, policy_from

SCHEDULE_SETTINGS = frozenset(
    {"sessions", "workdays", "grace_late_min", "grace_early_min", "window_before_min", "window_after_min"}
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class CasesError(CentralError, ValueError):
    """A file of cases that cannot be read; the message names the file, the case and what is wrong with it."""


def run(path: str | Path) -> list[dict[str, Any]]:
    """Judge every case of the file, in its order: `{"id", "status", "sessions"}` with the keys of `expected`.

    Raises `CasesError` when the file cannot be read, is not JSON or a case does not follow the format.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CasesError(f"{path}: cannot be read ({error.strerror}); name an existing file of cases") from error
    except ValueError as error:
        raise CasesError(f"{path}: not a JSON file of cases ({error}); see the format in the README") from error
    if not isinstance(content, dict) or not {"schedules", "cases"} <= content.keys():
        raise CasesError(f"{path}: needs an object with `schedules` and `cases`")
    return [_answer(path, case, content["schedules"]) for case in content["cases"]]


def day_of(case: Mapping[str, Any], schedules: Mapping[str, Any]) -> Day:
    """The day that a case describes. Its `arrival`, when present, is the order in which the punches are given."""
    work_date = date.fromisoformat(case["work_date"])
    context = case.get("context", {})
    settings = {**schedules[case["schedule"]], **case.get("parameters", {})}
    rostered = case["work_date"] in _listed(context.get("duty_roster"))
    workday = rostered or work_date.weekday() in _weekdays(settings.get("workdays", "every day"))
    return Day(
        work_date,
        tuple(_session(row, work_date, settings) for row in settings["sessions"]) if workday else (),
        tuple(Tap(_moment(p), ref=p) for p in case.get("arrival", case["punches"])),
        _plans(context, case["work_date"]),
        coverage=Coverage(_moment_or_none(context.get("now")), _moment_or_none(context.get("synced_until"))),
        employed=_employed(context.get("employment"), case["work_date"]),
        rostered=rostered,
        policy=_policy(settings),
    )


def _policy(settings: Mapping[str, Any]) -> Policy:
    """The office's choices among the settings. A name that is no setting at all is refused: it would change nothing."""
    unknown = sorted(set(settings) - SCHEDULE_SETTINGS - set(POLICY_NAMES))
    if unknown:
        known = ", ".join(sorted(SCHEDULE_SETTINGS | set(POLICY_NAMES)))
        raise PolicyError(f"parameter {unknown[0]!r} is not known; there are {known}")
    return policy_from({name: str(settings[name]) for name in POLICY_NAMES if name in settings})


def as_json(verdict: DayVerdict) -> dict[str, Any]:
    """The verdict with the keys and words of the cases' `expected`."""
    sessions = [_session_json(verdict.work_date, s) for s in verdict.sessions]
    return {"status": verdict.status.value, "sessions": sessions}


def _answer(path: str | Path, case: Mapping[str, Any], schedules: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"id": case["id"], **as_json(evaluate(day_of(case, schedules)))}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        name = case.get("id", "?") if isinstance(case, Mapping) else "?"
        raise CasesError(f"{path}: case {name} does not follow the format: {error!r}; correct it") from error


def _session_json(work_date: date, verdict: SessionVerdict) -> dict[str, Any]:
    return {
        "session": verdict.session.name,
        "date": work_date.isoformat(),
        "outcome": verdict.outcome.value,
        "in": _text(verdict.time_in),
        "out": _text(verdict.time_out),
        "late_min": verdict.late_min,
        "early_min": verdict.early_min,
        "worked_min": verdict.worked_min,
        "flags": [f.value for f in verdict.flags],
    }


def _session(row: list[str], work_date: date, settings: Mapping[str, Any]) -> Session:
    name, start, end = row
    return Session(
        name,
        _clock(start, work_date),
        _clock(end, work_date),
        timedelta(minutes=settings.get("grace_late_min", 0)),
        timedelta(minutes=settings.get("grace_early_min", 0)),
        _minutes(settings.get("window_before_min")),
        _minutes(settings.get("window_after_min")),
    )


def _plans(context: Mapping[str, Any], work_date: str) -> tuple[Plan, ...]:
    plans = []
    if work_date in _listed(context.get("holiday")):
        plans.append(Plan(PlanKind.HOLIDAY))
    for key, kind in (("holiday_session", "holiday"), ("leave", "leave"), ("field_duty", "field_duty")):
        for session in _listed(context.get(key)):
            plans.append(Plan(PlanKind(kind), None if session == "full" else session))
    return tuple(plans)


def _employed(employment: Any, work_date: str) -> bool:
    if employment is None:
        return True
    if isinstance(employment, str):
        return employment != "inactive"
    joined, left = employment.get("joined") or "", employment.get("left") or "9999-12-31"
    return bool(joined <= work_date <= left)


def _weekdays(text: str) -> set[int]:
    """Weekday numbers, Monday 0: `every day`, `Mon-Fri`, `Mon,Wed,Fri`."""
    if text == "every day":
        return set(range(7))
    days: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last or first) - start) % 7 + 1
        days |= {(start + i) % 7 for i in range(length)}
    return days


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _clock(text: str, work_date: date) -> datetime:
    """`07:30`, or `07:30+1` for the next date."""
    hours, _, days = text.partition("+")
    return datetime.combine(work_date + timedelta(days=int(days or 0)), time.fromisoformat(hours), LOCAL)


def _minutes(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(minutes=value)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=LOCAL) if moment.tzinfo is None else moment


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")
