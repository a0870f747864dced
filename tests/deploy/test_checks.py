"""`run.py test`: what counts as passed, and the counts that the end of a log must show."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import checks, tools
from deploy.checks import Counts, judge_tests
from deploy.environment import Place
from deploy.tools import Tool

MIXED = """\
import pytest

def test_passes():
    assert True

@pytest.mark.skip(reason="no reader on this machine")
def test_is_skipped():
    assert False
"""

DOOR = """\
def greet(badge):
    if badge == 1:
        return "known"
    return "unknown"
"""


def with_this_venv(project: Path) -> Place:
    (project / ".venv").symlink_to(sys.prefix)
    return Place(project)


def check_in(project: Path, tests: str, monkeypatch: pytest.MonkeyPatch, *, ci: bool) -> int:
    """The whole command on a project whose only tests are `tests`, asked for by path."""
    (project / "test_door.py").write_text(tests, encoding="utf-8")
    monkeypatch.setenv("CI", "true" if ci else "")
    return checks.check(with_this_venv(project), os.environ, ["-p", "no:cacheprovider", "test_door.py"])


def test_counts_are_read_from_a_real_report(project: Path) -> None:
    (project / "test_door.py").write_text(MIXED + "\ndef test_fails():\n    assert 1 == 2\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pytest", "-q", "--junitxml=report.xml"], cwd=project, capture_output=True)
    assert checks.read_counts(project / "report.xml") == Counts(passed=1, failed=1, skipped=1)


def test_no_report_is_no_counts(tmp_path: Path) -> None:
    (tmp_path / "torn.xml").write_text("<testsuites><testsuite", encoding="utf-8")
    assert checks.read_counts(tmp_path / "none.xml") is None
    assert checks.read_counts(tmp_path / "torn.xml") is None


@pytest.mark.parametrize(
    ("returncode", "counts", "strict", "problem"),
    [
        (0, Counts(3, 0, 0), True, ""),
        (0, Counts(3, 0, 1), False, ""),
        (0, Counts(3, 0, 1), True, "1 skipped; with CI=true every test must run (the reasons are listed above)"),
        (1, Counts(3, 1, 0), False, "pytest ended with 1"),
        (5, Counts(0, 0, 0), False, "pytest ended with 5"),
        (0, Counts(0, 0, 2), False, "no test ran"),
        (-9, None, False, "pytest ended with -9 and left no report"),
    ],
)
def test_what_is_wrong_with_a_test_run(returncode: int, counts: Counts | None, strict: bool, problem: str) -> None:
    assert judge_tests(returncode, counts, strict=strict) == problem


def test_a_skipped_test_fails_in_ci_and_the_counts_come_last_on_stdout(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check_in(project, MIXED, monkeypatch, ci=True) == 1
    seen = capfd.readouterr()
    assert seen.out.splitlines()[-1] == "pytest: 1 passed, 0 failed, 1 skipped"
    assert "FAILED  tests: 1 skipped" in seen.err


def test_a_failing_step_does_not_hide_the_others(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check_in(project, "import os\ndef test_passes( ):\n    pass\n", monkeypatch, ci=False) == 1
    seen = capfd.readouterr()
    assert "FAILED  format" in seen.err and "FAILED  lint" in seen.err and "ok      tests" in seen.err
    assert seen.out.splitlines()[-1] == "pytest: 1 passed, 0 failed, 0 skipped"


def test_all_tests_are_shared_among_processes_and_judged_by_the_branches_of_pure_files(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "edge").mkdir()
    (project / "edge" / "__init__.py").touch()  # else the product, which is installed here, would be taken
    (project / "edge" / "door.py").write_text(DOOR, encoding="utf-8")
    for name, badge in (("test_known.py", "1"), ("test_unknown.py", "2")):
        text = f"from edge.door import greet\n\n\ndef test_greets():\n    assert greet({badge})\n"
        (project / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(tools, "FOR_TESTS", ())
    place = with_this_venv(project)
    paths = dict(os.environ) | {"PYTHONPATH": str(project)}
    checks.check(place, paths, [])
    seen = capfd.readouterr()
    assert "workers" in seen.out and seen.out.splitlines()[-1] == "pytest: 2 passed, 0 failed, 0 skipped"
    assert "branches of pure files >= 95 %: 1 of 1 files" in seen.err
    (project / "test_unknown.py").unlink()
    checks.check(place, paths, [])
    assert "edge/door.py: 50.0 % of branches, missing 2->4" in capfd.readouterr().err


def test_servers_are_found_though_debian_keeps_them_off_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "POSTGRESQL", tmp_path / "none")
    assert tools.search_path("/a").split(":") == ["/a", "/usr/local/sbin", "/usr/sbin", "/sbin"]
    assert tools.search_path("/usr/sbin:/a").split(":") == ["/usr/sbin", "/a", "/usr/local/sbin", "/sbin"]
    here, gone = (Tool(name, (name,), "a test") for name in ("diemdanh-here", "diemdanh-gone"))
    (tmp_path / here.program).touch(0o755)
    assert tools.missing([here, gone], path=str(tmp_path)) == [gone]


def test_a_missing_library_is_found_as_well():
    there, gone = Tool("libc", ("libc6",), "everything"), Tool("libnowhere", ("nowhere",), "nothing")
    assert tools.missing([there, gone]) == [gone]


def test_of_several_postgresqls_the_newest_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9", "15", "16", "common"):
        (tmp_path / version / "bin").mkdir(parents=True)
    monkeypatch.setattr(tools, "POSTGRESQL", tmp_path)
    found = [folder for folder in tools.search_path("/a").split(":") if folder.startswith(str(tmp_path))]
    assert found == [str(tmp_path / version / "bin") for version in ("16", "15", "9")]
