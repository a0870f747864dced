"""The acknowledgement state as a small text file: a header line, then one line a journal. Pure.

Each line carries its own CRC and the header counts the lines, so that damage costs the journals it hits and nothing
else; what is lost here is sent again, once.
"""

from dataclasses import dataclass, field
from zlib import crc32

from edge.journal.spans import Spans, union
from edge.wire import text as t
from edge.wire.text import WireError, decode_line, encode_line

_MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of one journal: its boot, the last seq it was known to have, the acknowledged seqs.

    head: shows after a fault how many events a journal's damaged end had held at least.
    """

    journal: str
    boot: str
    head: int
    acked: Spans


@dataclass(frozen=True, slots=True)
class State:
    """What a state file said. whole: every line of it could be read; device: None when the header could not."""

    device: str | None
    journals: dict[str, Kept] = field(default_factory=dict)
    whole: bool = True


def encode_state(device: str, journals: list[Kept]) -> bytes:
    """The file's content."""
    lines = [_line({"v": 1, "device": device, "journals": len(journals)})]
    for kept in journals:
        acked = [list(span) for span in kept.acked]
        lines.append(_line({"journal": kept.journal, "boot": kept.boot, "head": kept.head, "acked": acked}))
    return b"".join(lines)


def decode_state(content: bytes) -> State:
    """Read what can be read of it; never raises."""
    lines = [_checked(line) for line in content.split(b"\n")[:-1]]
    header = lines[0] if lines else None
    rows = [_kept(fields) for fields in lines[1:]]
    journals = {kept.journal: kept for kept in rows if kept is not None}
    if header is None:
        return State(None, journals, whole=False)
    whole = None not in rows and header.get("journals") == len(rows) and content.endswith(b"\n")
    return State(str(header.get("device")), journals, whole)


def _line(fields: t.Fields) -> bytes:
    line = encode_line(fields)
    return f"{crc32(line):08x} ".encode() + line + b"\n"


def _checked(line: bytes) -> t.Fields | None:
    try:
        crc, body = int(line[:8], 16), line[9:]
        return decode_line(body, _MAX_LINE_BYTES) if crc == crc32(body) and line[8:9] == b" " else None
    except ValueError:  # not hex, or (WireError) not JSON
        return None


def _kept(fields: t.Fields | None) -> Kept | None:
    if fields is None:
        return None
    try:
        acked = union(t.spans(fields, "acked", 100_000))
        return Kept(t.journal_id(fields), t.text(fields, "boot", 64), t.integer(fields, "head"), acked)
    except WireError:
        return None
