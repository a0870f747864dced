"""The main thread: watchdog, saving, the floor of time."""

import secrets
import socket

import pytest

from edge.clock import BUILD_UTC_MS, open_clock
from edge.health import Health
from edge.journal import Journal
from edge.keeper import FLOOR_FILE, Keeper, read_floor
from edge.settings import ClockSettings
from edge.wire.ack import Ack


class Bench:
    def __init__(self, folder, watchdog: bool = True) -> None:
        self.folder = folder
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(folder / "notify"))
        self.manager.setblocking(False)
        self.clock = open_clock(ClockSettings(quality="ntp"))
        self.now_ns = 0
        self.health = Health(lambda: self.now_ns)
        self.health.watch("door", 2)
        (folder / "journal").mkdir()
        self.journal = Journal.open(
            folder / "journal", "d0001", self.clock.boot, "0.1", self.clock.stamp(), lambda: secrets.token_hex(8),
            segment_bytes=65536,
        )  # fmt: skip
        self.keeper = Keeper(folder, self.journal, self.clock, self.health, str(folder / "notify"), watchdog)

    def told(self) -> list[bytes]:
        found = []
        try:
            while True:
                found.append(self.manager.recv(64))
        except BlockingIOError:
            return found


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.manager.close()
    made.journal.close()


def test_systemd_hears_ready_only_after_every_loop_has_ticked(bench):
    bench.keeper.tick()
    assert bench.told() == []
    bench.health.tick("door")
    bench.keeper.tick()
    assert bench.told() == [b"READY=1", b"WATCHDOG=1"]


def test_the_watchdog_starves_while_a_loop_is_late(bench, caplog):
    bench.health.tick("door")
    bench.keeper.tick()
    bench.told()
    bench.now_ns = 3_000_000_000
    bench.keeper.tick()
    bench.keeper.tick()
    assert bench.told() == []
    assert caplog.text.count("without a sign of life: door") == 1
    bench.health.tick("door")
    bench.keeper.tick()
    assert bench.told() == [b"WATCHDOG=1"]


def test_acknowledgements_and_the_floor_are_saved_when_there_are_new_ones(bench):
    bench.keeper.save()
    assert not (bench.folder / FLOOR_FILE).exists()
    bench.journal.apply(Ack(bench.journal.journal, 1))
    bench.keeper.save()
    assert read_floor(bench.folder) > BUILD_UTC_MS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"utc_ms":"x"}',
        b'{"utc_ms":99999999999999999}',
        b'{"utc_ms":-5}',
        b'{"utc_ms":Infinity}',
        b'{"utc_ms":NaN}',
        b"[" * 20_000,
    ],
    ids=range(8),
)
def test_a_floor_that_cannot_be_true_is_the_build_date(tmp_path, content):
    assert read_floor(tmp_path) == BUILD_UTC_MS
    (tmp_path / FLOOR_FILE).write_bytes(content)
    assert read_floor(tmp_path) == BUILD_UTC_MS
