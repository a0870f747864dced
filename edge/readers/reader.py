"""What a card reader driver is: bytes in, events out. Pure: no port, no clock, no pin; time comes in as an argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class EventKind(StrEnum):
    """What an event of a reader tells."""

    READ = "read"  # a complete, checked frame: one badge seen, not yet a punch
    PARTIAL = "partial"  # a frame that began and never ended
    ERROR = "error"  # bytes that are no badge; `error` says why
    CONNECTED = "connected"  # the transport has the port
    LOST = "lost"  # the transport lost it


class BadInput(StrEnum):
    """Why bytes, bits, keys or lines are no badge: one vocabulary for every driver."""

    ALL_ZERO = "all_zero"  # no id at all, or only a version byte: what readers without a card invent most
    BAD_BIT_COUNT = "bad_bit_count"
    BAD_CHAR = "bad_char"
    BAD_CHECKSUM = "bad_checksum"
    BAD_DCS = "bad_dcs"
    BAD_KEY = "bad_key"
    BAD_LCS = "bad_lcs"
    BAD_LENGTH = "bad_length"
    BAD_LINE = "bad_line"
    BAD_MAC = "bad_mac"
    BAD_PARITY = "bad_parity"
    BAD_PARITY_SWAPPED = "bad_parity_d0_d1_swapped"
    CASCADE_INCOMPLETE = "cascade_incomplete"
    ERROR_FRAME = "error_frame"
    MULTI_TARGET = "multi_target"
    NACK = "nack"
    NO_RESPONSE = "no_response"
    NO_TARGET = "no_target"
    NO_TERMINATOR = "no_terminator"
    NOISE = "noise"
    OUT_OF_RANGE = "out_of_range"
    RANDOM_UID = "random_uid"
    TRUNCATED = "truncated"


class Level(StrEnum):
    """How a badge proved itself."""

    UID = "uid"  # it said a number
    SUN = "sun"  # a one-time code
    MUTUAL = "mutual"  # card and reader proved each other a key


@dataclass(frozen=True, slots=True)
class ReaderEvent:
    """Something a reader said. badge: canonical number of a read, else None. raw: the bytes it rests on.

    forms: the badge's printed numbers (`edge.badges.forms`). confirmed: how many equal frames stand behind it.
    mono_ns: monotonic time of the first byte. wall: aware utc, attached by whoever has a clock, None until then.
    error: why the bytes are no badge, None for a read.
    """

    kind: EventKind
    reader_id: str
    mono_ns: int
    badge: str | None = None
    raw: bytes = b""
    forms: Mapping[str, str | int] = field(default_factory=dict)
    level: Level = Level.UID
    confirmed: int = 1
    wall: datetime | None = None
    error: BadInput | None = None


class Reader(Protocol):
    """A driver: a state machine with bounded memory that raises for no input whatever.

    name: its key in DRIVERS. continuous: repeats its frame while the card is there (then one frame alone is a ghost).
    baud: of its serial port, None for readers without one. noisy: bytes keep coming that are no frame at all; the
    usual causes are a wrong baud rate and a loose wire.
    """

    @property
    def name(self) -> str: ...
    @property
    def continuous(self) -> bool: ...
    @property
    def baud(self) -> int | None: ...
    @property
    def noisy(self) -> bool: ...

    def feed(self, data: bytes, mono_ns: int) -> list[ReaderEvent]:
        """The events that `data` completes; a frame that has only begun is kept for the next call."""

    def tick(self, mono_ns: int) -> list[ReaderEvent]:
        """Let time pass: give up frames that went silent, plan the next poll."""

    def requests(self) -> list[bytes]:
        """What must be sent to the reader now; empty for readers that only talk."""
