"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return as soon as `done` says so. Raises AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.001)
