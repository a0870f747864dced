"""The format of recorded cases of attendance, read strictly: JSON values in, a `Day` out. Pure.

A file names `schedules` (sessions, grace and window minutes, workdays, policies) and `cases` (one person, one work
date: punches, context, parameters). What is misspelt would judge somebody by other rules than meant: every element that
is missing, unknown or of another type is refused with its path, as in `cases[3].context.leave`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from itertools import pairwise
from math import isfinite
from typing import Any

from central.errors import CentralError
from central.rules.day import LOCAL, Coverage, Day, Plan, PlanKind, Policy, Session, Tap
from central.rules.halves import AFTERNOON, MORNING, of_halves
from central.rules.policy import POLICY_NAMES, policy_from

MINUTES = ("grace_late_min", "grace_early_min", "window_before_min", "window_after_min")
SCHEDULE_NAMES = ("sessions", "workdays", *MINUTES, *POLICY_NAMES)
COVERED = ("holiday_session", "leave", "trip", "study", "field_duty")
CONTEXT_NAMES = ("holiday", *COVERED, "duty_roster", "employment", "now", "synced_until")
CASE_NAMES = ("id", "schedule", "work_date", "punches", "arrival", "context", "parameters", "expected", "policies")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_MIN = 24 * 60
YEARS = range(1970, 2101)


class CaseFormatError(CentralError, ValueError):
    """An element that does not follow the format; the message begins with its path and says what to write."""


def day_of(case: Mapping[str, Any], schedules: Mapping[str, Any], path: str = "case") -> Day:
    """The day that a case describes. Its `arrival`, when present, is the order in which the punches are given.

    path: where in the file the case stands. Raises CaseFormatError.
    """
    _object(case, path)
    _spelt(case, path)
    context = _object(case.get("context", {}), f"{path}.context")
    _known(context, CONTEXT_NAMES, f"{path}.context")
    work_date = _date(_needed(case, "work_date", path), f"{path}.work_date")
    settings, sessions = _schedule(case, schedules, path, work_date)
    where = f"{path}.context"
    rostered = work_date in _dates(context, "duty_roster", where)
    workdays = _workdays(settings.get("workdays", "every day"), f"{path}: workdays")
    return Day(
        work_date,
        sessions if rostered or work_date.weekday() in workdays else (),
        _taps(case, path),
        _plans(context, sessions, work_date, where),
        coverage=Coverage(_asked(context, "now", where), _asked(context, "synced_until", where)),
        employed=_employed(context.get("employment"), work_date, f"{where}.employment"),
        rostered=rostered,
        policy=_policy(settings, path),
    )


def _schedule(
    case: Mapping[str, Any], schedules: Mapping[str, Any], path: str, work_date: date
) -> tuple[dict[str, Any], tuple[Session, ...]]:
    """The settings that hold for the case, and the sessions that they make of its date."""
    name = _needed(case, "schedule", path)
    if not isinstance(name, str) or name not in schedules:
        raise _wrong(f"{path}.schedule", name, f"a name from `schedules`: {', '.join(schedules) or 'there is none'}")
    usual = _object(schedules[name], f"schedules.{name}")
    own = _object(case.get("parameters", {}), f"{path}.parameters")
    _known(usual, SCHEDULE_NAMES, f"schedules.{name}")
    _known(own, SCHEDULE_NAMES, f"{path}.parameters")
    settings = {**usual, **own}
    where = f"{path}.parameters.sessions" if "sessions" in own else f"schedules.{name}.sessions"
    rows = _list(_needed(settings, "sessions", f"schedules.{name}"), where)
    spans = [_minutes(settings, key, path) for key in MINUTES]
    sessions = tuple(_session(row, work_date, spans, f"{where}[{i}]") for i, row in enumerate(rows))
    if len({s.name for s in sessions}) < len(sessions):
        raise CaseFormatError(f"{where}: two sessions have one name; give each its own")
    for earlier, later in pairwise(sessions):
        if later.start < earlier.end:
            raise CaseFormatError(f"{where}: {later.name} starts before {earlier.name} ends; write them in order")
    return settings, sessions


def _session(row: Any, work_date: date, spans: Sequence[timedelta | None], path: str) -> Session:
    if not isinstance(row, list | tuple) or len(row) != 3 or not all(isinstance(part, str) for part in row):
        raise _wrong(path, row, 'three texts: name, start and end, as in ["AM", "07:00", "11:30"]')
    name, start, end = row[0], _clock(row[1], work_date, f"{path}[1]"), _clock(row[2], work_date, f"{path}[2]")
    if end <= start:
        raise CaseFormatError(f"{path}: {name} ends at {row[2]}, not after its start {row[1]}; +1 is the next day")
    late, early, before, after = spans
    return Session(name, start, end, late or timedelta(0), early or timedelta(0), before, after)


def _minutes(settings: Mapping[str, Any], key: str, path: str) -> timedelta | None:
    """None: not set, which leaves a window open and gives no grace."""
    value = settings.get(key)
    if value is None:
        return None
    if not _is_number(value) or not 0 <= value <= MOST_MIN:
        raise _wrong(f"{path}: {key}", value, f"minutes from 0 to {MOST_MIN}")
    return timedelta(minutes=value)


def _policy(settings: Mapping[str, Any], path: str) -> Policy:
    chosen: dict[str, str] = {}
    for name in POLICY_NAMES:
        if name not in settings:
            continue
        value = settings[name]
        if not isinstance(value, str) and not _is_number(value):
            raise _wrong(f"{path}: {name}", value, "a word or a number")
        chosen[name] = f"{value:g}" if isinstance(value, float) else str(value)
    try:
        return policy_from(chosen)
    except ValueError as error:
        raise CaseFormatError(f"{path}: {error}") from error


def _taps(case: Mapping[str, Any], path: str) -> tuple[Tap, ...]:
    punches = _moments(_needed(case, "punches", path), f"{path}.punches")
    if "arrival" not in case:
        return punches
    arrived = _moments(case["arrival"], f"{path}.arrival")
    if {t.at for t in arrived} != {t.at for t in punches}:
        raise CaseFormatError(f"{path}.arrival: not the punches of `punches`; write each of them once or more")
    return arrived


def _moments(value: Any, path: str) -> tuple[Tap, ...]:
    texts = _list(value, path)
    return tuple(Tap(_moment(text, f"{path}[{i}]"), ref=text) for i, text in enumerate(texts))


def _plans(context: Mapping[str, Any], sessions: Sequence[Session], work_date: date, path: str) -> tuple[Plan, ...]:
    plans = [Plan(PlanKind.HOLIDAY)] if work_date in _dates(context, "holiday", path) else []
    names = {"full", MORNING, AFTERNOON, *(s.name for s in sessions)}
    for key in COVERED:
        for part in _texts(context.get(key), f"{path}.{key}"):
            if part not in names:
                raise _wrong(f"{path}.{key}", part, " or ".join(sorted(names)))
            kind = PlanKind(key.removesuffix("_session"))
            plans.append(of_halves(Plan(kind, None if part == "full" else part), sessions))
    return tuple(plans)


def _employed(value: Any, work_date: date, path: str) -> bool:
    if value is None or value == "active":
        return True
    if value == "inactive":
        return False
    if not isinstance(value, Mapping):
        raise _wrong(path, value, '"active", "inactive", or an object of `joined` and `left`')
    _known(value, ("joined", "left"), path)
    joined, left = (_date(value[k], f"{path}.{k}") if value.get(k) else None for k in ("joined", "left"))
    return (joined is None or joined <= work_date) and (left is None or work_date <= left)


def _workdays(value: Any, path: str) -> set[int]:
    """Weekday numbers, Monday 0: `every day`, `Mon-Fri`, `Mon,Wed,Fri`."""
    if value == "every day":
        return set(range(7))
    days: set[int] = set()
    for part in value.replace(" ", "").split(",") if isinstance(value, str) else [""]:
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (last not in WEEKDAYS if dash else last):
            raise _wrong(path, value, "`every day`, a range such as Mon-Fri or a list such as Mon,Wed,Sat")
        start = WEEKDAYS.index(first)
        days |= {(start + i) % 7 for i in range((WEEKDAYS.index(last or first) - start) % 7 + 1)}
    return days


def _dates(context: Mapping[str, Any], key: str, path: str) -> set[date]:
    return {_date(text, f"{path}.{key}") for text in _texts(context.get(key), f"{path}.{key}")}


def _texts(value: Any, path: str) -> list[str]:
    """A text or a list of texts; nothing is none."""
    found = [] if value is None else value if isinstance(value, list) else [value]
    for one in found:
        if not isinstance(one, str):
            raise _wrong(path, one, "a text or a list of texts")
    return found


def _date(value: Any, path: str) -> date:
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong(path, value, "a date as YYYY-MM-DD") from None
    return _in_years(found, value, path)


def _moment(value: Any, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong(path, value, "an instant as YYYY-MM-DD HH:MM:SS") from None
    _in_years(moment.date(), value, path)
    return moment.replace(tzinfo=LOCAL) if moment.tzinfo is None else moment.astimezone(LOCAL)


def _in_years(found: date, value: Any, path: str) -> date:
    if found.year not in YEARS:
        raise _wrong(path, value, f"a year from {YEARS[0]} to {YEARS[-1]}")
    return found


def _asked(context: Mapping[str, Any], key: str, path: str) -> datetime | None:
    value = context.get(key)
    return None if value is None else _moment(value, f"{path}.{key}")


def _clock(text: str, work_date: date, path: str) -> datetime:
    """`07:30`, or `07:30+1` for the next date."""
    hours, plus, days = text.partition("+")
    try:
        at = time.fromisoformat(hours)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or (plus and days not in ("0", "1")):
        raise _wrong(path, text, "a time as HH:MM, or HH:MM+1 for the next day")
    return datetime.combine(work_date + timedelta(days=int(days or 0)), at, LOCAL)


def _needed(holder: Mapping[str, Any], key: str, path: str) -> Any:
    if key not in holder:
        raise CaseFormatError(f"{path}.{key}: is missing; write it")
    return holder[key]


def _object(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(path, value, "an object {...}")
    return value


def _list(value: Any, path: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(path, value, "a list [...]")
    return value


def _known(holder: Mapping[str, Any], names: Sequence[str], path: str) -> None:
    """Every name is one that changes something."""
    for name in holder:
        if name not in names:
            raise CaseFormatError(f"{path}.{name}: is not known; there are {', '.join(sorted(names))}")


def _spelt(case: Mapping[str, Any], path: str) -> None:
    """A case may carry remarks of its own (title, peer ...), but not a name that was meant to be another."""
    for name in case:
        if name not in CASE_NAMES and (meant := get_close_matches(name, CASE_NAMES, 1, 0.75)):
            raise CaseFormatError(f"{path}.{name}: is not known; write {meant[0]}, or name a remark otherwise")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _wrong(path: str, value: Any, instead: str) -> CaseFormatError:
    text = repr(value)
    return CaseFormatError(f"{path}: {text if len(text) < 60 else text[:57] + '...'} is wrong; write {instead}")
