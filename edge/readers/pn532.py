"""PN532 over its serial port (HSU, 115200 8N1): it is asked, ten times a second, whether a card is there. Pure.

Set-up: wake, SAM off, finite retries (else no answer comes before a card does). Each poll takes one target of type A
and switches the field off after it, so that a card with a random UID shows a new one. Quirks of the chip and their
cures are from readers.md 1.4: a command without an acknowledgement is sent again, a command without an answer is
cancelled and everything set up anew, an answer to another command is skipped.
"""

from typing import ClassVar

from edge.badges import forms
from edge.readers.pn532_frames import ACK_FRAME, Frame, FrameCutter, FrameKind, framed
from edge.readers.reader import BadInput, EventKind, ReaderEvent
from edge.readers.uid import uid_badge

WAKE = b"\x55\x55" + bytes(15)
"""Sent in the same write as the first command."""
SAM_OFF = bytes.fromhex("14010000")
FEW_RETRIES = bytes.fromhex("3205010001")
FIELD_OFF = bytes.fromhex("320100")
POLL = bytes.fromhex("4A0100")
TARGETS = 0x4B

POLL_NS = 100_000_000
"""From one poll to the next: two of them fit into the window of a confirmation even when one misses the card."""
ACK_NS = 100_000_000
FIRST_ACK_NS = 1_500_000_000
"""The first bytes after a port was opened may be a second late."""
ANSWER_NS = 1_000_000_000
GAP_NS = 100_000_000
TRIES = 3


class Pn532:
    """The driver. recorded: the bytes are a recording of answered polls, of which every outcome is told and nothing is
    asked; at a door an empty field is no error."""

    name: ClassVar[str] = "pn532_hsu"
    continuous: ClassVar[bool] = True
    baud: ClassVar[int | None] = 115200

    def __init__(self, reader_id: str, *, recorded: bool = False) -> None:
        self.reader_id = reader_id
        self._recorded = recorded
        self._cutter = FrameCutter()
        self._out: list[bytes] = []
        self._ahead: list[bytes] = []  # commands of the set-up still to come
        self._command = POLL if recorded else b""  # the one under way, b"" when none is
        self._acked = False
        self._tries = 1
        self._due_ns = ANSWER_NS if recorded else 0  # when the command under way is late, or the next one is to go
        self._heard_ns = 0
        self._ready = recorded

    @property
    def noisy(self) -> bool:
        """Bytes keep coming that are no frame: wrong baud rate, or the board is set to I2C or SPI."""
        return self._cutter.noisy

    def feed(self, data: bytes, mono_ns: int) -> list[ReaderEvent]:
        """The events completed by `data`."""
        events: list[ReaderEvent] = []
        for frame in self._cutter.feed(data):
            events += self._take(frame, mono_ns)
        if data:
            self._heard_ns = mono_ns
        return events + self._advance(mono_ns)

    def tick(self, mono_ns: int) -> list[ReaderEvent]:
        """Give up half a frame after 100 ms, repeat or cancel a command that is late, plan the next poll."""
        events = []
        if mono_ns - self._heard_ns >= GAP_NS:
            held = self._cutter.silence()
            if held:
                events.append(self._error(BadInput.TRUNCATED, mono_ns, held, EventKind.PARTIAL))
                self._close(mono_ns)
        return events + self._advance(mono_ns)

    def requests(self) -> list[bytes]:
        """What is to be sent now; each only once."""
        out, self._out = self._out, []
        return out

    def _take(self, frame: Frame, mono_ns: int) -> list[ReaderEvent]:
        if frame.kind is FrameKind.ACK:
            self._acked, self._due_ns = True, mono_ns + ANSWER_NS
            return []
        if frame.error is not None:
            if frame.error is not BadInput.NOISE or self._recorded:
                self._close(mono_ns)
            return [self._error(frame.error, mono_ns, frame.data)]
        expected = TARGETS if self._recorded else self._command[0] + 1 if self._command else None
        if frame.data[0] != expected:
            return []  # an answer to a command given up long ago
        self._close(mono_ns)
        return self._target(frame.data, mono_ns) if expected == TARGETS else []

    def _target(self, answer: bytes, mono_ns: int) -> list[ReaderEvent]:
        if not self._recorded:
            self._ahead.append(FIELD_OFF)
            self._due_ns = mono_ns
        found = _uid(answer)
        if found is BadInput.NO_TARGET and not self._recorded:
            return []
        badge = found if isinstance(found, BadInput) else uid_badge(found)
        if isinstance(badge, BadInput):
            return [self._error(badge, mono_ns, answer)]
        return [ReaderEvent(EventKind.READ, self.reader_id, mono_ns, badge, answer, forms(badge))]

    def _advance(self, mono_ns: int) -> list[ReaderEvent]:
        """Whatever is due: the next command, or what to do about one that got no answer."""
        if mono_ns < self._due_ns:
            return []
        if self._recorded:
            return self._unanswered(mono_ns) if self._command else []
        if self._command:
            return self._late(mono_ns)
        if not self._ready:
            self._set_up()
        self._send(self._ahead.pop(0) if self._ahead else POLL, mono_ns)
        return []

    def _late(self, mono_ns: int) -> list[ReaderEvent]:
        if not self._acked and self._tries < TRIES:
            self._send(self._command, mono_ns, self._tries + 1)
            return []
        return self._unanswered(mono_ns)

    def _unanswered(self, mono_ns: int) -> list[ReaderEvent]:
        """Cancel, and begin with the set-up again."""
        self._close(mono_ns)
        self._ready = self._recorded
        self._ahead.clear()
        self._due_ns = mono_ns + ANSWER_NS
        if not self._recorded:
            self._out.append(ACK_FRAME)
        return [self._error(BadInput.NO_RESPONSE, mono_ns)]

    def _set_up(self) -> None:
        self._ready = True
        self._out.append(WAKE)
        self._ahead = [SAM_OFF, FEW_RETRIES]

    def _send(self, command: bytes, mono_ns: int, tries: int = 1) -> None:
        first = bool(self._out)  # the wake-up goes in the same write
        self._out = [b"".join([*self._out, framed(command)])]
        self._command, self._acked, self._tries = command, False, tries
        self._due_ns = mono_ns + (FIRST_ACK_NS if first else ACK_NS)

    def _close(self, mono_ns: int) -> None:
        """The command under way is over; the next one goes when its time has come, those of the set-up at once."""
        self._command = b""
        self._due_ns = mono_ns if self._ahead else mono_ns + POLL_NS

    def _error(self, error: BadInput, mono_ns: int, raw: bytes = b"", kind: EventKind = EventKind.ERROR) -> ReaderEvent:
        return ReaderEvent(kind, self.reader_id, mono_ns, raw=raw, error=error)


def _uid(answer: bytes) -> bytes | BadInput:
    """The UID of the one target in an answer to a poll: 4B n tg ATQA(2) SAK length UID [ATS]."""
    if len(answer) < 2:
        return BadInput.BAD_LENGTH
    if answer[1] == 0:
        return BadInput.NO_TARGET
    if answer[1] > 1:
        return BadInput.MULTI_TARGET
    if len(answer) < 7 or len(answer) < 7 + answer[6]:
        return BadInput.BAD_LENGTH
    return answer[7 : 7 + answer[6]]
