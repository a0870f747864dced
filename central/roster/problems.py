"""What is wrong with a folder, as a list that a person can work through: ten of a kind, the others counted."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from central.roster.reading import Problem

SHOWN = 10
"""How many problems of one kind are told in full."""
RANGES = 40
"""How many stretches of line numbers are named of the others."""
_VARIES = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")

Kind = tuple[str, str, str]


def listed(problems: Iterable[Problem]) -> list[str]:
    """A line for each problem, as they were found; of those alike beyond the tenth, one line with their numbers."""
    kinds: dict[Kind, list[Problem]] = defaultdict(list)
    for problem in problems:
        kinds[problem.file, problem.column, _VARIES.sub("?", problem.problem)].append(problem)
    found = []
    for (file, _, _), alike in kinds.items():
        found += [str(problem) for problem in alike[:SHOWN]]
        if more := [problem.line for problem in alike[SHOWN:]]:
            found.append(f"{file}: ... and {len(more)} more like it, in lines {_ranges(more)}")
    return found


def _ranges(numbers: Sequence[int]) -> str:
    """`12-15, 17`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] + 1 == number:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs[:RANGES])
    return shown + (" ..." if len(runs) > RANGES else "")
