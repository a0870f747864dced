"""Pins of a Raspberry Pi as lines of the kernel: one request for the four outputs, one for the button."""

import os
import threading
from contextlib import suppress
from pathlib import Path

from edge.errors import PortError
from edge.pins import DARK, Levels
from edge.ports.gpio_chip import EDGE_FALLING, INPUT, OUTPUT, PULL_UP, header_chip, request_lines, set_lines
from edge.ports.line import TURN_S, Events
from edge.settings import PanelSettings

BOUNCE_US = 50_000
_EVENT_BYTES = 48
_KEPT = 16


def open_pins(settings: PanelSettings, devices: Path = Path("/dev")) -> "KernelPins":
    """The outputs low, the button pulled up and debounced by the kernel. Raises PortError."""
    chip = header_chip(devices)
    if chip is None:
        raise PortError('this computer has no GPIO pins of a Raspberry Pi; write [panel] pins = "none"')
    lines = (settings.green, settings.amber, settings.red, settings.buzzer)
    outputs = request_lines(chip, lines, OUTPUT)
    if not settings.field_button:
        return KernelPins(outputs, None)
    try:
        flags = INPUT | EDGE_FALLING | PULL_UP
        button = request_lines(chip, (settings.field_button,), flags, events=_KEPT, debounce_us=BOUNCE_US)
    except OSError:
        os.close(outputs)
        raise
    return KernelPins(outputs, button)


class KernelPins:
    """Two requests. outputs, button: their handles, closed by `close`; button: None = there is none."""

    def __init__(self, outputs: int, button: int | None) -> None:
        self._outputs: int | None = outputs
        self._button = None if button is None else Events(button, _EVENT_BYTES)
        self._setting, self._reading = threading.Lock(), threading.Lock()

    def set(self, levels: Levels) -> None:
        """One call of the kernel for all four."""
        with self._setting:
            if self._outputs is None:
                raise PortError("the pins were given back")
            set_lines(self._outputs, sum(on << place for place, on in enumerate(levels)), len(levels))

    def pressed(self, wait_s: float) -> bool:
        """Presses that came while nobody waited count as one; the lock is held for TURN_S at most, for `close`."""
        with self._reading:
            return self._button is not None and bool(self._button.read(min(wait_s, TURN_S)))

    def close(self) -> None:
        """A handle is closed only while nobody uses it: its number would be another file's."""
        with self._setting:
            outputs, self._outputs = self._outputs, None
            if outputs is not None:
                with suppress(OSError):
                    set_lines(outputs, 0, len(DARK))
                os.close(outputs)
        with self._reading:
            button, self._button = self._button, None
            if button is not None:
                button.close()
