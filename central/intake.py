"""The only MQTT consumer at central: a paho client before the collector, and nothing else.

paho's own thread only enqueues. PUBACKs are sent at once by paho: a PUBACK proves nothing (wire R1), and a late one of
a former connection could acknowledge another message. The session is clean: a dead collector loses nothing, devices
send again. The network loop is ours, so that no exception can end it silently.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from central.clock import Clock
from central.intaking.answers import Outgoing
from central.intaking.collector import Collector, Health
from central.intaking.reading import Message
from central.intaking.taking import Birth
from central.settings import BrokerSettings, Settings
from central.store import Store
from edge.wire.topics import FROM_DEVICE, QOS, ROOT, intake_filters

__all__ = ["Birth", "Collector", "Health", "Link", "Message", "Outgoing", "run_collector"]

log = logging.getLogger(__name__)

RECONNECT_LEAST_S = 0.2
RECONNECT_MOST_S = 5.0


@dataclass(slots=True)
class LinkHealth:
    """Counts of the broker connection. ready: subscribed, so that messages arrive."""

    connected: bool = False
    ready: bool = False
    connections: int = 0
    errors: int = 0


class Link:
    """The connection to the broker. receive: called with (topic, payload) in the network thread."""

    def __init__(self, broker: BrokerSettings, receive: Callable[[str, bytes], None]) -> None:
        self._broker, self._receive = broker, receive
        self._stopping = threading.Event()
        self._wait_s = RECONNECT_LEAST_S
        self.health = LinkHealth()
        client = Client(CallbackAPIVersion.VERSION2, f"central-{secrets.token_hex(6)}", clean_session=True)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_subscribe, client.on_message = self._subscribed, self._arrived
        client.max_queued_messages_set(10_000)
        self._client = client

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Hand a message to the connection, from any thread. False where there is none: nothing is kept for later."""
        if not self.health.ready:
            return False
        return self._client.publish(topic, payload, qos, retain).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def send(self, outgoing: Outgoing) -> None:
        """Publish an answer, if there is a connection: without one the device asks again."""
        self.publish(outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain)

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Connect, and connect again, until `stop`: the network thread's whole life. tick: called while it lives."""
        while not self._stopping.is_set():
            try:
                tick()
                self._live(tick)
            except OSError as error:
                log.warning("broker %s:%d: %s", self._broker.host, self._broker.port, error)
            except Exception:
                # Whatever a callback raises ends the connection, never the thread.
                self.health.errors += 1
                log.exception("broker link: connection given up")
            self._end()
            self._stopping.wait(self._wait_s)
            self._wait_s = min(self._wait_s * 2, RECONNECT_MOST_S)

    def _live(self, tick: Callable[[], None]) -> None:
        self._client.connect(self._broker.host, self._broker.port, self._broker.keepalive_s)
        while not self._stopping.is_set():
            tick()
            if self._client.loop(0.5) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _end(self) -> None:
        self.health.connected = self.health.ready = False
        self._client.disconnect()
        self._client.loop(0.01)  # lets DISCONNECT go out on an ordered stop; closes a broken socket

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    # --- called by paho in the network thread ---

    def _connected(
        self, client: Client, userdata: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            raise ConnectionError(f"the broker refuses central: {reason}")
        self.health.connected, self.health.connections = True, self.health.connections + 1
        plain = [(f"{ROOT}/+/{channel.value}", QOS[channel]) for channel in FROM_DEVICE]
        client.subscribe(list(intake_filters()) if self._broker.shared else plain)

    def _subscribed(
        self, client: Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        if refused := [str(reason) for reason in reasons if reason.is_failure]:
            raise ConnectionError(f"the broker refuses central's subscriptions: {', '.join(refused)}")
        self.health.ready, self._wait_s = True, RECONNECT_LEAST_S
        log.info("broker %s:%d: taking messages", self._broker.host, self._broker.port)

    def _disconnected(
        self,
        client: Client,
        userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self.health.connected = self.health.ready = False

    def _arrived(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        if not message.retain:  # a stored birth is no news: devices are heard by births and heartbeats
            self._receive(message.topic, bytes(message.payload))


@dataclass(frozen=True, slots=True)
class Running:
    """A collector at work. stop: ends both threads and waits for them."""

    collector: Collector
    link: Link
    threads: tuple[threading.Thread, ...]

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Publish `cfg` or `cmd`; False where there is no connection."""
        return self.link.publish(topic, payload, qos, retain)

    def alive(self) -> bool:
        """Whether both threads live."""
        return all(thread.is_alive() for thread in self.threads)

    def stop(self) -> None:
        """End intake: first the link, then what is queued is written."""
        self.link.stop()
        self.threads[0].join(10)
        self.collector.stop()
        self.threads[1].join(30)


def run_collector(
    store: Store,
    clock: Clock,
    settings: Settings,
    on_birth: Callable[[Birth], None] = lambda birth: None,
    tick: Callable[[str], None] = lambda name: None,
) -> Running:
    """Start intake: a network thread and a writer thread. Returns at once; messages flow once the broker is there.

    on_birth: called in the writer thread, after the commit, for every birth. tick: called by each living loop with its
    name (`intake-link`, `intake-writer`), for watchdogs.
    """
    collector = Collector(store, clock, on_birth=on_birth)
    link = Link(settings.broker, collector.receive)
    collector.publish = link.send
    threads = (
        threading.Thread(target=link.run, args=(partial(tick, "intake-link"),), name="intake-link", daemon=True),
        threading.Thread(
            target=collector.run, args=(partial(tick, "intake-writer"),), name="intake-writer", daemon=True
        ),
    )
    for thread in threads:
        thread.start()
    return Running(collector, link, threads)
