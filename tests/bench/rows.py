"""What a measurement says."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """ratio: value / limit, None without a limit or with 0: more than 1 is bad in `at_most`, good in `at_least`."""

    name: str
    value: float
    unit: str
    limit: float | None
    ratio: float | None
    ok: bool
    limited_by: str = ""


def at_most(name: str, value: float, unit: str, limit: float, limited_by: str = "") -> Row:
    """A figure that must not be higher than its limit."""
    ratio = round(value / limit, 3) if limit else None
    return Row(name, round(value, 4), unit, limit, ratio, value <= limit, limited_by)


def at_least(name: str, value: float, unit: str, limit: float, limited_by: str = "") -> Row:
    """A figure that must not be lower than its limit."""
    return Row(name, round(value, 4), unit, limit, round(value / limit, 3), value >= limit, limited_by)


def told(name: str, value: float, unit: str, limited_by: str = "") -> Row:
    """A figure without a limit."""
    return Row(name, round(value, 4), unit, None, None, True, limited_by)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank); values must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Iterable[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def table(rows: Iterable[Row]) -> str:
    """The rows as aligned text."""
    cells = [("name", "value", "unit", "limit", "ratio", "ok", "limited by")]
    for row in rows:
        limit = "" if row.limit is None else f"{row.limit:g}"
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        cells.append((row.name, f"{row.value:g}", row.unit, limit, ratio, "yes" if row.ok else "NO", row.limited_by))
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[6]]) for line in cells
    )


def json_line(rows: Iterable[Row]) -> str:
    """The rows as one line of JSON."""
    return json.dumps([asdict(row) for row in rows])
