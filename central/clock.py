"""Central's one reader of time.

A `Clock` is given to whoever needs the time; nothing else in this package asks the system. In the demo and in tests it
may run faster than the world (`scale`), together with the stations' clocks (`edge/clock.py`, same three numbers).
"""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Time as central sees it."""

    def now_ms(self) -> int:
        """UTC in milliseconds, in the world that the facts speak of: receipts, ages, "today"."""

    def mono_s(self) -> float:
        """Real seconds from an arbitrary start, never stepping back: for timeouts and pacing."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_s(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that read epoch_ms when the machine's read started_real_ms, and runs `scale` times as fast."""

    epoch_ms: int
    started_real_ms: int
    scale: float

    def now_ms(self) -> int:
        real_ms = time.time_ns() // 1_000_000
        return self.epoch_ms + round((real_ms - self.started_real_ms) * self.scale)

    def mono_s(self) -> float:
        return time.monotonic()
