"""Small packets in few calls; what is handed over wakes the connection once; a quiet collector says that it lives."""

import threading
import time

import pytest

from central.intake import InBulk
from central.intaking import collector as module
from central.intaking.collector import Collector
from central.intaking.packets import remaining_length
from central.intaking.reading import Message, read_up
from central.timing import Stamped, own_time
from edge.wire.batch import Batch, encode_batch
from edge.wire.events import Clock, Event, Punch, Stamp, encode_event
from edge.wire.topics import parse_topic


@pytest.mark.parametrize(
    ("length", "bytes_"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"), (2_097_152, "80808001")],
)
def test_the_length_of_a_packet_is_said_as_the_standard_says_it(length, bytes_):
    """MQTT 3.1.1, table 2.4."""
    assert remaining_length(length).hex() == bytes_


def test_only_the_first_of_what_is_handed_over_wakes_the_connection():
    client = InBulk("bulk", print)
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


@pytest.mark.parametrize("age_s", [None, 0, 5, 86_400])
@pytest.mark.parametrize("ahead_ms", [-5_000, 0, 119_000, 120_001, 10_000_000])
def test_a_punch_that_is_read_quickly_has_the_time_that_timing_gives_it(age_s, ahead_ms):
    utc_ms, uptime_ms = 1_773_619_200_000, 77_000
    line = encode_event(Event(1, Stamp(uptime_ms, utc_ms, Clock.NTP, age_s), Punch("em:008EB2F9", "door", ("known",))))
    batch = Batch("door-0001", "0" * 16, "boot", 1, bytes(32), None, (line,))
    message = Message("dd/1/door-0001/up", encode_batch(batch), utc_ms - ahead_ms)
    ((row,),) = (run.rows for run in read_up(message, parse_topic(message.topic)).runs)
    timed = own_time(Stamped("", uptime_ms, utc_ms, "ntp", age_s, message.received_ms))
    assert (row.time_ms, row.uncertainty_ms, row.method, row.set_aside) == (
        timed.best_ms,
        timed.uncertainty_ms,
        timed.method.value,
        timed.set_aside,
    )
