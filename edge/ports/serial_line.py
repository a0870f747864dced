"""Serial readers, and converters that write Wiegand bits on a serial line. The only user of pyserial.

What pyserial does when a reader is pulled out was measured (readers.md, section 4): reading raises SerialException or a
bare OSError, flushing a termios error; so all of these mean "lost". The same happens when a second program opens the
port (a login prompt on it, for instance), which the exclusive lock cannot always prevent.
"""

import termios
from collections.abc import Callable

import serial

from edge.errors import PortError
from edge.ports.line import TURN_S, Heard

MOST_BYTES = 4096


def open_serial(path: str, baud: int, mono_ns: Callable[[], int]) -> "SerialLine":
    """The port at `path`, exclusively, 8N1; what came before is dropped. Raises OSError.

    path: stable (by-id, udev or by-path), never a ttyUSB number. mono_ns: monotonic nanoseconds.
    """
    try:
        line = serial.Serial(path, baud, timeout=TURN_S, write_timeout=TURN_S, exclusive=True)
    except termios.error as error:
        raise PortError(str(error)) from error
    try:
        line.reset_input_buffer()
    except (OSError, termios.error) as error:
        line.close()
        raise PortError(str(error)) from error
    return SerialLine(line, mono_ns)


class SerialLine:
    """An open serial port."""

    def __init__(self, line: serial.Serial, mono_ns: Callable[[], int]) -> None:
        self._line = line
        self._mono_ns = mono_ns

    def read(self) -> list[Heard]:
        """What the reader sent. Raises OSError when it is gone."""
        try:
            first = self._line.read(1)
            mono_ns = self._mono_ns()
            data = first + self._line.read(min(self._line.in_waiting, MOST_BYTES)) if first else b""
        except termios.error as error:
            raise PortError(str(error)) from error
        return [Heard(data, mono_ns)] if data else []

    def write(self, data: bytes) -> None:
        """Send to the reader. Raises OSError."""
        try:
            self._line.write(data)
        except termios.error as error:
            raise PortError(str(error)) from error

    def close(self) -> None:
        """Give the port back."""
        self._line.close()
