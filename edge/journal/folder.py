"""The journal's folder on disk: segment files, the prepared next one, the state file and the lock.

    lock             flock: one process at a time
    00000007.seg     `#dd1 CRC {"number":7,...}`, then records, then zeros up to the allocated size
    next             the next segment, zero-filled and synced ahead of need
    acks             acknowledgement state (`edge.journal.state`)

Segments are zero-filled for real: on ext4 a write over written blocks needs no change of metadata, so that fdatasync
costs one flush, and a full disk is met here and not at a tap. Files are for their owner only: badge numbers are in
them.
"""

import fcntl
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from edge.errors import JournalError
from edge.wire import text as t
from edge.wire.text import WireError, decode_line, encode_line

_NAME = re.compile(r"([0-9]{8})\.seg")
_HEADER = re.compile(rb"#dd1 ([0-9a-f]{8}) (\{[^\n]{1,1000}\})\n")
_HEADER_ROOM = 512
_HEADER_MAX_BYTES = 1_100
_BLOCK_BYTES = 65_536
_SECTOR_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a segment: whose it is, its number, and the journal current when it was begun."""

    device: str
    number: int
    journal: str
    boot: str
    size: int
    """Bytes of the header line itself."""


def encode_header(device: str, number: int, journal: str, boot: str) -> bytes:
    """A segment's first line."""
    line = encode_line({"device": device, "number": number, "journal": journal, "boot": boot})
    return f"#dd1 {crc32(line):08x} ".encode() + line + b"\n"


def read_header(content: bytes) -> Header | None:
    """The header of a segment, None when it is damaged."""
    found = _HEADER.match(content)
    if found is None or int(found[1], 16) != crc32(found[2]):
        return None
    try:
        f = decode_line(found[2])
        return Header(t.device_id(f), t.integer(f, "number", 1), t.journal_id(f), t.text(f, "boot", 64), found.end())
    except WireError:
        return None


class Pen:
    """The end of the segment being written: the only writer of event bytes."""

    def __init__(self, fd: int, number: int, end: int, size: int, dirty: int, sync: Callable[[int], None]) -> None:
        """Write at `end` of `size` bytes; `dirty` bytes after `end` are not zero and may be overwritten."""
        self.number, self.end, self.size = number, end, size
        self._fd, self._dirty, self._sync = fd, dirty, sync

    def room(self) -> int:
        """Bytes left."""
        return self.size - self.end

    def write(self, record: bytes) -> int:
        """Make `record` durable and return its offset; raises OSError, after which nothing counts as written."""
        padded = record.ljust(min(self._dirty, self.room()), b"\0")
        self._dirty = max(self._dirty, len(record))
        try:
            _write_all(self._fd, padded, self.end)
            self._sync(self._fd)
        except OSError:
            self._wipe()
            raise
        offset, self.end, self._dirty = self.end, self.end + len(record), 0
        return offset

    def _wipe(self) -> None:
        """Take back what a failed write may have left, as far as the disk lets us; the next write covers it anyway."""
        try:
            _write_all(self._fd, bytes(min(self._dirty, self.room())), self.end)
            self._sync(self._fd)
        except OSError:
            return

    def close(self) -> None:
        """Give the file back."""
        os.close(self._fd)


