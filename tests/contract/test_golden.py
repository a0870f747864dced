"""The bytes of wire version 1. golden_v1.json is never edited once released: a change here is a new version.

Lines of a message stand as a list, because a line is what the chain hashes and a person reads.
"""

import json
from pathlib import Path

import pytest

from edge.wire.ack import decode_ack
from edge.wire.batch import decode_batch
from edge.wire.command import decode_command, decode_result
from edge.wire.config import decode_config
from edge.wire.events import Raw, decode_event
from edge.wire.notes import decode_seal
from edge.wire.status import decode_heartbeat, decode_status
from tests.contract import examples

HERE = Path(__file__).parent
GOLDEN: dict[str, bytes] = {
    name: "\n".join(lines).encode() for name, lines in json.loads((HERE / "golden_v1.json").read_text("utf-8")).items()
}


def test_every_message_has_golden_bytes():
    assert set(GOLDEN) == set(examples.messages())


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_what_is_encoded_are_the_golden_bytes(name: str):
    assert examples.messages()[name] == GOLDEN[name]


@pytest.mark.parametrize("name", sorted(examples.EVENTS))
def test_a_golden_event_reads_as_its_value(name: str):
    assert decode_event(GOLDEN[f"event_{name}"]) == examples.EVENTS[name]


def test_golden_messages_read_as_their_values():
    verify = examples.verify
    assert decode_batch(GOLDEN["up"]) == examples.BATCH
    assert decode_batch(GOLDEN["up_sealed"]) == examples.SEALED_BATCH
    assert decode_seal(GOLDEN["seal"], verify) == examples.SEAL
    assert decode_ack(GOLDEN["ack"]) == examples.ACK
    assert decode_status(GOLDEN["st_birth"], verify) == examples.BIRTH
    assert decode_status(GOLDEN["st_will"], verify) == examples.WILL
    heard = decode_heartbeat(GOLDEN["hb"], verify)
    assert heard.heartbeat == examples.HEARTBEAT
    assert heard.seal is not None and decode_seal(heard.seal, verify) == examples.SEAL
    assert decode_config(GOLDEN["cfg"], verify) == examples.CONFIG
    assert decode_command(GOLDEN["cmd"], verify) == examples.COMMAND
    assert decode_result(GOLDEN["res"]) == examples.RESULT


def test_an_unknown_field_is_ignored():
    line = GOLDEN["event_punch"].replace(b'{"seq":3', b'{"seq":3,"mood":"good"')
    assert decode_event(line) == examples.EVENTS["punch"]


def test_an_unknown_kind_is_kept_whole():
    event = decode_event(GOLDEN["event_unknown_kind"])
    assert event.body == Raw("door_opened", {"by": "hand", "angle": 90})


def test_a_body_that_cannot_be_read_is_kept_with_the_reason():
    event = decode_event(GOLDEN["event_punch"].replace(b'"badge":"em:008EB2F9"', b'"badge":7'))
    assert isinstance(event.body, Raw)
    assert event.kind == "punch" and event.body.problem and "badge" in event.body.problem
