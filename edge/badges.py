"""Canonical badge numbers, and the many numbers that readers and makers print for the same card. Pure.

One card, one key: text, never an integer, because an id above 2^31 breaks signed columns and a leading zero is part of
the number. Every printed form is a view of the key. Sources: readers.md sections 2 and 3; the names of the forms are
those of the recorded reader cases.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

EM_FRAME_BYTES = 5
MASK_KEEPS = 4

_KEYS = re.compile(r"em:[0-9A-F]{8}|nfca:(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})|w26:[0-9A-F]{6}|w34:[0-9A-F]{8}")
_REVERSED_NIBBLE = "084C2A6E195D3B7F"


class Kind(StrEnum):
    """What a key was read from."""

    EM = "em"  # EM4100, low 32 bits of the id
    NFCA = "nfca"  # ISO 14443-A, the whole UID in ISO order
    W26 = "w26"  # 24 bits over Wiegand: partial, may match only a single badge of the site
    W34 = "w34"  # 32 bits over Wiegand, as sent; the reader's profile makes it em or nfca


@dataclass(frozen=True, slots=True)
class EmCard:
    """One EM4100 number. id: 32 bits. version: the version or customer byte, None where the source never sends it.

    The version is evidence, not part of the key: decimal keyboards and Wiegand readers leave it out.
    """

    id: int
    version: int | None = None

    @property
    def badge(self) -> str:
        """The canonical number, such as `em:008EB2F9`."""
        return f"em:{self.id:08X}"


def em_card(frame: bytes) -> EmCard:
    """The card of the five bytes that an EM4100 reader sends, most significant first. Raises ValueError."""
    if len(frame) != EM_FRAME_BYTES:
        raise ValueError(f"an EM4100 number has {EM_FRAME_BYTES} bytes, here are {len(frame)}")
    return EmCard(int.from_bytes(frame[1:], "big"), frame[0])


def is_canonical(badge: str) -> bool:
    """Whether `badge` is a canonical number exactly as it is stored: known kind, upper-case hex, right length."""
    return _KEYS.fullmatch(badge) is not None


def canonical(text: str) -> str:
    """`text` as the canonical number it stands for, whatever its case and outer blanks. Raises ValueError."""
    kind, colon, number = text.strip().partition(":")
    badge = f"{kind.lower()}{colon}{number.upper()}"
    if not is_canonical(badge):
        raise ValueError(
            f"badge {masked(text.strip())} is no canonical number; write em: and 8 hex digits, "
            "nfca: and 8, 14 or 20, w26: and 6, or w34: and 8"
        )
    return badge


def kind(badge: str) -> Kind:
    """The kind of a canonical number. Raises ValueError."""
    return Kind(canonical(badge).partition(":")[0])


def changes_each_time(badge: str) -> bool:
    """Whether it is a UID that its card makes anew at every presentation: four bytes, the first of them 08 (ISO
    14443-3: passports, identity cards, phones). Nobody can be known by it."""
    return badge.startswith(f"{Kind.NFCA}:08") and len(badge) == len(Kind.NFCA) + 9


def is_partial(badge: str) -> bool:
    """Whether a canonical number is only a part of one: other cards of the country have the same."""
    return badge.startswith(f"{Kind.W26}:")


def may_be(partial: str, whole: str) -> bool:
    """Whether the card of a partial number, the low 24 bits, may be the one with this whole number of 32 bits."""
    name, _, number = whole.partition(":")
    return name in (Kind.EM, Kind.NFCA) and len(number) == 8 and number[2:] == partial.rpartition(":")[2]


def masked(badge: str) -> str:
    """`badge` for logs and technicians: its kind and the last four characters (`em:****B2F9`)."""
    name, colon, number = badge.rpartition(":")
    hidden = max(0, len(number) - MASK_KEEPS)
    if not hidden and number:  # too short to be a badge: say nothing of it
        return f"{name}{colon}{'*' * len(number)}"
    return f"{name}{colon}{'*' * hidden}{number[hidden:]}"


def forms(badge: str, version: int | None = None) -> dict[str, str | int]:
    """Every printed number of a canonical `badge`; version: the EM4100 version byte, None when it is not known.

    `nfca` UIDs of four bytes have the 32-bit forms; longer ones only `hex`. Raises ValueError.
    """
    name, _, number = canonical(badge).partition(":")
    value = int(number, 16)
    if name == Kind.W26:
        return _low_24(value) | {"facility": value >> 16, "card": value & 0xFFFF}
    if name == Kind.EM:
        return _low_24(value) | _whole_32(value) | _em(value, version)
    if len(number) == 8:
        return _low_24(value) | _whole_32(value) | {"dec10": f"{value:010d}", "low24": f"w26:{value & 0xFFFFFF:06X}"}
    return {"hex": number, "hex_rev": bytes.fromhex(number)[::-1].hex().upper()}


def _low_24(value: int) -> dict[str, str | int]:
    low = value & 0xFFFFFF
    return {"dec8_6H8D": f"{low:08d}", "w26_3d5d": f"{low >> 16:03d},{low & 0xFFFF:05d}"}


def _whole_32(value: int) -> dict[str, str | int]:
    turned = int.from_bytes(value.to_bytes(4, "big"), "little")
    return {
        "hex8": f"{value:08X}",
        "hex8_rev": f"{turned:08X}",
        "hex8_rev_nibble_bits": "".join(_REVERSED_NIBBLE[int(digit, 16)] for digit in f"{value:08X}"),
        "dec10_8H10D": f"{value:010d}",
        "dec10_rev": f"{turned:010d}",
        "dec5_5_4H4H": f"{value >> 16:05d},{value & 0xFFFF:05d}",
    }


def _em(value: int, version: int | None) -> dict[str, str | int]:
    found: dict[str, str | int] = {"printed": f"{value:010d}"}  # the left number on most cards
    if version is None:
        return found
    whole = version << 32 | value
    tag = "".join(f"{int(f'{byte:08b}'[::-1], 2):02X}" for byte in whole.to_bytes(EM_FRAME_BYTES, "big"))
    return found | {
        "hex10": f"{whole:010X}",
        "version": f"{version:02X}",
        "dec_10H": f"{whole:012d}",
        "dec_10H13D": f"{whole:013d}",
        "unique_tag_id": tag,
    }
