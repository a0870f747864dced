"""The values of the office format: one reader a kind of cell, from its text to what is stored. Pure.

A reader raises BadValue, whose message says why the text cannot be it and what to write instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from edge.badges import changes_each_time, is_canonical

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
HALVES = {"S": "AM", "C": "PM"}
"""Morning and afternoon: the first and the second session of the day, whatever the hours call them."""
NAME_CHARS = 40
"""The longest code or short word that a table holds."""
TEXT_CHARS = 200


class BadValue(ValueError):
    """A value that cannot be read; the message says why and what to write instead."""


Reader = Callable[[str], Any]


def text_of(chars: int) -> Reader:
    """Any text up to this length, also none."""

    def read(value: str) -> str:
        if len(value) > chars:
            raise BadValue(f"has {len(value)} characters; shorten it to {chars}")
        return value

    return read


def needed_of(chars: int) -> Reader:
    """Some text up to this length."""

    def read(value: str) -> str:
        if not value:
            raise BadValue("is empty; a value is needed")
        return str(text_of(chars)(value))

    return read


text = text_of(TEXT_CHARS)
word = text_of(NAME_CHARS)
needed = needed_of(NAME_CHARS)


def maybe(read: Reader) -> Reader:
    """What `read` makes of a text; None of an empty one."""

    def reader(value: str) -> Any:
        return read(value) if value else None

    return reader


def day(value: str) -> date | None:
    """A date, None for no limit."""
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a date; write YYYY-MM-DD") from error


def needed_day(value: str) -> date:
    """A date."""
    found = day(value)
    if found is None:
        raise BadValue("is empty; a date (YYYY-MM-DD) is needed")
    return found


def whole(value: str) -> int:
    """A whole number that is not negative."""
    try:
        number = int(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a whole number") from error
    if not 0 <= number < 1_000_000:
        raise BadValue(f"{value!r} is negative or too large; write a number from 0 on")
    return number


def minutes(value: str) -> int:
    """A time of day in minutes after the date's midnight; `+1` = on the next date."""
    return _seconds(value, "HH:MM, or HH:MM+1 on the next day", exact=False) // 60


def seconds(value: str) -> int:
    """A time of day in seconds after the date's midnight."""
    return _seconds(value, "HH:MM or HH:MM:SS, with +1 on the next day", exact=True)


def _seconds(value: str, remedy: str, *, exact: bool) -> int:
    clock, plus, days = value.partition("+")
    try:
        parsed = time.fromisoformat(clock)
        if (parsed.second and not exact) or parsed.microsecond or parsed.tzinfo or (plus and days != "1"):
            raise ValueError(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a time of day; write {remedy}") from error
    return (parsed.hour * 60 + parsed.minute + (1440 if plus else 0)) * 60 + parsed.second


def weekdays(value: str) -> int:
    """`1-5` or `1,3,6` as bits, bit 0 = Monday."""
    mask = 0
    try:
        for part in value.split(","):
            first, _, last = part.partition("-")
            low, high = int(first), int(last or first)
            if not 1 <= low <= high <= 7:
                raise ValueError(part)
            mask |= sum(1 << (n - 1) for n in range(low, high + 1))
    except ValueError as error:
        raise BadValue(f"{value!r} is not a list of weekdays; write 1-5 or 1,3,6 with 1 = Monday") from error
    return mask


def one_of(*words: str) -> Reader:
    """One of these words."""

    def read(value: str) -> str:
        if value not in words:
            raise BadValue(f"{value!r} is none of {', '.join(words)}")
        return value

    return read


def yes_or_no(value: str) -> bool:
    """`yes` or `no`; nothing is no."""
    return bool(one_of("yes", "no", "")(value) == "yes")


def badge_number(value: str) -> str:
    """A canonical badge number, from itself or from an ISO 14443 UID in hex (8, 14 or 20 digits)."""
    number = value if ":" in value else f"nfca:{value.upper()}"
    if not is_canonical(number):
        raise BadValue("is not a badge number; write em:XXXXXXXX, or a UID of 8, 14 or 20 hex digits")
    if changes_each_time(number):
        raise BadValue("is a number that its card changes at every tap (identity card, phone); give the person another")
    return number


@dataclass(frozen=True, slots=True)
class Instant:
    """An end of a validity: a whole day, or an instant."""

    day: date | None
    at_ms: int | None

    def first_ms(self) -> int | None:
        """The first millisecond that is inside when this is a beginning."""
        return self.at_ms if self.day is None else midnight_ms(self.day)

    def last_ms(self) -> int | None:
        """The last millisecond that is inside when this is an end (instants to the second, both included)."""
        if self.day is None:
            return None if self.at_ms is None else self.at_ms + 999
        return midnight_ms(self.day + timedelta(days=1)) - 1


def midnight_ms(on: date) -> int:
    """UTC milliseconds of the local midnight at which the date begins."""
    return round(datetime.combine(on, time(), LOCAL).timestamp() * 1000)


def instant(value: str) -> Instant:
    """A date (the whole day), an instant to the second, or nothing (no limit)."""
    if "T" not in value:
        return Instant(day(value), None)
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not an instant; write YYYY-MM-DDTHH:MM:SS+07:00") from error
    return Instant(None, round(at.astimezone(UTC).timestamp()) * 1000)


def halves(value: str) -> tuple[str, ...]:
    """S, C or SC as the names of halves."""
    if value not in ("S", "C", "SC"):
        raise BadValue(f"{value!r} is none of S, C, SC")
    return tuple(HALVES[half] for half in value)


def half(value: str) -> str | None:
    """S, C, or nothing for whole days."""
    if value and value not in HALVES:
        raise BadValue(f"{value!r} is neither S (morning) nor C (afternoon) nor empty (whole days)")
    return HALVES.get(value)


def session(value: str) -> str:
    """A session's name; S and C are its halves' names."""
    return HALVES.get(value) or str(needed_of(16)(value))
