"""Waiting for what threads, processes and brokers do: for the condition, never for a time."""

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""Ten times what a busy machine with two cores has needed; whoever waits in vain has failed anyway."""


def until(done: Callable[[], object], seconds: float = PATIENCE_S, what: str = "it", every_s: float = 0.01) -> None:
    """Return as soon as `done` says so. Raises AssertionError with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds:g} s"
        time.sleep(every_s)
