"""A display that takes nothing, for as long as it likes: the light is green all the same."""

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from edge.displays import DISPLAYS, Words
from edge.simulate import Fleet, rdm6300_frame
from tests.edge.standing import Standing
from tests.waiting import until


class Bus:
    """A display at the far end of a full pipe: a write waits in the kernel, as on a bus that is held down."""

    def __init__(self, settings=None) -> None:
        self.near, self.far = os.pipe()
        fcntl.fcntl(self.far, fcntl.F_SETPIPE_SZ, 4096)
        os.write(self.far, bytes(4096))
        self.waiting, self.taken = threading.Event(), threading.Event()

    def open(self) -> None:
        """Nothing to take."""

    def write(self, words: Words) -> None:
        self.waiting.set()
        os.write(self.far, "\n".join(words.lines).encode())
        self.taken.set()

    def close(self) -> None:
        """The test closes it."""

    def drain(self) -> bytes:
        return os.read(self.near, 65536)


@pytest.fixture
def standing(tmp_path: Path, broker, peer, monkeypatch):
    bus = Bus()
    monkeypatch.setitem(DISPLAYS, "text", lambda settings: bus)
    with Fleet(tmp_path / "fleet", broker.host, broker.port, peer.identity.public_key, keepalive_s=3) as fleet:
        made = Standing(fleet, peer, monkeypatch)
        made.bus = bus
        more = '[display]\nkind = "text"\nport = "/dev/null"\n'
        made.member.config.write_text(made.member.config.read_text("utf-8") + more, "utf-8")
        made.open()
        yield made
        bus.drain()
        made.close()
    os.close(bus.near)
    os.close(bus.far)


def test_a_display_that_blocks_on_its_bus_never_delays_the_green_light(standing):
    bus = standing.bus
    assert bus.waiting.wait(10), "the display's thread hangs in the kernel"
    for number in range(1, 4):
        standing.door.send(rdm6300_frame(f"em:0000000{number}") * 2)
        until(lambda number=number: len(standing.greens()) == number)
        time.sleep(0.7)  # within half a second they would be two cards held there together
    assert not bus.taken.is_set(), "all three were green while not one page had gone out"
    bus.drain()
    assert bus.taken.wait(10), "and it goes on when the bus is free"
