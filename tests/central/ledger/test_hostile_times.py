"""A door may say any number that the wire can carry: it harms nobody but itself."""

from collections.abc import Callable

import pytest

from edge.wire.events import ClockSet
from edge.wire.text import MAX_INT
from tests.central.ledger.office import NONE, NTP, Office, Station


def set_too_far(door: Station, badge: str) -> None:
    door.clock = NONE
    door.tap(badge, "07:00")
    door.say(ClockSet(None, MAX_INT, "ntp"), "07:01")


def stamped_too_far(door: Station, badge: str) -> None:
    door.clock, door.ahead_ms = NTP, 10**15
    door.tap(badge, "07:00")


def synchronised_too_long_ago(door: Station, badge: str) -> None:
    door.sync_age_s = MAX_INT
    door.tap(badge, "07:00")


def up_too_long(door: Station, badge: str) -> None:
    door.clock = NONE
    door.tap(badge, "07:00")
    door.boot_ms -= 10**15
    door.tap(badge, "07:02")
    door.boot_ms += 10**15
    door.clock = NTP
    door.say(ClockSet(None, door.boot_ms + door.uptime("07:03"), "ntp"), "07:03")


@pytest.mark.parametrize("said", [set_too_far, stamped_too_far, synchronised_too_long_ago, up_too_long])
def test_a_door_with_an_impossible_clock_stops_nobody_elses_verdict(
    office: Office, said: Callable[[Station, str], None]
) -> None:
    broken, door = office.door("D-BAD", unit="H"), office.door()
    an, office_chief = office.person("an"), office.person("binh", unit="H")
    broken.start("06:30")
    door.start("06:30")
    said(broken, office_chief)
    for time in ("07:36", "12:00", "13:28", "17:00"):
        door.tap(an, time)
    broken.heartbeat("18:01")
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an") == ["AM present late 6", "PM present"]
    assert "late" not in " ".join(office.says("binh"))
    assert office.sees("binh")
