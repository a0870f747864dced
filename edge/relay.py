"""A network that can be cut: a relay between a simulated station and its broker.

Cutting it lets bytes vanish in both directions while both connections stay open, as a dead mobile network does; only
keepalive finds that out. When it is whole again, connections that lost bytes are closed, as a router would, and those
begun meanwhile go on.
"""

import selectors
import socket
import threading
from typing import cast

CHUNK_BYTES = 65_536


class Relay:
    """Listens on a free loopback port and passes everything on to host:port, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._cut = threading.Event()
        self._stop = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket()
        self._swallowing: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def open(self) -> int:
        """Begin, and return the port to connect to. Raises OSError."""
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """From now on nothing passes and nobody is accepted."""
        self._cut.set()

    def join(self) -> None:
        """Whole again."""
        self._cut.clear()

    def close(self) -> None:
        """End the relay and all its connections."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        accepting = True
        while not self._stop.is_set():
            if accepting == self._cut.is_set():
                accepting = not accepting
                self._turn(accepting)
            for key, _ in self._selector.select(0.05):
                self._ready(cast(socket.socket, key.fileobj), key.data)
        for line in [cast(socket.socket, key.fileobj) for key in self._selector.get_map().values()]:
            line.close()
        self._listener.close()
        self._selector.close()

    def _turn(self, accepting: bool) -> None:
        """The network was cut, or is whole again."""
        if not accepting:
            self._selector.unregister(self._listener)
            return
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._end(*self._swallowing)

    def _ready(self, line: socket.socket, other: socket.socket | None) -> None:
        if other is None:
            self._accept(line)
        elif self._knows(line):
            self._pass(line, other)

    def _accept(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(self._to, 5)
        except OSError:
            near.close()
            return
        self._selector.register(near, selectors.EVENT_READ, far)
        self._selector.register(far, selectors.EVENT_READ, near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            content = source.recv(CHUNK_BYTES)
            if self._cut.is_set() and content:
                self._swallowing |= {source, sink}
            if content and source not in self._swallowing:
                sink.sendall(content)
        except OSError:
            content = b""
        if not content:
            self._end(source, sink)

    def _end(self, *lines: socket.socket) -> None:
        for line in lines:
            if self._knows(line):
                self._selector.unregister(line)
            self._swallowing.discard(line)
            line.close()

    def _knows(self, line: socket.socket) -> bool:
        """Whether it is still open: both ends of a connection may be ready at once, and the first one ends both."""
        return line.fileno() >= 0 and line in self._selector.get_map()
