"""Between a reader's port and the door: bytes through the driver, events into the door's queue."""

from collections.abc import Callable

from edge.ports import ReaderPort
from edge.readers import EventKind, Reader, ReaderEvent


class Hearing:
    """The listener of one port. `port` is set before the port starts. put: hands an event to the door."""

    def __init__(self, reader_id: str, driver: Reader, put: Callable[[ReaderEvent], None]) -> None:
        self._reader_id = reader_id
        self._driver = driver
        self._put = put
        self.port: ReaderPort | None = None

    def connected(self, mono_ns: int) -> None:
        """The port is open: what a polled reader wants to be told goes out."""
        self._put(ReaderEvent(EventKind.CONNECTED, self._reader_id, mono_ns))
        self._ask()

    def received(self, data: bytes, mono_ns: int) -> None:
        """Bytes came."""
        self._pass(self._driver.feed(data, mono_ns))

    def idle(self, mono_ns: int) -> None:
        """Nothing came."""
        self._pass(self._driver.tick(mono_ns))

    def lost(self, reason: str, mono_ns: int) -> None:
        """The port is gone; what it had begun to say is given up."""
        self._put(ReaderEvent(EventKind.LOST, self._reader_id, mono_ns))

    def _pass(self, events: list[ReaderEvent]) -> None:
        for event in events:
            self._put(event)
        self._ask()

    def _ask(self) -> None:
        for request in self._driver.requests():
            if self.port is not None:
                self.port.send(request)
