"""What readers of 13.56 MHz cards must refuse before a UID becomes a badge number. Pure. Source: readers.md 1.4, 3."""

from edge.badges import Kind
from edge.readers.reader import BadInput

UID_BYTES = (4, 7, 10)
"""Single, double and triple size UIDs (ISO 14443-3)."""
CASCADE_TAG = 0x88
RANDOM_FIRST = 0x08
"""First byte of a 4-byte UID that its card makes anew at every presentation (passports, identity cards, phones)."""


def uid_badge(uid: bytes) -> str | BadInput:
    """The canonical number of a whole `uid`, UID0 first; or why it is none that a person could be known by."""
    if len(uid) not in UID_BYTES:
        return BadInput.BAD_LENGTH
    if not any(uid):
        return BadInput.ALL_ZERO
    if len(uid) == UID_BYTES[0] and uid[0] == CASCADE_TAG:
        return BadInput.CASCADE_INCOMPLETE
    if len(uid) == UID_BYTES[0] and uid[0] == RANDOM_FIRST:
        return BadInput.RANDOM_UID
    return f"{Kind.NFCA}:{uid.hex().upper()}"
