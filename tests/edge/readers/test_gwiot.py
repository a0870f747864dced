"""The binary frames of the GWIOT 7941E, one line a case."""

import pytest

from edge.readers import DRIVERS

GOOD = bytes.fromhex("020A022E00B6D7B5F203")
BADGE = "em:00B6D7B5"
END_NS = 1_000_000_000


def frame(card_type: int, number: str) -> bytes:
    body = bytes([5 + len(number) // 2, card_type]) + bytes.fromhex(number)
    check = 0
    for byte in body:
        check ^= byte
    return b"\x02" + body + bytes([check, 3])


def said(stream: bytes) -> str:
    reader = DRIVERS["gwiot7941e"]("r")
    events = reader.feed(stream, 0) + reader.tick(END_NS)
    return " ".join(event.badge or str(event.error) for event in events)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (GOOD, BADGE),
        (frame(2, "2E00B6D7B5"), BADGE),
        (frame(2, "2E00030203"), "em:00030203"),
        (frame(2, "0302020302"), "em:02020302"),
        (frame(2, "FFFFFFFFFF"), "em:FFFFFFFF"),
        (frame(1, "DE3A5B7C"), "nfca:DE3A5B7C"),
        (frame(3, "DE3A5B7C"), "nfca:DE3A5B7C"),
        (frame(1, "0416C6C2D73881"), "nfca:0416C6C2D73881"),
        (frame(0x50, "0416C6C2D73881"), "nfca:0416C6C2D73881"),
        (GOOD + frame(1, "DE3A5B7C") + GOOD, f"{BADGE} nfca:DE3A5B7C {BADGE}"),
    ],
)
def test_cards_are_read_by_the_length_of_their_frame(stream, expected):
    assert said(stream) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (GOOD[:-2] + b"\xf3\x03", "bad_checksum"),
        (frame(2, "2E00B6D7"), "bad_length"),
        (frame(1, "DE3A5B"), "bad_length"),
        (frame(1, "DE3A5B7C01"), "bad_length"),
        (frame(2, "2E00000000"), "all_zero"),
        (frame(1, "00000000"), "all_zero"),
        (frame(1, "08A1B2C3"), "random_uid"),
        (frame(1, "880416C6"), "cascade_incomplete"),
        (frame(0x21, "11223344"), "random_uid"),
        (frame(0x10, "11223344"), "out_of_range"),
        (frame(0x22, "1122334455667788"), "out_of_range"),
        (frame(0xFF, "07"), "out_of_range"),
        (b"\x02\x05\x02\x07\x03", "bad_length"),
        (b"\x02\x21" + bytes(31), "bad_length"),
        (GOOD[:-1] + b"\x04", "bad_length"),
    ],
)
def test_what_is_no_badge_is_refused_once_and_the_next_frame_is_read(stream, expected):
    assert said(stream) == expected
    assert said(stream + bytes(40) + GOOD).split()[-1] == BADGE


@pytest.mark.parametrize("cut", range(2, 10))
def test_a_frame_cut_short_costs_the_next_one_nothing(cut):
    assert said(GOOD[:cut] + GOOD) == f"truncated {BADGE}"
    assert said(GOOD[:cut]) == "truncated"


@pytest.mark.parametrize("noise", [b"\xff", b"\x00\xff" * 30, b"hello", b"\x03\x03"])
def test_noise_before_a_frame_is_said_once_a_burst(noise):
    assert said(noise + GOOD) == f"noise {BADGE}"
    assert said(noise + GOOD + noise + GOOD) == f"noise {BADGE} noise {BADGE}"
