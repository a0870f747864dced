"""A terminal's punch as an event: its identity, its time and how sure that is, the badge that stands for a PIN. Pure.

A terminal has no seq (wire R11): the identity follows from what is sent again unchanged, so that the same punch from a
resend, from another batch or from a file on a stick is one event.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from hashlib import sha256

from central.timing import Method, Stamped, repair
from edge.terminals import TerminalPunch

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_YEAR = 2010
"""No terminal that is in use shows an earlier date, but one whose battery is empty does."""
_SERIAL = re.compile(r"[0-9A-Za-z-]{3,24}")
_SEQ_BITS = 63


@dataclass(frozen=True, slots=True)
class TerminalEvent:
    """A punch on its way into the store; columns as in `tables.Event`, times in UTC ms."""

    seq: int
    line: bytes
    hash: bytes
    badge: str
    utc_ms: int
    received_ms: int
    time_ms: int
    uncertainty_ms: int
    method: str
    set_aside: bool

    @property
    def believed(self) -> bool:
        """Whether the terminal's own date is taken, in whatever doubt."""
        return self.method == Method.RTC


def is_serial(text: str) -> bool:
    """Whether a terminal can call itself so: 3 to 24 letters, digits and `-`."""
    return _SERIAL.fullmatch(text) is not None


def device_id(serial: str) -> str:
    """The door's id of a terminal; capitals make no difference."""
    return f"zk-{serial.lower()}"


def pin_badge(device: str, pin: str) -> str:
    """The badge number that stands for a PIN of one terminal: another terminal's same PIN is somebody else's."""
    return f"pin:{device.removeprefix('zk-')}:{pin}"


def identity(line: bytes) -> tuple[int, bytes]:
    """The seq and the hash of a stored line: both follow from its bytes."""
    digest = sha256(line).digest()
    return int.from_bytes(digest[:8]) >> (64 - _SEQ_BITS), digest


def read_identity(device: str, line: bytes) -> tuple[str, int]:
    """The badge and the stamp (UTC ms) that a stored line of this terminal says."""
    said = json.loads(line)
    return pin_badge(device, said["pin"]), said["utc"]


def terminal_event(device: str, punch: TerminalPunch, received_ms: int, linked_since_ms: int | None) -> TerminalEvent:
    """The event of a punch. linked_since_ms: since when the terminal has been asking central without a pause, None
    where it is not connected: a punch after that, delivered late, has a wrong stamp."""
    utc_ms = (punch.at - EPOCH) // dt.timedelta(milliseconds=1)
    said = {"pin": punch.pin, "status": punch.status, "utc": utc_ms, "verify": punch.verify}
    line = json.dumps({"terminal": device, **said}, separators=(",", ":"), sort_keys=True).encode()
    seq, digest = identity(line)
    usable = punch.at.year >= FIRST_YEAR
    stamped = Stamped("", 0, utc_ms if usable else None, "rtc" if usable else "none", None, received_ms)
    timed = repair([stamped])[""]
    uncertainty_ms, delay_ms = timed.uncertainty_ms, received_ms - timed.best_ms
    if linked_since_ms is not None and linked_since_ms < timed.best_ms and delay_ms > uncertainty_ms:
        uncertainty_ms = delay_ms
    return TerminalEvent(
        seq=seq,
        line=line,
        hash=digest,
        badge=pin_badge(device, punch.pin),
        utc_ms=utc_ms,
        received_ms=received_ms,
        time_ms=timed.best_ms,
        uncertainty_ms=uncertainty_ms,
        method=timed.method.value,
        set_aside=timed.set_aside,
    )
