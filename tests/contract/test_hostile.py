"""Whatever arrives, reading it ends in a value or in a WireError that says what is wrong."""

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire import WireError, text
from edge.wire.ack import decode_ack
from edge.wire.batch import MAX_BYTES, MAX_EVENTS, Batch, decode_batch, encode_batch, fitting
from edge.wire.chain import chain_start, link, links
from edge.wire.command import decode_command, decode_result
from edge.wire.config import decode_config
from edge.wire.events import Button, Event, decode_event, encode_event
from edge.wire.notes import SignatureError, decode_seal
from edge.wire.status import decode_heartbeat, decode_status
from edge.wire.topics import Channel, parse_topic, topic

HERE = Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("contract_examples_hostile", HERE / "examples.py")
assert SPEC and SPEC.loader
examples = importlib.util.module_from_spec(SPEC)
sys.modules["contract_examples_hostile"] = examples
SPEC.loader.exec_module(examples)
MESSAGES: dict[str, bytes] = examples.messages()


def trusting(signature: bytes, line: bytes) -> bool:
    """Signatures are somebody else's test here: what is behind them must be read safely too."""
    return True


READERS: dict[str, Callable[[bytes], object]] = {
    "event": decode_event,
    "up": decode_batch,
    "seal": lambda payload: decode_seal(payload, trusting),
    "ack": decode_ack,
    "st": lambda payload: decode_status(payload, trusting),
    "hb": lambda payload: decode_heartbeat(payload, trusting),
    "cfg": lambda payload: decode_config(payload, trusting),
    "cmd": lambda payload: decode_command(payload, trusting),
    "res": decode_result,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def survives(reader: str, payload: bytes) -> None:
    try:
        READERS[reader](payload)
    except WireError as error:
        assert str(error)


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
def test_random_bytes_are_refused_with_a_reason(reader: str, payload: bytes):
    survives(reader, payload)


@given(st.data())
def test_a_changed_message_is_read_or_refused(data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(MESSAGES)))
    payload = bytearray(MESSAGES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        action = data.draw(st.sampled_from(["change", "cut", "double"]))
        if action == "change":
            payload[place] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del payload[place : place + data.draw(st.integers(1, 9))]
        else:
            payload[place:place] = payload[max(0, place - 20) : place]
        payload = payload or bytearray(b"x")
    survives(name.split("_")[0], bytes(payload))


@given(st.data())
def test_any_value_in_any_field_is_read_or_refused(data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(MESSAGES)))
    head, *rest = MESSAGES[name].split(b"\n")
    fields = json.loads(head)
    field = data.draw(st.sampled_from(sorted(fields)))
    fields[field] = data.draw(JSON)
    payload = b"\n".join([json.dumps(fields).encode(), *rest])
    survives(name.split("_")[0], payload)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"seq":' + b"9" * 4000 + b"}",
        b'{"seq":NaN,"kind":"stop"}',
        b'{"seq":1e999}',
        b'{"seq":true,"kind":"stop","uptime_ms":1,"utc_ms":null,"clock":"none"}',
        b'{"seq":1,"kind":"\\ud800","uptime_ms":1,"utc_ms":null,"clock":"none"}',
        b'{"seq":1,"kind":"stop","uptime_ms":-1,"utc_ms":null,"clock":"none"}',
        b'{"seq":1,"kind":"stop","uptime_ms":1,"utc_ms":null,"clock":"sun"}',
        b'{"seq":1,"kind":"stop","uptime_ms":1,"utc_ms":9007199254740993,"clock":"ntp"}',
        b'"a line"',
        b"\xff\xfe",
        b'{"a":1}\r',
        b"{" + b" " * 5000 + b"}",
    ],
)
def test_a_strange_line_is_refused(line: bytes):
    with pytest.raises(WireError):
        decode_event(line)


