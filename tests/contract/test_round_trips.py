"""Every value of every message reads as it was written, and what a newer sender adds is passed over."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire import WireError
from edge.wire import events as ev
from edge.wire.ack import Ack, Refused, Resend, decode_ack, encode_ack
from edge.wire.command import Command, Result, decode_command, decode_result, encode_command, encode_result
from edge.wire.config import Boundary, Config, RosterEntry, config_hash, decode_config, encode_config
from edge.wire.events import Clock, Event, Stamp, decode_event, encode_event
from edge.wire.notes import Seal, decode_seal, encode_note
from edge.wire.status import (
    Heartbeat,
    OpenJournal,
    ReaderState,
    Status,
    decode_heartbeat,
    decode_status,
    encode_heartbeat,
    encode_status,
)
from edge.wire.text import MAX_INT
from tests.contract import examples

MESSAGES = examples.messages()


def text(max_chars: int, least: int = 1) -> st.SearchStrategy[str]:
    """Any text without control characters or halves of characters, Vietnamese and signs beyond 16 bits among it."""
    return st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=least, max_size=max_chars)


def some(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | inner


def several(inner: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(inner, max_size=most).map(tuple)


def pairs(value: st.SearchStrategy[Any], name_chars: int = 20) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    return st.dictionaries(text(name_chars), value, max_size=4).map(lambda found: tuple(found.items()))


NUMBER = st.integers(0, MAX_INT)
SEQ = st.integers(1, MAX_INT)
SPAN = st.tuples(SEQ, SEQ).map(sorted).map(tuple)
DEVICE = st.from_regex(r"[a-z0-9-]{4,40}", fullmatch=True)
JOURNAL = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
HASH = st.binary(min_size=32, max_size=32)
STAMP = st.builds(Stamp, NUMBER, some(NUMBER), st.sampled_from(Clock), some(NUMBER))
LOST = st.builds(lambda j, span, b, a: ev.Lost(j, *span, b, a), JOURNAL, SPAN, some(HASH), some(HASH))
BODIES: dict[str, st.SearchStrategy[Any]] = {
    "start": st.builds(ev.Start, text(64), text(64), some(st.builds(ev.Parent, JOURNAL, NUMBER, HASH))),
    "punch": st.builds(ev.Punch, text(64), text(32), several(text(64), 8), text(16), some(text(64)), NUMBER),
    "read": st.builds(ev.Read, text(64), text(32), text(16), text(16), some(text(64))),
    "lost": LOST,
    "button": st.builds(ev.Button, text(32)),
    "ticket": st.builds(ev.Ticket, text(32), SEQ),
    "call": st.builds(ev.Call, text(32), SEQ, text(32)),
    "rating": st.builds(ev.Rating, text(32), st.integers(1, 99), text(32), some(SEQ)),
    "rollcall": st.builds(ev.RollCall, text(64), text(64), text(64), text(64)),
    "clock": st.builds(ev.ClockSet, some(NUMBER), NUMBER, text(16)),
    "fault": st.builds(ev.Fault, text(32), text(64)),
    "ok": st.builds(ev.Ok, text(32), text(64), NUMBER),
    "stop": st.builds(ev.Stop, text(64)),
}
OPEN = st.builds(lambda j, low, ends: OpenJournal(j, low, ends[1], ends[0]), JOURNAL, NUMBER, SPAN)
READER = st.builds(ReaderState, text(32), text(16), pairs(NUMBER))
COMMON = {
    "device": DEVICE, "journal": JOURNAL, "connection": SEQ, "boot": text(64), "stamp": STAMP,
    "journals": several(OPEN, 4), "more": NUMBER, "version": text(64), "cfg": NUMBER, "readers": several(READER, 3),
}  # fmt: skip
STATUS = st.builds(Status, online=st.booleans(), **COMMON)
HEARTBEAT = st.builds(
    Heartbeat, oldest_unacked_s=some(NUMBER), disk_free_bytes=some(NUMBER), temperature_c=some(st.integers(-100, 200)),
    throttled=some(st.booleans()), faults=several(text(64), 4), **COMMON,
)  # fmt: skip
SEAL = st.builds(Seal, DEVICE, JOURNAL, SEQ, HASH, some(NUMBER))
RESEND = st.builds(lambda journal, span: Resend(journal, *span), JOURNAL, SPAN)
REFUSED = st.builds(lambda span, code: Refused(*span, code), SPAN, text(32))
ACK = st.builds(
    Ack, JOURNAL, NUMBER, several(SPAN, 32), several(REFUSED, 8), some(RESEND), some(NUMBER), st.integers(0, 3_600_000)
)
BOUNDARY = st.builds(Boundary, text(16), NUMBER, NUMBER, some(NUMBER), some(text(16)))
ENTRY = st.builds(RosterEntry, text(64), text(80), st.sampled_from(["active", "blocked"]), several(BOUNDARY, 3))
CONFIG = st.builds(
    Config, DEVICE, SEQ, text(200), text(200), several(ENTRY, 3), pairs(text(200), 64), pairs(NUMBER, 64)
)
COMMAND = st.builds(Command, DEVICE, text(64), NUMBER, text(32), pairs(text(128), 64))
RESULT = st.builds(Result, DEVICE, text(64), text(32), text(500, least=0))


def test_every_kind_of_event_has_its_round_trip():
    assert set(BODIES) == set(ev.KINDS)


@pytest.mark.parametrize("kind", sorted(BODIES))
@given(data=st.data())
def test_an_event_reads_as_it_was_written(kind: str, data: st.DataObject):
    event = Event(data.draw(SEQ), data.draw(STAMP), data.draw(BODIES[kind]))
    line = encode_event(event)
    assert event.kind == kind
    assert decode_event(line) == event
    assert encode_event(decode_event(line)) == line


@given(STATUS)
def test_a_birth_or_will_reads_as_it_was_written(said: Status):
    assert decode_status(encode_status(said, examples.sign), examples.verify) == said


@given(HEARTBEAT, some(SEAL))
def test_a_heartbeat_reads_as_it_was_written(said: Heartbeat, seal: Seal | None):
    note = None if seal is None else seal.encode(examples.sign)
    message = decode_heartbeat(encode_heartbeat(said, note, examples.sign), examples.verify)
    assert message.heartbeat == said
    assert message.seal == note


@given(SEAL)
def test_a_seal_reads_as_it_was_written(seal: Seal):
    assert decode_seal(seal.encode(examples.sign), examples.verify) == seal


@given(ACK)
def test_an_acknowledgement_reads_as_it_was_written(ack: Ack):
    assert decode_ack(encode_ack(ack)) == ack


@given(CONFIG)
def test_a_configuration_reads_as_it_was_written(config: Config):
    assert decode_config(encode_config(config, examples.sign), examples.verify) == config


@given(CONFIG, SEQ)
def test_two_configurations_that_differ_in_the_version_alone_have_one_hash(config: Config, version: int):
    assert config_hash(replace(config, version=version)) == config_hash(config)
    assert config_hash(replace(config, door=config.door + "2")) != config_hash(config)


@given(COMMAND)
def test_a_command_reads_as_it_was_written(command: Command):
    assert decode_command(encode_command(command, examples.sign), examples.verify) == command


@given(RESULT)
def test_a_result_reads_as_it_was_written(result: Result):
    assert decode_result(encode_result(result)) == result


def added(value: Any) -> Any:
    """The same with an unknown field in each object that has fixed names."""
    if isinstance(value, list):
        return [added(item) for item in value]
    if not isinstance(value, dict):
        return value
    free = ("texts", "policy", "arguments", "errors")
    return {**{k: v if k in free else added(v) for k, v in value.items()}, "mood": {"of": ["a", 1.5, None]}}


def newer(name: str) -> bytes:
    """A golden message as a newer sender would send it, signed again where it is a note."""
    fields = added(json.loads(MESSAGES[name].split(b"\n")[0]))
    if "note" not in fields:
        return json.dumps(fields).encode()
    kind = fields.pop("note")
    del fields["v"]
    if kind == "cfg":
        del fields["hash"]
        plain = json.dumps({**fields, "version": 0}, ensure_ascii=False, separators=(",", ":"))
        fields["hash"] = sha256(plain.encode()).hexdigest()
    return encode_note(kind, fields, examples.sign)


def signed(read: Callable[..., Any]) -> Callable[[bytes], Any]:
    return lambda payload: read(payload, examples.verify)


@pytest.mark.parametrize(
    ("name", "read", "value"),
    [
        ("st_birth", signed(decode_status), examples.BIRTH),
        ("hb", lambda payload: signed(decode_heartbeat)(payload).heartbeat, examples.HEARTBEAT),
        ("seal", signed(decode_seal), examples.SEAL),
        ("cfg", signed(decode_config), examples.CONFIG),
        ("cmd", signed(decode_command), examples.COMMAND),
        ("ack", decode_ack, examples.ACK),
        ("res", decode_result, examples.RESULT),
    ],
)
def test_fields_of_a_newer_sender_are_passed_over(name: str, read: Callable[[bytes], Any], value: Any):
    assert read(newer(name)) == value


@pytest.mark.parametrize("name", [n for n in examples.EVENTS if n != "unknown_kind"])
def test_fields_of_a_newer_event_are_passed_over(name: str):
    assert decode_event(newer(f"event_{name}")) == examples.EVENTS[name]


@pytest.mark.parametrize("name", ["up", "ack", "seal", "st_birth", "hb", "cfg", "cmd", "res"])
def test_another_version_is_refused(name: str):
    head, *rest = MESSAGES[name].split(b"\n")
    payload = b"\n".join([head.replace(b'"v":1', b'"v":2'), *rest])
    with pytest.raises(WireError, match="version"):
        examples.READERS[name.split("_")[0]](payload)