class Folder:
    """The files of one journal folder. Every method raises OSError (or JournalError, which is one)."""

    def __init__(self, path: Path, device: str, segment_bytes: int, sync: Callable[[int], None]) -> None:
        self.path, self.device, self.segment_bytes = path, device, segment_bytes
        self._sync = sync
        self._lock: int | None = None
        self._readying = threading.Lock()  # the prepared segment is made by one thread and used by another

    def lock(self) -> None:
        """Create the folder if need be and take it; raises JournalError when another process has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(fd)
            raise JournalError(
                f"journal folder {self.path} is in use by another process: stop that one first, or give each station"
                " a folder of its own"
            ) from error
        self._lock = fd

    def unlock(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def numbers(self) -> list[int]:
        """The numbers of all segment files, in order."""
        return sorted(int(found[1]) for entry in self.path.iterdir() if (found := _NAME.fullmatch(entry.name)))

    def segment(self, number: int) -> Path:
        """Where a segment lies."""
        return self.path / f"{number:08d}.seg"

    def read(self, number: int) -> bytes:
        """All of a segment; what the disk cannot read any more is zeros."""
        fd = os.open(self.segment(number), os.O_RDONLY)
        try:
            places = range(0, os.fstat(fd).st_size, _BLOCK_BYTES)
            return b"".join(_read_block(fd, place) for place in places)
        finally:
            os.close(fd)

    def header(self, number: int) -> Header | None:
        """The header of a segment, None when it is damaged."""
        with self.segment(number).open("rb") as file:
            return read_header(file.read(_HEADER_MAX_BYTES))

    def size(self, number: int) -> int:
        """Bytes of a segment's file."""
        return self.segment(number).stat().st_size

    def repair(self, number: int, pieces: list[tuple[int, bytes]]) -> None:
        """Put each piece at its offset, durably."""
        fd = os.open(self.segment(number), os.O_WRONLY)
        try:
            for offset, piece in pieces:
                _write_all(fd, piece, offset)
            self._sync(fd)
        finally:
            os.close(fd)

    def trim(self, number: int, end: int) -> None:
        """Give back the zeros after `end`."""
        os.truncate(self.segment(number), end)

    def remove(self, number: int) -> None:
        """Delete a segment."""
        self.segment(number).unlink(missing_ok=True)

    def pen(self, number: int, end: int, dirty: int) -> Pen:
        """Go on writing in a segment that is there."""
        fd = os.open(self.segment(number), os.O_RDWR)
        return Pen(fd, number, end, os.fstat(fd).st_size, dirty, self._sync)

    def prepare(self) -> None:
        """Make sure that the next segment lies ready."""
        with self._readying:
            self._prepare(0)

    def _prepare(self, room: int) -> None:
        ready = self.path / "next"
        wanted = max(self.segment_bytes, _HEADER_ROOM + room)
        if not ready.exists() or ready.stat().st_size != wanted:
            self._replace("next", bytes(wanted))

    def begin(self, number: int, journal: str, boot: str, room: int) -> Pen:
        """Turn the prepared segment into number `number`, durably; its pen has `room` for a record at least."""
        with self._readying:
            self._prepare(room)
            ready = self.path / "next"
            fd = os.open(ready, os.O_RDWR)
            try:
                header = encode_header(self.device, number, journal, boot)
                _write_all(fd, header, 0)
                self._sync(fd)
                ready.rename(self.segment(number))
                self._sync_folder()
                return Pen(fd, number, len(header), os.fstat(fd).st_size, 0, self._sync)
            except BaseException:
                os.close(fd)
                raise

    def discard_prepared(self) -> None:
        """Remove a prepared segment that is not empty: what a fault has written into it could pass for a torn tail."""
        ready = self.path / "next"
        if ready.exists() and ready.read_bytes().strip(b"\0"):
            ready.unlink()

    def read_state(self) -> bytes | None:
        """The state file, None when there is none."""
        try:
            return (self.path / "acks").read_bytes()
        except FileNotFoundError:
            return None

    def write_state(self, content: bytes) -> None:
        """Replace the state file, durably."""
        self._replace("acks", content)

    def _replace(self, name: str, content: bytes) -> None:
        temporary = self.path / f"{name}.tmp"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # Page by page: written at once, new kernels keep it as one large folio and count each record as all of
            # it (measured: 256 KiB of "written bytes" for a record of 250).
            for place in range(0, len(content), _SECTOR_BYTES):
                _write_all(fd, content[place : place + _SECTOR_BYTES], place)
            os.fsync(fd)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        temporary.rename(self.path / name)
        self._sync_folder()

    def _sync_folder(self) -> None:
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)  # fdatasync may leave out a directory's entries
        finally:
            os.close(fd)


def _read_block(fd: int, place: int, size: int = _BLOCK_BYTES) -> bytes:
    try:
        return os.pread(fd, size, place)
    except OSError:
        if size == _SECTOR_BYTES:
            return bytes(size)
        return b"".join(_read_block(fd, at, _SECTOR_BYTES) for at in range(place, place + size, _SECTOR_BYTES))


def _write_all(fd: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(fd, content, offset)
        content, offset = content[written:], offset + written
