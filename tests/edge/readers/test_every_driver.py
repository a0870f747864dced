"""What every card reader driver must do. A new one adds a line to DRIVERS and one to SAMPLES; the rest runs alone."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.badges import is_canonical
from edge.readers import DRIVERS, PROFILED, BadInput, EventKind, Reader
from edge.readers.keyboard import key_bytes
from edge.readers.pn532 import Pn532
from edge.readers.profile import Profile

RDM6300 = bytes.fromhex("0236313030384542324639413403")
ID12LA = bytes.fromhex("023035303032303742333236430D0A03")
RAW = bytes.fromhex("02303131344145334242433C03")
RAW_STX = b"\x02" + b"0100000003" + b"\x02\x03"
RAW_ETX = bytes.fromhex("02303130303030303030320303")
FAMILY = {
    RDM6300: "em:008EB2F9",
    ID12LA: "em:00207B32",
    RAW: "em:14AE3BBC",
    RAW_STX: "em:00000003",
    RAW_ETX: "em:00000002",
}
GWIOT = {
    bytes.fromhex("020A022E00B6D7B5F203"): "em:00B6D7B5",
    bytes.fromhex("020A022E000302032403"): "em:00030203",
    bytes.fromhex("020901DE3A5B7CCB03"): "nfca:DE3A5B7C",
}
PN532 = {
    bytes.fromhex("0000FF00FF000000FF0CF4D54B010100040804DE3A5B7CDF00"): "nfca:DE3A5B7C",
    bytes.fromhex("0000FF00FF000000FF0FF1D54B0101004400070416C6C2D738816100"): "nfca:0416C6C2D73881",
    bytes.fromhex("00FF0CF4D54B010100040804DE3A5B7CDF"): "nfca:DE3A5B7C",
}
WIEGAND26 = {b"11000111010110010111110010\n": "w26:8EB2F9", b"10111101100010001110101110\r\n": "w26:7B11D7"}
WIEGAND34 = {b"1011000001111011110101010011011001\n": "w34:60F7AA6C"}
KEYS = {
    key_bytes((f"KEY_{key}", 1) for key in [*"0009351929", "ENTER"]): "em:008EB2F9",
    key_bytes((f"KEY_{key}", 1) for key in ["KP0", *"00", "KP9", *"351929", "KPENTER"]): "em:008EB2F9",
    key_bytes((f"KEY_{key}", 1) for key in ["NUMLOCK", *"0009351929", "TAB"]): "em:008EB2F9",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """frames: recorded bytes -> badge. gap_ms: silence that ends a frame which has lost its last `cut` bytes, and what
    is then said. endless: bytes that are noise when nothing else comes."""

    frames: Mapping[bytes, str]
    gap_ms: int = 100
    cut: int = 3
    given_up: BadInput = BadInput.TRUNCATED
    endless: bytes = b"\x00\xff\x30"


SAMPLES = {
    "rdm6300": Sample(FAMILY),
    "id12la": Sample(FAMILY),
    "em4100_raw": Sample(FAMILY),
    "gwiot7941e": Sample(GWIOT),
    "pn532_hsu": Sample(PN532),
    "wiegand26": Sample(WIEGAND26, 25, given_up=BadInput.BAD_BIT_COUNT),
    "wiegand34": Sample(WIEGAND34, 25, given_up=BadInput.BAD_BIT_COUNT),
    "hid_evdev": Sample(KEYS, 300, given_up=BadInput.NO_TERMINATOR, endless=b""),
}
FOREVER_NS = 10_000_000_000

every_driver = pytest.mark.parametrize("driver", DRIVERS)


def made(driver: str) -> Reader:
    """The driver; a polled one as if it had asked, its conversation has tests of its own."""
    return Pn532("front", recorded=True) if driver == Pn532.name else DRIVERS[driver]("front")


def reads(events) -> list[str]:
    return [event.badge for event in events if event.kind is EventKind.READ]


def streams(driver):
    """Good frames, pieces of them and nonsense, in any order."""
    frame = st.sampled_from(sorted(SAMPLES[driver].frames))
    piece = st.builds(lambda f, a, b: f[a:b], frame, st.integers(0, 16), st.integers(0, 16))
    return st.lists(frame | piece | st.binary(max_size=20), max_size=8).map(b"".join)


@every_driver
def test_is_registered_under_its_own_name_and_says_how_it_works(driver):
    reader = DRIVERS[driver]("front")
    assert reader.name == driver
    assert isinstance(reader.continuous, bool)
    assert reader.baud is None or reader.baud > 0
    assert all(isinstance(request, bytes) for request in reader.requests())


@pytest.mark.parametrize("driver", PROFILED)
def test_a_driver_with_a_profile_is_registered_without_one_too(driver):
    assert PROFILED[driver]("front", Profile()).name == DRIVERS[driver]("front").name


@every_driver
def test_reads_each_recorded_frame_whole_or_byte_by_byte(driver):
    for frame, badge in SAMPLES[driver].frames.items():
        whole = made(driver).feed(frame, 7)
        assert reads(whole) == [badge]
        assert is_canonical(badge)
        assert (whole[0].reader_id, whole[0].mono_ns, whole[0].error) == ("front", 7, None)
        assert whole[0].raw
        reader = made(driver)
        assert reads(event for byte in frame for event in reader.feed(bytes([byte]), 7)) == [badge]


@every_driver
def test_reads_frames_back_to_back(driver):
    frames = SAMPLES[driver].frames
    assert reads(made(driver).feed(b"".join(frames), 0)) == list(frames.values())


@every_driver
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_split_of_the_same_bytes_says_the_same(driver, data):
    stream = data.draw(streams(driver))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    whole, split = made(driver), made(driver)
    once = whole.feed(stream, 0) + whole.tick(FOREVER_NS)
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [e for piece in pieces for e in split.feed(piece, 0)] + split.tick(FOREVER_NS) == once


@every_driver
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_after_any_nonsense_and_a_silence_a_good_frame_is_read(driver, data):
    reader = made(driver)
    reader.feed(data.draw(streams(driver)), 0)
    reader.tick(FOREVER_NS)
    frame, badge = data.draw(st.sampled_from(sorted(SAMPLES[driver].frames.items())))
    assert reads(reader.feed(frame, FOREVER_NS)) == [badge]


@every_driver
@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=3000), repeat=st.integers(1, 40))
def test_random_bytes_never_raise_and_never_grow_memory(driver, noise, repeat):
    reader = made(driver)
    for _ in range(repeat):
        events = reader.feed(noise, 0)
        assert all(event.error in BadInput for event in events if event.kind is not EventKind.READ)
        assert len(pickle.dumps(reader)) < 1500


@every_driver
def test_endless_equal_bytes_are_noise_until_a_good_frame(driver):
    for byte in SAMPLES[driver].endless:
        reader = made(driver)
        assert not reader.noisy
        reader.feed(bytes([byte]) * 10_000, 0)
        assert reader.noisy
        assert len(pickle.dumps(reader)) < 1500
        reader.tick(FOREVER_NS)
        frame = next(iter(SAMPLES[driver].frames))
        assert reads(reader.feed(frame, FOREVER_NS))
        assert not reader.noisy


@every_driver
def test_a_frame_that_goes_silent_is_given_up_once(driver):
    sample, reader = SAMPLES[driver], made(driver)
    gap_ns = sample.gap_ms * 1_000_000
    frame = next(iter(sample.frames))[: -sample.cut]
    assert reader.feed(frame, 0) == []
    assert reader.tick(gap_ns - 1) == []
    [given_up] = reader.tick(gap_ns)
    assert given_up.error is sample.given_up
    assert given_up.raw
    assert reader.tick(FOREVER_NS) == []
