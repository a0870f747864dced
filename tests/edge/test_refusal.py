"""A door whose disk takes nothing at the start: it blinks red and says so, until the station is started again."""

import os
import subprocess
import threading
import time
import tty

import pytest

from edge.errors import JournalError
from edge.journal import Journal
from edge.pins import OPENERS
from edge.pins.mock import MockPins, open_pins
from edge.refusal import told_at_the_door
from edge.settings import load_settings
from edge.station import Ending, Station
from edge.wire.events import Clock, Stamp

SHOWN_S = 4.0
STAMP = Stamp(0, 1_773_619_200_000, Clock.NTP, 5)


@pytest.fixture
def taken(monkeypatch) -> list[MockPins]:
    """The pins of each panel that was opened."""
    pins: list[MockPins] = []

    def take(settings):
        pins.append(open_pins(settings))
        return pins[-1]

    monkeypatch.setitem(OPENERS, "mock", take)
    return pins


@pytest.fixture
def screen():
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture
def read_only(tmp_path):
    """A folder that takes no files: a tmpfs mounted so, else one without the right to write."""
    data = tmp_path / "data"
    data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", data], capture_output=True).returncode == 0
    if not mounted:
        data.chmod(0o500)
    yield data
    if mounted:
        subprocess.run(["umount", data], check=True)
    else:
        data.chmod(0o700)


def settings_of(tmp_path, data, display):
    path = tmp_path / "station.toml"
    path.write_text(
        f'[station]\ndata = "{data}"\n[panel]\npins = "mock"\n[display]\nkind = "text"\nport = "{display}"\n'
        f'[[reader]]\nid = "door"\ndriver = "rdm6300"\nport = "{tmp_path}/reader"\n',
        "utf-8",
    )
    return load_settings(path, {})


def test_a_station_that_cannot_write_blinks_red_and_says_that_nothing_is_recorded(tmp_path, taken, screen, read_only):
    master, port = screen
    station = Station(settings_of(tmp_path, read_only, port), None, False)
    began = time.monotonic()
    with pytest.raises(OSError, match=r"Read-only|Permission denied|cannot be used"):
        station.open(Ending())
    assert time.monotonic() - began >= SHOWN_S, "a person has the time to see it"
    [pins] = taken
    assert sum(pins.changes("red")) >= 4
    assert pins.closed
    assert not any(pins.levels), "given back, which is dark"
    assert [pins.changes(name) for name in ("green", "amber", "buzzer")] == [[], [], []]
    assert os.read(master, 65536).decode() == "\fChưa ghi được, báo văn phòng\r\n"


def test_an_ordered_end_does_not_wait_for_the_blinking(tmp_path, taken, screen, read_only):
    ending, began = Ending(), time.monotonic()
    ending.end("SIGTERM")
    with pytest.raises(OSError, match=r"Read-only|Permission denied|cannot be used"):
        Station(settings_of(tmp_path, read_only, screen[1]), None, False).open(ending)
    assert time.monotonic() - began < SHOWN_S


def test_a_second_station_on_the_same_folder_leaves_the_lights_to_the_first(tmp_path, taken, screen):
    settings = settings_of(tmp_path, tmp_path / "data", screen[1])
    (tmp_path / "data").mkdir()

    def opened() -> Journal:
        return Journal.open(tmp_path / "data" / "journal", "d-00", "boot", "1", STAMP, lambda: os.urandom(8).hex())

    first = opened()
    try:
        with (
            pytest.raises(JournalError, match="in use by another process"),
            told_at_the_door(settings, time.monotonic_ns, threading.Event()),
        ):
            opened()
    finally:
        first.close()
    assert taken == []
