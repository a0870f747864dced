"""A head: central's signature over its audit log as it stood at the close of a local day. Pure.

A head travels in `cfg`, so that every device is a witness: central cannot take back afterwards what it has signed. It
is a note of its own, so that whoever has central's public key can check it, wherever it was kept. As people see it and
as files hold it, a head is one line: the note's JSON, a space, its signature.
"""

import datetime as dt
import re
from dataclasses import dataclass

from edge.wire import text as t
from edge.wire.notes import Sign, Verify, decode_note, encode_note
from edge.wire.text import WireError

MAX_HEADS = 64
"""In one configuration."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Head:
    """date: local (Asia/Ho_Chi_Minh); rows: how many the log has; hash: of the last of them, or what the first one
    follows; utc_ms: when it was signed."""

    date: dt.date
    rows: int
    hash: bytes
    utc_ms: int


def encode_head(head: Head, sign: Sign) -> bytes:
    """The head as a note."""
    fields = {"date": head.date.isoformat(), "rows": head.rows, "hash": head.hash.hex(), "utc_ms": head.utc_ms}
    return encode_note("head", fields, sign)


def decode_head(note: bytes, verify: Verify) -> Head:
    """A head whose signature holds; raises SignatureError or WireError."""
    fields = decode_note(note, "head", verify)
    return Head(_date(fields), t.integer(fields, "rows"), t.digest(fields, "hash"), t.integer(fields, "utc_ms"))


def _date(fields: t.Fields) -> dt.date:
    text = t.text(fields, "date", 10)
    try:
        if _DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise WireError(f"date: {text!r} is no date, write it as 2026-03-16")


def head_line(note: bytes) -> str:
    """A head as one line of text."""
    return note.decode().replace("\n", " ")


def head_note(line: str) -> bytes:
    """The note of such a line; whether it is one, `decode_head` says."""
    head, _, signature = line.rpartition(" ")
    return f"{head}\n{signature}".encode()
