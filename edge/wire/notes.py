"""A note: one JSON line, and the base64url Ed25519 signature of that line's bytes on the next. Pure.

Seals, `st`, `hb`, `cfg` and `cmd` are notes. The line names its kind, so that a signature made for one kind can never
be shown as another. Keys stay outside: signing and checking come in as functions.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.wire.text import (
    MAX_LINE_BYTES,
    Fields,
    WireError,
    decode_line,
    device_id,
    digest,
    encode_line,
    integer,
    journal_id,
    optional,
)

Sign = Callable[[bytes], bytes]
"""The Ed25519 signature (64 bytes) of some bytes."""
Verify = Callable[[bytes, bytes], bool]
"""Whether (signature, bytes) is right for the key in question; must not raise for a wrong one."""

SIGNATURE_CHARS = 86


class SignatureError(WireError):
    """The signature of a note is not that of the expected key."""


def encode_note(kind: str, fields: Fields, sign: Sign) -> bytes:
    """The two lines of a note (no newline at the end)."""
    line = encode_line({"note": kind, "v": 1, **fields})
    return line + b"\n" + urlsafe_b64encode(sign(line)).rstrip(b"=")


def decode_note(note: bytes, kind: str, verify: Verify, max_bytes: int = MAX_LINE_BYTES) -> Fields:
    """The fields of a note whose signature holds.

    Raises SignatureError where the key did not sign it, WireError where it is not a note of this kind.
    """
    line, _, signature = note.partition(b"\n")
    fields = decode_line(line, max_bytes)
    if fields.get("note") != kind or fields.get("v") != 1:
        raise WireError(f"not a note of kind {kind!r} and version 1")
    if not verify(_signature(signature), line):
        raise SignatureError(f"the signature of this {kind!r} note is not that of the registered key")
    return fields


def _signature(text: bytes) -> bytes:
    if len(text) != SIGNATURE_CHARS:
        raise SignatureError(f"a signature has {SIGNATURE_CHARS} base64url characters, this one {len(text)}")
    try:
        # The standard decoder skips strange characters; the round trip refuses them.
        signature = urlsafe_b64decode(text + b"==")
    except (binascii.Error, ValueError) as error:
        raise SignatureError("the signature is not base64url") from error
    if urlsafe_b64encode(signature).rstrip(b"=") != text:
        raise SignatureError("the signature is not canonical base64url")
    return signature


@dataclass(frozen=True, slots=True)
class Seal:
    """A device's signature over the chain up to and including one event, and so over all its ancestors."""

    device: str
    journal: str
    seq: int
    hash: bytes
    utc_ms: int | None

    def encode(self, sign: Sign) -> bytes:
        """The seal as a note."""
        fields: dict[str, Any] = {
            "device": self.device,
            "journal": self.journal,
            "seq": self.seq,
            "hash": self.hash.hex(),
            "utc_ms": self.utc_ms,
        }
        return encode_note("seal", fields, sign)


def decode_seal(note: bytes, verify: Verify) -> Seal:
    """A seal whose signature holds; raises SignatureError or WireError."""
    fields = decode_note(note, "seal", verify)
    return Seal(
        device_id(fields),
        journal_id(fields),
        integer(fields, "seq", 1),
        digest(fields, "hash"),
        optional(integer, fields, "utc_ms"),
    )
