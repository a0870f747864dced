"""How rows leave: CSV for spreadsheets and diffs, JSON for machines."""

import csv
import json
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
