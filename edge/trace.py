"""A witness of what the panel showed: JSON lines in a file, for demonstrations and tests that cut the power.

Each line is one write to a file opened for appending: it is in the kernel's hands when `write` returns, so that killing
the process afterwards cannot take it back. Killing it in the middle can leave a part (the kernel stops between two
pages): the next life begins by cutting that off. It is not fsynced: the journal is what must survive, not its witness.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

LONGEST = 65_536
"""Bytes in which the end of the last whole line is looked for; a line has some hundreds."""


class TraceFile:
    """Appends what it is told, with the real monotonic time (`shown_ns`) at which it was shown."""

    def __init__(self, path: Path, mono_ns: Callable[[], int]) -> None:
        self._path = path
        self._mono_ns = mono_ns
        self._handle = -1

    def open(self) -> None:
        """Open or make the file; a last line that was cut is taken off. Raises OSError."""
        self._handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        size = os.fstat(self._handle).st_size
        tail = os.pread(self._handle, LONGEST, max(0, size - LONGEST))
        if torn := len(tail) - tail.rfind(b"\n") - 1:
            os.ftruncate(self._handle, size - torn)

    def write(self, entry: dict[str, object]) -> None:
        """One line, one write. Raises OSError."""
        line = (
            json.dumps({**entry, "shown_ns": self._mono_ns()}, ensure_ascii=False, separators=(",", ":")).encode()
            + b"\n"
        )
        os.write(self._handle, line)

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
