"""Small packets in few calls; what is handed over wakes the connection once; a quiet collector says that it lives."""

import threading
import time

import pytest

from central.intake import InBulk, remaining_length
from central.intaking import collector as module
from central.intaking.collector import Collector


@pytest.mark.parametrize(
    ("length", "bytes_"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"), (2_097_152, "80808001")],
)
def test_the_length_of_a_packet_is_said_as_the_standard_says_it(length, bytes_):
    """MQTT 3.1.1, table 2.4."""
    assert remaining_length(length).hex() == bytes_


def test_only_the_first_of_what_is_handed_over_wakes_the_connection():
    client = InBulk("bulk")
    assert client.hand_over("dd/1/door-0001/ack", b"{}")
    assert not client.hand_over("dd/1/door-0001/ack", b"{}")
    assert client.want_write()


def test_a_writer_without_messages_ticks_all_the_same(central, monkeypatch):
    """A quiet night must not look like a dead loop to the service manager."""
    monkeypatch.setattr(module, "IDLE_S", 0.02)
    collector, ticks = Collector(central.store, central.clock), []
    thread = threading.Thread(target=collector.run, args=(lambda: ticks.append(1),))
    thread.start()
    try:
        end = time.monotonic() + 10
        while len(ticks) < 5 and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        collector.stop()
        thread.join(10)
    assert len(ticks) >= 5
