"""The fuzzer runs, and would notice: long runs are made by hand (`python -m tests.fuzz`)."""

import pytest
from hypothesis import strategies as st

from edge.readers import DRIVERS
from tests.fuzz import __main__ as command
from tests.fuzz.readers import CHANCES, FalseBadges, false_badges
from tests.fuzz.target import Target, TooMuchMemory, weigh


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(command, "ROUND", 15)
    monkeypatch.setattr(command, "WEIGHED", 10)
    monkeypatch.setattr(command, "FRAMES", 60)
    monkeypatch.setattr(command, "NOISE_BYTES", 1024)


@pytest.mark.parametrize("name", command.TARGETS)
def test_a_few_hostile_inputs_end_in_a_value_or_in_the_declared_error(name: str, short):
    told = command.fuzz(name, 0, 1)
    assert told["findings"] == []
    assert told["cases"] >= 15


def test_an_exception_that_nobody_declared_is_a_finding(short, monkeypatch):
    def attempt(content: bytes) -> None:
        assert b"\x00" not in content

    monkeypatch.setitem(command.TARGETS, "broken", lambda: Target(st.binary(min_size=30, max_size=60), attempt))
    monkeypatch.setattr(command, "ROUND", 200)
    assert len(command.fuzz("broken", 0, 1)["findings"]) == 1


def test_a_parser_that_takes_too_much_memory_is_a_finding():
    with pytest.raises(TooMuchMemory, match="for an input of 1"):
        weigh(lambda one: bytearray(8 << 20) and None, [b"x"])
    kept: list[bytearray] = []
    with pytest.raises(TooMuchMemory, match="kept"):
        weigh(lambda one: kept.append(bytearray(1 << 20)), [b"x"])


def test_every_driver_is_measured_against_the_chance_of_its_check():
    assert set(CHANCES) == set(DRIVERS)


def test_the_same_frames_of_chance_are_drawn_from_the_same_seed():
    assert false_badges("rdm6300", 100, 512, 3) == false_badges("rdm6300", 100, 512, 3)


@pytest.mark.parametrize(
    ("found", "continuous"),
    [
        (FalseBadges(10_000, 80, 39.0, 0, 0, 0, 0), False),
        (FalseBadges(10_000, 39, 39.0, 1, 0, 0, 0), True),
        (FalseBadges(10_000, 39, 39.0, 0, 100, 1, 0), True),
    ],
    ids=["more badges than chance", "a single frame accepted", "a badge out of noise"],
)
def test_false_badges_beyond_chance_are_a_finding(found: FalseBadges, continuous: bool):
    with pytest.raises(AssertionError):
        found.check(continuous)
