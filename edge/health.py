"""Is every loop of the station alive? A table of ticks, the faults shown now, and the word to systemd.

A thread that died or hangs must not look healthy: the watchdog is fed only while every loop has ticked within its own
limit, so that a station that cannot record is started anew instead of standing there dark.
"""

import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Loop:
    limit_ns: int
    ticked_ns: int
    begun: bool = False


class Health:
    """The table. Safe for every thread. mono_ns: real monotonic nanoseconds."""

    def __init__(self, mono_ns: Callable[[], int]) -> None:
        self._mono_ns = mono_ns
        self._lock = threading.Lock()
        self._loops: dict[str, _Loop] = {}
        self._faults: dict[str, None] = {}
        self._counts: Counter[str] = Counter()

    def watch(self, loop: str, limit_s: float) -> None:
        """From now on `loop` must tick at least every `limit_s`."""
        with self._lock:
            self._loops[loop] = _Loop(int(limit_s * 1e9), self._mono_ns())

    def tick(self, loop: str) -> None:
        """`loop` has gone round once. Raises KeyError for a loop that nobody watches."""
        with self._lock:
            self._loops[loop].ticked_ns = self._mono_ns()
            self._loops[loop].begun = True

    def begun(self) -> bool:
        """Whether every loop has ticked at least once: the station is ready."""
        with self._lock:
            return all(loop.begun for loop in self._loops.values())

    def late(self) -> tuple[str, ...]:
        """The loops that did not tick within their limit; empty = all are alive."""
        now = self._mono_ns()
        with self._lock:
            return tuple(name for name, loop in self._loops.items() if now - loop.ticked_ns > loop.limit_ns)

    def fault(self, code: str) -> bool:
        """Show `code` until it is cleared; True when it was not shown before."""
        with self._lock:
            new = code not in self._faults
            self._faults[code] = None
            return new

    def clear(self, prefix: str) -> None:
        """Show no fault that begins with `prefix` any more."""
        with self._lock:
            self._faults = {code: None for code in self._faults if not code.startswith(prefix)}

    def faults(self) -> tuple[str, ...]:
        """The codes shown now, in order of appearance, at most the 32 a heartbeat may carry."""
        with self._lock:
            return tuple(self._faults)[:32]

    def count(self, code: str) -> None:
        """`code` happened once more."""
        with self._lock:
            self._counts[code] += 1

    def counts(self) -> dict[str, int]:
        """How often each code happened since the start."""
        with self._lock:
            return dict(self._counts)


def supervise(name: str, loop: Callable[[], None], stop: threading.Event, health: Health, wait_s: float = 1.0) -> None:
    """Run `loop` until `stop` is set; whatever it raises is logged, counted and shown, and it is run again.

    This is the one broad except of the process: a loop that fails must never be silently gone.
    """
    while not stop.is_set():
        try:
            loop()
        except Exception:
            log.exception("loop %s failed; it is started again", name)
            health.count(f"{name}_failed")
            health.fault(f"{name}_failed")
            stop.wait(wait_s)


def tell_systemd(message: str, address: str | None) -> None:
    """Send `message` (`READY=1`, `WATCHDOG=1`, `STOPPING=1`) to the service manager; sd_notify(3).

    address: the value of NOTIFY_SOCKET, None outside systemd (nothing is sent). Raises OSError.
    """
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        line.sendto(message.encode(), name)
