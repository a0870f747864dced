"""Frames of a PN532 on its serial port. Pure. Source: readers.md 1.4; NXP UM0701-02, section 6.2.

    [00] 00 FF LEN LCS TFI data DCS [00]      LEN + LCS = 0, TFI + data + DCS = 0, each modulo 256
    [00] 00 FF FF FF LENhi LENlo LCS ...      the long form
    [00] 00 FF 00 FF    acknowledgement       [00] 00 FF FF 00    not acknowledged

A frame is read by its length, a missing postamble does no harm, and one left over from before is a zero: skipped.
"""

from dataclasses import dataclass
from enum import StrEnum

from edge.readers.reader import BadInput

START = b"\x00\xff"
HOST, CHIP, ERROR = 0xD4, 0xD5, 0x7F
MOST_BYTES = 265
"""The longest content of a frame."""
NOISY_BYTES = 64
_LONG = 0xFF


class FrameKind(StrEnum):
    """What came."""

    ACK = "ack"
    NACK = "nack"
    ANSWER = "answer"  # of the chip, `data` begins with its response code
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. error: why a bad one is none, None for the others."""

    kind: FrameKind
    data: bytes = b""
    error: BadInput | None = None


def framed(data: bytes) -> bytes:
    """The bytes that send the command `data` (code and parameters, at most 254 bytes) to the chip."""
    body = bytes([HOST]) + data
    return bytes([0, 0, 0xFF, len(body), -len(body) & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


ACK_FRAME = bytes.fromhex("0000FF00FF00")


class FrameCutter:
    """Cuts a stream into frames, in bounded memory; what is no frame is told once a burst."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._lost = False  # since a complaint; a whole frame or silence ends it
        self._strange = 0

    @property
    def noisy(self) -> bool:
        """Bytes keep coming that are no frame."""
        return self._strange > NOISY_BYTES

    @property
    def partial(self) -> bool:
        """A frame has begun."""
        return START in self._held

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        self._held += data
        frames: list[Frame] = []
        while self._to_start(frames):
            frame = self._cut()
            if frame is None:
                break
            if frame.error in (BadInput.BAD_LCS, BadInput.BAD_LENGTH):
                self._lost = True
            else:
                self._lost, self._strange = False, 0
            if frame.kind is not FrameKind.BAD or frame.error is not BadInput.NOISE:
                frames.append(frame)
        return frames

    def silence(self) -> bytes:
        """Forget what has begun; returns it."""
        held = bytes(self._held) if self.partial else b""
        self._held.clear()
        self._lost = False
        return held

    def _to_start(self, frames: list[Frame]) -> bool:
        """Drop what stands before a start code; False when there is none yet."""
        at = self._held.find(START)
        end = at if at >= 0 else len(self._held) - self._held.endswith(START[:1])
        stray = bytes(self._held[:end])
        del self._held[:end]
        self._strange = min(self._strange + len(stray), NOISY_BYTES + 1)
        if any(stray) and not self._lost:  # zeros are what stands around every frame
            self._lost = True
            frames.append(Frame(FrameKind.BAD, error=BadInput.NOISE))
        return at >= 0

    def _cut(self) -> Frame | None:
        """The frame at the front; None while it is not whole. A wrong head costs its start code only."""
        head = bytes(self._held[2:7])
        if len(head) < 2:
            return None
        if head[:2] in (b"\x00\xff", b"\xff\x00"):
            del self._held[:4]
            return Frame(FrameKind.ACK) if head[0] == 0 else Frame(FrameKind.NACK, error=BadInput.NACK)
        if head[:2] == b"\xff\xff":
            return self._body(7, int.from_bytes(head[2:4], "big"), sum(head[2:5])) if len(head) == 5 else None
        return self._body(4, head[0], sum(head[:2]))

    def _body(self, start: int, length: int, check: int) -> Frame | None:
        if check & 0xFF or not 0 < length <= MOST_BYTES:
            del self._held[:2]
            return Frame(FrameKind.BAD, error=BadInput.BAD_LCS if check & 0xFF else BadInput.BAD_LENGTH)
        end = start + length + 1
        if len(self._held) < end:
            return None
        body = bytes(self._held[start:end])
        del self._held[:end]
        if sum(body) & 0xFF:
            return Frame(FrameKind.BAD, body, BadInput.BAD_DCS)
        return _content(body[:-1])


def _content(content: bytes) -> Frame:
    if content[0] == CHIP and len(content) > 1:
        return Frame(FrameKind.ANSWER, content[1:])
    if content[0] == ERROR:
        return Frame(FrameKind.BAD, content, BadInput.ERROR_FRAME)
    return Frame(FrameKind.BAD, content, BadInput.NOISE)  # our own command, heard on a line that echoes
