"""A plain MQTT client beside the system: hears what doors send, and says anything at all."""

import threading
from collections.abc import Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from deploy.broker import Broker

Said = tuple[str, bytes]
"""A topic and a payload."""


class Wiretap:
    """heard: everything on `dd/1/+/up`, `st`, `hb` and `ack` since it listens. Use it in a `with`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._heard: list[Said] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(500)
        self._client.on_connect = lambda client, *_: client.subscribe("dd/1/#", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _, __, message: self._hear(message.topic, bytes(message.payload))

    def _hear(self, topic: str, payload: bytes) -> None:
        with self._lock:
            self._heard.append((topic, payload))

    def heard(self, channel: str) -> list[Said]:
        """What was said on this channel so far."""
        with self._lock:
            return [said for said in self._heard if said[0].endswith(f"/{channel}")]

    def say(self, messages: Iterable[Said]) -> int:
        """Publish all of these and wait until the broker has them; returns how many."""
        sent = [self._client.publish(topic, payload, 1) for topic, payload in messages]
        for one in sent:
            one.wait_for_publish(60)
        return len(sent)

    def __enter__(self) -> "Wiretap":
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        assert self._ready.wait(10), "the wiretap could not subscribe"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
