"""A lock whose waiters get it in the order in which they came."""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """Who comes first is served first, and begins at once when the one before has ended.

    A plain lock may be taken again by the thread that has just given it back, while another one waits. A thread that
    has its turn and asks for one more would wait for itself: that is a RuntimeError.
    """

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._owner: int | None = None
        self._waiting: deque[tuple[int, threading.Event]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._door:
            if self._owner == me:
                raise RuntimeError("this thread writes already: do its work in that transaction")
            if self._owner is None:
                self._owner = me
                return
            called = threading.Event()
            self._waiting.append((me, called))
        called.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._door:
            self._owner = None
            if self._waiting:
                self._owner, called = self._waiting.popleft()
                called.set()
