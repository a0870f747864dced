"""Wiegand bits, one line a case. x is a place where the kernel knows that edges were lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers import DRIVERS, PROFILED
from edge.readers.profile import profile_from

CARD = "11000111010110010111110010"
MS = 1_000_000


def framed(value: int, bits: int) -> str:
    body = f"{value:0{bits - 2}b}"
    half = len(body) // 2
    return f"{body[:half].count('1') % 2}{body}{1 - body[half:].count('1') % 2}"


def said(driver: str, *frames: str) -> str:
    reader = DRIVERS[driver]("r")
    events = []
    for at, frame in enumerate(frames):
        events += reader.feed(frame.encode(), at * 30 * MS)
    events += reader.tick(10_000 * MS)
    return " ".join(event.badge or str(event.error) for event in events)


@pytest.mark.parametrize(
    ("driver", "frames", "expected"),
    [
        ("wiegand26", [CARD], "w26:8EB2F9"),
        ("wiegand26", [CARD, CARD], "w26:8EB2F9 w26:8EB2F9"),
        ("wiegand26", [CARD + "\n" + CARD + "\r\n"], "w26:8EB2F9 w26:8EB2F9"),
        ("wiegand34", [framed(0x008EB2F9, 34)], "w34:008EB2F9"),
        ("wiegand34", [framed(0xFFFFFFFF, 34)], "w34:FFFFFFFF"),
        ("wiegand26", [CARD[:-1] + "1"], "bad_parity"),
        ("wiegand26", ["0" + CARD[1:]], "bad_parity"),
        ("wiegand26", [CARD.translate(str.maketrans("01", "10"))], "bad_parity_d0_d1_swapped"),
        ("wiegand34", [framed(7, 34).translate(str.maketrans("01", "10"))], "bad_parity_d0_d1_swapped"),
        ("wiegand26", [CARD + "0"], "bad_bit_count"),
        ("wiegand26", [CARD[:-1]], "bad_bit_count"),
        ("wiegand26", [CARD[:12] + "x" + CARD[13:]], "bad_bit_count"),
        ("wiegand26", [framed(5, 34)], "bad_bit_count"),
        ("wiegand34", [CARD], "bad_bit_count"),
        ("wiegand26", ["0110"], "bad_bit_count"),
        ("wiegand26", ["1" * 500], "bad_bit_count"),
        ("wiegand26", [framed(0, 26)], "all_zero"),
        ("wiegand34", [framed(0, 34)], "all_zero"),
    ],
)
def test_bits_and_what_is_said_of_them(driver, frames, expected):
    assert said(driver, *frames) == expected


def test_25_ms_of_silence_end_a_frame():
    reader = DRIVERS["wiegand26"]("r")
    assert reader.feed(CARD[:13].encode(), 0) == []
    assert reader.feed(CARD[13:].encode(), 24 * MS) == []
    assert reader.tick(48 * MS) == []
    [read] = reader.tick(49 * MS)
    assert (read.badge, read.mono_ns) == ("w26:8EB2F9", 0)


@pytest.mark.parametrize(
    ("profile", "value", "expected"),
    [
        ({"tech": "em"}, 0x008EB2F9, "em:008EB2F9"),
        ({"tech": "nfca"}, 0xDE3A5B7C, "nfca:DE3A5B7C"),
        ({"tech": "nfca", "order": "rev"}, 0x7C5B3ADE, "nfca:DE3A5B7C"),
        ({"tech": "nfca", "order": "rev"}, 0xC3B2A108, "random_uid"),
        ({"tech": "nfca"}, 0x08A1B2C3, "random_uid"),
        ({"tech": "em"}, 0x08A1B2C3, "em:08A1B2C3"),
    ],
)
def test_a_profile_says_whose_number_34_bits_are(profile, value, expected):
    reader = PROFILED["wiegand34"]("r", profile_from(profile))
    [event] = reader.feed(framed(value, 34).encode() + b"\n", 0)
    assert (event.badge or event.error) == expected


@given(st.integers(1, 2**24 - 1))
def test_every_number_has_one_frame_and_every_single_wrong_bit_is_found(value):
    bits = framed(value, 26)
    assert said("wiegand26", bits) == f"w26:{value:06X}"
    for at in range(26):
        flipped = bits[:at] + ("1" if bits[at] == "0" else "0") + bits[at + 1 :]
        assert said("wiegand26", flipped) in ("bad_parity", "bad_parity_d0_d1_swapped")


def test_frame_after_refused_frame_means_noisy_wires_until_a_good_one():
    reader = DRIVERS["wiegand26"]("r")
    for _ in range(16):
        assert not reader.noisy
        reader.feed(b"101\n", 0)
    assert reader.noisy
    reader.feed(CARD.encode() + b"\n", 0)
    assert not reader.noisy
