"""The hash chain of a journal (wire.md, "Readable, chained, sealed"). Pure.

Each event's hash is SHA-256(previous hash + line); the chain starts from SHA-256 of `dd/1/{device}/{journal}`, so a
line can neither be changed nor moved to another place, journal or device without breaking every later hash.
"""

from collections.abc import Iterable
from hashlib import sha256


def chain_start(device: str, journal: str) -> bytes:
    """The 32-byte hash before seq 1."""
    return sha256(f"dd/1/{device}/{journal}".encode()).digest()


def link(previous: bytes, line: bytes) -> bytes:
    """The hash after `line` (bytes as journalled, without the newline)."""
    return sha256(previous + line).digest()


def links(previous: bytes, lines: Iterable[bytes]) -> list[bytes]:
    """The hash after each of `lines`."""
    found = []
    for line in lines:
        previous = sha256(previous + line).digest()
        found.append(previous)
    return found
