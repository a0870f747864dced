"""The network that can be cut: what it must survive to be of use in a test of others."""

import socket
import threading
from contextlib import closing

from edge.relay import Relay


def echo_once(relay_port: int, listener: socket.socket) -> bytes:
    """Send through the relay from both ends at once, then end both at once; returns what the near end got."""
    with socket.create_connection(("127.0.0.1", relay_port), 5) as near:
        far, _ = listener.accept()
        with far:
            barrier = threading.Barrier(2)

            def end(line: socket.socket) -> None:
                barrier.wait()
                line.shutdown(socket.SHUT_RDWR)

            far.sendall(b"x")
            got = near.recv(1)
            other = threading.Thread(target=end, args=(far,))
            other.start()
            end(near)
            other.join()
            return got


def test_a_relay_goes_on_when_both_ends_of_a_connection_end_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        relay = Relay("127.0.0.1", listener.getsockname()[1])
        with closing(relay):
            port = relay.open()
            assert [echo_once(port, listener) for _ in range(50)] == [b"x"] * 50
