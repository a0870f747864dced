"""A whole station inside the test, so that its pins can be seen and pressed: two readers on pseudo terminals, a button.

The readers are called `door` and `window`. It is the station itself (`edge.station`), opened and closed as its process
does; who has to cut its power starts the same folder with `Fleet.start` instead.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.pins import OPENERS
from edge.pins.mock import MockPins, open_pins
from edge.settings import PanelSettings, load_settings
from edge.simulate import CardReader, Fleet, Member, rdm6300_frame
from edge.station import Ending, Station
from edge.wire.events import Event

BUTTON = 5
PATIENCE_S = 60.0


def two_readers(fleet: Fleet, peer: Any, code: str, more: str = "") -> tuple[Member, CardReader]:
    """A member that central knows, with a second reader; more: settings besides."""
    member = fleet.add(code)
    peer.keys[member.device] = member.identity
    window = CardReader(member.folder / "window")
    window.plug()
    second = f'[[reader]]\nid = "window"\ndriver = "rdm6300"\nport = "{window.link}"\n'
    member.config.write_text(member.config.read_text("utf-8") + second + more, "utf-8")
    return member, window


class Standing:
    """One station in this process. door, window: its readers; peer: the test's central."""

    def __init__(self, fleet: Fleet, peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fleet, self.peer = fleet, peer
        self.member, self.window = two_readers(fleet, peer, "S01")
        self.door = self.member.reader
        settings = self.member.config.read_text("utf-8")
        self.member.config.write_text(
            settings.replace('pins = "none"', f'pins = "mock"\nfield_button = {BUTTON}'), "utf-8"
        )
        self._pins: list[MockPins] = []
        self._station: Station | None = None
        monkeypatch.setitem(OPENERS, "mock", self._take_pins)  # type: ignore[misc]

    def _take_pins(self, settings: PanelSettings) -> MockPins:
        self._pins.append(open_pins(settings))
        return self._pins[-1]

    def open(self) -> None:
        """Returns when both readers are open: what comes before is dropped, as on a real line."""
        self._station = Station(load_settings(self.member.config, {}), None, False)
        self._station.open(Ending())
        deadline = time.monotonic() + PATIENCE_S
        while any(reader.state != "ok" for reader in self._station._doorway.states()):
            assert time.monotonic() < deadline, "the readers do not open"
            time.sleep(0.01)

    def close(self) -> None:
        station, self._station = self._station, None
        if station is not None:
            station.close("SIGTERM")

    @property
    def folder(self) -> Path:
        return self.member.folder

    def press(self) -> None:
        """The button "field duty"."""
        self._pins[-1].press()

    def lights(self, name: str) -> list[bool]:
        """Every change of a pin since the panel took it, from off."""
        return self._pins[-1].changes(name)

    def lit(self) -> str:
        """What is on."""
        return " ".join(name for name, on in self._pins[-1].levels._asdict().items() if on)

    def greens(self) -> list[Mapping[str, object]]:
        return self.fleet.greens("S01")

    def shown(self) -> list[object]:
        """The answers so far, by name."""
        return [entry["feedback"] for entry in self.fleet.trace("S01")]

    def stored(self, kind: str = "punch") -> Sequence[Event]:
        """What central has of it."""
        return list(self.peer.events(self.member.device, kind))


def pair(badge: str) -> bytes:
    """Two equal frames at once: a read, as quickly as a station can take it."""
    return rdm6300_frame(badge) * 2


def numbered(number: int) -> str:
    """A badge of its own."""
    return f"em:{number:08X}"
