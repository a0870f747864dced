"""The display beside the lights: words for some seconds, then again what stands there while nothing happens.

A thread of its own owns the display, because it may be slow; the door only leaves words. A display that is missing or
breaks is a warning and a fault in the heartbeat, never a stop, and it is opened again for ever.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from edge.displays import Display, Words
from edge.health import Health, supervise

LOOP = "display"
LIMIT_S = 30.0
TURN_S = 1.0
SHOWN_NS = 3_000_000_000
NO_DISPLAY = "no_display"
REOPEN_FIRST_NS, REOPEN_MOST_NS = 1_000_000_000, 60_000_000_000
ERRORS = (OSError, ImportError)

log = logging.getLogger(__name__)


class Screen:
    """One display in one thread. idle: the words while nothing happens. mono_ns: real monotonic nanoseconds."""

    def __init__(self, display: Display, idle: Callable[[], Words], mono_ns: Callable[[], int]) -> None:
        self._display = display
        self._idle = idle
        self._mono_ns = mono_ns
        self._changed = threading.Condition()
        self._words: Words | None = None
        self._until_ns = 0
        self._standing: Words | None = None
        self._new = False
        self._opened = False
        self._open_ns = 0
        self._wait_ns = REOPEN_FIRST_NS
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def show(self, words: Words) -> None:
        """Show `words` for some seconds, instead of what was shown. Any thread may call; it never waits."""
        with self._changed:
            self._words, self._until_ns, self._new = words, self._mono_ns() + SHOWN_NS, True
            self._changed.notify()

    def start(self, health: Health) -> None:
        """Begin, in a thread that ticks `health`."""
        health.watch(LOOP, LIMIT_S)

        def turn() -> None:
            self.turn(health)
            health.tick(LOOP)
            with self._changed:
                self._changed.wait_for(lambda: self._new or self._stop.is_set(), TURN_S)

        self._thread = threading.Thread(target=supervise, args=(LOOP, turn, self._stop, health), name=LOOP, daemon=True)
        self._thread.start()

    def turn(self, health: Health) -> None:
        """Open the display if need be, and write what should stand there if something else does."""
        now_ns = self._mono_ns()
        with self._changed:
            new, self._new = self._new, False
            if self._words is not None and now_ns >= self._until_ns:
                self._words = None
            wanted = self._words or self._idle()
        try:
            if not self._opened:
                if now_ns < self._open_ns:
                    return
                self._display.open()
                self._opened, self._standing = True, None
            if new or wanted != self._standing:  # a second answer of the same words is a page of its own
                self._display.write(wanted)
                self._standing, self._wait_ns = wanted, REOPEN_FIRST_NS
                health.clear(NO_DISPLAY)
        except ERRORS as error:
            self._broken(error, health)

    def _broken(self, error: Exception, health: Health) -> None:
        self._opened = False
        self._open_ns = self._mono_ns() + self._wait_ns
        self._wait_ns = min(self._wait_ns * 2, REOPEN_MOST_NS)
        with suppress(*ERRORS):
            self._display.close()
        if health.fault(NO_DISPLAY):
            log.warning("no display (%s): taps are recorded without words, and it is tried again", error)

    def close(self) -> None:
        """Dark, thread ended. Safe to call without `start`."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(TURN_S)
        with suppress(*ERRORS):
            self._display.close()
