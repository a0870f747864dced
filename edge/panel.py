"""Feedback -> lights and buzzer; buttons -> the door. The only user of gpiozero.

The light of an answer is set in the caller's thread, at once; the rest of its pattern, beeps included, is played by a
thread of the panel's own, so that a beep never delays a tap. A panel that is missing or breaks is a warning: attendance
works without it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from edge.health import Health, supervise
from edge.phrases import Feedback
from edge.settings import PanelSettings

LOOP = "panel"
LIMIT_S = 10.0
TURN_S = 1.0
BAD_READ_EVERY_NS = 1_000_000_000
CLOSE_S = 1.0
NO_PANEL = "no_panel"
FIELD_DUTY = "field_duty"
BOUNCE_S = 0.05
REOPEN_FIRST_NS, REOPEN_MOST_NS = 500_000_000, 30_000_000_000
_MS = 1_000_000

log = logging.getLogger(__name__)

Trace = Callable[[dict[str, object]], None]
_ALWAYS: tuple[type[Exception], ...] = (OSError, ImportError)


@dataclass(frozen=True, slots=True)
class Step:
    """What is on, for how long."""

    ms: int
    green: bool = False
    amber: bool = False
    red: bool = False
    buzzer: bool = False


def _beeps(count: int, long_ms: int, **lights: bool) -> tuple[Step, ...]:
    """Lights that stay on during `count` beeps and the pauses between them."""
    return (Step(long_ms, buzzer=True, **lights), Step(100, **lights)) * count


SHORT_MS, LONG_MS = 80, 300
_DARK = Step(1000)

PATTERNS: Mapping[Feedback, tuple[Step, ...]] = {
    Feedback.RECORDED: (Step(100, green=True, buzzer=True), Step(100, green=True)),
    Feedback.RECORDED_OFFLINE: _beeps(2, SHORT_MS, green=True),
    Feedback.RECORDED_LATE: (*_beeps(1, SHORT_MS, green=True, amber=True), *_beeps(1, LONG_MS, green=True, amber=True)),
    Feedback.CLOCK_NOT_SET: _beeps(2, SHORT_MS, green=True),
    Feedback.TWO_CARDS: _beeps(2, LONG_MS, amber=True),
    Feedback.ALREADY_RECORDED: _beeps(2, LONG_MS, amber=True),
    Feedback.UNKNOWN: _beeps(3, SHORT_MS, red=True),
    Feedback.BLOCKED: _beeps(3, SHORT_MS, red=True),
    Feedback.NOT_RECORDED: _beeps(1, 1000, red=True),
    Feedback.BADGE_READ: _beeps(1, SHORT_MS, amber=True),
    Feedback.STUCK_CARD: _beeps(3, LONG_MS, amber=True),
    Feedback.FIELD_CHOSEN: _beeps(1, LONG_MS, amber=True),
    Feedback.BAD_READ: (Step(100, red=True),),
    Feedback.READER_LOST: (Step(500, red=True), Step(1500)),
    Feedback.NO_JOURNAL: (Step(250, red=True), Step(250)),
    Feedback.READY: (_DARK,),
}
"""Light and sound of each feedback (readers.md, section 7): never colour alone, except for states that last."""
STATES = frozenset({Feedback.READER_LOST, Feedback.NO_JOURNAL, Feedback.READY})
"""Shown over and over while nothing else is."""


class _Output(Protocol):
    def on(self) -> None: ...
    def off(self) -> None: ...
    def close(self) -> None: ...


class _Dark:
    """The lights of a door that has none."""

    def set(self, step: Step) -> None:
        """Nothing to set."""

    def close(self) -> None:
        """Nothing to close."""


class _Lights:
    """Three LEDs and an active buzzer on GPIO pins. Raises what gpiozero raises."""

    def __init__(self, settings: PanelSettings, factory: Any, pressed: Callable[[str], None]) -> None:
        self._settings = settings
        self._factory = factory
        self._pressed = pressed
        self._outputs: dict[str, _Output] = {}
        self._button: Any = None

    def open(self) -> None:
        """Take the pins."""
        gpiozero = import_module("gpiozero")
        for name in ("green", "amber", "red", "buzzer"):
            kind = gpiozero.Buzzer if name == "buzzer" else gpiozero.LED
            self._outputs[name] = kind(getattr(self._settings, name), pin_factory=self._factory)
        if self._settings.field_button:
            self._button = gpiozero.Button(self._settings.field_button, pin_factory=self._factory, bounce_time=BOUNCE_S)
            self._button.when_pressed = lambda: self._pressed(FIELD_DUTY)
        self.set(_DARK)

    def set(self, step: Step) -> None:
        """Switch the pins, lights before the buzzer."""
        for name, output in self._outputs.items():
            if getattr(step, name):
                output.on()
            else:
                output.off()

    def close(self) -> None:
        """Everything off, pins free."""
        try:
            if self._button is not None:
                self._button.close()
            for output in self._outputs.values():
                output.close()
        finally:
            self._factory.close()


def _lgpio() -> Any:
    return import_module("gpiozero.pins.lgpio").LGPIOFactory()


def _mock() -> Any:
    return import_module("gpiozero.pins.mock").MockFactory()


FACTORIES: Mapping[str, Callable[[], Any]] = {"lgpio": _lgpio, "mock": _mock}
"""Setting `panel.pins` -> makes the pin factory; `none` has no pins."""


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
        self._lights: _Lights | _Dark | None = None
        self._errors = _ALWAYS
        self._state: Sequence[Step] = PATTERNS[Feedback.READY]
        self._steps: deque[Step] = deque()
        self._until_ns = 0
        self._answering = False
        self._bad_read_ns: int | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.factory: Any = None

    def open(self) -> bool:
        """Take the pins; False = there is no working panel yet, which is logged and not an error.

        `factory` is then set. The panel's thread tries again for ever.
        """
        if self._settings.pins == "none":
            self._lights = _Dark()
            return True
        lights: _Lights | None = None
        try:
            self._errors = (*_ALWAYS, import_module("gpiozero.exc").GPIOZeroError)
            if self._settings.pins == "lgpio":
                self._errors = (*self._errors, import_module("lgpio").error)
            self.factory = FACTORIES[self._settings.pins]()
            lights = _Lights(self._settings, self.factory, self._pressed)
            lights.open()
            self._lights = lights
        except self._errors as error:
            self._broken(error, lights)
        return self._lights is not None

    def start(self, health: Health) -> None:
        """Begin to play patterns in a thread that ticks `health`, where a panel that does not work is a fault."""
        health.watch(LOOP, LIMIT_S)
        self._health = health
        if self._lights is None:
            health.fault(NO_PANEL)

        def turn() -> None:
            self.play()
            health.tick(LOOP)

        self._thread = threading.Thread(target=supervise, args=(LOOP, turn, self._stop, health), name=LOOP, daemon=True)
        self._thread.start()

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
            if self._lights is None and self._mono_ns() >= self._reopen_ns and not self._stop.is_set():
                self._reopen()
            wait_ns = self._until_ns - self._mono_ns()
            if wait_ns > 0:
                self._changed.wait(min(wait_ns / 1e9, TURN_S))
            if self._mono_ns() >= self._until_ns and not self._stop.is_set():
                if not self._steps:
                    self._steps.extend(self._state)
                    self._answering = False
                self._next()

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
        if self._thread is not None:
            self._thread.join(CLOSE_S)
        with self._changed:
            lights, self._lights = self._lights, None
            if lights is not None:
                try:
                    lights.close()
                except self._errors as error:
                    log.warning("the panel's pins could not be freed: %s", error)

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
        if self._lights is None or self._trace is None:
            return
        shown = {"feedback": feedback.value, "green": step.green, "amber": step.amber, "red": step.red}
        try:
            self._trace({**shown, "recorded": feedback.recorded, **context})
        except OSError as error:
            log.warning("what the panel showed could not be traced: %s", error)

    def _next(self) -> Step:
        step = self._steps.popleft()
        self._until_ns = self._mono_ns() + step.ms * _MS
        if self._lights is not None:
            try:
                self._lights.set(step)
            except self._errors as error:
                self._broken(error, self._lights)
        return step

    def _broken(self, error: Exception, lights: _Lights | _Dark | None) -> None:
        """No panel from now on; what of it was open is given back, so that it can be opened again."""
        self._lights = None
        self._reopen_ns = self._mono_ns() + self._reopen_wait_ns
        if lights is not None:
            with suppress(*self._errors):
                lights.close()
        if self._health is None or self._health.fault(NO_PANEL):
            log.warning(
                "no panel (%s: %s): taps are recorded without light and sound, and it is tried again; check the wiring "
                'and [panel] pins, or set pins = "none"',
                type(error).__name__,
                error,
            )
