"""USB keyboard readers: the kernel's input device, taken hold of so that no digit reaches a login prompt.

The kernel's own interface is spoken (linux/input.h), because it is small, never changes and is the same on every Pi:
python-evdev has no wheels, and what apt offers differs between systems. Source: readers.md 1.6.
"""

import errno
import fcntl
import os
import struct

from edge.errors import PortError
from edge.ports.line import TURN_S, Events, Heard

_EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value
_EV_SYN, _EV_KEY = 0, 1
_SYN_DROPPED = 3
_EVIOCGRAB, _EVIOCSCLOCKID = 0x40044590, 0x400445A0
_KEY_BYTES = 96
_EVIOCGBIT_KEY = 0x80004520 + _EV_KEY + (_KEY_BYTES << 16)
_CLOCK_MONOTONIC = 1
_DIGITS_AND_ENTER = (2, 11, 28)
_LOST_KEY = bytes([0, 0, 1])
"""A press of a key that is no digit: a number of which the kernel dropped keys is refused by the driver."""


def open_input(path: str) -> "InputLine":
    """The keyboard at `path` (/dev/input/by-id/...-event-kbd or a name of udev), for us alone. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _take(handle)
    except BaseException:
        os.close(handle)
        raise
    return InputLine(handle)


def _take(handle: int) -> None:
    """Take hold of the device. What was typed before stays with whoever it was typed for."""
    try:
        keys = fcntl.ioctl(handle, _EVIOCGBIT_KEY, bytes(_KEY_BYTES))
        fcntl.ioctl(handle, _EVIOCSCLOCKID, struct.pack("@i", _CLOCK_MONOTONIC))
    except OSError as error:
        raise PortError("is no input device; see ls /dev/input/by-id for the name that ends in -event-kbd") from error
    if not all(keys[code // 8] >> code % 8 & 1 for code in _DIGITS_AND_ENTER):
        raise PortError("has no digits and no Enter; one reader shows several names, take the one with -event-kbd")
    try:
        fcntl.ioctl(handle, _EVIOCGRAB, 1)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise PortError("another program has taken hold of this keyboard; stop it") from error
        raise


class InputLine:
    """An open input device. handle: its descriptor, not blocking; closed by `close`."""

    def __init__(self, handle: int) -> None:
        self._events = Events(handle, _EVENT.size)

    def read(self) -> list[Heard]:
        """Keys as `edge.readers.keyboard` takes them, each with the kernel's time. Raises OSError when it is gone."""
        found = []
        for seconds, micros, kind, code, value in _EVENT.iter_unpack(self._events.read(TURN_S)):
            mono_ns = seconds * 1_000_000_000 + micros * 1000
            if kind == _EV_KEY:
                found.append(Heard(code.to_bytes(2, "big") + bytes([value & 0xFF]), mono_ns))
            elif kind == _EV_SYN and code == _SYN_DROPPED:
                found.append(Heard(_LOST_KEY, mono_ns))
        return found

    def write(self, data: bytes) -> None:
        """Never: a keyboard only talks."""
        raise PortError("nothing is sent to a keyboard reader")

    def close(self) -> None:
        """Let go of the device."""
        self._events.close()