def test_the_second_of_two_equal_keys_is_what_everybody_reads():
    line = b'{"seq":1,"seq":2,"kind":"stop","uptime_ms":1,"utc_ms":null,"clock":"none","reason":"x"}'
    assert decode_event(line).seq == 2


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_breaks_every_signature(place: int, change: int):
    readers: dict[str, Callable[[bytes], object]] = {
        "seal": lambda p: decode_seal(p, examples.verify),
        "st_birth": lambda p: decode_status(p, examples.verify),
        "hb": lambda p: decode_heartbeat(b"\n".join(p.split(b"\n")[:2]), examples.verify),
        "cfg": lambda p: decode_config(p, examples.verify),
        "cmd": lambda p: decode_command(p, examples.verify),
    }
    for name, read in readers.items():
        payload = bytearray(b"\n".join(MESSAGES[name].split(b"\n")[:2]))
        payload[place % len(payload)] ^= change
        with pytest.raises(WireError):
            read(bytes(payload))


def test_a_signature_of_one_kind_of_note_is_not_another_kind():
    with pytest.raises(WireError):
        decode_command(MESSAGES["cfg"], examples.verify)


@pytest.mark.parametrize("signature", [b"", b"A" * 85, b"A" * 87, b"!" * 86, b"A" * 85 + b"B", b"A" * 86])
def test_a_signature_must_be_canonical_and_right(signature: bytes):
    line = MESSAGES["seal"].split(b"\n")[0]
    with pytest.raises(SignatureError):
        decode_seal(line + b"\n" + signature, examples.verify)


def test_a_configuration_whose_hash_is_wrong_is_refused():
    with pytest.raises(WireError, match="hash"):
        decode_config(MESSAGES["cfg"].replace("Lê Thị Ánh".encode(), "Lê Thị Anh".encode()), trusting)


@pytest.mark.parametrize(
    "name", ["dd/1/d0001/upp", "dd/2/d0001/up", "dd/1/D0001/up", "dd/1/+/up", "dd/1/up", "dd/1/d0001/up/x", ""]
)
def test_a_strange_topic_is_refused(name: str):
    with pytest.raises(WireError):
        parse_topic(name)


@given(st.from_regex(r"[a-z0-9-]{4,40}", fullmatch=True), st.sampled_from(Channel))
def test_a_topic_reads_as_it_was_written(device: str, channel: Channel):
    address = parse_topic(topic(device, channel))
    assert (address.device, address.channel) == (device, channel)


LINE = st.integers(1, 2**53 - 1).map(lambda seq: encode_event(Event(seq, examples.stamp(1), Button("b"))))


@given(st.lists(LINE, min_size=1, max_size=100), st.integers(1, 2**40), st.booleans())
def test_a_batch_reads_as_it_was_written(lines: list[bytes], first: int, sealed: bool):
    seal = examples.SEAL.encode(examples.sign) if sealed else None
    batch = Batch("d0001", "0" * 16, "boot", first, bytes(32), None, tuple(lines), seal)
    read = decode_batch(encode_batch(batch))
    assert read == batch
    assert read.last == first + len(lines) - 1


@pytest.mark.parametrize("change", [(b'"count":2', b'"count":3'), (b'"count":2', b'"count":1'), (b'"v":1', b'"v":2')])
def test_a_batch_that_says_something_else_than_it_holds_is_refused(change: tuple[bytes, bytes]):
    with pytest.raises(WireError):
        decode_batch(MESSAGES["up"].replace(*change))


def test_an_oversized_message_is_refused_before_it_is_read():
    with pytest.raises(WireError, match="at most"):
        decode_batch(b"x" * 100_000)


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=150))
def test_a_batch_never_grows_beyond_its_limits(sizes: list[int]):
    lines = [b"x" * size for size in sizes]
    count = fitting(lines)
    assert 1 <= count <= MAX_EVENTS
    assert count == 1 or sum(len(line) + 1 for line in lines[:count]) <= MAX_BYTES - 1024


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_the_chain_depends_on_every_line_and_its_place(lines: list[bytes]):
    start = chain_start("d0001", "0" * 16)
    hashes = links(start, lines)
    for number, line in enumerate(lines):
        assert hashes[number] == link(hashes[number - 1] if number else start, line)
    assert len(set(hashes)) == len(hashes)
    assert chain_start("d0001", "1" * 16) != start != chain_start("d0002", "0" * 16)


def test_an_event_too_long_to_be_read_back_is_not_written():
    with pytest.raises(WireError, match="would be a line"):
        encode_event(Event(1, examples.stamp(1), Button("b" * text.MAX_LINE_BYTES)))
