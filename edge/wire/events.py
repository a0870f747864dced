"""What a device journals: one event, one line, one seq (wire.md, "Events"). Pure.

The line that `encode_event` makes is what the journal keeps, the chain hashes, the wire carries and central stores,
byte for byte. Reading is tolerant where the sender may be newer (unknown fields are ignored, an unknown kind or a body
that cannot be read becomes `Raw`) and strict where central depends on it (seq, kind, stamp).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from edge.wire import text as t
from edge.wire.text import Fields, WireError


class Clock(StrEnum):
    """How far a utc stamp can be trusted."""

    NONE = "none"  # never set in this boot
    RTC = "rtc"  # from a battery clock; sync_age_s = since that clock was last set from NTP, if known
    NTP = "ntp"  # disciplined in this boot; sync_age_s = since the last contact


CLOCKS = frozenset(Clock)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, as the device knew it: uptime of this boot, its utc (None when unknown) and how good that is."""

    uptime_ms: int
    utc_ms: int | None
    clock: Clock
    sync_age_s: int | None = None

    def fields(self) -> dict[str, Any]:
        """As it stands in a line."""
        found: dict[str, Any] = {"uptime_ms": self.uptime_ms, "utc_ms": self.utc_ms, "clock": self.clock.value}
        return found if self.sync_age_s is None else {**found, "sync_age_s": self.sync_age_s}


def read_stamp(fields: Fields) -> Stamp:
    """The stamp in `fields`; raises WireError."""
    return Stamp(
        t.integer(fields, "uptime_ms"),
        t.optional(t.integer, fields, "utc_ms"),
        Clock(t.one_of(fields, "clock", CLOCKS)),
        t.optional(t.integer, fields, "sync_age_s"),
    )


@dataclass(frozen=True, slots=True)
class Parent:
    """The journal before this one: where it ended, and with which hash."""

    journal: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Start:
    """The first event of every journal. parent = None only on a device's very first start."""

    boot: str
    version: str
    parent: Parent | None

    def fields(self) -> dict[str, Any]:
        parent = self.parent
        named = parent and {"journal": parent.journal, "seq": parent.seq, "hash": parent.hash.hex()}
        return {"boot": self.boot, "version": self.version, "parent": named}


@dataclass(frozen=True, slots=True)
class Punch:
    """An accepted read at the door, whoever it belongs to. badge = canonical number (`em:008EB2F9`).

    remarks: `known`, `unknown`, `blocked`, `two_cards`, `field_out`, `field_in`; the door's opinion, central decides.
    level: how the badge proved itself (`uid`, `sun`, `mutual`). evidence: what the reader sent beyond the number,
    such as an EM4100 version byte, or the partial number (`w26:8EB2F9`) that only this badge of the site may be.
    cfg: version of the configuration that the door used, 0 for none.
    """

    badge: str
    reader: str
    remarks: tuple[str, ...] = ()
    level: str = "uid"
    evidence: str | None = None
    cfg: int = 0

    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {"badge": self.badge, "reader": self.reader, "remarks": list(self.remarks)}
        found |= {"level": self.level} | ({} if self.evidence is None else {"evidence": self.evidence})
        return found | {"cfg": self.cfg}


