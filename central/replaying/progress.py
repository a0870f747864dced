"""How far a long command is, for a person at a terminal: one line that is written over, with count and time left."""

from collections.abc import Callable
from typing import TextIO

WIDTH = 30
OFTEN_S = 0.1
"""No line is written sooner after the one before."""
KNOWN_AFTER_S = 0.5
"""Before that much of a phase nobody can tell what is left."""


class Bar:
    """Writes to `out`, a terminal; mono_s: real seconds that only go forward."""

    def __init__(self, out: TextIO, mono_s: Callable[[], float]) -> None:
        self._out, self._mono_s = out, mono_s
        self._phase, self._began_s, self._shown_s = "", 0.0, 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        """This phase has done so many of so many."""
        now_s = self._mono_s()
        if phase != self._phase:
            self._phase, self._began_s = phase, now_s
        elif done < total and now_s - self._shown_s < OFTEN_S:
            return
        self._shown_s = now_s
        self._out.write("\r" + line(phase, done, total, now_s - self._began_s) + ("\n" if done >= total else ""))
        self._out.flush()


def line(phase: str, done: int, total: int, spent_s: float) -> str:
    """`storing  [#####     ]  5,000 of 11,682   0:03 left`, as long for every number."""
    filled = WIDTH * done // total if total else WIDTH
    bar = "#" * filled + " " * (WIDTH - filled)
    return f"{phase:8} [{bar}] {done:>9,} of {total:<9,} {_left(done, total, spent_s):>14}"


def _left(done: int, total: int, spent_s: float) -> str:
    if done >= total:
        return f"{_clock(spent_s)} in all"
    if not done or spent_s < KNOWN_AFTER_S:
        return ""
    return f"{_clock(spent_s * (total - done) / done)} left"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
