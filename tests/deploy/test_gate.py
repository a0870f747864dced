"""The coverage gate, on what coverage really reports of small files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy import gate

HALF_TESTED = """\
def light(known):
    if known:
        return "green"
    return "red"
"""


def measure(project: Path, statements: str) -> dict[str, Any]:
    """The `files` table of coverage after running `statements` in the project."""
    (project / "use.py").write_text(statements, encoding="utf-8")
    for words in (["run", "use.py"], ["json", "-q", "-o", "coverage.json"]):
        subprocess.run([sys.executable, "-m", "coverage", *words], cwd=project, check=True)
    files: dict[str, Any] = json.loads((project / "coverage.json").read_text(encoding="utf-8"))["files"]
    return files


def write(project: Path, path: str, text: str) -> None:
    target = project / path
    target.parent.mkdir(parents=True, exist_ok=True)
    (target.parent / "__init__.py").touch()
    target.write_text(text, encoding="utf-8")


def test_a_branch_that_no_test_takes_is_named(project: Path) -> None:
    write(project, "edge/door.py", HALF_TESTED)
    [gap] = gate.gaps(["edge/door.py"], measure(project, "from edge.door import light\nlight(True)\n"))
    assert str(gap) == "edge/door.py: 50.0 % of branches, missing 2->4"


def test_a_file_with_every_branch_taken_passes(project: Path) -> None:
    write(project, "edge/door.py", HALF_TESTED)
    assert (
        gate.gaps(["edge/door.py"], measure(project, "from edge.door import light\nlight(True), light(False)\n")) == []
    )


def test_a_pure_file_that_no_test_imports_fails_even_without_branches(project: Path) -> None:
    write(project, "edge/door.py", "LIGHT = 'green'\n")
    write(project, "edge/badges.py", "DIGITS = 10\n")
    measured = measure(project, "import edge.badges\n")
    assert [gap.path for gap in gate.gaps(["edge/badges.py", "edge/door.py"], measured)] == ["edge/door.py"]


def test_a_pure_file_that_was_not_measured_at_all_fails() -> None:
    [gap] = gate.gaps(["edge/door.py"], {})
    assert gap.percent == 0.0


def test_only_pure_files_that_exist_are_judged(project: Path) -> None:
    for path in ("edge/wire/ack.py", "edge/readers/rdm6300.py", "edge/journal.py", "central/rules/absence.py"):
        write(project, path, "")
    found = [path for path in gate.pure_files(project) if not path.endswith("__init__.py")]
    assert found == ["central/rules/absence.py", "edge/readers/rdm6300.py", "edge/wire/ack.py"]
