"""Feedback -> lights and buzzer; buttons -> the door.

The light of an answer is set in the caller's thread, at once; the rest of its pattern, beeps included, is played by a
thread of the panel's own, so that a beep never delays a tap; the button has a thread too. A panel that is missing or
breaks is a warning: attendance works without it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.health import Health, supervise
from edge.phrases import Feedback
from edge.pins import DARK, OPENERS, Levels, Pins
from edge.settings import PanelSettings

LOOP = "panel"
BUTTON_LOOP = "button"
LIMIT_S = 10.0
TURN_S = 1.0
PRESS_S = 0.1
BAD_READ_EVERY_NS = 1_000_000_000
CLOSE_S = 1.0
NO_PANEL = "no_panel"
FIELD_DUTY = "field_duty"
REOPEN_FIRST_NS, REOPEN_MOST_NS = 500_000_000, 30_000_000_000
_MS = 1_000_000

log = logging.getLogger(__name__)

Trace = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What is on, for how long."""

    ms: int
    on: Levels = DARK


GREEN, AMBER, RED = Levels(green=True), Levels(amber=True), Levels(red=True)
GREEN_AMBER = Levels(green=True, amber=True)


def _beeps(count: int, long_ms: int, lights: Levels) -> tuple[Step, ...]:
    """Lights that stay on during `count` beeps and the pauses between them."""
    return (Step(long_ms, lights._replace(buzzer=True)), Step(100, lights)) * count


SHORT_MS, LONG_MS = 80, 300

PATTERNS: Mapping[Feedback, tuple[Step, ...]] = {
    Feedback.RECORDED: _beeps(1, 100, GREEN),
    Feedback.RECORDED_OFFLINE: _beeps(2, SHORT_MS, GREEN),
    Feedback.RECORDED_LATE: (*_beeps(1, SHORT_MS, GREEN_AMBER), *_beeps(1, LONG_MS, GREEN_AMBER)),
    Feedback.CLOCK_NOT_SET: _beeps(2, SHORT_MS, GREEN),
    Feedback.TWO_CARDS: _beeps(2, LONG_MS, AMBER),
    Feedback.ALREADY_RECORDED: _beeps(2, LONG_MS, AMBER),
    Feedback.UNKNOWN: _beeps(3, SHORT_MS, RED),
    Feedback.BLOCKED: _beeps(3, SHORT_MS, RED),
    Feedback.NOT_RECORDED: _beeps(1, 1000, RED),
    Feedback.BADGE_READ: _beeps(1, SHORT_MS, AMBER),
    Feedback.STUCK_CARD: _beeps(3, LONG_MS, AMBER),
    Feedback.FIELD_CHOSEN: _beeps(1, LONG_MS, AMBER),
    Feedback.BAD_READ: (Step(100, RED),),
    Feedback.READER_LOST: (Step(500, RED), Step(1500)),
    Feedback.NO_JOURNAL: (Step(250, RED), Step(250)),
    Feedback.READY: (Step(1000),),
}
"""Light and sound of each feedback (readers.md, section 7): never colour alone, except for states that last."""
STATES = frozenset({Feedback.READER_LOST, Feedback.NO_JOURNAL, Feedback.READY})
"""Shown over and over while nothing else is."""


