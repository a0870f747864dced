"""The coverage gate: the pure files, where every verdict is made, have no branch that no test has taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_PERCENT = 95.0
PURE = (
    "edge/wire.py",
    "edge/wire/**/*.py",
    "edge/badges.py",
    "edge/terminals.py",
    "edge/readers/**/*.py",
    "edge/door.py",
    "edge/phrases.py",
    "edge/outings.py",
    "central/rules/**/*.py",
    "central/timing.py",
    "central/recorded.py",
    "central/terminals/holdings.py",
    "central/terminals/punches.py",
    "central/workdays.py",
    "central/coverage.py",
    "central/case_format.py",
    "central/presence.py",
    "central/networks.py",
    "central/patience.py",
    "central/silence.py",
    "central/lunar.py",
    "central/names.py",
    "central/sheets.py",
    "central/counting/**/*.py",
    "central/what_if/supposing.py",
    "central/explaining/**/*.py",
    "central/hints.py",
    "central/permits.py",
    "central/reports/timesheet/cells.py",
    "central/reports/timesheet/forms.py",
    "central/reports/timesheet/layout.py",
    "central/reports/timesheet/wording.py",
    "central/observed.py",
    "central/minutes.py",
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A pure file below the limit. `missing`: the branches never taken (`12->15`, `12->exit`) or why none is known."""

    path: str
    percent: float
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}: {self.percent:.1f} % of branches, missing {', '.join(self.missing)}"


def pure_files(root: Path) -> list[str]:
    """The pure files that exist, relative to `root`, sorted."""
    return sorted({str(path.relative_to(root)) for pattern in PURE for path in root.glob(pattern)})


def gaps(files: Iterable[str], measured: Mapping[str, Any]) -> list[Gap]:
    """The files below the limit. `measured` is the `files` table of `coverage json`, with branches.

    A file without any branch is judged by its statements, so that one that no test imports cannot pass.
    """
    found = [_gap(path, measured.get(path)) for path in files]
    return [gap for gap in found if gap is not None]


def _gap(path: str, measure: Mapping[str, Any] | None) -> Gap | None:
    if measure is None:
        return Gap(path, 0.0, ("everything: the file was not measured",))
    summary = measure["summary"]
    total, covered = summary["num_branches"], summary["covered_branches"]
    missing = tuple(_arrow(*branch) for branch in measure.get("missing_branches", ()))
    if total == 0:
        total, covered = summary["num_statements"], summary["covered_lines"]
        missing = tuple(f"line {line}" for line in measure.get("missing_lines", ()))
    percent = 100.0 if total == 0 else 100.0 * covered / total
    return None if percent >= LIMIT_PERCENT else Gap(path, percent, missing)


def _arrow(start: int, end: int) -> str:
    """coverage writes the way out of a function as a negative line number."""
    return f"{start}->{'exit' if end < 0 else end}"
