"""Wiegand wires on GPIO pins: one request for both, so that the order of the pulses is the kernel's.

The kernel stamps each falling edge when it happens and numbers it; a late reader loses no order, and a number that is
missing is a pulse that is missing. Two requests, or callbacks of a library, give neither (readers.md 1.5). What is
spoken is the kernel's own interface (linux/gpio.h, version 2, since Linux 5.10), which libgpiod 2 wraps: bookworm has
only libgpiod 1, and PyPI has no wheel of version 2 for a 32-bit Pi.
"""

import fcntl
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.errors import PortError
from edge.ports.line import MOST_EVENTS, TURN_S, Events, Heard

FRAME_END_S = 0.026
"""While a frame is coming: just longer than the silence that ends it (`edge.readers.wiegand`)."""
_PORT = re.compile(r"(gpio|/dev/[^:]+):([0-9]{1,3}),([0-9]{1,3})")
_HEADER_CHIPS = ("pinctrl-bcm", "pinctrl-rp1")
"""Labels of the chips behind the pins of a Pi: their /dev/gpiochip number differs between models and kernels."""
_INFO = struct.Struct("=32s32sI")
_GET_INFO = 0x8044B401
_GET_LINES = 0xC250B407
_INPUT, _EDGE_FALLING, _PULL_UP = 1 << 2, 1 << 5, 1 << 8
_REQUEST = struct.Struct("=64I32sQI5I240sII5Ii")  # struct gpio_v2_line_request with a config of no attributes
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
    chip = os.open(wires.chip or _header_chip(devices), os.O_RDWR | os.O_CLOEXEC)
    try:
        lines = [wires.d0, wires.d1, *[0] * 62]
        flags = _INPUT | _EDGE_FALLING | _PULL_UP
        asked = _REQUEST.pack(*lines, b"diemdanh", flags, *[0] * 6, b"", 2, MOST_EVENTS, *[0] * 5, 0)
        handle = _REQUEST.unpack(fcntl.ioctl(chip, _GET_LINES, asked))[-1]
    except OSError as error:
        raise PortError(
            f"GPIO {wires.d0} and {wires.d1} cannot be had ({error.strerror}); "
            "is one of them the panel's or another program's?"
        ) from error
    finally:
        os.close(chip)
    os.set_blocking(handle, False)
    return GpioLine(handle, wires)


def _header_chip(devices: Path) -> Path:
    for path in sorted(devices.glob("gpiochip*")):
        if _label(path).startswith(_HEADER_CHIPS):
            return path
    raise PortError('this computer has no GPIO pins of a Raspberry Pi; write port = "/dev/gpiochipN:D0,D1"')


def _label(path: Path) -> str:
    chip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        label: bytes = _INFO.unpack(fcntl.ioctl(chip, _GET_INFO, bytes(_INFO.size)))[1]
        return label.rstrip(b"\0").decode("ascii", "replace")
    finally:
        os.close(chip)


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
