"""GWIOT 7941E: binary frames with a length, 9600 8N1, the reader only talks. Pure.

    02  LEN  TYPE  number  BCC  03        LEN counts every byte; BCC is the XOR from LEN to the number's last byte

The number may hold 02 and 03, so a frame is cut by its length and never by a search for its end. Source: readers.md 1.2
(vendor text). Types that are no badge of this system (HID, FeliCa, 15693, key pad) are refused, and so is type B, whose
number is a random one.
"""

from functools import reduce
from operator import xor
from typing import ClassVar

from edge.badges import em_card, forms
from edge.readers.reader import BadInput, EventKind, ReaderEvent
from edge.readers.uid import uid_badge

STX, ETX = 0x02, 0x03
LEAST, MOST = 6, 32
"""Lengths that a frame can have: one byte of number, and more than any UID."""
AROUND = 5
"""STX, LEN, TYPE, BCC and ETX."""
GAP_NS = 100_000_000
"""Silence after which a frame is given up; a whole one lasts 10 ms."""
NOISY_BYTES = 64

EM4100 = 0x02
TYPE_A = frozenset({0x01, 0x03, 0x50})  # MIFARE 1K, MIFARE 4K, CPU card
TYPE_B = 0x21


class Gwiot7941e:
    """The parser. After bytes that cannot be a frame it looks for the next one inside them, and complains once."""

    name: ClassVar[str] = "gwiot7941e"
    continuous: ClassVar[bool] = False
    baud: ClassVar[int | None] = 9600

    def __init__(self, reader_id: str) -> None:
        self.reader_id = reader_id
        self.noisy = False
        self._held = bytearray()
        self._first_ns = 0
        self._last_ns = 0
        self._lost = False  # between bytes that are no frame and the next whole one, or silence
        self._owed = False  # a frame did not end where its length says: cut short if a whole one began inside it
        self._strange = 0

    def feed(self, data: bytes, mono_ns: int) -> list[ReaderEvent]:
        """The events completed by `data`."""
        events = self.tick(mono_ns)
        for byte in data:
            if not self._held:
                self._first_ns = mono_ns
            self._held.append(byte)
            self._cut(events)
        if data:
            self._last_ns = mono_ns
        return events

    def tick(self, mono_ns: int) -> list[ReaderEvent]:
        """Give up a frame after 100 ms of silence."""
        if mono_ns - self._last_ns < GAP_NS:
            return []
        events = self._settle(BadInput.BAD_LENGTH)
        if self._held and not self._lost:
            events.append(self._event(EventKind.PARTIAL, bytes(self._held), BadInput.TRUNCATED))
        self._held.clear()
        self._lost, self._strange = False, 0
        return events

    def requests(self) -> list[bytes]:
        """Nothing: this reader only talks."""
        return []

    def _cut(self, events: list[ReaderEvent]) -> None:
        """Take whole frames off the front; drop what cannot be one."""
        while self._held:
            if self._held[0] != STX:
                self._stray(events, BadInput.NOISE)
            elif len(self._held) > 1 and not LEAST <= self._held[1] <= MOST:
                self._stray(events, BadInput.BAD_LENGTH)
            elif len(self._held) < 2 or len(self._held) < self._held[1]:
                return
            elif self._held[self._held[1] - 1] != ETX:
                self._owed = self._owed or not self._lost
                self._lost = True
                self._stray(events, BadInput.BAD_LENGTH)
            else:
                frame = bytes(self._held[: self._held[1]])
                del self._held[: len(frame)]
                events += [*self._settle(BadInput.TRUNCATED), self._judged(frame)]
                self._lost, self._strange = False, 0

    def _settle(self, error: BadInput) -> list[ReaderEvent]:
        owed, self._owed = self._owed, False
        return [self._event(EventKind.PARTIAL, b"", error)] if owed else []

    def _stray(self, events: list[ReaderEvent], error: BadInput) -> None:
        """The first byte held begins no frame: one complaint for the whole stretch."""
        del self._held[0]
        self._strange = min(self._strange + 1, NOISY_BYTES + 1)
        self.noisy = self.noisy or self._strange > NOISY_BYTES
        if not self._lost:
            self._lost = True
            events.append(self._event(EventKind.ERROR, b"", error))

    def _judged(self, frame: bytes) -> ReaderEvent:
        if reduce(xor, frame[1:-1]) != 0:  # the check makes the whole zero
            return self._event(EventKind.ERROR, frame, BadInput.BAD_CHECKSUM)
        found = _badge(frame[2], frame[3:-2])
        if isinstance(found, BadInput):
            return self._event(EventKind.ERROR, frame, found)
        self.noisy = False
        badge, version = found
        return ReaderEvent(EventKind.READ, self.reader_id, self._first_ns, badge, frame, forms(badge, version))

    def _event(self, kind: EventKind, raw: bytes, error: BadInput) -> ReaderEvent:
        return ReaderEvent(kind, self.reader_id, self._first_ns, raw=raw, error=error)


def _badge(card_type: int, number: bytes) -> tuple[str, int | None] | BadInput:
    """Canonical number and EM4100 version byte, or why there is none."""
    if card_type == EM4100:
        if len(number) != 5:
            return BadInput.BAD_LENGTH
        card = em_card(number)
        return BadInput.ALL_ZERO if card.id == 0 else (card.badge, card.version)
    if card_type == TYPE_B:
        return BadInput.RANDOM_UID
    if card_type not in TYPE_A:
        return BadInput.OUT_OF_RANGE
    badge = uid_badge(number)
    return badge if isinstance(badge, BadInput) else (badge, None)
