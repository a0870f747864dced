"""`run.py test`: format, lint, types, all tests, branch coverage of the pure files; one line each at the end."""

import json
import os
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import gate, tools
from deploy.environment import Place
from deploy.say import say


@dataclass(frozen=True, slots=True)
class Counts:
    """What pytest's report says. `failed` includes errors in set-up and collection."""

    passed: int
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked; `problem` is empty when all is well."""

    name: str
    problem: str


def read_counts(report: Path) -> Counts | None:
    """The counts of a JUnit report, None when pytest wrote none (it was killed, or never started)."""
    try:
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - written by our own pytest a moment ago
    except (FileNotFoundError, ET.ParseError):
        return None
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Counts(total - failed - skipped, failed, skipped)


def judge_tests(returncode: int, counts: Counts | None, *, strict: bool) -> str:
    """What is wrong with a test run, empty when nothing is. `strict` (CI) takes a skipped test for a failed one."""
    if counts is None:
        return f"pytest ended with {returncode} and left no report"
    if returncode != 0:
        return f"pytest ended with {returncode}"
    if counts.passed == 0:
        return "no test ran"
    if strict and counts.skipped:
        return f"{counts.skipped} skipped; with CI=true every test must run (the reasons are listed above)"
    return ""


def _step(name: str, words: Sequence[str | Path], place: Place, environ: Mapping[str, str]) -> Check:
    say(f"\n== {name}")
    started = time.monotonic()
    code = subprocess.run([str(word) for word in words], cwd=place.root, env=dict(environ)).returncode
    say(f"   {name}: {'ok' if code == 0 else f'ended with {code}'}, {time.monotonic() - started:.0f} s")
    return Check(name, "" if code == 0 else f"ended with {code}")


def _coverage(place: Place, environ: Mapping[str, str], folder: Path, *, whole: bool) -> Check:
    """The gate. Where only some tests were asked for, what they leave open is nobody's fault and is not judged."""
    name = f"branches of pure files >= {gate.LIMIT_PERCENT:.0f} %"
    files = gate.pure_files(place.root)
    if not whole or not files:
        say(f"\n== {name}: not judged ({'only a part of the tests ran' if files else 'there are none yet'})")
        return Check(name, "")
    report = folder / "coverage.json"
    words = [str(place.python), "-m", "coverage", "json", "-q", "-o", str(report)]
    if subprocess.run(words, cwd=place.root, env=dict(environ)).returncode != 0:
        return Check(name, "coverage wrote no report")
    found = gate.gaps(files, json.loads(report.read_text(encoding="utf-8"))["files"])
    say(f"\n== {name}: {len(files) - len(found)} of {len(files)} files")
    for gap in found:
        say(f"   {gap}")
    return Check(name, f"{len(found)} files below, named above" if found else "")


def _tests(place: Place, environ: Mapping[str, str], extra: Sequence[str], *, strict: bool) -> list[Check]:
    with tempfile.TemporaryDirectory(prefix="diemdanh-checks-") as name:
        folder = Path(name)
        measured = dict(environ) | {"COVERAGE_FILE": str(folder / "coverage")}
        report = folder / "tests.xml"
        say("\n== tests")
        words = [place.python, "-m", "coverage", "run", "-m", "pytest", f"--junitxml={report}", *extra]
        code = subprocess.run([str(word) for word in words], cwd=place.root, env=measured).returncode
        counts = read_counts(report)
        checks = [Check("tests", judge_tests(code, counts, strict=strict))]
        checks.append(_coverage(place, measured, folder, whole=not extra))
    if counts is not None:
        # The counts once more, on stdout and last: whoever reads only the end of a log must find them.
        print(f"\npytest: {counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped", flush=True)
    return checks


def check(place: Place, environ: Mapping[str, str], extra: Sequence[str]) -> int:
    """Run everything, also after a failure, and say at the end what failed. `extra` goes to pytest.

    With `extra`, programs that are missing are named but not installed, and coverage is not judged.
    """
    strict = os.environ.get("CI", "").lower() == "true"
    absent = tools.missing(tools.FOR_TESTS) if extra else tools.provide(tools.FOR_TESTS)
    if extra and absent:
        say(f"Not here, so what needs it cannot run: {', '.join(tool.program for tool in absent)}")
    checks = [
        _step("format", [place.python, "-m", "ruff", "format", "--check", "."], place, environ),
        _step("lint", [place.python, "-m", "ruff", "check", "."], place, environ),
        _step("types", [place.python, "-m", "mypy"], place, environ),
        *_tests(place, environ, extra, strict=strict),
    ]
    if strict and absent:
        checks.append(Check("programs", f"missing {', '.join(tool.program for tool in absent)}"))
    failed = [item for item in checks if item.problem]
    for item in checks:
        say(f"{'FAILED' if item.problem else 'ok    '}  {item.name}{': ' if item.problem else ''}{item.problem}")
    return 1 if failed else 0
