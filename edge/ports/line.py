"""What an open port is: bytes as the driver of its reader takes them, and when each was there."""

import os
import select
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.errors import PortError

TURN_S = 0.1
"""The longest wait for something to come: a silent reader's driver is told that time passes ten times a second."""
MOST_EVENTS = 256


@dataclass(frozen=True, slots=True)
class Heard:
    """What came, never empty. mono_ns: monotonic time at which the first byte of it was there."""

    data: bytes
    mono_ns: int


class Line(Protocol):
    """An open port, of one reader and of us alone. Everything raises OSError once the reader is gone."""

    def read(self) -> list[Heard]:
        """What came, oldest first, waiting at most TURN_S for it; [] = nothing did."""

    def write(self, data: bytes) -> None:
        """Send to the reader; readers that only talk raise PortError."""

    def close(self) -> None:
        """Give the port back."""


Open = Callable[[], Line]
"""Opens a port by its stable path, dropping what came before. Raises OSError that says what is wrong with it."""


class Events:
    """The events of one size that a kernel device gives, read whole.

    handle: of the device, not blocking; closed by `close`.
    """

    def __init__(self, handle: int, event_bytes: int) -> None:
        self._handle = handle
        self._event_bytes = event_bytes

    def read(self, wait_s: float) -> bytes:
        """At most MOST_EVENTS whole events, waiting `wait_s` for the first; b"" = none came. Raises OSError."""
        asked = select.poll()
        asked.register(self._handle, select.POLLIN)
        if not asked.poll(wait_s * 1000):
            return b""
        data = os.read(self._handle, self._event_bytes * MOST_EVENTS)
        if not data or len(data) % self._event_bytes:
            raise PortError(f"the device ended within an event ({len(data)} bytes of {self._event_bytes} each)")
        return data

    def close(self) -> None:
        """Give the device back."""
        os.close(self._handle)
