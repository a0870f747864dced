"""The pins of a panel: four outputs and perhaps a button. OPENERS: setting `panel.pins` -> takes them.

`gpio`: the kernel's lines; `mock`: pins in memory, which keep their history, for tests and for trying a station on any
computer; `none`: a door without lights.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple, Protocol

from edge.settings import PanelSettings


class Levels(NamedTuple):
    """What is on. Its fields are the outputs, in the order of the pins that an opener takes."""

    green: bool = False
    amber: bool = False
    red: bool = False
    buzzer: bool = False


DARK = Levels()


class Pins(Protocol):
    """Pins that were taken; safe for every thread. Everything but `close` raises OSError once they are gone."""

    def set(self, levels: Levels) -> None:
        """Switch all four outputs, at once."""

    def pressed(self, wait_s: float) -> bool:
        """Wait at most `wait_s` for the button to go down; one press is told once, to whoever waits."""

    def close(self) -> None:
        """All off, pins free. Safe to call twice; never raises."""


class NoPins:
    """The pins of a door that has neither lights nor buttons."""

    def set(self, levels: Levels) -> None:
        """Nothing to switch."""

    def pressed(self, wait_s: float) -> bool:
        """Nobody presses what is not there."""
        return False

    def close(self) -> None:
        """Nothing to free."""


Open = Callable[[PanelSettings], Pins]
"""Takes the pins, all of them dark, or raises OSError that says what is wrong."""


def _kernel(settings: PanelSettings) -> Pins:
    opened: Pins = import_module("edge.pins.kernel").open_pins(settings)
    return opened


def _mock(settings: PanelSettings) -> Pins:
    opened: Pins = import_module("edge.pins.mock").open_pins(settings)
    return opened


OPENERS: Mapping[str, Open] = {"gpio": _kernel, "mock": _mock, "none": lambda settings: NoPins()}
