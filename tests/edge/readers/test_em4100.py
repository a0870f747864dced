"""The rules of the EM4100 serial family, one line a case."""

import pytest

from edge.readers import DRIVERS, EventKind

STX, ETX, CR_LF = b"\x02", b"\x03", b"\r\n"
CARD = b"61008EB2F9"  # XOR A4
GOOD = STX + CARD + b"A4" + ETX
OTHER = STX + b"380090730F" + b"D4" + ETX
XOR_3 = b"0100000002"  # a card whose raw check is 03
XOR_2 = b"0100000003"  # a card whose raw check is 02
END_NS = 1_000_000_000
BADGE = "em:008EB2F9"


def said(*chunks: bytes, apart_ms: int = 0) -> str:
    """Badges and errors in order, after the end of the stream."""
    reader = DRIVERS["rdm6300"]("r")
    events = [e for i, chunk in enumerate(chunks) for e in reader.feed(chunk, i * apart_ms * 1_000_000)]
    events += reader.tick(len(chunks) * apart_ms * 1_000_000 + END_NS)
    return " ".join(event.badge or str(event.error) for event in events)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (GOOD, BADGE),
        (STX + CARD + b"A4" + CR_LF + ETX, BADGE),
        (STX + CARD + b"\xa4" + ETX, BADGE),
        (STX + CARD.lower() + b"a4" + ETX, BADGE),
        (STX + b"01C8F00800" + b"31" + ETX, "em:C8F00800"),
        (STX + XOR_3 + ETX + ETX, "em:00000002"),
        (STX + XOR_2 + STX + ETX, "em:00000003"),
        (STX + XOR_3 + ETX + ETX + GOOD, f"em:00000002 {BADGE}"),
        (STX + XOR_2 + STX + ETX + GOOD, f"em:00000003 {BADGE}"),
        (STX + b"0100000031" + b"0" + ETX, "em:00000031"),
        (STX + b"010000000C" + b"\r" + ETX, "em:0000000C"),
        (GOOD + OTHER, f"{BADGE} em:0090730F"),
    ],
)
def test_the_three_forms_are_read(stream, expected):
    assert said(stream) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (STX + ETX, "bad_length"),
        (STX + b"6100" + ETX, "bad_length"),
        (STX + CARD[:9] + ETX, "bad_length"),
        (STX + CARD + ETX, "bad_length"),
        (STX + CARD + ETX + GOOD, f"bad_length {BADGE}"),
        (STX + XOR_3 + ETX + GOOD, f"bad_length {BADGE}"),
        (STX + XOR_3 + ETX, "truncated"),  # the check came, its end did not
        (STX + b"xxxxxxxxxx" + ETX, "bad_length"),
        (STX + CARD + b"A4A" + ETX, "bad_length"),
        (STX + CARD + b"A4AA" + ETX, "bad_length"),
        (STX + CARD + b"A4\n\r" + ETX, "bad_length"),
        (STX + CARD + b"A4AA" + CR_LF + ETX, "bad_length"),
        (STX + b"0" * 70 + ETX, "bad_length"),
        (STX + b"0" * 70 + GOOD, f"bad_length {BADGE}"),
    ],
)
def test_any_other_length_is_refused(stream, expected):
    assert said(stream) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (STX + CARD + b"A5" + ETX, "bad_checksum"),
        (STX + CARD + b"A5" + CR_LF + ETX, "bad_checksum"),
        (STX + CARD + b"\xa5" + ETX, "bad_checksum"),
        (STX + CARD + ETX + ETX, "bad_checksum"),
        (STX + CARD + STX + ETX, "bad_checksum"),
        (STX + b"61008EB2G9" + b"A4" + ETX, "bad_char"),
        (STX + b"61 08EB2F9" + b"A4" + ETX, "bad_char"),
        (STX + CARD + b"A\x80" + ETX, "bad_char"),
        (STX + CARD + b"G4" + CR_LF + ETX, "bad_char"),
        (STX + b"61008EB2G9" + b"\xa4" + ETX, "bad_char"),
        (STX + b"61008EB2G9" + ETX + ETX, "bad_char"),
        (STX + b"0000000000" + b"00" + ETX, "all_zero"),
        (STX + b"0000000000" + b"\x00" + ETX, "all_zero"),
        (STX + b"6100000000" + b"61" + ETX, "all_zero"),
        (STX + b"0000000000" + b"01" + ETX, "bad_checksum"),
    ],
)
def test_wrong_checks_characters_and_empty_numbers_are_refused(stream, expected):
    assert said(stream) == expected
    assert said(stream + GOOD) == f"{expected} {BADGE}"


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (STX + CARD + b"A4" + GOOD, f"truncated {BADGE}"),
        (STX + CARD[:5] + GOOD, f"truncated {BADGE}"),
        (STX + CARD + GOOD, f"truncated {BADGE}"),
        (STX + XOR_2 + GOOD, f"truncated {BADGE}"),
        (STX + STX + GOOD, f"truncated truncated {BADGE}"),
        (STX + CARD, "truncated"),
        (STX + CARD + b"A4\r", "truncated"),
        (STX + XOR_2 + STX, "truncated"),
        (STX, "truncated"),
    ],
)
def test_a_start_always_starts_and_an_open_frame_is_truncated(stream, expected):
    assert said(stream) == expected


def test_a_start_that_might_have_been_a_check_keeps_its_time():
    reader = DRIVERS["rdm6300"]("r")
    reader.feed(STX + CARD + STX, 5_000_000)
    [partial, read] = reader.feed(GOOD[1:], 9_000_000)
    assert (partial.kind, read.kind, read.mono_ns) == (EventKind.PARTIAL, EventKind.READ, 5_000_000)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"\x00\xff\x03\xfe12" + GOOD, f"noise {BADGE}"),
        (b"\xff" + GOOD + b"\xff\xff" + GOOD + ETX, f"noise {BADGE} noise {BADGE} noise"),
        (b"\xff" * 500 + GOOD, f"noise {BADGE}"),
        (GOOD[1:] + GOOD, f"noise {BADGE}"),
        (b"", ""),
    ],
)
def test_noise_counts_once_a_burst(stream, expected):
    assert said(stream) == expected


def test_silence_ends_a_burst_of_noise():
    assert said(b"\xff", b"\xff", apart_ms=50) == "noise"
    assert said(b"\xff", b"\xff", apart_ms=100) == "noise noise"


def test_a_slow_frame_is_read_while_its_bytes_come_within_100_ms():
    assert said(*(bytes([byte]) for byte in GOOD), apart_ms=99) == BADGE
    assert said(GOOD[:7], GOOD[7:], apart_ms=100) == "truncated noise"


def test_more_than_64_bytes_without_a_start_are_noisy():
    reader = DRIVERS["rdm6300"]("r")
    reader.feed(b"\xff" * 64, 0)
    assert not reader.noisy
    reader.feed(b"\xff", 0)
    assert reader.noisy
    reader.feed(GOOD, 0)
    assert not reader.noisy


def test_a_read_carries_the_printed_numbers_and_the_version_as_evidence():
    [read] = DRIVERS["rdm6300"]("r").feed(GOOD, 0)
    assert (read.forms["printed"], read.forms["w26_3d5d"], read.forms["version"]) == ("0009351929", "142,45817", "61")


def test_which_readers_repeat():
    assert {name: DRIVERS[name]("r").continuous for name in ("rdm6300", "id12la", "em4100_raw")} == {
        "rdm6300": True,
        "id12la": False,
        "em4100_raw": False,
    }
