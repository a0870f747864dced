"""The acknowledgement state as a small text file: a header line, then one line a journal or old segment. Pure.

Each line carries its own CRC and the header counts the lines, so that damage costs the journals it hits and nothing
else; what is lost here is sent again, once.
"""

from dataclasses import dataclass, field
from zlib import crc32

from edge.journal.spans import Spans, union
from edge.wire import text as t
from edge.wire.text import WireError, decode_line, encode_line

_MAX_LINE_BYTES = 1 << 20
_MAX_SPANS = 100_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of one journal: its boot, the last seq it was known to have, the acknowledged seqs.

    head: shows after a fault how many events a journal's damaged end had held at least. lost: seqs that have been
    said to be lost. parent: the journal before it, None when there was none or it is not known any more.
    """

    journal: str
    boot: str
    head: int
    acked: Spans
    lost: Spans = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """A segment whose every event is acknowledged, so that a start need not read it: its size and what is in it.

    runs: (journal, first, last).
    """

    number: int
    size: int
    runs: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class State:
    """What a state file said. whole: every line of it could be read; device: None when the header could not."""

    device: str | None
    journals: dict[str, Kept] = field(default_factory=dict)
    segments: dict[int, Contents] = field(default_factory=dict)
    whole: bool = True


def encode_state(device: str, journals: list[Kept], segments: list[Contents]) -> bytes:
    """The file's content."""
    lines = [_line({"v": 1, "device": device, "lines": len(journals) + len(segments)})]
    lines += [
        _line(
            {
                "journal": kept.journal,
                "boot": kept.boot,
                "head": kept.head,
                "acked": [list(span) for span in kept.acked],
                "lost": [list(span) for span in kept.lost],
                "parent": kept.parent,
            }
        )
        for kept in journals
    ]
    for held in segments:
        runs = [{"journal": journal, "first": first, "last": last} for journal, first, last in held.runs]
        lines.append(_line({"segment": held.number, "size": held.size, "runs": runs}))
    return b"".join(lines)


def decode_state(content: bytes) -> State:
    """Read what can be read of it; never raises."""
    header, *rows = [_checked(line) for line in content.split(b"\n")[:-1]] or [None]
    read = [_read_row(fields) for fields in rows]
    journals = {row.journal: row for row in read if isinstance(row, Kept)}
    segments = {row.number: row for row in read if isinstance(row, Contents)}
    if header is None:
        return State(None, journals, {}, whole=False)
    whole = None not in read and header.get("lines") == len(rows) and content.endswith(b"\n")
    return State(str(header.get("device")), journals, segments, whole)


def _line(fields: t.Fields) -> bytes:
    line = encode_line(fields)
    return f"{crc32(line):08x} ".encode() + line + b"\n"


def _checked(line: bytes) -> t.Fields | None:
    try:
        crc, body = int(line[:8], 16), line[9:]
        return decode_line(body, _MAX_LINE_BYTES) if crc == crc32(body) and line[8:9] == b" " else None
    except ValueError:  # not hex, or (WireError) not JSON
        return None


def _read_row(fields: t.Fields | None) -> Kept | Contents | None:
    if fields is None:
        return None
    try:
        return _contents(fields) if "segment" in fields else _kept(fields)
    except WireError:
        return None


def _kept(fields: t.Fields) -> Kept:
    acked, lost = (union(t.spans(fields, name, _MAX_SPANS)) for name in ("acked", "lost"))
    parent = t.optional(t.journal_id, fields, "parent")
    return Kept(t.journal_id(fields), t.text(fields, "boot", 64), t.integer(fields, "head"), acked, lost, parent)


def _contents(fields: t.Fields) -> Contents:
    runs = t.objects(fields, "runs", _MAX_SPANS)
    spans = tuple((t.journal_id(run), t.integer(run, "first", 1), t.integer(run, "last", 1)) for run in runs)
    return Contents(t.integer(fields, "segment"), t.integer(fields, "size"), spans)
