"""Wiegand wires on GPIO pins: one request for both, so that the order of the pulses is the kernel's.

The kernel stamps each falling edge when it happens and numbers it; a late reader loses no order, and a number that is
missing is a pulse that is missing. Two requests, or callbacks of a library, give neither (readers.md 1.5).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.errors import PortError
from edge.ports.gpio_chip import EDGE_FALLING, INPUT, PULL_UP, header_chip, request_lines
from edge.ports.line import MOST_EVENTS, TURN_S, Events, Heard

FRAME_END_S = 0.026
"""While a frame is coming: just longer than the silence that ends it (`edge.readers.wiegand`)."""
_PORT = re.compile(r"(gpio|/dev/[^:]+):([0-9]{1,3}),([0-9]{1,3})")
_EVENT = struct.Struct("=QIIII24x")  # time in ns, kind, line, number of the event, number of it on its line
_LOST = b"x"


@dataclass(frozen=True, slots=True)
class Wires:
    """Where D0 and D1 end. chip: path of a GPIO chip, None = the one behind the pins of a Pi."""

    chip: str | None
    d0: int
    d1: int


def wires_from(port: str) -> Wires | None:
    """What `gpio:5,6` or `/dev/gpiochip0:5,6` says, D0 first; None when `port` says no two pins."""
    found = _PORT.fullmatch(port)
    if found is None or found[2] == found[3]:
        return None
    return Wires(None if found[1] == "gpio" else found[1], int(found[2]), int(found[3]))


def open_wires(wires: Wires, devices: Path = Path("/dev")) -> "GpioLine":
    """Both lines in one request, falling edges, pulled up where the chip can. Raises OSError."""
    chip = wires.chip or header_chip(devices)
    if chip is None:
        raise PortError('this computer has no GPIO pins of a Raspberry Pi; write port = "/dev/gpiochipN:D0,D1"')
    flags = INPUT | EDGE_FALLING | PULL_UP
    return GpioLine(request_lines(chip, (wires.d0, wires.d1), flags, events=MOST_EVENTS), wires)


class GpioLine:
    """Two requested lines. handle: of the request, not blocking; closed by `close`."""

    def __init__(self, handle: int, wires: Wires) -> None:
        self._events = Events(handle, _EVENT.size)
        self._wires = wires
        self._number = 0
        self._coming = False

    def read(self) -> list[Heard]:
        """Pulses as `edge.readers.wiegand` takes them, each with the kernel's time. Raises OSError when it is gone."""
        data = self._events.read(FRAME_END_S if self._coming else TURN_S)
        self._coming = bool(data)
        return list(self._pulses(data))

    def _pulses(self, data: bytes) -> Iterator[Heard]:
        # The kernel queues each line's edges from a thread of that line: the numbers are the order, not the queue.
        for mono_ns, _, line, number, _ in sorted(_EVENT.iter_unpack(data), key=lambda event: event[3]):
            lost = number != (self._number + 1) & 0xFFFFFFFF
            self._number = number
            yield Heard((_LOST if lost else b"") + (b"0" if line == self._wires.d0 else b"1"), mono_ns)

    def write(self, data: bytes) -> None:
        """Never: these wires only talk."""
        raise PortError("nothing is sent to a Wiegand reader")

    def close(self) -> None:
        """Give the lines back."""
        self._events.close()
