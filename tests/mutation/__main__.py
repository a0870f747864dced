"""`python -m tests.mutation PATH ... [--tests PATH ...] [--match TEXT]`: which small faults do the tests not notice?

Each fault runs the tests in a process of its own, forked from this one, that imports the changed source in place of the
file; nothing on the disk is changed. A fault that no test notices is a survivor: write the test, or say in
`equivalent.toml` why nothing can notice it. The last lines are the state of every file: how many faults were tried,
noticed, explained. Exit code 1 when a survivor is not explained, or an explanation is of no fault that there is.
"""

import argparse
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import pytest

from tests.mutation.mutants import Mutant, mutants, names

ROOT = Path(__file__).parents[2]
EXPLAINED = Path(__file__).parent / "equivalent.toml"
TESTS = ("tests/central/rules", "tests/central/test_timing.py", "tests/central/test_coverage.py")
SLOWEST_S = 120

Whys = dict[tuple[str, str, str], str]


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from the changed source."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        package = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=str(self.path), is_package=package is not None)
        if package is not None:
            spec.submodule_search_locations = package
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)  # noqa: S102 - our own source, changed in one place


def main(argv: Sequence[str] | None = None) -> int:
    """Try every fault; print the survivors."""
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("path", nargs="+", help="files or folders of sources")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), help="what has to notice the faults")
    parser.add_argument("--match", default="", help="only faults whose text contains this")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    arguments = parser.parse_args(argv)
    whys = explanations()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    faults = (
        (path, mutant)
        for path in _files(arguments.path)
        for mutant in mutants(path.read_text("utf-8"))
        if arguments.match in mutant.name
    )
    for path, mutant, noticed in _tried(faults, arguments.tests, arguments.jobs):
        where = str(path.relative_to(ROOT))
        why = None if noticed else why_of(whys, where, mutant, path.read_text("utf-8"))
        counts[where]["noticed" if noticed else "explained" if why else "survived"] += 1
        if not noticed:
            sys.stdout.write(f"{where}:{mutant.line}: {mutant.name}: {why or 'SURVIVED'}\n")
            sys.stdout.flush()
    stale = [key for key in unmatched(whys) if key[0] in counts]
    sys.stdout.writelines(f"{where}: explained, but no such fault: {name} {line}\n" for where, name, line in stale)
    sys.stdout.write("".join(_table(counts)))
    return 1 if stale or any(count["survived"] for count in counts.values()) else 0


def _table(counts: Mapping[str, Counter[str]]) -> Iterator[str]:
    """The state, a line a file."""
    kinds = ("noticed", "explained", "survived")
    yield f"{'file':36}{'faults':>8}" + "".join(f"{kind:>11}" for kind in kinds) + "\n"
    for where, count in [*sorted(counts.items()), ("all", sum(counts.values(), Counter[str]()))]:
        yield f"{where:36}{count.total():8}" + "".join(f"{count[kind]:11}" for kind in kinds) + "\n"


def _tried(
    faults: Iterable[tuple[Path, Mutant]], tests: Sequence[str], jobs: int
) -> Iterator[tuple[Path, Mutant, bool]]:
    """Each fault with whether some test fails, or does not come to an end; `jobs` at once."""
    running: dict[int, tuple[Path, Mutant]] = {}
    for path, mutant in faults:
        if len(running) == jobs:
            yield _ended(running)
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os._exit(_run(path, mutant, tests))
        running[child] = (path, mutant)
    while running:
        yield _ended(running)


def _ended(running: dict[int, tuple[Path, Mutant]]) -> tuple[Path, Mutant, bool]:
    child, status = os.wait()
    return (*running.pop(child), status != 0)


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for path in (ROOT / text for text in paths):
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def explanations() -> Whys:
    """Why a fault changes nothing, by file, fault and line; "" where the fault itself says which line it is."""
    rows = tomllib.loads(EXPLAINED.read_text("utf-8"))["fault"]
    return {(row["file"], row["fault"], row.get("line", "")): row["why"] for row in rows}


def why_of(whys: Whys, where: str, mutant: Mutant, source: str) -> str | None:
    """The explanation of a fault of the file `where`; None without one."""
    line = source.splitlines()[mutant.line - 1].strip()
    return whys.get((where, mutant.name, line)) or whys.get((where, mutant.name, ""))


def unmatched(whys: Whys) -> list[tuple[str, str, str]]:
    """Explanations of faults that there are no more: the source has changed."""
    found: set[tuple[str, str, str]] = set()
    for where in {key[0] for key in whys}:
        source = (ROOT / where).read_text("utf-8")
        lines = source.splitlines()
        for number, name in names(source):
            found |= {(where, name, ""), (where, name, lines[number - 1].strip())}
    return sorted(whys.keys() - found)


def _run(path: Path, mutant: Mutant, tests: Sequence[str]) -> int:
    """Run the tests against the changed source, in a process that nothing else needs. 0: all passed.

    The rule's own tests come first, in a process of their own: they notice most faults, and soon.
    """
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    near = sorted(str(p.relative_to(ROOT)) for t in tests for p in (ROOT / t).rglob(f"test_{path.stem}*.py"))
    for chosen in (near, tests):
        child = os.fork() if chosen else -1
        if child == 0:
            signal.alarm(SLOWEST_S)
            code = compile(mutant.tree, str(path), "exec")
            sys.meta_path.insert(0, Changed(name, path, code))
            os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--assert=plain", *chosen])))
        if child > 0 and os.waitpid(child, 0)[1] != 0:
            return 1
    return 0


if __name__ == "__main__":
    os.nice(10)
    found = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # a fault need not be made small
    hypothesis.settings.register_profile("faults", database=None, derandomize=True, deadline=None, phases=found)
    hypothesis.settings.load_profile("faults")
    already = [name for name in sys.modules if name.partition(".")[0] in ("central", "edge")]
    assert not already, f"imported before a fault could be put in: {already}"
    os.chdir(ROOT)
    sys.exit(main())