class Panel:
    """The lights and the buzzer of one door; safe for every thread.

    trace: told in the caller's thread right after the lights of an answer are set: feedback, green, amber, red,
    recorded (the person was told so), and the caller's context. With pins `none` it is told all the same; a broken
    panel showed nothing and traces nothing. mono_ns: real monotonic nanoseconds. pressed: told
    the name of a button, from a thread of its own.
    """

    def __init__(
        self,
        settings: PanelSettings,
        mono_ns: Callable[[], int],
        trace: Trace | None = None,
        pressed: Callable[[str], None] = lambda button: None,
    ) -> None:
        self._settings = settings
        self._pressed = pressed
        self._mono_ns = mono_ns
        self._trace = trace
        self._changed = threading.Condition()
        self._health: Health | None = None
        self._reopen_ns = 0
        self._reopen_wait_ns = REOPEN_FIRST_NS
        self._pins: Pins | None = None
        self._state: Sequence[Step] = PATTERNS[Feedback.READY]
        self._steps: deque[Step] = deque()
        self._until_ns = 0
        self._answering = False
        self._bad_read_ns: int | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def open(self) -> bool:
        """Take the pins; False = there is no working panel yet, which is logged and not an error.

        The panel's thread tries again for ever.
        """
        try:
            self._pins = OPENERS[self._settings.pins](self._settings)
        except OSError as error:
            self._broken(error)
        return self._pins is not None

    def start(self, health: Health) -> None:
        """Begin to play patterns, and to listen to the button, each in a thread that ticks `health`.

        A panel that does not work is a fault there.
        """
        self._health = health
        if self._pins is None:
            health.fault(NO_PANEL)
        loops = {LOOP: self.play, **({BUTTON_LOOP: self._listen} if self._settings.field_button else {})}
        for name, turn in loops.items():
            health.watch(name, LIMIT_S)
            words = (name, _ticking(name, turn, health), self._stop, health)
            self._threads.append(threading.Thread(target=supervise, args=words, name=name, daemon=True))
            self._threads[-1].start()

    def show(self, feedback: Feedback, **context: object) -> None:
        """Answer now: the light is on, and traced, when this returns. Never raises for a broken panel.

        `ready`, `reader_lost` and `no_journal` are states: they last until the next one, under the answers. `bad_read`
        is shown at most once a second and never cuts an answer short.
        """
        with self._changed:
            if feedback in STATES:
                self._set_state(feedback)
            elif feedback is not Feedback.BAD_READ or self._may_blink():
                self._answer(feedback, context)
            self._changed.notify()

    def play(self) -> None:
        """One turn of the panel's thread: wait for the end of the step, at most a second, and set the next."""
        with self._changed:
            if self._pins is None and self._mono_ns() >= self._reopen_ns and not self._stop.is_set():
                self._reopen()
            wait_ns = self._until_ns - self._mono_ns()
            if wait_ns > 0:
                self._changed.wait(min(wait_ns / 1e9, TURN_S))
            if self._mono_ns() >= self._until_ns and not self._stop.is_set():
                if not self._steps:
                    self._steps.extend(self._state)
                    self._answering = False
                self._next()

    def _listen(self) -> None:
        """One turn of the button's thread."""
        pins = self._pins
        if pins is None:
            self._stop.wait(PRESS_S)
            return
        try:
            pressed = pins.pressed(PRESS_S)
        except OSError as error:
            with self._changed:
                if self._pins is pins:
                    self._broken(error)
            return
        if pressed:
            self._pressed(FIELD_DUTY)

    def _reopen(self) -> None:
        self._reopen_wait_ns = min(self._reopen_wait_ns * 2, REOPEN_MOST_NS)
        if self.open():
            self._reopen_wait_ns = REOPEN_FIRST_NS
            log.info("the panel works again")
            if self._health is not None:
                self._health.clear(NO_PANEL)

    def close(self) -> None:
        """All off, thread ended, pins free. Safe to call twice, and without `open`."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
        for thread in self._threads:
            thread.join(CLOSE_S)
        with self._changed:
            pins, self._pins = self._pins, None
            if pins is not None:
                pins.close()

    def _set_state(self, feedback: Feedback) -> None:
        """Over the state before at once, under an answer when that has ended."""
        self._state = PATTERNS[feedback]
        if not self._answering:
            self._steps = deque(self._state)
            self._next()

    def _may_blink(self) -> bool:
        now_ns = self._mono_ns()
        rested = self._bad_read_ns is None or now_ns - self._bad_read_ns >= BAD_READ_EVERY_NS
        if self._answering or not rested:
            return False
        self._bad_read_ns = now_ns
        return True

    def _answer(self, feedback: Feedback, context: Mapping[str, object]) -> None:
        self._steps = deque(PATTERNS[feedback])
        self._answering = True
        step = self._next()
        if self._pins is None or self._trace is None:
            return
        shown = {"feedback": feedback.value, "green": step.on.green, "amber": step.on.amber, "red": step.on.red}
        try:
            self._trace({**shown, "recorded": feedback.recorded, **context})
        except OSError as error:
            log.warning("what the panel showed could not be traced: %s", error)

    def _next(self) -> Step:
        step = self._steps.popleft()
        self._until_ns = self._mono_ns() + step.ms * _MS
        if self._pins is not None:
            try:
                self._pins.set(step.on)
            except OSError as error:
                self._broken(error)
        return step

    def _broken(self, error: OSError) -> None:
        """No panel from now on; what of it was open is given back, so that it can be opened again."""
        pins, self._pins = self._pins, None
        self._reopen_ns = self._mono_ns() + self._reopen_wait_ns
        if pins is not None:
            pins.close()
        if self._health is None or self._health.fault(NO_PANEL):
            log.warning(
                "no panel (%s): taps are recorded without light and sound, and it is tried again; check the wiring "
                'and [panel] pins, or set pins = "none"',
                error,
            )


def _ticking(name: str, turn: Callable[[], None], health: Health) -> Callable[[], None]:
    def ticked() -> None:
        turn()
        health.tick(name)

    return ticked
