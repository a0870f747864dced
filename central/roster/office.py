"""The office format: a folder of CSV files -> rows of tables, or a list of everything wrong with it.

Columns and meanings are described in central/README.md. A file is read whole before anything is stored; every bad
value is reported with file, line, column and remedy, so that one pass over the list mends the folder.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

from edge.badges import is_canonical

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
MAX_FILE_BYTES = 64 * 1024 * 1024
HALVES = {"S": "AM", "C": "PM"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad value. line counts from 1 (the header); column is the header's word, "" for the whole line."""

    file: str
    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.problem}"


class BadValue(ValueError):
    """A value that cannot be read; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file with its values read, by column."""

    number: int
    values: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True, slots=True)
class Office:
    """What a folder says: file name (without .csv) -> its lines; and everything that is wrong."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, file: str, line: Line | None, column: str, problem: str) -> None:
        """Note something wrong with a line, or (None) with the whole file."""
        self.problems.append(Problem(f"{file}.csv", line.number if line else 1, column, problem))


def _text(value: str) -> str:
    return value


def _needed(value: str) -> str:
    if not value:
        raise BadValue("is empty; a value is needed")
    return value


def _date(value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a date; write YYYY-MM-DD") from error


def _needed_date(value: str) -> date:
    found = _date(value)
    if found is None:
        raise BadValue("is empty; a date (YYYY-MM-DD) is needed")
    return found


def _whole(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a whole number") from error


def _minutes(value: str) -> int:
    clock, plus, days = value.partition("+")
    try:
        parsed = time.fromisoformat(clock)
        if parsed.second or parsed.tzinfo or (plus and days != "1"):
            raise ValueError(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a time of day; write HH:MM, or HH:MM+1 on the next day") from error
    return parsed.hour * 60 + parsed.minute + (1440 if plus else 0)


def _weekdays(value: str) -> int:
    mask = 0
    try:
        for part in value.split(","):
            first, _, last = part.partition("-")
            low, high = int(first), int(last or first)
            if not 1 <= low <= high <= 7:
                raise ValueError(part)
            mask |= sum(1 << (day - 1) for day in range(low, high + 1))
    except ValueError as error:
        raise BadValue(f"{value!r} is not a list of weekdays; write 1-5 or 1,3,6 with 1 = Monday") from error
    return mask


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise BadValue(f"{value!r} is none of {', '.join(words)}")
        return value

    return read


def badge_number(value: str) -> str:
    """A canonical badge number, from itself or from an ISO 14443 UID in hex (8, 14 or 20 digits)."""
    number = value if ":" in value else f"nfca:{value.upper()}"
    if not is_canonical(number):
        raise BadValue("is not a badge number; write em:XXXXXXXX, or a UID of 8, 14 or 20 hex digits")
    return number


def _badge(value: str) -> str | None:
    return badge_number(value) if value else None


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


def midnight_ms(day: date) -> int:
    """UTC milliseconds of the local midnight at which `day` begins."""
    return round(datetime.combine(day, time(), LOCAL).timestamp() * 1000)


def _instant(value: str) -> Instant:
    if "T" not in value:
        return Instant(_date(value), None)
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not an instant; write YYYY-MM-DDTHH:MM:SS+07:00") from error
    return Instant(None, round(at.astimezone(UTC).timestamp() * 1000))


def _sessions(value: str) -> tuple[str, ...]:
    if value not in ("S", "C", "SC"):
        raise BadValue(f"{value!r} is none of S, C, SC")
    return tuple(HALVES[half] for half in value)


def _half(value: str) -> str | None:
    if value and value not in HALVES:
        raise BadValue(f"{value!r} is neither S (morning) nor C (afternoon) nor empty (whole days)")
    return HALVES.get(value)


Reader = Callable[[str], Any]
PERIOD: dict[str, Reader] = {"valid_from": _date, "valid_to": _date}

FILES: dict[str, dict[str, Reader]] = {
    "units": {"code": _needed, "parent": _text, "type": _text, "name_vi": _needed, **PERIOD},
    "staff": {
        "code": _needed,
        "full_name": _needed,
        "unit": _needed,
        "position": _text,
        "rank": _whole,
        "badge_uid": _badge,
        "type": _text,
        "room": _text,
        "joined": _date,
        "left": _date,
    },
    "devices": {"code": _needed, "unit": _needed, "location": _text},
    "schedules": {
        "unit": _needed,
        **PERIOD,
        "weekdays": _weekdays,
        "session": _needed,
        "start": _minutes,
        "end": _minutes,
        "grace_late_min": _whole,
        "grace_early_min": _whole,
        "doc_no": _text,
    },
    "succession": {"from_unit": _needed, "to_unit": _needed, "date": _needed_date},
    "badges": {
        "badge_uid": badge_number,
        "staff": _needed,
        "valid_from": _instant,
        "valid_to": _instant,
        "state": _one_of("active", "lost", "blocked"),
    },
    "calendar": {
        "date": _needed_date,
        "kind": _one_of("holiday", "swapped_off", "make_up"),
        "unit": _needed,
        "doc_no": _text,
        "for_date": _date,
    },
    "leave": {
        "staff": _needed,
        "from": _needed_date,
        "to": _needed_date,
        "half": _half,
        "symbol": _needed,
        "reason": _text,
    },
    "field": {
        "staff": _needed,
        "date": _needed_date,
        "sessions": _sessions,
        "place": _text,
        "purpose": _text,
        "confirmed_by": _text,
    },
}
NEEDED = ("units", "staff", "devices", "schedules")


def read_office(folder: Path) -> Office:
    """Read every known file of `folder`; whatever is wrong stands in `.problems` and nothing is raised for it."""
    return read_files(folder, FILES, NEEDED, "an import")


def read_files(folder: Path, files: dict[str, dict[str, Reader]], needed: Sequence[str], purpose: str) -> Office:
    """Read those of `files` (name without .csv -> its columns) that are in `folder`; `needed` ones must be there."""
    office = Office()
    for name, columns in files.items():
        path = folder / f"{name}.csv"
        if path.exists():
            office.lines[name] = list(_read_file(office, path, name, columns))
        elif name in needed:
            *others, last = needed
            every = f"{', '.join(others)} and {last}" if others else last
            office.complain(name, None, "", f"is missing; {purpose} needs {every}")
    return office


def _read_file(office: Office, path: Path, name: str, columns: dict[str, Reader]) -> Iterator[Line]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadValue(f"is larger than {MAX_FILE_BYTES} bytes; split it")
        rows = csv.reader(io.StringIO(unicodedata.normalize("NFC", path.read_text("utf-8-sig"))), strict=True)
        header = next(rows, [])
        if absent := [column for column in columns if column not in header]:
            raise BadValue(f"has no column {absent[0]}; its header must hold {','.join(columns)}")
        for cells in rows:
            yield from _read_line(office, name, columns, header, cells, rows.line_num)
    except UnicodeDecodeError:
        office.complain(name, None, "", "is not UTF-8; save it again as CSV UTF-8 (not TCVN3, VNI or Windows-1258)")
    except (csv.Error, OSError, BadValue) as error:
        office.complain(name, None, "", str(error))


def _read_line(
    office: Office, name: str, columns: dict[str, Reader], header: list[str], cells: list[str], number: int
) -> Iterator[Line]:
    line = Line(number, {})
    if not any(cells):
        return
    if len(cells) != len(header):
        office.complain(name, line, "", f"has {len(cells)} values, the header has {len(header)}")
        return
    found = dict(zip(header, cells, strict=True))
    before = len(office.problems)
    for column, read in columns.items():
        try:
            line.values[column] = read(found[column].strip())
        except BadValue as error:
            office.complain(name, line, column, str(error))
    if len(office.problems) == before:
        yield line
