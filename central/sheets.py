"""A signed month as a value: its lines, its canonical form and digest, and what a later verdict would change. Pure.

The canonical form is UTF-8 text, a JSON array a line without spaces: first `["diemdanh-month",1,MONTH,UNIT,BY,DOC_NO]`,
then the lines by staff, date, position and session, each `[staff,unit,date,session,outcome,flags,symbol,late_min,
early_min]`. Whoever has the printed lines can work out the digest again.
"""

import calendar
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

FORM = 1
"""Version of the canonical form."""
_PATTERN = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Value(NamedTuple):
    """What a session's line says. An empty outcome: there is no such line."""

    outcome: str = ""
    flags: str = ""
    symbol: str = ""
    late_min: int = 0
    early_min: int = 0

    def __str__(self) -> str:
        minutes = [str(m) for m in (self.late_min, self.early_min) if m]
        return " ".join([self.outcome or "no line", *self.flags.split(), *minutes])


class Line(NamedTuple):
    """A line of a sheet. rests_on: the facts behind it in words, sorted; not under the digest."""

    staff: str
    unit: str
    date: date
    session: str
    position: int
    value: Value
    rests_on: tuple[str, ...] = ()


class Span(NamedTuple):
    """A month's first and last date."""

    first: date
    last: date


def month_of(on: date) -> str:
    """`YYYY-MM`."""
    return f"{on:%Y-%m}"


def span_of(month: str) -> Span:
    """The dates of `YYYY-MM`. Raises ValueError for anything else."""
    if not _PATTERN.fullmatch(month):
        raise ValueError(f"{month!r} is not a month; write YYYY-MM")
    year, number = int(month[:4]), int(month[5:])
    if year == 0:
        raise ValueError(f"{month!r} is not a month; write YYYY-MM")
    return Span(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))


def following(month: str) -> str:
    """The month after."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def canonical(month: str, unit: str, by: str, doc_no: str, lines: Iterable[Line]) -> bytes:
    """The canonical form of a sheet, as the head of this file says."""
    ordered = sorted(lines, key=lambda line: (line.staff, line.date, line.position, line.session))
    rows: list[list[Any]] = [["diemdanh-month", FORM, month, unit, by, doc_no]]
    rows += [[line.staff, line.unit, line.date.isoformat(), line.session, *line.value] for line in ordered]
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


def digest(month: str, unit: str, by: str, doc_no: str, lines: Iterable[Line]) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return hashlib.sha256(canonical(month, unit, by, doc_no, lines)).hexdigest()


def open_month(signed: str, locked: Iterable[str]) -> str:
    """The first month after `signed` that is not locked: where what comes later is listed."""
    month, shut = following(signed), set(locked)
    while month in shut:
        month = following(month)
    return month


def references(why: Mapping[str, Any], session: str) -> tuple[str, ...]:
    """The facts that a session's verdict rests on, in words, sorted: punches, plan, manual entry, hours, calendar, and
    when no door could record. `why`: the account of the staff-day."""
    found = [f"hours {h['doc_no'] or h['row']}" for h in why.get("hours", ()) if h["session"] == session]
    found += [f"calendar {e['kind']} {e['doc_no']}".strip() for e in why.get("calendar", ())]
    doors = {punch["ref"]: punch["door"] for punch in why.get("punches", ())}
    for told in why.get("sessions", ()):
        if told["session"] == session:
            found += [f"punch {ref} at {doors.get(ref, '?')}" for ref in told["taps"]]
            found += _planned(told)
            found += [f"{r['cause']} {r['from_ms']} to {r['to_ms']}" for r in told["reasons"] if "withheld" in r]
    return tuple(sorted(set(found)))


def _planned(told: Mapping[str, Any]) -> list[str]:
    found = []
    if plan := told.get("plan"):
        found.append(" ".join(word for word in (plan["kind"], plan["symbol"], plan["doc_no"], plan["row"]) if word))
    if manual := told.get("manual"):
        found.append(" ".join(word for word in ("manual", manual["doc_no"], manual["row"]) if word))
    return found


def reason(before: Iterable[str], after: Iterable[str]) -> str:
    """Which facts are new (+) and which are gone (-); the delivery of doors when none is."""
    old, new = set(before), set(after)
    told = [f"+ {fact}" for fact in sorted(new - old)] + [f"- {fact}" for fact in sorted(old - new)]
    return "; ".join(told) or "what the doors delivered"
