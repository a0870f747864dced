"""Card readers' serial ports: open, read, lose, reopen for ever by the stable path. The only user of pyserial.

What pyserial does when a reader is pulled out was measured (readers.md, section 4): reading raises SerialException or a
bare OSError, flushing a termios error; so all of these mean "lost". The same happens when a second program opens the
port (a login prompt on it, for instance), which the exclusive lock cannot always prevent.
"""

import logging
import termios
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

import serial

from edge.errors import PortError
from edge.health import Health, supervise

TURN_S = 0.1
"""The longest wait for a byte: a silent reader's driver is told that time passes ten times a second."""
FIRST_WAIT_S, MOST_WAIT_S = 0.5, 5.0
STEADY_NS = 10_000_000_000
"""A port that was there for less keeps its longer wait: a loose plug must not fill the journal with faults."""
LIMIT_S = 10.0
STOP_S = 1.0
MOST_BYTES = 4096

log = logging.getLogger(__name__)

Hear = Callable[[bytes, int], Iterable[bytes]]
"""What came and its monotonic time -> what is to be sent."""


class Listener(Protocol):
    """Who is told what a port does, all from the port's own thread. mono_ns: monotonic time of it.

    What is raised here is not caught by the port: the port is closed and the thread begins anew.
    """

    def connected(self, mono_ns: int) -> None:
        """The port is open."""

    def received(self, data: bytes, mono_ns: int) -> None:
        """Bytes came; mono_ns is when the first of them was there."""

    def idle(self, mono_ns: int) -> None:
        """Nothing came for a tenth of a second."""

    def lost(self, reason: str, mono_ns: int) -> None:
        """The port is gone, or was not there at the start; told once until it is back."""


def attend(path: str, baud: int, seconds: float, mono_ns: Callable[[], int], hear: Hear) -> None:
    """Have a port for `seconds`, exclusively, outside a station. Raises PortError.

    `hear` is told what came and when (b"" about ten times a second while nothing does) and returns what is to be sent.
    """
    until_ns = mono_ns() + int(seconds * 1e9)
    try:
        with serial.Serial(path, baud, timeout=TURN_S, write_timeout=TURN_S, exclusive=True) as line:
            line.reset_input_buffer()
            while mono_ns() < until_ns:
                first = line.read(1)
                data = first + line.read(min(line.in_waiting, MOST_BYTES)) if first else b""
                for request in hear(data, mono_ns()):
                    line.write(request)
    except (OSError, termios.error) as error:
        raise PortError(f"{path}: {error}") from error


class SerialPort:
    """One serial port in one thread. path: stable (by-id, udev or by-path), never a ttyUSB number. baud: 8N1.

    loop: its name in the health table. mono_ns: monotonic nanoseconds.
    """

    def __init__(
        self, path: str, baud: int, listener: Listener, mono_ns: Callable[[], int], health: Health, loop: str
    ) -> None:
        self._path = path
        self._baud = baud
        self._listener = listener
        self._mono_ns = mono_ns
        self._health = health
        self._loop = loop
        self._stop = threading.Event()
        self._line: serial.Serial | None = None
        self._wait_s = FIRST_WAIT_S
        self._told_lost = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a port that is not there is `lost` and looked for again for ever, from 0.5 s to every 5 s."""
        self._health.watch(self._loop, LIMIT_S)
        arguments = (self._loop, self._turn, self._stop, self._health)
        self._thread = threading.Thread(target=supervise, args=arguments, name=self._loop, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End within a second and close the port; nothing is told any more. Not from the port's own thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_S)

    def send(self, data: bytes) -> None:
        """Write to the reader; only from within a call of the listener. Raises PortError when there is no port."""
        try:
            if self._line is None:
                raise OSError("it is not open")
            self._line.write(data)
        except (OSError, termios.error) as error:
            raise PortError(
                f"{self._path}: could not write {len(data)} bytes: {error}; is the reader there?"
            ) from error

    def _turn(self) -> None:
        """Open the port, and read until it is lost or the end has come."""
        self._health.tick(self._loop)
        line = self._opened()
        if line is not None:
            began_ns = self._mono_ns()
            with line:
                self._read_all(line)
            if self._mono_ns() - began_ns >= STEADY_NS:
                self._wait_s = FIRST_WAIT_S
        self._stop.wait(self._wait_s)
        self._wait_s = min(self._wait_s * 2, MOST_WAIT_S)

    def _opened(self) -> serial.Serial | None:
        try:
            return serial.Serial(self._path, self._baud, timeout=TURN_S, write_timeout=TURN_S, exclusive=True)
        except (OSError, termios.error) as error:
            self._lost(str(error))
            return None

    def _read_all(self, line: serial.Serial) -> None:
        """Read until the port is lost or the end has come. What came before the port was open is old: dropped."""
        try:
            line.reset_input_buffer()
        except (OSError, termios.error) as error:
            self._lost(str(error))
            return
        self._line, self._told_lost = line, False
        log.info("%s: open", self._path)
        try:
            self._listener.connected(self._mono_ns())
            while not self._stop.is_set() and self._read(line):
                self._health.tick(self._loop)
        finally:
            self._line = None

    def _read(self, line: serial.Serial) -> bool:
        """Tell what came, or that nothing did; False = the port is lost."""
        try:
            first = line.read(1)
            mono_ns = self._mono_ns()
            data = first + line.read(min(line.in_waiting, MOST_BYTES)) if first else b""
        except (OSError, termios.error) as error:
            self._lost(str(error))
            return False
        # Outside the try: an OSError of the listener (a full disk) is not a lost port.
        if data:
            self._listener.received(data, mono_ns)
        else:
            self._listener.idle(mono_ns)
        return True

    def _lost(self, reason: str) -> None:
        if self._stop.is_set() or self._told_lost:
            return
        self._told_lost = True
        log.warning("%s: lost (%s); it is looked for until it is back", self._path, reason)
        self._listener.lost(reason, self._mono_ns())
