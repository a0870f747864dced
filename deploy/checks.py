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

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - only the folder that is made in it, with a name nobody can foretell
ROOM_BYTES = 6 << 30


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


def _coverage(place: Place, report: Path) -> Check:
    """The gate, on what the tests measured."""
    name = f"branches of pure files >= {gate.LIMIT_PERCENT:.0f} %"
    files = gate.pure_files(place.root)
    if not files:
        say(f"\n== {name}: not judged (there are none yet)")
        return Check(name, "")
    if not report.exists():
        return Check(name, "coverage wrote no report")
    found = gate.gaps(files, json.loads(report.read_text(encoding="utf-8"))["files"])
    say(f"\n== {name}: {len(files) - len(found)} of {len(files)} files")
    for gap in found:
        say(f"   {gap}")
    return Check(name, f"{len(found)} files below, named above" if found else "")


def _whole_suite(folder: Path, measured: Path) -> list[str]:
    """pytest's words for all tests at once, with the branches of the pure files counted into `measured`.

    Half of a test's time is spent waiting for a disk or for another process, so there is one worker more than cores.
    A file's tests stay together: what they share is made once.
    Only pure files are counted; to count the rest as well would cost a third of the time and nobody reads it.
    """
    settings = folder / "settings.ini"  # not coverage.*: that is what coverage erases before it starts
    settings.write_text("\n    ".join(["[run]\nbranch = true\ninclude =", *gate.PURE, ""]), encoding="utf-8")
    workers = len(os.sched_getaffinity(0)) + 1
    shared = ["-n", str(workers), "--dist", "loadfile"]
    # What a test leaves is kept when it failed alone: thousands of databases would fill the memory that they lie in.
    kept = ["-o", "tmp_path_retention_policy=failed"]
    return [*shared, *kept, "--cov", f"--cov-config={settings}", f"--cov-report=json:{measured}"]


def _memory() -> str | None:
    """A file system in memory with room for the whole suite, None where there is none (then the usual place is used).

    A test kills processes, never the machine's power, so what it proves is the same on either; waiting for the disk
    would more than double the time. Power cuts are proved elsewhere (`tests/rig`).
    """
    try:
        room = os.statvfs(SHARED_MEMORY)
        return SHARED_MEMORY if min(room.f_bavail * room.f_frsize, _available_bytes()) >= ROOM_BYTES else None
    except (OSError, ValueError):
        return None


def _available_bytes() -> int:
    """What the kernel would give to programs without swapping; ValueError where it does not say."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    raise ValueError("no MemAvailable in /proc/meminfo")


def _tests(place: Place, environ: Mapping[str, str], extra: Sequence[str], *, strict: bool) -> list[Check]:
    with tempfile.TemporaryDirectory(prefix="dd-", dir=None if extra else _memory()) as name:
        folder = Path(name)
        folder.chmod(0o711)  # the tests' PostgreSQL, which under root is another user's, must get through
        report, measured = folder / "tests.xml", folder / "coverage.json"
        say("\n== tests")
        asked = extra or _whole_suite(folder, measured)
        words = [place.python, "-m", "pytest", f"--junitxml={report}", *asked]
        into = dict(environ) | {"COVERAGE_FILE": str(folder / "coverage"), "TMPDIR": name}
        code = subprocess.run([str(word) for word in words], cwd=place.root, env=into).returncode
        counts = read_counts(report)
        checks = [Check("tests", judge_tests(code, counts, strict=strict))]
        if extra:
            # What some tests leave open is nobody's fault.
            say("\n== branches of pure files: not judged (only a part of the tests ran)")
        else:
            checks.append(_coverage(place, measured))
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
