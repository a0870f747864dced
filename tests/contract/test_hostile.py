"""Whatever arrives, reading it ends in a value or in a WireError that says what is wrong."""

import json
import time
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire import WireError, text
from edge.wire.batch import MAX_BYTES, MAX_EVENTS, Batch, decode_batch, encode_batch, fitting
from edge.wire.chain import chain_start, link, links
from edge.wire.command import decode_command
from edge.wire.config import decode_config
from edge.wire.events import Button, Event, Stop, decode_event, encode_event
from edge.wire.notes import SignatureError, decode_seal
from edge.wire.status import decode_heartbeat, decode_status
from edge.wire.topics import Channel, intake_filters, parse_topic, topic
from tests.contract import examples
from tests.contract.examples import READERS, trusting

MESSAGES: dict[str, bytes] = examples.messages()


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
        b'{"kind":' + b"[" * 4000,
        b'{"kind":' * 400 + b"1" + b"}" * 400 + b"}",
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
        MESSAGES["event_stop"].decode().encode("utf-16"),
        b"\xef\xbb\xbf" + MESSAGES["event_stop"],
        MESSAGES["event_unknown_kind"].replace(b"hand", b"\xed\xa0\x80"),
        MESSAGES["event_unknown_kind"].replace(b"hand", b"\\ud800"),
        MESSAGES["event_unknown_kind"].replace(b"hand", b"\\udc00\\ud800"),
        MESSAGES["event_unknown_kind"].replace(b"90", b"9" * 400),
        MESSAGES["event_unknown_kind"].replace(b"90", b"-1e400"),
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


def test_a_character_written_as_two_escapes_is_one_character():
    event = decode_event(MESSAGES["event_stop"].replace(b"ordered", b"\\ud83d\\ude00"))
    assert event.body == Stop("\N{GRINNING FACE}")


SIGNED: dict[str, Callable[[bytes], object]] = {
    "seal": lambda p: decode_seal(p, examples.verify),
    "st_birth": lambda p: decode_status(p, examples.verify),
    "st_will": lambda p: decode_status(p, examples.verify),
    "hb": lambda p: decode_heartbeat(p, examples.verify),
    "cfg": lambda p: decode_config(p, examples.verify),
    "cmd": lambda p: decode_command(p, examples.verify),
}


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_any_changed_byte_breaks_the_signature(name: str):
    payload = b"\n".join(MESSAGES[name].split(b"\n")[:2])
    SIGNED[name](payload)
    for place in range(len(payload)):
        changed = bytearray(payload)
        changed[place] ^= 1
        with pytest.raises(WireError):
            SIGNED[name](bytes(changed))


BIG = 4 * 1024 * 1024
HEAVY = {
    "digits": b'{"note":"cfg","v":1,"a":[' + b",".join([b"9" * 300] * (BIG // 301)) + b"]}\n" + b"A" * 86,
    "one_number": b'{"note":"cfg","v":1,"a":' + b"9" * BIG + b"}\n" + b"A" * 86,
    "nested": b'{"note":"cfg","v":1,"a":' + b"[" * BIG,
    "escapes": b'{"note":"cfg","v":1,"a":"' + b"\\u00e9" * (BIG // 6) + b'"}\n' + b"A" * 86,
    "lines": b"\n" * BIG,
    "keys": b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(200_000)) + b"}\n" + b"A" * 86,
}


@pytest.mark.parametrize("reader", sorted(READERS))
@pytest.mark.parametrize("heavy", sorted(HEAVY))
def test_the_heaviest_payloads_are_refused_in_bounded_time(reader: str, heavy: str):
    began = time.process_time()
    with pytest.raises(WireError):
        READERS[reader](HEAVY[heavy])
    assert time.process_time() - began < 2


def test_a_configuration_nested_to_any_depth_is_read_or_refused():
    # Reading and hashing come to the interpreter's limit at about the same depth, which differs between versions.
    for depth in range(700, 1100):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        survives("cfg", MESSAGES["cfg"].replace(b'"texts":', b'"x":' + deep + b',"texts":'))


@pytest.mark.parametrize("name", ["texts", "policy", "errors", "arguments"])
def test_names_that_the_sender_chooses_are_bounded_too(name: str):
    message = {"errors": "hb", "arguments": "cmd"}.get(name, "cfg")
    line, signature = MESSAGES[message].split(b"\n")[:2]

    def with_names(chosen: dict[str, object]) -> bytes:
        fields = json.loads(line)
        (fields["readers"][0] if name == "errors" else fields)[name] = chosen
        if message == "cfg":
            content = {k: v for k, v in fields.items() if k not in ("note", "v", "hash")} | {"version": 0}
            fields["hash"] = sha256(text.encode_line(content)).hexdigest()
        return text.encode_line(fields) + b"\n" + signature

    value: object = 1 if name in ("policy", "errors") else "x"
    READERS[message](with_names({"a": value}))
    for bad in ({"": value}, {"a\x00": value}, {"a" * 65: value}, {str(n): value for n in range(300)}):
        with pytest.raises(WireError, match="name"):
            READERS[message](with_names(bad))


@pytest.mark.parametrize(
    ("message", "old", "new", "match"),
    [
        ("ack", b"[[8,8,", b"[[8,", "refused"),
        ("ack", b"[[5,7]", b"[[5]", "ranges"),
        ("ack", b"[[5,7]", b"[[7,5]", "last"),
        ("ack", b'"resend":{', b'"resend":[{}],"x":{', "resend"),
        ("ack", b'"ranges":[', b'"ranges":{},"x":[', "ranges"),
        ("ack", b'"pause_ms":500', b'"pause_ms":86400000', "pause_ms"),
        ("st_birth", b'"online":true', b'"online":1', "online"),
        ("st_birth", b'"journals":[{', b'"journals":[7,{', "journals"),
        ("st_birth", b'"acked":40', b'"acked":42', "acked"),
        ("st_birth", b'"session":{', b'"session":null,"x":{', "session"),
        ("st_birth", b'"version":"0.1.0"', b'"version":""', "version"),
        ("seal", b'"hash":"', b'"hash":"A', "hash"),
        ("seal", b'"seq":2', b'"seq":0', "seq"),
        ("cmd", b'"device":"d', b'"device":"D', "device"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused_by_name(message: str, old: bytes, new: bytes, match: str):
    assert old in MESSAGES[message]
    with pytest.raises(WireError, match=match):
        READERS[message.split("_")[0]](MESSAGES[message].replace(old, new, 1))


@pytest.mark.parametrize("lines", [1, 3, 5])
def test_a_heartbeat_has_two_or_four_lines(lines: int):
    with pytest.raises(WireError, match="lines"):
        READERS["hb"](b"\n".join([*MESSAGES["hb"].split(b"\n"), b"{}"][:lines]))


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_cut_anywhere_is_read_or_refused(name: str):
    for end in range(len(MESSAGES[name])):
        survives(name.split("_")[0], MESSAGES[name][:end])


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


@pytest.mark.parametrize(
    ("sizes", "count"), [([100] * 101, 100), ([4000] * 5, 3), ([20_000], 1), ([20_000, 1], 1), ([100], 1)]
)
def test_a_batch_holds_as_many_events_as_fit_and_never_none(sizes: list[int], count: int):
    assert fitting([b"x" * size for size in sizes]) == count


def test_collectors_share_what_devices_send():
    assert intake_filters() == (
        ("$share/intake/dd/1/+/up", 1),
        ("$share/intake/dd/1/+/st", 1),
        ("$share/intake/dd/1/+/hb", 0),
        ("$share/intake/dd/1/+/res", 1),
    )


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
