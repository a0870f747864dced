"""The measurements can be made; what they find depends on the machine and is judged by hand (deploy/README.md)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench.ground import BenchError
from tests.bench.rows import Row, at_least, at_most, json_line, percentile, table, told

ROOT = Path(__file__).parents[1]
FIELDS = {"name", "value", "unit", "limit", "ratio", "ok", "limited_by"}


@pytest.mark.parametrize(
    "name", ["live", "backlog", "month", "punch", "flat", "start", "journal", "offline", "verify", "login", "timesheet"]
)
def test_a_short_run_prints_a_table_and_one_line_of_json(name: str):
    found = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", name], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stderr
    *lines, last = found.stdout.splitlines()
    rows = json.loads(last)
    assert all(set(row) == FIELDS and row["name"].startswith(name) for row in rows)
    assert [line.split()[0] for line in lines] == ["name", *(row["name"] for row in rows)]


def test_a_figure_is_judged_by_its_limit():
    assert at_most("a", 150, "ms", 150).ok
    assert not at_most("a", 151, "ms", 150).ok
    assert at_least("b", 0.15, "of it", 0.15).ok
    assert not at_least("b", 0.14, "of it", 0.15).ok
    assert told("c", 1, "ms").ok
    assert at_most("a", 75, "ms", 150).ratio == 0.5


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([3, 1, 2], 0.99) == 3
    assert percentile([1, 2, 3, 4], 0.5) == 3
    assert percentile([7], 0.5) == 7


def test_a_table_shows_each_figure_with_its_limit():
    text = table([at_most("slow", 200, "ms", 150, "the disk"), told("seen", 5, "rows")])
    assert text.splitlines()[1].split() == ["slow", "200", "ms", "150", "1.333", "NO", "the", "disk"]
    assert json.loads(json_line([told("seen", 5, "rows")]))[0]["limit"] is None


def _measuring(*rows: Row):
    def measure(*, quick: bool) -> list[Row]:
        return list(rows)

    return measure


def test_a_figure_beyond_its_limit_is_an_exit_code(monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    monkeypatch.setitem(bench.BENCHES, "start", _measuring(at_most("start", 2, "s", 1)))
    assert bench.main(["start"], said.append) == 1
    assert bench.main(["start", "--quick"], said.append) == 0
    monkeypatch.setitem(bench.BENCHES, "start", _measuring(at_most("start", 0.5, "s", 1)))
    assert bench.main(["start"], said.append) == 0


def test_a_measurement_that_fails_is_named_and_the_next_is_made(monkeypatch: pytest.MonkeyPatch, capsys):
    def fail(*, quick: bool) -> list[Row]:
        raise BenchError("no broker")

    said: list[str] = []
    monkeypatch.setitem(bench.BENCHES, "start", fail)
    monkeypatch.setitem(bench.BENCHES, "journal", _measuring(told("journal", 1, "s")))
    assert bench.main(["start", "journal"], said.append) == 1
    assert "start could not be measured: no broker" in capsys.readouterr().err
    assert "journal" in said[0]


def test_an_unknown_measurement_is_refused():
    with pytest.raises(SystemExit, match="2"):
        bench.main(["speed"])
