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
    """A clock that read epoch_ms when the machine's read started_real_ms and runs `scale` times as fast.

    fast_ms: after so much of its own time it goes on as fast as the world; 0 = never.
    """

    epoch_ms: int
    started_real_ms: int
    scale: float
    fast_ms: int = 0

    def now_ms(self) -> int:
        real_ms = time.time_ns() // 1_000_000 - self.started_real_ms
        fast_real_ms = self.fast_ms / self.scale if self.fast_ms else real_ms
        fast_part = min(real_ms, fast_real_ms)
        return self.epoch_ms + round(fast_part * self.scale + (real_ms - fast_part))

    def mono_s(self) -> float:
        return time.monotonic()
