"""What was published is taken whole, in order, wherever the reading was cut; anything else is left to paho."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.intaking.packets import Published, cut_published, packet_span, remaining_length

PINGRESP = b"\xd0\x00"


def published(topic: str, payload: bytes, *, mid: int | None = 7, retained: bool = False, dup: bool = False) -> bytes:
    """A PUBLISH packet (MQTT 3.1.1, 3.3); mid = None: of QoS 0."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (b"" if mid is None else mid.to_bytes(2, "big")) + payload
    first = 0x30 | (0 if mid is None else 0x02) | (0x01 if retained else 0) | (0x08 if dup else 0)
    return bytes((first,)) + remaining_length(len(body)) + body


def test_messages_of_both_qualities_are_taken_and_those_of_qos_1_acknowledged():
    ahead = published("dd/1/a/up", b"one", mid=258) + published("dd/1/b/hb", b"", mid=None, retained=True)
    cut = cut_published(ahead)
    assert cut.messages == [Published("dd/1/a/up", b"one", False), Published("dd/1/b/hb", b"", True)]
    assert cut.pubacks == b"\x40\x02\x01\x02"
    assert cut.taken == len(ahead)


def test_a_message_that_is_sent_again_is_a_message():
    assert cut_published(published("t", b"x", dup=True)).messages == [Published("t", b"x", False)]


def test_what_is_another_packet_stays():
    ahead = published("t", b"x") + PINGRESP + published("t", b"y")
    cut = cut_published(ahead)
    assert [m.payload for m in cut.messages] == [b"x"]
    assert ahead[cut.taken :].startswith(PINGRESP)


@pytest.mark.parametrize("payload", [b"", b"x" * 200, b"y" * 20_000])
@given(data=st.data())
def test_a_message_is_taken_only_when_it_is_all_there(payload, data):
    whole = published("dd/1/door-1/up", payload)
    there = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert cut_published(there) == ([], b"", 0)
    assert cut_published(whole + there) == (
        [Published("dd/1/door-1/up", payload, False)],
        b"\x40\x02\x00\x07",
        len(whole),
    )


@pytest.mark.parametrize("wrong", ["3001ff", "32020009", "300300ff61", "32030001" + "61", "3404000161" + "07", "3600"])
def test_a_wrong_packet_or_one_of_qos_2_is_left_where_it_is(wrong):
    assert cut_published(bytes.fromhex(wrong)).taken == 0


def test_a_topic_that_is_no_text_is_taken_all_the_same():
    ahead = bytes.fromhex("3003 0001 ff".replace(" ", ""))
    assert cut_published(ahead).messages == [Published("�", b"", False)]


def test_a_length_of_five_bytes_ends_the_connection():
    assert packet_span(b"\x30\xff\xff\xff", 0) is None
    with pytest.raises(ValueError, match="more than four bytes"):
        packet_span(b"\x30\xff\xff\xff\xff", 0)


@given(st.binary(max_size=40))
def test_no_bytes_end_anything_else(ahead):
    try:
        assert 0 <= cut_published(ahead).taken <= len(ahead)
    except ValueError as error:
        assert "more than four bytes" in str(error)
