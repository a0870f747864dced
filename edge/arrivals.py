"""What the door has been told and has not dealt with yet, each with the moment at which it was told.

A disk may hold the door up for seconds; a tap made meanwhile was made when it was made. So the moment is taken here,
in the thread that brings the message, and an event that comes of it is stamped with that. Whoever says "everything
before now is in the journal" asks `oldest` first.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from edge.wire.events import Stamp

MOST_WAITING = 5_000
"""More than this of one reader is nobody's tapping, but it is broken: five seconds of a thousand frames each."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arrival(Generic[T]):
    """A message and when it came."""

    message: T
    stamp: Stamp


class Arrivals(Generic[T]):
    """The door's queue. stamp: tells the time. Many threads `put`, one deals with `first` and says `done`.

    Stamping and queueing are one step, so that stamps are in the order of the queue.
    """

    def __init__(self, stamp: Callable[[], Stamp]) -> None:
        self._stamp = stamp
        self._waiting: deque[tuple[Arrival[T], str]] = deque()
        self._spare: Counter[str] = Counter()
        self._changed = threading.Condition()

    def put(self, message: T, *, spare: str = "") -> bool:
        """Hand over `message`; never blocks for the disk.

        spare: whose it is, where it may be dropped (False) when too much of the same waits, "" = it may not be.
        """
        with self._changed:
            if spare and self._spare[spare] >= MOST_WAITING:
                return False
            self._spare[spare] += 1
            self._waiting.append((Arrival(message, self._stamp()), spare))
            self._changed.notify()
            return True

    def first(self, wait_s: float) -> Arrival[T] | None:
        """What came first and is not dealt with, waiting at most `wait_s` for it; it stays first until `done`."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(wait_s)
            return self._waiting[0][0] if self._waiting else None

    def done(self) -> None:
        """The first one is dealt with."""
        with self._changed:
            _, spare = self._waiting.popleft()
            self._spare[spare] -= 1

    def oldest(self) -> Stamp | None:
        """When the first one came that is not dealt with; None = nothing waits."""
        with self._changed:
            return self._waiting[0][0].stamp if self._waiting else None
