"""deploy/mosquitto/mosquitto.conf in a real Mosquitto: what it promises in its comments."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from deploy.broker import free_port
from deploy.tools import search_path
from edge.wire.config import MAX_CONFIG_BYTES

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "mosquitto" / "mosquitto.conf"
LISTENER = "listener 1883 127.0.0.1"
WITHIN_S = 30.0


def wait_until_it_listens(port: int, broker: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WITHIN_S
    while True:
        assert broker.poll() is None, "mosquitto refused its configuration"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.02)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A Mosquitto with the shipped configuration, on a free port instead of 1883."""
    program = shutil.which("mosquitto", path=search_path())
    assert program is not None, "mosquitto is missing: apt-get install mosquitto"
    text = CONFIGURATION.read_text(encoding="utf-8")
    assert text.count(LISTENER) == 1
    number = free_port()
    copy = tmp_path / "mosquitto.conf"
    copy.write_text(text.replace(LISTENER, f"listener {number} 127.0.0.1"), encoding="utf-8")
    with subprocess.Popen([program, "-c", copy], stderr=subprocess.DEVNULL) as broker:
        try:
            wait_until_it_listens(number, broker)
            yield number
        finally:
            broker.terminate()


@contextmanager
def client(port: int, name: str, received: list[int] | None = None) -> Iterator[paho.Client]:
    """A client with a session that outlives its connection; the lengths of messages go to `received`."""
    connection = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
    # 0 lifts paho's own bounds, so that only the broker's are seen.
    connection.max_inflight_messages_set(0)
    if received is not None:
        connection.on_message = lambda _client, _userdata, message: received.append(len(message.payload))
    connection.connect("127.0.0.1", port)
    connection.loop_start()
    try:
        yield connection
    finally:
        connection.disconnect()
        connection.loop_stop()


def wait_for_count(received: list[int], count: int) -> None:
    deadline = time.monotonic() + WITHIN_S
    while len(received) < count and time.monotonic() < deadline:
        time.sleep(0.02)


def subscribe(port: int, name: str) -> None:
    """Leave a session behind that waits for `up` messages."""
    with client(port, name) as subscriber:
        done: list[int] = []
        subscriber.on_subscribe = lambda *_: done.append(1)
        subscriber.subscribe("dd/1/+/up", qos=1)
        wait_for_count(done, 1)
        assert done, "the subscription was not answered"


def test_a_collector_that_was_away_misses_nothing_that_the_default_limit_would_drop(port: int) -> None:
    subscribe(port, "collector")
    with client(port, "device") as device:
        for message in [device.publish("dd/1/a/up", b"x" * 100, qos=1) for _ in range(3000)]:
            message.wait_for_publish(WITHIN_S)
    received: list[int] = []
    with client(port, "collector", received):
        wait_for_count(received, 3000)
    assert len(received) == 3000


def test_the_largest_configuration_passes(port: int) -> None:
    subscribe(port, "device")
    received: list[int] = []
    with client(port, "device", received), client(port, "central") as central:
        central.publish("dd/1/a/up", bytes(MAX_CONFIG_BYTES), qos=1).wait_for_publish(WITHIN_S)
        wait_for_count(received, 1)
    assert received == [MAX_CONFIG_BYTES]


def test_it_listens_on_loopback_alone() -> None:
    lines = [line for line in CONFIGURATION.read_text(encoding="utf-8").splitlines() if line.startswith("listener")]
    assert lines == [LISTENER]
