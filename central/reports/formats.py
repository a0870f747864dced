"""How rows leave: CSV for spreadsheets and diffs, JSON for machines."""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: str, out: TextIO) -> int:
    """Write rows as `csv` (with a header line, LF) or `json` (an array of objects); returns how many there were. Dates
    become YYYY-MM-DD."""
    found = list(rows)
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(found)
        return len(found)
    json.dump([dict(zip(columns, row, strict=True)) for row in found], out, ensure_ascii=False, default=str, indent=1)
    out.write("\n")
    return len(found)


_HARMLESS = re.compile(r"\+(/[^\W\d_]{1,8}\??|/\+)*")
"""The sign of a day that was worked, alone or beside others: no spreadsheet takes it for a sum."""


def guarded(value: Any) -> Any:
    """A value as a spreadsheet may have it: text that it would take for a formula gets an apostrophe before it."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    return value if _HARMLESS.fullmatch(value) else f"'{value}"


def spreadsheet(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> int:
    """Write rows as CSV that people open in a spreadsheet: it begins with the mark by which UTF-8 is known there, and
    holds nothing that would be worked out. Returns how many rows there were."""
    out.write("\ufeff")
    writer, count = csv.writer(out, lineterminator="\r\n"), 0
    writer.writerow([guarded(column) for column in columns])
    for row in rows:
        writer.writerow([guarded(value) for value in row])
        count += 1
    return count
