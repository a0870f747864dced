"""What every card reader driver must do. A new one adds a line to DRIVERS and one to GOOD; the rest runs by itself."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.badges import is_canonical
from edge.readers import DRIVERS, BadInput, EventKind

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
GOOD = {"rdm6300": FAMILY, "id12la": FAMILY, "em4100_raw": FAMILY}
FOREVER_NS = 10_000_000_000

every_driver = pytest.mark.parametrize("driver", DRIVERS)


def reads(events) -> list[str]:
    return [event.badge for event in events if event.kind is EventKind.READ]


def streams(driver):
    """Good frames, pieces of them and nonsense, in any order."""
    frame = st.sampled_from(sorted(GOOD[driver]))
    piece = st.builds(lambda f, a, b: f[a:b], frame, st.integers(0, 16), st.integers(0, 16))
    return st.lists(frame | piece | st.binary(max_size=20), max_size=8).map(b"".join)


@every_driver
def test_is_registered_under_its_own_name_and_says_how_it_works(driver):
    reader = DRIVERS[driver]("front")
    assert reader.name == driver
    assert isinstance(reader.continuous, bool)
    assert reader.baud is None or reader.baud > 0
    assert all(isinstance(request, bytes) for request in reader.requests())


@every_driver
def test_reads_each_recorded_frame_whole_or_byte_by_byte(driver):
    for frame, badge in GOOD[driver].items():
        whole = DRIVERS[driver]("front").feed(frame, 7)
        assert reads(whole) == [badge]
        assert is_canonical(badge)
        assert (whole[0].reader_id, whole[0].mono_ns, whole[0].raw, whole[0].error) == ("front", 7, frame, None)
        reader = DRIVERS[driver]("front")
        assert reads(event for byte in frame for event in reader.feed(bytes([byte]), 7)) == [badge]


@every_driver
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_split_of_the_same_bytes_says_the_same(driver, data):
    stream = data.draw(streams(driver))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    whole, split = DRIVERS[driver]("r"), DRIVERS[driver]("r")
    once = whole.feed(stream, 0) + whole.tick(FOREVER_NS)
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [e for piece in pieces for e in split.feed(piece, 0)] + split.tick(FOREVER_NS) == once


@every_driver
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_after_any_nonsense_and_a_silence_a_good_frame_is_read(driver, data):
    reader = DRIVERS[driver]("r")
    reader.feed(data.draw(streams(driver)), 0)
    frame, badge = data.draw(st.sampled_from(sorted(GOOD[driver].items())))
    assert reads(reader.feed(frame, FOREVER_NS)) == [badge]


@every_driver
@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=3000), repeat=st.integers(1, 40))
def test_random_bytes_never_raise_and_never_grow_memory(driver, noise, repeat):
    reader = DRIVERS[driver]("r")
    for _ in range(repeat):
        events = reader.feed(noise, 0)
        assert all(event.error in BadInput for event in events if event.kind is not EventKind.READ)
        assert len(pickle.dumps(reader)) < 1000


@every_driver
@pytest.mark.parametrize("byte", [0x00, 0xFF, 0x30])
def test_endless_equal_bytes_are_noise_until_a_good_frame(driver, byte):
    reader = DRIVERS[driver]("r")
    assert not reader.noisy
    reader.feed(bytes([byte]) * 10_000, 0)
    assert reader.noisy
    assert len(pickle.dumps(reader)) < 1000
    frame = next(iter(GOOD[driver]))
    assert reads(reader.feed(frame, FOREVER_NS))
    assert not reader.noisy


@every_driver
def test_a_frame_that_goes_silent_is_given_up_once(driver):
    reader = DRIVERS[driver]("r")
    frame = next(iter(GOOD[driver]))
    assert reader.feed(frame[:-3], 0) == []
    assert reader.tick(99_000_000) == []
    [partial] = reader.tick(100_000_000)
    assert (partial.kind, partial.error, partial.raw) == (EventKind.PARTIAL, BadInput.TRUNCATED, frame[:-3])
    assert reader.tick(FOREVER_NS) == []
