"""What a device says of itself: birth and will (`st`), heartbeat (`hb`). Signed notes. Pure."""

from dataclasses import dataclass
from typing import Any

from edge.wire import text as t
from edge.wire.events import Stamp, read_stamp
from edge.wire.notes import Sign, Verify, decode_note, encode_note
from edge.wire.text import Fields, WireError

MAX_JOURNALS = 33
"""The 32 oldest open ones and the current one."""
MAX_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class OpenJournal:
    """A journal with events that are not acknowledged, or the current one.

    low: lowest seq still kept; head: last seq written; acked: every seq up to it is acknowledged.
    """

    journal: str
    low: int
    head: int
    acked: int


@dataclass(frozen=True, slots=True)
class ReaderState:
    """A card reader: state `ok` or `lost`; counts of errors since the start, by code."""

    reader: str
    state: str
    errors: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """Birth (online) or will (not online): the will is signed when the connection is made and speaks of that moment.

    journal + connection name the session: `journal` of this start, `connection` = 1, 2, ... within it. A will of an
    older session than the newest birth is ignored. journals: the at most 32 oldest open ones and the current one;
    more: how many further open ones there are. cfg: applied configuration version, 0 for none.
    """

    device: str
    journal: str
    connection: int
    online: bool
    boot: str
    stamp: Stamp
    journals: tuple[OpenJournal, ...]
    more: int
    version: str
    cfg: int
    readers: tuple[ReaderState, ...] = ()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sent each 60 s with jitter. `more` > 0 means that it proves no delivery.

    oldest_unacked_s: age of the oldest un-acknowledged event, None when there is none. faults: codes shown at the
    device now, refusals by central among them.
    """

    device: str
    journal: str
    connection: int
    boot: str
    stamp: Stamp
    journals: tuple[OpenJournal, ...]
    more: int
    version: str
    cfg: int
    readers: tuple[ReaderState, ...] = ()
    oldest_unacked_s: int | None = None
    disk_free_bytes: int | None = None
    temperature_c: int | None = None
    throttled: bool | None = None
    faults: tuple[str, ...] = ()


def encode_status(status: Status, sign: Sign) -> bytes:
    """The payload of `st`: one note."""
    return encode_note("st", {"online": status.online, **_common(status)}, sign)


def encode_heartbeat(heartbeat: Heartbeat, seal: bytes | None, sign: Sign) -> bytes:
    """The payload of `hb`: the heartbeat's note and, after it, the seal's note."""
    fields = _common(heartbeat) | {
        "oldest_unacked_s": heartbeat.oldest_unacked_s,
        "disk_free_bytes": heartbeat.disk_free_bytes,
        "temperature_c": heartbeat.temperature_c,
        "throttled": heartbeat.throttled,
        "faults": list(heartbeat.faults),
    }
    note = encode_note("hb", fields, sign)
    return note if seal is None else note + b"\n" + seal


def _common(said: Status | Heartbeat) -> dict[str, Any]:
    return {
        "device": said.device,
        "session": {"journal": said.journal, "connection": said.connection},
        "boot": said.boot,
        **said.stamp.fields(),
        "journals": [{"journal": o.journal, "low": o.low, "head": o.head, "acked": o.acked} for o in said.journals],
        "more": said.more,
        "version": said.version,
        "cfg": said.cfg,
        "readers": [{"reader": r.reader, "state": r.state, "errors": dict(r.errors)} for r in said.readers],
    }


def decode_status(payload: bytes, verify: Verify) -> Status:
    """Read `st`; raises SignatureError or WireError."""
    fields = decode_note(payload, "st", verify, MAX_BYTES)
    return Status(online=t.flag(fields, "online"), **_read_common(fields))


@dataclass(frozen=True, slots=True)
class HeartbeatMessage:
    """A heartbeat and the seal that came with it (still a note: check it with `notes.decode_seal`)."""

    heartbeat: Heartbeat
    seal: bytes | None


def decode_heartbeat(payload: bytes, verify: Verify) -> HeartbeatMessage:
    """Read `hb`; raises SignatureError or WireError. The seal's own signature is not checked here."""
    lines = payload.split(b"\n")
    if len(lines) not in (2, 4):
        raise WireError(f"heartbeat of {len(lines)} lines, 2 or 4 are needed")
    fields = decode_note(b"\n".join(lines[:2]), "hb", verify, MAX_BYTES)
    heartbeat = Heartbeat(
        **_read_common(fields),
        oldest_unacked_s=t.optional(t.integer, fields, "oldest_unacked_s"),
        disk_free_bytes=t.optional(t.integer, fields, "disk_free_bytes"),
        temperature_c=t.optional(t.integer, fields, "temperature_c", -100, 200),
        throttled=t.optional(t.flag, fields, "throttled"),
        faults=t.words(fields, "faults", 32),
    )
    return HeartbeatMessage(heartbeat, b"\n".join(lines[2:]) if len(lines) == 4 else None)


def _read_common(fields: Fields) -> dict[str, Any]:
    session = t.child(fields, "session")
    return {
        "device": t.device_id(fields),
        "journal": t.journal_id(session),
        "connection": t.integer(session, "connection", 1),
        "boot": t.text(fields, "boot", 64),
        "stamp": read_stamp(fields),
        "journals": tuple(_read_open(item) for item in t.objects(fields, "journals", MAX_JOURNALS)),
        "more": t.integer(fields, "more"),
        "version": t.text(fields, "version", 64),
        "cfg": t.integer(fields, "cfg"),
        "readers": tuple(_read_reader(item) for item in t.objects(fields, "readers", 16)),
    }


def _read_open(fields: Fields) -> OpenJournal:
    head = t.integer(fields, "head")
    return OpenJournal(t.journal_id(fields), t.integer(fields, "low"), head, t.integer(fields, "acked", 0, head))


def _read_reader(fields: Fields) -> ReaderState:
    errors = t.optional(t.child, fields, "errors") or {}
    counts = tuple((code, t.integer(errors, code)) for code in t.names(errors, max_chars=32))
    return ReaderState(t.text(fields, "reader", 32), t.text(fields, "state", 16), counts)
