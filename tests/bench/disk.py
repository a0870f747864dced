"""The bare disk, so that what it costs by itself can be told from what is made of it."""

import os
import time
from pathlib import Path

ROUND = 4 << 20
"""The file is written round and round, as SQLite writes its log."""


class BareDisk:
    """A file with room, beside the database: writes that are durable when they return, and nothing else."""

    def __init__(self, path: Path, size: int) -> None:
        self._size, self._at = size, 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.write(self._file, bytes(ROUND))
        os.fsync(self._file)

    def write(self) -> float:
        """Milliseconds of one write of `size` bytes and its fdatasync, which is what a commit of SQLite waits for."""
        written = os.urandom(self._size)
        began = time.perf_counter()
        os.pwrite(self._file, written, self._at)
        os.fdatasync(self._file)
        self._at = (self._at + self._size) % (ROUND - self._size)
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
