"""A parser under fire: what it is given, and what must hold."""

import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

MEMORY_TIMES, MEMORY_BYTES = 200, 3 << 20
"""A parser may take so many bytes for each byte of its input, and so many besides."""
KEPT_BYTES = 512 << 10
"""What may stay after two hundred inputs: caches fill, nothing else."""
PASSES = 3


@dataclass(frozen=True, slots=True)
class Target:
    """inputs: what it is given. attempt: parses one input, and raises for anything but the parser's declared error.

    close: gives back what the attempts used.
    """

    inputs: st.SearchStrategy[Any]
    attempt: Callable[[Any], None]
    close: Callable[[], None] = field(default=lambda: None)


class TooMuchMemory(AssertionError):
    """A parser took more memory than its input justifies."""


def weigh(attempt: Callable[[Any], None], inputs: list[Any]) -> int:
    """Peak of traced bytes over the inputs, one after the other. Raises TooMuchMemory beyond the bound.

    What is kept after them may be a cache that fills once; what each of three passes keeps is a leak.
    """
    most = 0
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(PASSES):
            kept = tracemalloc.get_traced_memory()[0]
            most = max(most, *(_peak(attempt, one) for one in inputs))
            gc.collect()
            kept = tracemalloc.get_traced_memory()[0] - kept
            if kept <= KEPT_BYTES:
                return most
    finally:
        tracemalloc.stop()
    raise TooMuchMemory(f"{kept} bytes kept after {len(inputs)} inputs, {PASSES} times")


def _peak(attempt: Callable[[Any], None], one: Any) -> int:
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    attempt(one)
    peak = tracemalloc.get_traced_memory()[1] - before
    if peak > MEMORY_TIMES * size_of(one) + MEMORY_BYTES:
        raise TooMuchMemory(f"{peak} bytes for an input of {size_of(one)}: {one!r:.200}")
    return peak


def size_of(one: Any) -> int:
    """Bytes of an input, which may be in pieces."""
    if isinstance(one, bytes | str):
        return len(one)
    return sum(map(size_of, one)) if isinstance(one, tuple | list) else 8
