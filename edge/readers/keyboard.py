"""USB keyboard readers: key codes in, badges out. Pure; three bytes arrive an event: code (2, big end) and value.

Key codes know no layout, so neither AZERTY nor Telex matters. Only presses count (value 1; 0 is up, 2 repeats); what a
number is comes from the reader's profile, and a reader that slips into another of its 28 formats is refused, not
guessed at: the length is fixed. Source: readers.md 1.6; codes: linux/input-event-codes.h.
"""

from collections.abc import Iterable
from typing import ClassVar

from edge.badges import forms
from edge.readers.profile import FORMS, Profile, read_number
from edge.readers.reader import BadInput, EventKind, ReaderEvent

GAP_NS = 300_000_000
"""Silence after which a number without an end is refused."""
MOST_KEYS = 64
EVENT_BYTES = 3
DRIFTS = 3
"""Numbers of one wrong length in a row after which the reader is said to have changed its format."""

KEY_NAMES = {
    "KEY_1": 2, "KEY_2": 3, "KEY_3": 4, "KEY_4": 5, "KEY_5": 6, "KEY_6": 7, "KEY_7": 8, "KEY_8": 9, "KEY_9": 10,
    "KEY_0": 11, "KEY_TAB": 15, "KEY_E": 18, "KEY_ENTER": 28, "KEY_LEFTCTRL": 29, "KEY_A": 30, "KEY_D": 32,
    "KEY_F": 33, "KEY_LEFTSHIFT": 42, "KEY_C": 46, "KEY_B": 48, "KEY_COMMA": 51, "KEY_DOT": 52, "KEY_RIGHTSHIFT": 54,
    "KEY_CAPSLOCK": 58, "KEY_NUMLOCK": 69, "KEY_KP7": 71, "KEY_KP8": 72, "KEY_KP9": 73, "KEY_KP4": 75, "KEY_KP5": 76,
    "KEY_KP6": 77, "KEY_KP1": 79, "KEY_KP2": 80, "KEY_KP3": 81, "KEY_KP0": 82, "KEY_KPDOT": 83, "KEY_KPENTER": 96,
    "KEY_KPCOMMA": 121,
}  # fmt: skip
"""Names of the keys that readers press -> codes."""
UNKNOWN_KEY = 0
_IGNORED = frozenset({29, 42, 54, 58, 69})  # modifiers and locks that some readers wrap a number in
_ENDS = frozenset({15, 28, 96})
_CHARACTERS = {
    code: "," if name.endswith("COMMA") else "." if name.endswith("DOT") else name[-1]
    for name, code in KEY_NAMES.items()
    if code not in _IGNORED and code not in _ENDS
}


def key_bytes(presses: Iterable[tuple[str, int]]) -> bytes:
    """Named keys and their values as this driver takes them; a name it does not know is a key that is no digit."""
    return b"".join(KEY_NAMES.get(name, UNKNOWN_KEY).to_bytes(2, "big") + bytes([value]) for name, value in presses)


class KeyboardReader:
    """The parser. profile: how this reader writes numbers."""

    name: ClassVar[str] = "hid_evdev"
    continuous: ClassVar[bool] = False
    baud: ClassVar[int | None] = None

    def __init__(self, reader_id: str, profile: Profile | None = None) -> None:
        self.reader_id = reader_id
        self._profile = profile or Profile()
        self._half = bytearray()  # of an event that came in pieces
        self._typed = ""
        self._keys = 0
        self._bad = False
        self._first_ns = 0
        self._last_ns = 0
        self._drift = 0

    @property
    def noisy(self) -> bool:
        """Number after number had another length: the reader changed its format."""
        return self._drift >= DRIFTS

    def feed(self, data: bytes, mono_ns: int) -> list[ReaderEvent]:
        """The events completed by `data`: three bytes a key event."""
        events = self.tick(mono_ns)
        self._half += data
        if data:
            self._last_ns = mono_ns
        while len(self._half) >= EVENT_BYTES:
            code, value = int.from_bytes(self._half[:2], "big"), self._half[2]
            del self._half[:EVENT_BYTES]
            if value == 1 and code not in _IGNORED:
                events += self._pressed(code, mono_ns)
        return events

    def tick(self, mono_ns: int) -> list[ReaderEvent]:
        """A number without an end is refused after 300 ms."""
        if mono_ns - self._last_ns < GAP_NS:
            return []
        self._half.clear()
        if not self._keys:
            return []
        return [self._refuse(BadInput.BAD_KEY if self._bad else BadInput.NO_TERMINATOR)]

    def requests(self) -> list[bytes]:
        """Nothing: a keyboard only talks."""
        return []

    def _pressed(self, code: int, mono_ns: int) -> list[ReaderEvent]:
        if code in _ENDS:
            return [self._number()] if self._keys else []
        if not self._keys:
            self._first_ns = mono_ns
        self._keys = min(self._keys + 1, MOST_KEYS + 1)
        character = _CHARACTERS.get(code)
        self._bad = self._bad or character is None
        if self._keys <= MOST_KEYS:
            self._typed += character or ""
        return []

    def _number(self) -> ReaderEvent:
        if self._bad:
            return self._refuse(BadInput.BAD_KEY)
        if self._keys > MOST_KEYS:
            return self._refuse(BadInput.BAD_LENGTH)
        read = read_number(self._typed, self._profile)
        if isinstance(read, BadInput):
            return self._refuse(read)
        badge, version = read
        raw = self._typed.encode("ascii")
        self._forget()
        self._drift = 0
        return ReaderEvent(EventKind.READ, self.reader_id, self._first_ns, badge, raw, forms(badge, version))

    def _refuse(self, error: BadInput) -> ReaderEvent:
        raw = self._typed.encode("ascii")
        drifted = error is BadInput.BAD_LENGTH and len(self._typed) != FORMS[self._profile.form].length
        self._drift = self._drift + 1 if drifted else 0
        self._forget()
        return ReaderEvent(EventKind.ERROR, self.reader_id, self._first_ns, raw=raw, error=error)

    def _forget(self) -> None:
        self._typed, self._keys, self._bad = "", 0, False
