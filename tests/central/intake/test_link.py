"""Intake over a real broker: subscribed, acknowledged, and back after the broker went away."""

import queue
import shutil
import subprocess

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from central.intake import run_collector
from central.settings import BrokerSettings, Settings
from deploy.broker import free_port
from edge.wire.ack import decode_ack
from tests.waiting import until

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Broker:
    """Mosquitto on a free port of loopback, with nothing kept."""

    def __init__(self, folder):
        self.port = free_port()
        self.file = folder / "mosquitto.conf"
        self.file.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.file)], stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def running(central, broker):
    """A collector at work over the broker."""
    births = []
    work = run_collector(central.store, central.clock, Settings(broker=BrokerSettings(port=broker.port)), births.append)
    until(lambda: work.link.health.ready)
    yield work, births
    work.stop()
    assert not work.alive()


class Radio:
    """A device's connection."""

    def __init__(self, port, door):
        self.door, self.acks = door, queue.Queue()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda client, userdata, message: self.acks.put(decode_ack(message.payload))
        subscribed = queue.Queue()
        self.client.on_subscribe = lambda *details: subscribed.put(details)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(f"dd/1/{door.device}/ack")
        subscribed.get(timeout=10)

    def send(self, channel, payload, qos=1):
        self.client.publish(f"dd/1/{self.door.device}/{channel}", payload, qos)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def radio(broker, door, running):
    made = Radio(broker.port, door)
    yield made
    made.close()


def test_a_batch_is_acknowledged_over_mqtt(central, door, running, radio):
    journal = door.punch(door.journal(), "em:00000001")
    radio.send("up", door.up(journal))
    assert radio.acks.get(timeout=10).watermark == 2
    assert central.stored(journal) == journal.lines


def test_a_birth_is_answered_and_told(door, running, radio):
    journal = door.journal()
    radio.send("st", door.birth(journal, door.open(journal, 0)))
    assert radio.acks.get(timeout=10).journal == journal.name
    until(lambda: [b.device for b in running[1]] == [door.device])


def test_a_flood_is_stored_to_the_last_event_and_bad_messages_are_passed(central, door, running, radio):
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(1999)))
    for seq in range(1, journal.head + 1):
        radio.send("up", door.up(journal, seq, seq))
        if seq % 100 == 0:
            radio.send("up", b"\x00" * 70_000)
    until(lambda: running[0].collector.health.stored == journal.head)
    assert central.journal(journal, "watermark") == journal.head
    assert running[0].collector.health.errors == 0


def test_intake_comes_back_when_the_broker_does(central, broker, door, running):
    work, _ = running
    broker.kill()
    until(lambda: not work.link.health.connected)
    assert work.alive()
    assert not work.publish("dd/1/x/cfg", b"nobody there")
    broker.start()
    until(lambda: work.link.health.ready)
    radio = Radio(broker.port, door)
    radio.send("up", door.up(door.journal()))
    assert radio.acks.get(timeout=10).watermark == 1
    radio.close()


def test_without_shared_subscriptions_intake_takes_plain_ones(central, broker, door):
    work = run_collector(central.store, central.clock, Settings(broker=BrokerSettings(port=broker.port, shared=False)))
    until(lambda: work.link.health.ready)
    radio = Radio(broker.port, door)
    radio.send("up", door.up(door.journal()))
    assert radio.acks.get(timeout=10).watermark == 1
    radio.close()
    work.stop()
