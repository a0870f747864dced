"""A head of the audit log: a note in `cfg` that doors of every version can take. Its bytes are fixed from here on."""

import datetime as dt
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.config import config_hash, decode_config, encode_config
from edge.wire.heads import MAX_HEADS, Head, decode_head, encode_head, head_line, head_note
from edge.wire.notes import SignatureError, encode_note
from edge.wire.text import MAX_INT, WireError, encode_line
from tests.contract import examples

HEAD = Head(dt.date(2026, 3, 16), 41, bytes(range(32)), 1_773_680_400_512)
GOLDEN = (
    b'{"note":"head","v":1,"date":"2026-03-16","rows":41,'
    b'"hash":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","utc_ms":1773680400512}\n'
    b"haDhJqz1m3ZMoesjoJXd9-Lm-4KRpaajQpQWFWk4Rmm-AKJhP8wiNZQbYwsENCuulQwCL9QBFux9AW18VKN8AQ"
)


def test_a_head_has_these_bytes_and_reads_as_what_it_says():
    assert encode_head(HEAD, examples.sign) == GOLDEN
    assert decode_head(GOLDEN, examples.verify) == HEAD


@given(st.builds(Head, st.dates(), st.integers(0, MAX_INT), st.binary(min_size=32, max_size=32), st.integers(0, 9**15)))
def test_every_head_reads_as_it_was_written_and_is_one_line_of_text(head: Head):
    note = encode_head(head, examples.sign)
    assert decode_head(note, examples.verify) == head
    assert head_note(head_line(note)) == note
    assert "\n" not in head_line(note)


@pytest.mark.parametrize("date", ["2026-02-30", "20260316", "2026-W12-1", "yesterday", "", 5, None])
def test_a_date_that_is_none_is_refused(date):
    fields = {"date": date, "rows": 1, "hash": bytes(32).hex(), "utc_ms": 5}
    with pytest.raises(WireError, match="date"):
        decode_head(encode_note("head", fields, examples.sign), examples.verify)


def test_only_the_key_that_is_asked_for_can_have_signed_it():
    with pytest.raises(SignatureError):
        decode_head(GOLDEN.replace(b'"rows":41', b'"rows":40'), examples.verify)
    for line in ("", "{}", "no head", head_line(GOLDEN)[:-1]):
        with pytest.raises(WireError):
            decode_head(head_note(line), examples.verify)


def test_a_configuration_without_heads_has_the_bytes_that_it_always_had():
    assert b'"heads"' not in encode_config(examples.CONFIG, examples.sign)


def test_a_configuration_carries_heads_and_its_hash_covers_them():
    told = replace(examples.CONFIG, heads=(GOLDEN, encode_head(replace(HEAD, rows=42), examples.sign)))
    assert config_hash(told) != config_hash(examples.CONFIG)
    assert decode_config(encode_config(told, examples.sign), examples.verify) == told


def test_a_door_of_the_first_release_takes_a_configuration_with_heads():
    """It knows the fields it knows, and has the hash over all that were sent (wire R8)."""
    told = replace(examples.CONFIG, heads=(GOLDEN,))
    sent = json.loads(encode_config(told, examples.sign).split(b"\n")[0])
    heads = sent.pop("heads")
    assert heads == [head_line(GOLDEN)]
    plain = json.loads(encode_config(examples.CONFIG, examples.sign).split(b"\n")[0])
    assert {name: sent[name] for name in plain if name != "hash"} == {n: plain[n] for n in plain if n != "hash"}


@pytest.mark.parametrize("heads", ["x", [5], [["a"]], ["line\nbreak"], ["x"] * (MAX_HEADS + 1)])
def test_heads_that_cannot_be_read_refuse_the_configuration(heads):
    line = encode_config(replace(examples.CONFIG, heads=(GOLDEN,)), examples.sign).split(b"\n")[0]
    fields = {**json.loads(line), "heads": heads}
    content = {name: fields[name] for name in fields if name not in ("note", "v", "hash")}
    fields["hash"] = sha256(encode_line({**content, "version": 0})).hexdigest()
    rest = {name: fields[name] for name in fields if name not in ("note", "v")}
    with pytest.raises(WireError, match=r"heads|item|text"):
        decode_config(encode_note("cfg", rest, examples.sign), examples.verify)
