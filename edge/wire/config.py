"""The desired configuration of a door (`cfg`): whole, never a patch, with every boundary already worked out. Pure.

The door holds no rule of its own: for each person, today and tomorrow, central has worked out from when somebody is
due, after which moment the door may say "late" (provisionally), and what was planned instead.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from edge.wire import text as t
from edge.wire.heads import MAX_HEADS, head_line, head_note
from edge.wire.notes import Sign, Verify, decode_note, encode_note
from edge.wire.text import MAX_LINE_BYTES, Fields, WireError, encode_line

MAX_CONFIG_BYTES = 4 * 1024 * 1024
MAX_ROSTER = 20_000
MAX_NAMES = 256
STATES = frozenset({"active", "blocked"})


@dataclass(frozen=True, slots=True)
class Boundary:
    """One session of one person. Instants are UTC milliseconds.

    A tap at or after counts_from_ms and before the next boundary's counts_from_ms belongs to this session. due_from_ms:
    its scheduled start. late_after_ms: start + grace; a first tap later than this is provisionally late, None where
    nobody is late (a plan covers the session). plan: `leave`, `field_duty`, `trip`, `study`, `holiday`, or None.
    """

    session: str
    counts_from_ms: int
    due_from_ms: int
    late_after_ms: int | None
    plan: str | None


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A badge, the short name to show, whether it may be used, and its holder's sessions of today and tomorrow."""

    badge: str
    name: str
    state: str
    sessions: tuple[Boundary, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """version: central's utc in ms; a device accepts only a higher one. texts: overrides of the door's phrases.

    policy: settings of the door by name, such as `repeat_guard_ms` (whole numbers). heads: central's newest signed
    heads, oldest first, a note each (`heads.decode_head` checks them); without any the field is not there.
    """

    device: str
    version: int
    unit: str
    door: str
    roster: tuple[RosterEntry, ...]
    texts: tuple[tuple[str, str], ...] = ()
    policy: tuple[tuple[str, int], ...] = field(default=())
    heads: tuple[bytes, ...] = ()


def encode_config(config: Config, sign: Sign) -> bytes:
    """The payload of `cfg`: one note whose `hash` is `config_hash`."""
    return encode_note("cfg", _fields(config) | {"hash": config_hash(config)}, sign)


def config_hash(config: Config) -> str:
    """SHA-256 (hex) of everything but the version: two configurations with one hash say the same."""
    return _hash(_fields(config))


def decode_config(payload: bytes, verify: Verify) -> Config:
    """Read `cfg`; raises SignatureError or WireError, also when the hash is not that of the content.

    The hash covers the fields that were sent, so that those of a newer central can be ignored and still be covered.
    """
    fields = decode_note(payload, "cfg", verify, MAX_CONFIG_BYTES)
    if fields.get("hash") != _hash({name: fields[name] for name in fields if name not in _OUTSIDE_HASH}):
        raise WireError("cfg: its hash is not that of its content")
    texts, policy = (t.optional(t.child, fields, name) or {} for name in ("texts", "policy"))
    return Config(
        t.device_id(fields),
        t.integer(fields, "version", 1),
        t.text(fields, "unit", 200),
        t.text(fields, "door", 200),
        tuple(_read_entry(item) for item in t.objects(fields, "roster", MAX_ROSTER)),
        tuple((name, t.text(texts, name, 200)) for name in t.names(texts, MAX_NAMES)),
        tuple((name, t.integer(policy, name)) for name in t.names(policy, MAX_NAMES)),
        tuple(head_note(line) for line in t.words(fields, "heads", MAX_HEADS, MAX_LINE_BYTES)),
    )


_OUTSIDE_HASH = frozenset({"note", "v", "hash"})


def _hash(content: Fields) -> str:
    try:
        return sha256(encode_line({**content, "version": 0})).hexdigest()
    except RecursionError as error:
        raise WireError("cfg: nested too deeply") from error


def _fields(config: Config) -> dict[str, Any]:
    heads = {"heads": [head_line(note) for note in config.heads]} if config.heads else {}
    return heads | {
        "device": config.device,
        "version": config.version,
        "unit": config.unit,
        "door": config.door,
        "texts": dict(config.texts),
        "policy": dict(config.policy),
        "roster": [
            {"badge": e.badge, "name": e.name, "state": e.state, "sessions": [_span(b) for b in e.sessions]}
            for e in config.roster
        ],
    }


def _span(boundary: Boundary) -> dict[str, Any]:
    return {
        "session": boundary.session,
        "counts_from_ms": boundary.counts_from_ms,
        "due_from_ms": boundary.due_from_ms,
        "late_after_ms": boundary.late_after_ms,
        "plan": boundary.plan,
    }


def _read_entry(fields: Fields) -> RosterEntry:
    return RosterEntry(
        t.text(fields, "badge", 64),
        t.text(fields, "name", 80),
        t.one_of(fields, "state", STATES),
        tuple(_read_span(item) for item in t.objects(fields, "sessions", 16)),
    )


def _read_span(fields: Fields) -> Boundary:
    return Boundary(
        t.text(fields, "session", 16),
        t.integer(fields, "counts_from_ms"),
        t.integer(fields, "due_from_ms"),
        t.optional(t.integer, fields, "late_after_ms"),
        t.optional(t.text, fields, "plan", 16),
    )
