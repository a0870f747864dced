"""A process without pages shows its own counts on a loopback port, where one is set."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from central.counters import exposition, serving_counts
from central.health import PATIENCE_S, Liveness
from deploy.broker import free_port

ROOT = Path(__file__).parents[2]


class Hand:
    """A clock moved by hand."""

    s = 0.0

    def mono_s(self) -> float:
        return self.s

    def now_ms(self) -> int:
        return 0


@pytest.fixture
def health() -> Liveness:
    made = Liveness(Hand())
    made.tick("intake-writer")
    made.count_with("intake", lambda: {"received": 3, "dropped": 1})
    made.failed("publisher")
    return made


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_every_count_and_failure_has_a_line(health):
    lines = exposition(health).splitlines()
    assert 'diemdanh_intake{what="received"} 3' in lines and 'diemdanh_intake{what="dropped"} 1' in lines
    assert 'diemdanh_loop_failures_total{loop="publisher"} 1' in lines
    assert "diemdanh_silent_loops 0" in lines


def test_counts_and_health_are_served_and_nothing_else(health):
    with serving_counts(0, health) as port:
        assert get(port, "/metrics") == (200, exposition(health))
        assert get(port, "/healthz") == (200, "ok")
        assert get(port, "/")[0] == 404
        health._clock.s = PATIENCE_S + 1
        assert get(port, "/healthz") == (503, "silent: intake-writer")


def test_a_process_without_pages_shows_its_counts(tmp_path):
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DIEMDANH_")}
    environment |= {"PYTHONPATH": str(ROOT), "DIEMDANH_METRICS_PORT": str(port)}
    command = [sys.executable, "-m", "central", "--db", f"sqlite:///{tmp_path}/a.db", "evaluate-loop"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        found = None
        while found is None and time.monotonic() < end:
            try:
                found = get(port, "/metrics")
            except OSError:
                time.sleep(0.05)
        assert found is not None and found[0] == 200 and "diemdanh_silent_loops 0" in found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
