"""What central says of one journal after its commit (wire R4, R7, R9). Not signed: see wire.md. Pure."""

from dataclasses import dataclass

from edge.wire import text as t
from edge.wire.text import WireError, encode_line, is_journal_id

MAX_RANGES = 32
MAX_BYTES = 8 * 1024
REFUSALS = frozenset({"unregistered", "revoked", "unreadable", "fork"})
"""The codes that there are; another one is read all the same."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Seqs [first, last] that central will not store now, and why (see `REFUSALS`)."""

    first: int
    last: int
    code: str


@dataclass(frozen=True, slots=True)
class Resend:
    """Seqs [first, last] of `journal` that central knows to exist and has not stored: send them, or answer `lost`."""

    journal: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ack:
    """One journal's state at central.

    watermark: every seq up to it is stored or declared lost. ranges: at most 32 stored [first, last] beyond it.
    utc_ms: central's clock. pause_ms: how long the device should hold back its backlog (0 = not at all).
    """

    journal: str
    watermark: int
    ranges: tuple[tuple[int, int], ...] = ()
    refused: tuple[Refused, ...] = ()
    resend: Resend | None = None
    utc_ms: int | None = None
    pause_ms: int = 0


_PLAIN = '{"v":1,"journal":"%s","watermark":%d,"ranges":[],"refused":[],"resend":null,"utc_ms":%d,"pause_ms":%d}'


def encode_ack(ack: Ack) -> bytes:
    """The payload of one `ack` message."""
    resend = ack.resend
    if not (ack.ranges or ack.refused or resend or ack.utc_ms is None) and is_journal_id(ack.journal):
        # Nearly every one is like this; the same bytes at a tenth of the cost, thousands a second.
        return (_PLAIN % (ack.journal, ack.watermark, ack.utc_ms, ack.pause_ms)).encode()
    return encode_line(
        {
            "v": 1,
            "journal": ack.journal,
            "watermark": ack.watermark,
            "ranges": [list(span) for span in ack.ranges[:MAX_RANGES]],
            "refused": [[r.first, r.last, r.code] for r in ack.refused[:MAX_RANGES]],
            "resend": resend and {"journal": resend.journal, "from": resend.first, "to": resend.last},
            "utc_ms": ack.utc_ms,
            "pause_ms": ack.pause_ms,
        }
    )


def decode_ack(payload: bytes) -> Ack:
    """Read a payload; raises WireError."""
    fields = t.decode_line(payload, MAX_BYTES)
    if fields.get("v") != 1:
        raise WireError("ack of another version than 1")
    return Ack(
        t.journal_id(fields),
        t.integer(fields, "watermark"),
        t.spans(fields, "ranges", MAX_RANGES),
        tuple(_refused(item) for item in t.array(fields, "refused", MAX_RANGES)),
        _resend(t.optional(t.child, fields, "resend")),
        t.optional(t.integer, fields, "utc_ms"),
        t.optional(t.integer, fields, "pause_ms", 0, 3_600_000) or 0,
    )


def _refused(item: object) -> Refused:
    if type(item) is not list or len(item) != 3:
        raise WireError("refused: every item must be [first, last, code]")
    fields = dict(zip(("first", "last", "code"), item, strict=True))
    first = t.integer(fields, "first", 1)
    return Refused(first, t.integer(fields, "last", first), t.text(fields, "code", 32))


def _resend(fields: t.Fields | None) -> Resend | None:
    if fields is None:
        return None
    first = t.integer(fields, "from", 1)
    return Resend(t.journal_id(fields), first, t.integer(fields, "to", first))
