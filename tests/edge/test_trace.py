"""The witness of the panel: whole lines only, also after a life that was cut in the middle of one."""

import json
from pathlib import Path

import pytest

from edge.trace import TraceFile


def lines(path: Path) -> list[dict[str, object]]:
    text = path.read_bytes()
    assert text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]


def lived(path: Path, *feedbacks: str) -> None:
    trace = TraceFile(path, lambda: 7)
    trace.open()
    for feedback in feedbacks:
        trace.write({"feedback": feedback})
    trace.close()


def test_each_thing_shown_is_a_line(tmp_path: Path):
    path = tmp_path / "panel.jsonl"
    lived(path, "recorded", "repeat")
    lived(path, "recorded")
    assert [entry["feedback"] for entry in lines(path)] == ["recorded", "repeat", "recorded"]
    assert lines(path)[0]["shown_ns"] == 7


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_a_line_cut_anywhere_by_a_power_loss_is_taken_off_by_the_next_life(tmp_path: Path, whole: int):
    path = tmp_path / "panel.jsonl"
    lived(path, *["recorded"] * whole)
    before = path.read_bytes()
    lived(path, "cut")
    last = path.read_bytes().removeprefix(before)
    for kept in range(len(last)):
        path.write_bytes(before + last[:kept])
        lived(path, "after")
        assert [entry["feedback"] for entry in lines(path)] == ["recorded"] * whole + ["after"]


def test_a_station_without_a_trace_writes_into_nothing(tmp_path: Path):
    lived(Path("/dev/null"), "recorded")
