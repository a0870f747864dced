"""Wiegand 26 and 34: bits on two wires. Pure; what arrives is one character a bit.

    26 bits:  even parity over the next 12 | 8 facility | 16 card | odd parity over the last 12
    34 bits:  even parity over the next 16 | 32 bits | odd parity over the last 16

A transport gives `0` and `1` in the order of the pulses and `x` where it knows that edges were lost (a gap in the
kernel's sequence numbers); a USB converter sends the same characters and may end a frame by a line end. Silence ends a
frame too. Both halves have an odd number of bits, so swapped wires always fail both parities and the complement passes
both: that is told apart, because it is the usual mistake at installing. Source: readers.md 1.5.
"""

from typing import ClassVar

from edge.badges import forms
from edge.readers.profile import Profile, Tech, ordered
from edge.readers.reader import BadInput, EventKind, ReaderEvent
from edge.readers.uid import uid_badge

GAP_NS = 25_000_000
"""Silence that ends a frame; the slowest reader sends a bit every 2.4 ms."""
MOST_BITS = 64
NOISY_FRAMES = 16
"""Refused frames in a row after which the wires are called noisy: no common ground, most likely."""
_LOST = ord("x")
_BITS = frozenset(b"01x")
_ENDS = frozenset(b"\r\n")


class Wiegand26:
    """26 bits: the low 24 of a card, which only a site's roster can complete."""

    name: ClassVar[str] = "wiegand26"
    bits: ClassVar[int] = 26
    continuous: ClassVar[bool] = False
    baud: ClassVar[int | None] = 115200

    def __init__(self, reader_id: str, profile: Profile | None = None) -> None:
        self.reader_id = reader_id
        self._profile = profile
        self._held = bytearray()
        self._more = False  # of a frame too long to be one
        self._first_ns = 0
        self._last_ns = 0
        self._refused = 0

    @property
    def noisy(self) -> bool:
        """Frame after frame was refused, or one does not end."""
        return self._more or self._refused >= NOISY_FRAMES

    def feed(self, data: bytes, mono_ns: int) -> list[ReaderEvent]:
        """The events completed by `data`: characters `0`, `1` and `x`, line ends; anything else is noise."""
        events = self.tick(mono_ns)
        for byte in data:
            if byte in _ENDS:
                events += self._end()
            elif byte in _BITS:
                self._bit(byte, mono_ns)
            else:
                self._bit(_LOST, mono_ns)
        if data:
            self._last_ns = mono_ns
        return events

    def tick(self, mono_ns: int) -> list[ReaderEvent]:
        """25 ms of silence end a frame."""
        return self._end() if mono_ns - self._last_ns >= GAP_NS else []

    def requests(self) -> list[bytes]:
        """Nothing: these readers only talk."""
        return []

    def _bit(self, bit: int, mono_ns: int) -> None:
        if not self._held:
            self._first_ns = mono_ns
        if len(self._held) < MOST_BITS:
            self._held.append(bit)
        else:
            self._more = True

    def _end(self) -> list[ReaderEvent]:
        bits, more = bytes(self._held), self._more
        self._held.clear()
        self._more = False
        if not bits:
            return []
        found = BadInput.BAD_BIT_COUNT if more else self._badge(bits)
        if isinstance(found, BadInput):
            self._refused += 1
            return [ReaderEvent(EventKind.ERROR, self.reader_id, self._first_ns, raw=bits, error=found)]
        self._refused = 0
        return [ReaderEvent(EventKind.READ, self.reader_id, self._first_ns, found, bits, forms(found))]

    def _badge(self, bits: bytes) -> str | BadInput:
        if len(bits) != self.bits or _LOST in bits:
            return BadInput.BAD_BIT_COUNT
        if not _parities(bits):
            swapped = bytes(b ^ 1 for b in bits)
            return BadInput.BAD_PARITY_SWAPPED if _parities(swapped) else BadInput.BAD_PARITY
        value = int(bits[1:-1], 2)
        return BadInput.ALL_ZERO if value == 0 else self._named(value)

    def _named(self, value: int) -> str | BadInput:
        return f"w26:{value:06X}"


class Wiegand34(Wiegand26):
    """34 bits: a whole number; the reader's profile says of which kind of card, without one it stays `w34:`."""

    name = "wiegand34"
    bits = 34

    def _named(self, value: int) -> str | BadInput:
        if self._profile is None:
            return f"w34:{value:08X}"
        number = ordered(value.to_bytes(4, "big"), self._profile.order)
        return f"em:{number.hex().upper()}" if self._profile.tech is Tech.EM else uid_badge(number)


def _parities(bits: bytes) -> bool:
    half = len(bits) // 2
    ones = [bit & 1 for bit in bits]
    return sum(ones[:half]) % 2 == 0 and sum(ones[half:]) % 2 == 1
