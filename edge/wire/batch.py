"""The content of `up`: a header line, event lines as journalled, perhaps a seal. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.wire import text as t
from edge.wire.text import WireError, encode_line

MAX_EVENTS = 100
MAX_BYTES = 16 * 1024
"""A sender's limit for one batch, header and seal included."""
MAX_ACCEPTED_BYTES = 64 * 1024
"""What central still reads: a later sender may have a larger limit."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events [first, first + len(lines) - 1] of one journal.

    boot: the boot in which the journal was written. before: chain hash before the first line. sent_ms: the device's
    utc at sending, None when unknown. lines: bytes as journalled, no newlines. seal: a seal note or None.
    """

    device: str
    journal: str
    boot: str
    first: int
    before: bytes
    sent_ms: int | None
    lines: tuple[bytes, ...]
    seal: bytes | None = None

    @property
    def last(self) -> int:
        """The last seq in it."""
        return self.first + len(self.lines) - 1


def encode_batch(batch: Batch) -> bytes:
    """The payload of one `up` message."""
    header = encode_line(
        {
            "v": 1,
            "device": batch.device,
            "journal": batch.journal,
            "boot": batch.boot,
            "first": batch.first,
            "count": len(batch.lines),
            "before": batch.before.hex(),
            "sent_ms": batch.sent_ms,
        }
    )
    tail = () if batch.seal is None else (batch.seal,)
    return b"\n".join((header, *batch.lines, *tail))


def decode_batch(payload: bytes) -> Batch:
    """Read a payload; raises WireError. The lines are not looked into: see `events.decode_event`."""
    if len(payload) > MAX_ACCEPTED_BYTES:
        raise WireError(f"batch of {len(payload)} bytes, at most {MAX_ACCEPTED_BYTES} are read")
    header, *rest = payload.split(b"\n")
    fields = t.decode_line(header)
    if fields.get("v") != 1:
        raise WireError(f"batch of version {str(fields.get('v'))[:20]!r}, only 1 is known")
    count = t.integer(fields, "count", 1, 1000)
    lines, seal = tuple(rest[:count]), rest[count:]
    if len(lines) != count or len(seal) not in (0, 2):
        raise WireError(f"batch announces {count} events and has {len(rest)} lines after its header")
    return Batch(
        t.device_id(fields),
        t.journal_id(fields),
        t.text(fields, "boot", 64),
        t.integer(fields, "first", 1),
        t.digest(fields, "before"),
        t.optional(t.integer, fields, "sent_ms"),
        lines,
        b"\n".join(seal) if seal else None,
    )


def fitting(lines: Sequence[bytes], reserve_bytes: int = 1024) -> int:
    """How many of `lines`, from the first, one batch may hold (at least one).

    reserve_bytes: room kept for header and seal.
    """
    room = MAX_BYTES - reserve_bytes
    for count, line in enumerate(lines[:MAX_EVENTS]):
        room -= len(line) + 1
        if room < 0:
            return max(count, 1)
    return min(len(lines), MAX_EVENTS)
