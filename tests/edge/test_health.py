"""The table of ticks, and the word to the service manager."""

import socket
import threading

import pytest

from edge.health import Health, supervise, tell_systemd


class Ticks:
    ns = 0

    def __call__(self) -> int:
        return self.ns


def test_a_loop_is_late_when_it_has_not_ticked_within_its_limit():
    now = Ticks()
    health = Health(now)
    health.watch("door", 2)
    health.watch("uplink", 60)
    now.ns = 3_000_000_000
    assert health.late() == ("door",)
    health.tick("door")
    assert health.late() == ()


def test_the_station_is_ready_when_every_loop_has_ticked_once():
    health = Health(Ticks())
    health.watch("door", 2)
    health.watch("uplink", 60)
    health.tick("door")
    assert not health.begun()
    health.tick("uplink")
    assert health.begun()


def test_a_tick_of_an_unknown_loop_is_a_mistake():
    with pytest.raises(KeyError):
        Health(Ticks()).tick("dor")


def test_a_fault_is_shown_once_until_it_is_cleared():
    health = Health(Ticks())
    assert health.fault("refused_unregistered")
    assert not health.fault("refused_unregistered")
    health.fault("disk_full")
    assert health.faults() == ("refused_unregistered", "disk_full")
    health.clear("refused_")
    assert health.faults() == ("disk_full",)


def test_a_loop_that_fails_is_logged_counted_shown_and_run_again(caplog):
    stop, health, runs = threading.Event(), Health(Ticks()), []

    def loop() -> None:
        runs.append(1)
        if len(runs) == 3:
            stop.set()
            return
        raise ValueError("broken wire")

    supervise("uplink", loop, stop, health, wait_s=0)
    assert len(runs) == 3
    assert health.counts() == {"uplink_failed": 2}
    assert health.faults() == ("uplink_failed",)
    assert "broken wire" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path, abstract):
    address = f"@{tmp_path}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + address[1:] if abstract else address)
        tell_systemd("READY=1", address)
        assert manager.recv(64) == b"READY=1"


def test_outside_systemd_nobody_is_told():
    tell_systemd("READY=1", None)