@dataclass(frozen=True, slots=True)
class Read:
    """A badge on a reader marked `info`, `enrol` or `test`, or during such a command: never a punch."""

    badge: str
    reader: str
    purpose: str
    level: str = "uid"
    evidence: str | None = None

    def fields(self) -> dict[str, Any]:
        found = {"badge": self.badge, "reader": self.reader, "purpose": self.purpose, "level": self.level}
        return found if self.evidence is None else {**found, "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Lost:
    """Events [first, last] of `journal` cannot come: damaged, or no longer there when asked (wire R10).

    before / after: chain hashes around the hole, None where not known any more.
    """

    journal: str
    first: int
    last: int
    before: bytes | None
    after: bytes | None

    def fields(self) -> dict[str, Any]:
        hashes = {"before": self.before and self.before.hex(), "after": self.after and self.after.hex()}
        return {"journal": self.journal, "from": self.first, "to": self.last, **hashes}


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The clock was set: from before_ms (None when there was no time) to after_ms, by source (`ntp`, `rtc`, `hand`)."""

    before_ms: int | None
    after_ms: int
    source: str

    def fields(self) -> dict[str, Any]:
        return {"before_ms": self.before_ms, "after_ms": self.after_ms, "source": self.source}


@dataclass(frozen=True, slots=True)
class Fault:
    """The door became unable to record: `reader_lost`, `disk_full`, ...; which = reader id or part."""

    code: str
    which: str

    def fields(self) -> dict[str, Any]:
        return {"code": self.code, "which": self.which}


@dataclass(frozen=True, slots=True)
class Ok:
    """The end of a fault. began_uptime_ms = when it began, because a full disk cannot record its own."""

    code: str
    which: str
    began_uptime_ms: int

    def fields(self) -> dict[str, Any]:
        return {"code": self.code, "which": self.which, "began_uptime_ms": self.began_uptime_ms}


@dataclass(frozen=True, slots=True)
class Stop:
    """An ordered end of the station."""

    reason: str

    def fields(self) -> dict[str, Any]:
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class Button:
    """A press of a named button."""

    button: str

    def fields(self) -> dict[str, Any]:
        return {"button": self.button}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A queue number was issued."""

    service: str
    number: int

    def fields(self) -> dict[str, Any]:
        return {"service": self.service, "number": self.number}


@dataclass(frozen=True, slots=True)
class Call:
    """A queue number was called to a counter."""

    service: str
    number: int
    counter: str

    def fields(self) -> dict[str, Any]:
        return {"service": self.service, "number": self.number, "counter": self.counter}


@dataclass(frozen=True, slots=True)
class Rating:
    """A citizen's choice from a versioned set of labels; number = the ticket rated, None without one."""

    choices: str
    choice: int
    counter: str
    number: int | None

    def fields(self) -> dict[str, Any]:
        return {"choices": self.choices, "choice": self.choice, "counter": self.counter, "number": self.number}


@dataclass(frozen=True, slots=True)
class RollCall:
    """What a leader saw at a hand-held reader: by (badge) saw `badge` in `room` as `seen`."""

    by: str
    badge: str
    room: str
    seen: str

    def fields(self) -> dict[str, Any]:
        return {"by": self.by, "badge": self.badge, "room": self.room, "seen": self.seen}


@dataclass(frozen=True, slots=True)
class Raw:
    """An event of a kind that this version does not know, or (problem set) whose body it cannot read."""

    kind: str
    body: Fields = field(default_factory=dict)
    problem: str | None = None

    def fields(self) -> dict[str, Any]:
        return dict(self.body)


Body = Start | Punch | Read | Lost | ClockSet | Fault | Ok | Stop | Button | Ticket | Call | Rating | RollCall | Raw

KINDS: dict[str, type[Any]] = {
    "start": Start,
    "punch": Punch,
    "read": Read,
    "lost": Lost,
    "button": Button,
    "ticket": Ticket,
    "call": Call,
    "rating": Rating,
    "rollcall": RollCall,
    "clock": ClockSet,
    "fault": Fault,
    "ok": Ok,
    "stop": Stop,
}
_NAMES = {body: name for name, body in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a journal, read."""

    seq: int
    stamp: Stamp
    body: Body

    @property
    def kind(self) -> str:
        """The word on the wire."""
        return self.body.kind if isinstance(self.body, Raw) else _NAMES[type(self.body)]


def encode_event(event: Event) -> bytes:
    """The event's line, without the newline. Raises WireError for one that could not be read back."""
    line = t.encode_line({"seq": event.seq, "kind": event.kind, **event.stamp.fields(), **event.body.fields()})
    if len(line) > t.MAX_LINE_BYTES:
        raise WireError(f"event {event.seq} ({event.kind}) would be a line of {len(line)} bytes")
    return line


def decode_event(line: bytes) -> Event:
    """Read a line. Raises WireError when seq, kind or stamp cannot be read; a strange body only becomes `Raw`."""
    fields = t.decode_line(line)
    seq = t.integer(fields, "seq", 1)
    kind = t.text(fields, "kind", 32)
    stamp = read_stamp(fields)
    read = _READ.get(kind)
    if read is None:
        return Event(seq, stamp, Raw(kind, _rest(fields)))
    try:
        return Event(seq, stamp, read(fields))
    except WireError as error:
        return Event(seq, stamp, Raw(kind, _rest(fields), str(error)))


def _rest(fields: Fields) -> Fields:
    common = {"seq", "kind", "uptime_ms", "utc_ms", "clock", "sync_age_s"}
    return {name: value for name, value in fields.items() if name not in common}


def _read_start(fields: Fields) -> Start:
    parent = t.optional(t.child, fields, "parent")
    named = parent and Parent(t.journal_id(parent), t.integer(parent, "seq", 0), t.digest(parent, "hash"))
    return Start(t.text(fields, "boot", 64), t.text(fields, "version", 64), named or None)


def _read_punch(fields: Fields) -> Punch:
    return Punch(
        t.text(fields, "badge", 64),
        t.text(fields, "reader", 32),
        t.words(fields, "remarks"),
        t.optional(t.text, fields, "level", 16) or "uid",
        t.optional(t.text, fields, "evidence", 64),
        t.optional(t.integer, fields, "cfg") or 0,
    )


def _read_read(fields: Fields) -> Read:
    return Read(
        t.text(fields, "badge", 64),
        t.text(fields, "reader", 32),
        t.text(fields, "purpose", 16),
        t.optional(t.text, fields, "level", 16) or "uid",
        t.optional(t.text, fields, "evidence", 64),
    )


def _read_lost(fields: Fields) -> Lost:
    first = t.integer(fields, "from", 1)
    return Lost(
        t.journal_id(fields),
        first,
        t.integer(fields, "to", first),
        t.optional(t.digest, fields, "before"),
        t.optional(t.digest, fields, "after"),
    )


def _read_rating(fields: Fields) -> Rating:
    return Rating(
        t.text(fields, "choices", 32),
        t.integer(fields, "choice", 1, 99),
        t.text(fields, "counter", 32),
        t.optional(t.integer, fields, "number", 1),
    )


_READ: dict[str, Callable[[Fields], Body]] = {
    "start": _read_start,
    "punch": _read_punch,
    "read": _read_read,
    "lost": _read_lost,
    "button": lambda f: Button(t.text(f, "button", 32)),
    "ticket": lambda f: Ticket(t.text(f, "service", 32), t.integer(f, "number", 1)),
    "call": lambda f: Call(t.text(f, "service", 32), t.integer(f, "number", 1), t.text(f, "counter", 32)),
    "rating": _read_rating,
    "rollcall": lambda f: RollCall(*(t.text(f, name, 64) for name in ("by", "badge", "room", "seen"))),
    "clock": lambda f: ClockSet(
        t.optional(t.integer, f, "before_ms"), t.integer(f, "after_ms"), t.text(f, "source", 16)
    ),
    "fault": lambda f: Fault(t.text(f, "code", 32), t.text(f, "which", 64)),
    "ok": lambda f: Ok(t.text(f, "code", 32), t.text(f, "which", 64), t.integer(f, "began_uptime_ms")),
    "stop": lambda f: Stop(t.text(f, "reason", 64)),
}
