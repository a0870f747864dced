"""A line on which one side can be made unheard: what it says vanishes, what it hears goes on."""

import socket
import threading
from contextlib import suppress


class Mute:
    """Relays one connection after the other to host:port. Use it in a `with`. port: where to connect to."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._hushed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def hush(self) -> None:
        """From now on nothing of what the connecting side says arrives."""
        self._hushed.set()

    def __enter__(self) -> "Mute":
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for line in self._lines:
            line.close()

    def _begin(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to, 5)
                self._lines += [near, far]
                self._begin(self._pass, near, far, True)
                self._begin(self._pass, far, near, False)

    def _pass(self, source: socket.socket, sink: socket.socket, says: bool) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                if not (says and self._hushed.is_set()):
                    sink.sendall(content)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
