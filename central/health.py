"""Are all loops of this process alive? Each ticks a table; the service manager is told only while every one has."""

import os
import socket
import threading
from collections.abc import Callable, Mapping

from central.clock import Clock

PATIENCE_S = 20.0
"""How long a loop may stay silent before it counts as dead."""


class Liveness:
    """When each loop last ticked, in real seconds. Any thread may tick."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ticked: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._counts: dict[str, Callable[[], Mapping[str, int]]] = {}

    def tick(self, loop: str) -> None:
        """`loop` went round once more."""
        with self._lock:
            self._ticked[loop] = self._clock.mono_s()

    def failed(self, loop: str) -> None:
        """A round of `loop` raised; it goes on."""
        with self._lock:
            self._failures[loop] = self._failures.get(loop, 0) + 1

    def count_with(self, part: str, counts: Callable[[], Mapping[str, int]]) -> None:
        """From now on `counts` says how often each thing happened in `part` of this process."""
        with self._lock:
            self._counts[part] = counts

    def counts(self) -> dict[str, Mapping[str, int]]:
        """Part -> its counts now."""
        with self._lock:
            asked = dict(self._counts)
        return {part: ask() for part, ask in asked.items()}

    def silent(self) -> dict[str, float]:
        """The loops that have not ticked for too long, and for how many seconds; empty = all is well."""
        now = self._clock.mono_s()
        with self._lock:
            ages = {loop: now - at for loop, at in self._ticked.items()}
        return {loop: age for loop, age in ages.items() if age > PATIENCE_S}

    def failures(self) -> dict[str, int]:
        """How often each loop's round raised."""
        with self._lock:
            return dict(self._failures)


def tell_service_manager(message: str) -> bool:
    """Send `READY=1`, `WATCHDOG=1` or `STOPPING=1` to systemd; False where nobody listens (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.sendto(message.encode(), name)
    return True
