"""Pins in memory: they keep every change, can be pressed, and can be taken away."""

import errno
import os
import threading
from itertools import pairwise

from edge.errors import PortError
from edge.pins import DARK, Levels
from edge.settings import PanelSettings


def open_pins(settings: PanelSettings) -> "MockPins":
    """Dark pins. A pin that is wanted twice is refused, as by the kernel."""
    wanted = [settings.green, settings.amber, settings.red, settings.buzzer]
    wanted += [settings.field_button] if settings.field_button else []
    if len(set(wanted)) < len(wanted):
        raise PortError(f"GPIO {', '.join(map(str, wanted))} cannot be had; is one of them wanted twice?")
    return MockPins()


class MockPins:
    """history: every state since they were taken, oldest first; closed: were they given back."""

    def __init__(self) -> None:
        self.history: list[Levels] = [DARK]
        self.closed = False
        self._gone = False
        self._pressed = threading.Semaphore(0)

    @property
    def levels(self) -> Levels:
        """What is on now."""
        return self.history[-1]

    def changes(self, name: str) -> list[bool]:
        """How one output changed, from dark."""
        states = [bool(getattr(levels, name)) for levels in self.history]
        return [new for old, new in pairwise(states) if new != old]

    def press(self) -> None:
        """The button goes down."""
        self._pressed.release()

    def take_away(self) -> None:
        """From now on nobody can use them, as if the chip had gone."""
        self._gone = True

    def set(self, levels: Levels) -> None:
        """Kept when something changed. Raises OSError once they were taken away or given back."""
        self._usable()
        if levels != self.levels:
            self.history.append(levels)

    def pressed(self, wait_s: float) -> bool:
        """One press, told once. Raises OSError likewise."""
        self._usable()
        return self._pressed.acquire(timeout=wait_s)

    def close(self) -> None:
        """Dark, and free."""
        self.closed = True
        if self.levels != DARK:
            self.history.append(DARK)

    def _usable(self) -> None:
        if self._gone or self.closed:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
