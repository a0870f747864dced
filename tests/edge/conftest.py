"""A real broker, and a small central that stores what stations send and answers as it is told."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from deploy.broker import Broker, start_broker
from edge.identity import Identity, open_identity
from edge.wire.ack import Ack, Refused, Resend, encode_ack
from edge.wire.batch import Batch, decode_batch
from edge.wire.chain import chain_start, links
from edge.wire.command import Result, decode_result
from edge.wire.events import Event, decode_event
from edge.wire.notes import Seal, decode_seal
from edge.wire.status import Heartbeat, Status, decode_heartbeat, decode_status
from edge.wire.topics import FROM_DEVICE, QOS, Channel, parse_topic, topic


class Peer:
    """A central of a few lines: stores by (device, journal, seq), answers each batch unless `answering` is off."""

    def __init__(self, broker: Broker, identity: Identity) -> None:
        self._broker = broker
        self.identity = identity
        self.lock = threading.Lock()
        self.keys: dict[str, Identity] = {}
        self.answering = True
        self.refusing: str | None = None
        self.lines: dict[tuple[str, str, int], bytes] = {}
        self.batches: list[Batch] = []
        self.births: list[Status] = []
        self.heartbeats: list[Heartbeat] = []
        self.seals: list[Seal] = []
        self.results: list[Result] = []
        self.client: mqtt.Client | None = None

    def connect(self) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=True)
        self.client.reconnect_delay_set(1, 1)
        ready = threading.Event()
        self.client.on_connect = lambda client, *_: client.subscribe([(f"dd/1/+/{c}", QOS[c]) for c in FROM_DEVICE])
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = lambda _, __, message: self.take(message.topic, message.payload)
        self.client.connect(self._broker.host, self._broker.port)
        self.client.loop_start()
        assert ready.wait(10), "the test central could not subscribe"

    def close(self) -> None:
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()
            self.client = None

    def take(self, name: str, payload: bytes) -> None:
        address = parse_topic(name)
        device = self.keys.get(address.device)
        with self.lock:
            if address.channel is Channel.UP:
                self._store(decode_batch(payload))
            elif address.channel is Channel.RES:
                self.results.append(decode_result(payload))
            elif device is not None and address.channel is Channel.ST:
                self.births.append(decode_status(payload, device.verify))
            elif device is not None:
                message = decode_heartbeat(payload, device.verify)
                self.heartbeats.append(message.heartbeat)
                self.seals.append(decode_seal(message.seal or b"", device.verify))

    def _store(self, batch: Batch) -> None:
        self.batches.append(batch)
        if self.refusing is not None:
            self.answer(batch, refused=(Refused(batch.first, batch.last, self.refusing),))
            return
        before = batch.before
        assert batch.first != 1 or before == chain_start(batch.device, batch.journal)
        for number, line in enumerate(batch.lines):
            known = self.lines.setdefault((batch.device, batch.journal, batch.first + number), line)
            assert known == line, "the same identity came with other bytes"
        if batch.seal is not None and batch.device in self.keys:
            seal = decode_seal(batch.seal, self.keys[batch.device].verify)
            assert (seal.seq, seal.hash) == (batch.last, links(before, batch.lines)[-1])
            self.seals.append(seal)
        if self.answering:
            self.answer(batch)

    def answer(
        self, batch: Batch, refused: tuple[Refused, ...] = (), resend: Resend | None = None, pause_ms: int = 0
    ) -> None:
        stored = sorted(seq for _, journal, seq in self.lines if journal == batch.journal)
        watermark = next((at for at, seq in enumerate(stored) if seq != at + 1), len(stored))
        ranges = tuple((seq, seq) for seq in stored[watermark : watermark + 32])
        ack = Ack(batch.journal, watermark, ranges, refused, resend, time.time_ns() // 1_000_000, pause_ms)
        self.say(batch.device, Channel.ACK, encode_ack(ack))

    def say(self, device: str, channel: Channel, payload: bytes) -> None:
        assert self.client is not None
        self.client.publish(topic(device, channel), payload, QOS[channel])

    def events(self, device: str, kind: str | None = None) -> list[Event]:
        with self.lock:
            found = [decode_event(line) for (of, _, _), line in self.lines.items() if of == device]
        return [event for event in found if kind is None or event.kind == kind]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with start_broker(tmp_path / "broker") as made:
        yield made


@pytest.fixture
def peer(broker: Broker, tmp_path: Path) -> Iterator[Peer]:
    made = Peer(broker, open_identity(tmp_path / "central"))
    made.connect()
    yield made
    made.close()
