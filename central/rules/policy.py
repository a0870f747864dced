"""The choices of an office as names and words: from rows of a table or a file to a `Policy`. Pure.

A name is that of the field of `Policy`; the recorded cases' own names of a few are known too. What is promised is no
choice and has no name here: a lone tap is never an absence, nothing is said before it is delivered, a wrong clock makes
nobody late, results follow from the facts (INCOMPLETE, ABSENT_CONFIRM, CLOCK_TRUST, RECOMPUTE, UNKNOWN_BADGE).
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from central.errors import CentralError
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

MOST_MIN = 24 * 60
HOUR_MIN = 60
TABLE_FORM = "ranges of minutes and what each counts as, from 0 to 59 without a gap, such as `0-14:0 15-44:30 45-59:60`"


class PolicyError(CentralError, ValueError):
    """A policy that there is not, or a word that it does not know; the message says which words there are."""


def _span(unit: timedelta, most: int) -> Callable[[str], timedelta]:
    def read(text: str) -> timedelta:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= most:
            raise ValueError(f"a number from 0 to {most}")
        return value * unit

    return read


def _taps(text: str) -> int:
    if text not in ("2", "4"):
        raise ValueError("2 or 4")
    return int(text)


def _word(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(text: str) -> StrEnum:
        if text not in set(kind):
            raise ValueError(" or ".join(kind))
        return kind(text)

    return read


UNREADABLE = (HOUR_MIN, HOUR_MIN, HOUR_MIN)
"""No range of an hour is this one."""
_RANGE = re.compile(r"(\d{1,2})-(\d{1,2}):(\d{1,2})")


def _table(text: str) -> tuple[int, ...]:
    """`0-7:0 8-22:15 23-37:30 38-52:45 53-59:60`, as terminals round: minutes past a full hour -> minutes."""
    found: list[int] = []
    for word in text.split():
        match = _RANGE.fullmatch(word)
        first, last, value = map(int, match.groups()) if match else UNREADABLE
        if first != len(found) or not first <= last < HOUR_MIN or value > HOUR_MIN:
            raise ValueError(f"{TABLE_FORM}; {word!r} does not follow")
        found += [value] * (last - first + 1)
    if found and len(found) != HOUR_MIN:
        raise ValueError(f"{TABLE_FORM}; it ends at {len(found) - 1}")
    return tuple(found)


_HOURS, _MINUTES, _SECONDS = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
POLICY_NAMES: Mapping[str, Callable[[str], Any]] = {
    "dedup_s": _span(_SECONDS, 3600),
    "half_threshold_h": _span(_HOURS, 24),
    "absent_threshold_h": _span(_HOURS, 24),
    "threshold_base": _word(Worked),
    "worked": _word(Worked),
    "holiday_punch": _word(HolidayPunch),
    "leave_taps": _word(LeaveTaps),
    "resolution": _word(Resolution),
    "late_base": _word(LateBase),
    "rounding": _word(Rounding),
    "rounding_table": _table,
    "pairing": _word(TapPairing),
    "night_date": _word(NightDate),
    "single_punch": _word(SinglePunch),
    "window_split": _word(WindowSplit),
    "lunch_taps": _word(LunchTaps),
    "required_taps": _taps,
    "flexible_min": _span(_MINUTES, MOST_MIN),
}
"""Name -> reads its value from text. Spans are numbers in the unit that the name ends with."""

_FIELDS = {
    "dedup_s": "dedup",
    "half_threshold_h": "half_day_under",
    "absent_threshold_h": "absent_under",
    "flexible_min": "flexible",
}


def policy_from(values: Mapping[str, str]) -> Policy:
    """A policy; what is not named has its default. Raises PolicyError."""
    return Policy(**{_FIELDS.get(name, name): read_value(name, text) for name, text in values.items()})


def read_value(name: str, text: str) -> Any:
    """The value of the policy `name`. Raises PolicyError."""
    if name not in POLICY_NAMES:
        raise PolicyError(f"policy {name!r} is not known; there are {', '.join(POLICY_NAMES)}")
    try:
        return POLICY_NAMES[name](text)
    except ValueError as error:
        raise PolicyError(f"policy {name} = {text!r}: write {error}") from error
