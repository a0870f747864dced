"""The EM4100 serial family: RDM6300, ID-xxLA and the form with one raw checksum byte. Pure.

Source: readers.md section 1.1 (data sheets and recorded dumps). 9600 8N1, the reader only talks:

    02  10 hex digits  2 hex digits             03    14 bytes: RDM6300, RDM630, Seeed Grove
    02  10 hex digits  2 hex digits  0D 0A      03    16 bytes: ID-2/12/20LA
    02  10 hex digits  1 raw byte               03    13 bytes

The digits are version byte and id, most significant first; the check is the XOR of these five bytes. Any driver of the
family reads all three. The raw check may itself be 02 or 03: after exactly ten characters such a byte is undecided, and
only the next one tells whether it was the check (03 follows), the end of a frame that is too short, or a new start.
"""

from functools import reduce
from operator import xor
from typing import ClassVar

from edge.badges import em_card, forms
from edge.readers.reader import BadInput, EventKind, ReaderEvent

STX, ETX = 0x02, 0x03
CR_LF = b"\r\n"
DIGITS = 10
GAP_NS = 100_000_000
"""Silence between two bytes after which a frame is given up; a whole one lasts 17 ms at 9600 baud."""
MOST_BYTES = 64
"""Bytes without a start or an end after which this is no frame but noise."""

_HEX = frozenset(b"0123456789abcdefABCDEF")


class Em4100Serial:
    """The parser of the family. reader_id: the name of this reader in events."""

    name: ClassVar[str] = "rdm6300"
    continuous: ClassVar[bool] = True
    baud: ClassVar[int | None] = 9600

    def __init__(self, reader_id: str) -> None:
        self.reader_id = reader_id
        self.noisy = False
        self._body: bytearray | None = None  # what came after STX; None = between frames
        self._first_ns = 0
        self._last_ns = 0
        self._noise = 0  # bytes of the burst going on

    def feed(self, data: bytes, mono_ns: int) -> list[ReaderEvent]:
        """The events completed by `data`."""
        events = self.tick(mono_ns)
        for byte in data:
            self._take(byte, mono_ns, events)
            self._last_ns = mono_ns
        return events

    def tick(self, mono_ns: int) -> list[ReaderEvent]:
        """Give up a frame after 100 ms of silence; a burst of noise ends there too."""
        if mono_ns - self._last_ns < GAP_NS:
            return []
        self._noise = 0
        return [] if self._body is None else [self._give_up()]

    def requests(self) -> list[bytes]:
        """Nothing: these readers only talk."""
        return []

    def _take(self, byte: int, mono_ns: int, events: list[ReaderEvent]) -> None:
        if self._body is None:
            self._between(byte, mono_ns, events)
        elif len(self._body) == DIGITS + 1 and self._body[DIGITS] in (STX, ETX):
            self._decide(byte, mono_ns, events)
        elif byte in (STX, ETX) and len(self._body) != DIGITS:
            events.append(self._give_up() if byte == STX else self._close())
            if byte == STX:
                self._start(mono_ns)
        else:
            self._body.append(byte)
            if len(self._body) > MOST_BYTES:
                events.append(self._refuse(BadInput.BAD_LENGTH))
                self._noise, self.noisy = MOST_BYTES, True

    def _between(self, byte: int, mono_ns: int, events: list[ReaderEvent]) -> None:
        if byte == STX:
            self._start(mono_ns)
            return
        if not self._noise:
            events.append(ReaderEvent(EventKind.ERROR, self.reader_id, mono_ns, error=BadInput.NOISE))
        self._noise = min(self._noise + 1, MOST_BYTES + 1)
        self.noisy = self.noisy or self._noise > MOST_BYTES

    def _decide(self, byte: int, mono_ns: int, events: list[ReaderEvent]) -> None:
        """The eleventh character was 02 or 03; `byte` tells what it meant."""
        if byte == ETX:
            events.append(self._close())
            return
        control, came_ns = self._frame()[DIGITS], self._last_ns
        events.append(self._refuse(BadInput.BAD_LENGTH) if control == ETX else self._give_up())
        if control == STX:
            self._start(came_ns)
        self._take(byte, mono_ns, events)

    def _start(self, mono_ns: int) -> None:
        self._body, self._first_ns, self._noise = bytearray(), mono_ns, 0

    def _frame(self) -> bytes:
        return bytes(self._body or b"")

    def _give_up(self) -> ReaderEvent:
        """The frame never ended, or ended too early with what could only have been a check."""
        body = self._frame()
        if len(body) == DIGITS + 1 and body[DIGITS] == ETX and not _proves(body[:DIGITS], ETX):
            return self._refuse(BadInput.BAD_LENGTH)
        event = ReaderEvent(
            EventKind.PARTIAL, self.reader_id, self._first_ns, raw=bytes([STX]) + body, error=BadInput.TRUNCATED
        )
        self._body = None
        return event

    def _close(self) -> ReaderEvent:
        """The event of the frame that ETX ended."""
        body = self._frame()
        if len(body) == DIGITS + 4 and body.endswith(CR_LF):
            body = body[:-2]
        if len(body) not in (DIGITS + 1, DIGITS + 2):
            return self._refuse(BadInput.BAD_LENGTH)
        digits, check = body[:DIGITS], body[DIGITS:]
        if not _HEX.issuperset(digits if len(check) == 1 else body):
            return self._refuse(BadInput.BAD_CHAR)
        if not _proves(digits, check[0] if len(check) == 1 else int(check, 16)):
            return self._refuse(BadInput.BAD_CHECKSUM)
        return self._read(bytes.fromhex(digits.decode("ascii")))

    def _read(self, number: bytes) -> ReaderEvent:
        card = em_card(number)
        if card.id == 0:
            return self._refuse(BadInput.ALL_ZERO)
        raw = bytes([STX, *self._frame(), ETX])
        self._body, self.noisy = None, False
        printed = forms(card.badge, card.version)
        return ReaderEvent(EventKind.READ, self.reader_id, self._first_ns, card.badge, raw, printed)

    def _refuse(self, error: BadInput) -> ReaderEvent:
        raw = bytes([STX]) + self._frame()
        self._body = None
        return ReaderEvent(EventKind.ERROR, self.reader_id, self._first_ns, raw=raw, error=error)


def _proves(digits: bytes, check: int) -> bool:
    """Whether `check` is the XOR of the five bytes that `digits` write."""
    if not _HEX.issuperset(digits):
        return False
    return reduce(xor, bytes.fromhex(digits.decode("ascii"))) == check


class Rdm6300(Em4100Serial):
    """RDM6300, RDM630, Seeed Grove: a frame every 65 ms while the card is there."""


class Id12la(Em4100Serial):
    """ID-2/12/20LA: one frame for each presentation."""

    name = "id12la"
    continuous = False


class Em4100Raw(Em4100Serial):
    """The 13-byte form: a frame every second or so, too slow to wait for a second one."""

    name = "em4100_raw"
    continuous = False
