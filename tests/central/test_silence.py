"""Why a door is silent: one reason, the one to mend first."""

import json
from dataclasses import dataclass

import pytest

from central.presence import DoorState
from central.silence import Silence, Silent, why_down, why_silent

NOW_MS = 1_541_984_400_000
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Word:
    """A station's newest word, a moment ago unless said otherwise."""

    online: bool = True
    heard_ms: int = NOW_MS - 10_000
    clock: str = "ntp"
    report: str = "{}"


def heartbeat(*readers: str, faults: tuple[str, ...] = ()) -> str:
    return json.dumps({"readers": [{"reader": "r", "state": state} for state in readers], "faults": faults})


def why(word: Word | None, state: DoorState = DoorState.CURRENT, *, station: bool = True) -> Silent | None:
    return why_silent(state, word, NOW_MS - 20_000, NOW_MS, station=station)


def test_a_door_in_order_has_no_reason():
    assert why(Word(report=heartbeat("ok", "lost"))) is None


@pytest.mark.parametrize(
    ("word", "state", "expected"),
    [
        (None, DoorState.NEVER, Silent(Silence.NEVER_HEARD)),
        (Word(online=False), DoorState.CURRENT, Silent(Silence.OFFLINE, NOW_MS - 10_000)),
        (Word(heard_ms=NOW_MS - 3 * MINUTE_MS), DoorState.CURRENT, None),
        (Word(heard_ms=NOW_MS - 3 * MINUTE_MS - 1), DoorState.OLD, Silent(Silence.NO_HEARTBEAT, NOW_MS - 180_001)),
        (Word(report=heartbeat("lost", "lost")), DoorState.CURRENT, Silent(Silence.READER_LOST)),
        (Word(report=heartbeat("ok", faults=("disk_full",))), DoorState.OLD, Silent(Silence.NOT_RECORDING)),
        (
            Word(report=heartbeat("ok", faults=("disk_full", "disk_read_only"))),
            DoorState.OLD,
            Silent(Silence.READ_ONLY),
        ),
        (Word(report=heartbeat("ok", faults=("no_panel",))), DoorState.CURRENT, None),
        (Word(), DoorState.OLD, Silent(Silence.NOT_DELIVERED, NOW_MS - 20_000)),
        (Word(clock="none"), DoorState.CURRENT, Silent(Silence.CLOCK)),
        (Word(clock="rtc"), DoorState.CURRENT, None),
    ],
)
def test_each_reason_from_what_was_heard(word: Word | None, state: DoorState, expected: Silent | None):
    assert why(word, state) == expected


def test_a_door_that_waits_for_its_station_says_so():
    assert why(None, station=False) == Silent(Silence.NO_STATION)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("no_power", Silence.NO_POWER),
        ("reader_lost", Silence.READER_LOST),
        ("disk_full", Silence.NOT_RECORDING),
        ("sửa cổng", Silence.CLOSED),
    ],
)
def test_a_door_that_is_down_says_why(reason: str, expected: Silence):
    assert why_down(reason, 7) == Silent(expected, 7)
