"""A reader's port in a thread of its own: open, read, lose, reopen for ever. Which kind of port it is, `Open` knows."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from edge.errors import PortError
from edge.health import Health, supervise
from edge.ports.line import Line, Open

FIRST_WAIT_S, MOST_WAIT_S = 0.5, 5.0
STEADY_NS = 10_000_000_000
"""A port that was there for less keeps its longer wait: a loose plug must not fill the journal with faults."""
LIMIT_S = 10.0
STOP_S = 1.0

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
        """Nothing came for a tenth of a second, or less where a frame has begun whose end is silence."""

    def lost(self, reason: str, mono_ns: int) -> None:
        """The port is gone, or was not there at the start; told once until it is back."""


def attend(path: str, open_line: Open, seconds: float, mono_ns: Callable[[], int], hear: Hear) -> None:
    """Have a port for `seconds`, exclusively, outside a station. Raises PortError that names `path`.

    `hear` is told what came and when (b"" about ten times a second while nothing does) and returns what is to be sent.
    """
    until_ns = mono_ns() + int(seconds * 1e9)
    try:
        line = open_line()
        try:
            while mono_ns() < until_ns:
                heard = [(one.data, one.mono_ns) for one in line.read()] or [(b"", mono_ns())]
                for data, came_ns in heard:
                    for request in hear(data, came_ns):
                        line.write(request)
        finally:
            line.close()
    except OSError as error:
        raise PortError(f"{path}: {error}") from error


class ReaderPort:
    """One port in one thread. path: how the settings call it. open_line: opens it.

    loop: its name in the health table. mono_ns: monotonic nanoseconds.
    """

    def __init__(
        self, path: str, open_line: Open, listener: Listener, mono_ns: Callable[[], int], health: Health, loop: str
    ) -> None:
        self._path = path
        self._open = open_line
        self._listener = listener
        self._mono_ns = mono_ns
        self._health = health
        self._loop = loop
        self._stop = threading.Event()
        self._line: Line | None = None
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
        except OSError as error:
            raise PortError(
                f"{self._path}: could not write {len(data)} bytes: {error}; is the reader there?"
            ) from error

    def _turn(self) -> None:
        """Open the port, and read until it is lost or the end has come."""
        self._health.tick(self._loop)
        line = self._opened()
        if line is not None:
            began_ns = self._mono_ns()
            try:
                self._read_all(line)
            finally:
                self._line = None
                line.close()
            if self._mono_ns() - began_ns >= STEADY_NS:
                self._wait_s = FIRST_WAIT_S
        self._stop.wait(self._wait_s)
        self._wait_s = min(self._wait_s * 2, MOST_WAIT_S)

    def _opened(self) -> Line | None:
        try:
            return self._open()
        except OSError as error:
            self._lost(str(error))
            return None

    def _read_all(self, line: Line) -> None:
        """Read until the port is lost or the end has come."""
        self._line, self._told_lost = line, False
        log.info("%s: open", self._path)
        self._listener.connected(self._mono_ns())
        while not self._stop.is_set() and self._read(line):
            self._health.tick(self._loop)

    def _read(self, line: Line) -> bool:
        """Tell what came, or that nothing did; False = the port is lost."""
        try:
            heard = line.read()
        except OSError as error:
            self._lost(str(error))
            return False
        # Outside the try: an OSError of the listener (a full disk) is not a lost port.
        for one in heard:
            self._listener.received(one.data, one.mono_ns)
        if not heard:
            self._listener.idle(self._mono_ns())
        return True

    def _lost(self, reason: str) -> None:
        if self._stop.is_set() or self._told_lost:
            return
        self._told_lost = True
        log.warning("%s: lost (%s); it is looked for until it is back", self._path, reason)
        self._listener.lost(reason, self._mono_ns())
