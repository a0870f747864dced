"""A disk whose write cache dies with the power, and one that lies about its flushes.

Writes stay in memory until a FLUSH (or are written through, FUA). At the cut each block that was not flushed survives
by chance, so what was written later may survive what was written earlier. A lying disk says yes to every FLUSH and
keeps a write in memory for some seconds all the same, as bad SD cards do. Served to QEMU as NBD (the protocol's fixed
newstyle, as much of it as QEMU asks for).
"""

import contextlib
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
BLOCK = 4096
"""Bytes that survive a cut together or not at all."""

_GREETING = b"NBDMAGIC" + b"IHAVEOPT" + struct.pack(">H", 0b11)
_HAS_FLUSH_AND_FUA = 1 | 4 | 8
_EXPORT_NAME, _ABORT, _GO = 1, 2, 7
_READ, _WRITE, _DISCONNECT, _FLUSH = 0, 1, 2, 3
_ACK, _INFO, _UNSUPPORTED = 1, 3, 0x80000001
_INVALID = 22


@dataclass(slots=True)
class Cut:
    """What a cut found in the cache: blocks never flushed, and how many of them survived."""

    unflushed: int
    survived: int


@dataclass(slots=True)
class Pending:
    """A sector in the cache. since_s: when it was first written after it was last stored."""

    since_s: float
    content: bytes


@dataclass(slots=True)
class Disk:
    """The cache over `file`, a descriptor. lie_s: seconds a flushed write is kept back, None = an honest disk.

    survive: chance that a block which was not flushed is there after the cut. now_s: monotonic seconds.
    """

    file: int
    draw: random.Random
    lie_s: float | None = None
    survive: float = 0.5
    now_s: Callable[[], float] = time.monotonic
    writes: int = 0
    flushes: int = 0
    _cache: dict[int, Pending] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes."""
        return os.fstat(self.file).st_size

    def read(self, offset: int, length: int) -> bytes:
        """What was written last, flushed or not; offset and length in whole sectors."""
        content = bytearray(os.pread(self.file, length, offset))
        first = offset // SECTOR
        for number in range(first, first + length // SECTOR):
            if number in self._cache:
                at = (number - first) * SECTOR
                content[at : at + SECTOR] = self._cache[number].content
        return bytes(content)

    def write(self, offset: int, content: bytes, through: bool = False) -> None:
        """Whole sectors into the cache; `through`: onto the disk before this returns, if it is honest."""
        self.writes += 1
        first, now_s = offset // SECTOR, self.now_s()
        numbers = range(first, first + len(content) // SECTOR)
        for number in numbers:
            at = (number - first) * SECTOR
            self._cache.setdefault(number, Pending(now_s, b"")).content = content[at : at + SECTOR]
        if through and self.lie_s is None:
            self._store(numbers)

    def flush(self) -> None:
        """An honest disk stores everything now, a lying one only what is old enough."""
        self.flushes += 1
        self._store(self._old() if self.lie_s is not None else list(self._cache))

    def cut(self) -> Cut:
        """The power is gone."""
        if self.lie_s is not None:
            self._store(self._old())
        blocks: dict[int, list[int]] = {}
        for number in sorted(self._cache):
            blocks.setdefault(number * SECTOR // BLOCK, []).append(number)
        kept = [block for block in blocks if self.draw.random() < self.survive]
        for block in kept:
            self._store(blocks[block])
        self._cache.clear()
        return Cut(len(blocks), len(kept))

    def _old(self) -> list[int]:
        limit_s = self.now_s() - (self.lie_s or 0)
        return [number for number, pending in self._cache.items() if pending.since_s <= limit_s]

    def _store(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            os.pwrite(self.file, self._cache.pop(number).content, number * SECTOR)


class DiskServer:
    """Serves one disk to one QEMU through a socket at `socket_path`; `cut` after that QEMU was killed."""

    def __init__(self, disk: Disk, socket_path: Path) -> None:
        self._disk = disk
        self._path = socket_path
        self._failed: Exception | None = None

    def start(self) -> None:
        """Listen."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)
        self._thread.start()

    def cut(self) -> Cut:
        """Take what QEMU had still sent, then lose the cache. Raises what went wrong while it served."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self._listener.close()
        if self._failed is not None:
            raise self._failed
        return self._disk.cut()

    def _run(self) -> None:
        try:
            line, _ = self._listener.accept()
        except OSError:
            return  # cut before QEMU had come
        try:
            with line:
                serve(self._disk, line)
        except (EOFError, ConnectionError):
            pass  # QEMU was killed
        except Exception as error:  # noqa: BLE001 - kept, and raised where the rig waits for it
            self._failed = error


def serve(disk: Disk, line: socket.socket) -> None:
    """Answer one client until it says good-bye. Raises EOFError when it is gone without."""
    line.sendall(_GREETING)
    _exactly(line, 4)
    if not _agreed(disk, line):
        return
    while True:
        flags, command, handle, offset, length = struct.unpack(">HHQQI", _exactly(line, 28)[4:])
        content, wrong = b"", 0
        if command == _READ:
            content = disk.read(offset, length)
        elif command == _WRITE:
            disk.write(offset, _exactly(line, length), bool(flags & 1))
        elif command == _FLUSH:
            disk.flush()
        elif command == _DISCONNECT:
            return
        else:
            wrong = _INVALID
        line.sendall(struct.pack(">IIQ", 0x67446698, wrong, handle) + content)


def _agreed(disk: Disk, line: socket.socket) -> bool:
    """The options, until the client takes the disk; False = it does not."""
    while True:
        option, length = struct.unpack(">II", _exactly(line, 16)[8:])
        _exactly(line, length)
        if option == _EXPORT_NAME:
            line.sendall(struct.pack(">QH", disk.size, _HAS_FLUSH_AND_FUA))
            return True
        if option == _GO:
            line.sendall(_reply(option, _INFO, struct.pack(">HQH", 0, disk.size, _HAS_FLUSH_AND_FUA)))
            line.sendall(_reply(option, _ACK))
            return True
        line.sendall(_reply(option, _ACK if option == _ABORT else _UNSUPPORTED))
        if option == _ABORT:
            return False


def _reply(option: int, kind: int, content: bytes = b"") -> bytes:
    return struct.pack(">QIII", 0x3E889045565A9, option, kind, len(content)) + content


def _exactly(line: socket.socket, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        part = line.recv(count - len(content))
        if not part:
            raise EOFError("the client is gone")
        content += part
    return bytes(content)
