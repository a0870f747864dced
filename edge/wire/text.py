"""One line of JSON, in and out, and the checks every field passes. Pure.

Everything read here is hostile until it has passed: sizes are bounded, numbers are whole and in range, text is short
and free of control characters. A failure is a `WireError` that says which field and what was wrong with it.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

MAX_INT = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""
MAX_LINE_BYTES = 4096
"""An event line, header or note head; a `cfg` may be longer (`config.MAX_CONFIG_BYTES`)."""

Fields = Mapping[str, Any]
T = TypeVar("T")

_HASH = re.compile(r"[0-9a-f]{64}")
_JOURNAL = re.compile(r"[0-9a-f]{16}")
_DEVICE = re.compile(r"[a-z0-9-]{4,40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class WireError(ValueError):
    """A message or a field of it cannot be read as the wire says; the message says which and why."""


def encode_line(fields: Fields) -> bytes:
    """One line of compact UTF-8 JSON, keys in the order given, without the newline."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decode_line(line: bytes, max_bytes: int = MAX_LINE_BYTES) -> Fields:
    """Read one line as a JSON object; raises WireError for anything else."""
    if len(line) > max_bytes:
        raise WireError(f"line of {len(line)} bytes, at most {max_bytes} are allowed")
    if b"\n" in line or b"\r" in line:
        raise WireError("line contains a line break")
    try:
        fields = _DECODER.decode(line.decode())
        if b"\\u" in line:  # an escape may stand for half a character, which UTF-8 cannot carry on
            json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise WireError(f"line is not JSON: {error}") from error
    if type(fields) is not dict:
        raise WireError(f"line is a {type(fields).__name__}, an object is needed")
    return fields


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _whole(digits: str) -> int | float:
    # Reading thousands of digits exactly takes long, and no field can hold them: a float is refused where it matters.
    return int(digits) if len(digits) <= 20 else _finite(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number beyond every range")
    return number


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=_refuse_constant)


def integer(fields: Fields, name: str, low: int = 0, high: int = MAX_INT) -> int:
    """A whole number in [low, high]; `true` is not one."""
    value = fields.get(name)
    if type(value) is not int or not low <= value <= high:
        raise WireError(f"{name}: {_shown(value)} is not a whole number from {low} to {high}")
    return value


def text(fields: Fields, name: str, max_chars: int = 128, *, empty: bool = False) -> str:
    """A short text without control characters or lone surrogates."""
    value = fields.get(name)
    if type(value) is not str or len(value) > max_chars or not (value or empty) or _CONTROL.search(value):
        raise WireError(f"{name}: {_shown(value)} is not a text of at most {max_chars} printable characters")
    return value


def flag(fields: Fields, name: str) -> bool:
    """`true` or `false`."""
    value = fields.get(name)
    if type(value) is not bool:
        raise WireError(f"{name}: {_shown(value)} is neither true nor false")
    return value


def digest(fields: Fields, name: str) -> bytes:
    """A SHA-256 in lower-case hex, as its 32 bytes."""
    value = fields.get(name)
    if type(value) is not str or not _HASH.fullmatch(value):
        raise WireError(f"{name}: {_shown(value)} is not 64 lower-case hex digits")
    return bytes.fromhex(value)


def journal_id(fields: Fields, name: str = "journal") -> str:
    """A journal's name: 64 random bits as 16 lower-case hex digits."""
    return _matching(fields, name, _JOURNAL, "16 lower-case hex digits")


def device_id(fields: Fields, name: str = "device") -> str:
    """A device's permanent id: 4 to 40 of a-z, 0-9 and '-'."""
    return _matching(fields, name, _DEVICE, "4 to 40 of a-z, 0-9 and '-'")


def is_journal_id(value: str) -> bool:
    """Whether `value` can be a journal's name."""
    return _JOURNAL.fullmatch(value) is not None


def is_device_id(value: str) -> bool:
    """Whether `value` can be a device's id, and so a topic level without wildcards."""
    return _DEVICE.fullmatch(value) is not None


def _matching(fields: Fields, name: str, pattern: re.Pattern[str], form: str) -> str:
    value = fields.get(name)
    if type(value) is not str or not pattern.fullmatch(value):
        raise WireError(f"{name}: {_shown(value)} is not {form}")
    return value


def optional(read: Callable[..., T], fields: Fields, name: str, *args: Any) -> T | None:
    """What `read` returns, or None where the field is null or not there."""
    return None if fields.get(name) is None else read(fields, name, *args)


def one_of(fields: Fields, name: str, words: frozenset[str]) -> str:
    """One of a fixed set of words."""
    value = fields.get(name)
    if type(value) is not str or value not in words:
        raise WireError(f"{name}: {_shown(value)} is none of {', '.join(sorted(words))}")
    return value


def array(fields: Fields, name: str, max_items: int) -> list[Any]:
    """A list of at most `max_items`; a missing one is empty, so that older senders stay readable."""
    value = fields.get(name, [])
    if type(value) is not list or len(value) > max_items:
        raise WireError(f"{name}: not a list of at most {max_items} items")
    return value


def words(fields: Fields, name: str, max_items: int = 16, max_chars: int = 64) -> tuple[str, ...]:
    """A list of short texts."""
    return tuple(text({"item": item}, "item", max_chars) for item in array(fields, name, max_items))


def objects(fields: Fields, name: str, max_items: int) -> list[Fields]:
    """A list of objects."""
    items = array(fields, name, max_items)
    if any(type(item) is not dict for item in items):
        raise WireError(f"{name}: every item must be an object")
    return items


def child(fields: Fields, name: str) -> Fields:
    """An object inside an object."""
    value = fields.get(name)
    if type(value) is not dict:
        raise WireError(f"{name}: {_shown(value)} is not an object")
    return value


def names(fields: Fields, max_items: int = 64, max_chars: int = 64) -> tuple[str, ...]:
    """The names in an object that may hold any, each a short text."""
    if len(fields) > max_items:
        raise WireError(f"more than {max_items} names in one object")
    return tuple(text({"name": name}, "name", max_chars) for name in fields)


def spans(fields: Fields, name: str, max_items: int) -> tuple[tuple[int, int], ...]:
    """A list of [first, last] pairs of seqs, both ends included."""
    found = []
    for item in array(fields, name, max_items):
        if type(item) is not list or len(item) != 2:
            raise WireError(f"{name}: every item must be [first, last]")
        ends = {"first": item[0], "last": item[1]}
        first = integer(ends, "first", 1)
        found.append((first, integer(ends, "last", first)))
    return tuple(found)


def _shown(value: object) -> str:
    """A value short enough for a message; badge numbers never come here whole (callers name only the field)."""
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
