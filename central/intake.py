"""The only MQTT consumer at central: a paho client before the collector, and nothing else.

paho's own thread only enqueues. PUBACKs are sent at once by paho: a PUBACK proves nothing (wire R1), and a late one of
a former connection could acknowledge another message. The session is clean: a dead collector loses nothing, devices
send again. The network loop is ours, so that no exception can end it silently.
"""

import contextlib
import logging
import secrets
import select
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from socket import socketpair
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from central.clock import Clock
from central.intaking.answers import Outgoing
from central.intaking.collector import Collector, Health
from central.intaking.packets import Published, cut_published, packet_span, remaining_length
from central.intaking.reading import Message
from central.intaking.taking import Birth
from central.settings import BrokerSettings, Settings
from central.store import Store
from edge.wire.topics import FROM_DEVICE, QOS, ROOT, intake_filters

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

__all__ = ["Birth", "Collector", "Health", "Link", "Message", "Outgoing", "run_collector"]

log = logging.getLogger(__name__)

RECONNECT_LEAST_S = 0.2
RECONNECT_MOST_S = 5.0
WAIT_MS = 500
READ_BYTES = 262_144
"""How much is read before something is written."""
WRITE_BYTES = 1_048_576
"""How much may be gathered that the connection does not take; more waits with paho, as packets."""
HANDED_MOST = 20_000
DISCONNECT = 0xE0


@dataclass(slots=True)
class LinkHealth:
    """Counts of the broker connection. ready: subscribed, so that messages arrive."""

    connected: bool = False
    ready: bool = False
    connections: int = 0
    errors: int = 0


class InBulk(Client):
    """paho's client, reading and writing what there is in one call each, instead of several for every packet.

    A call lets go of Python's lock, and the thread that computes keeps it for milliseconds before this one has it back.
    What is published goes to `published`, all that was read together; paho has every other packet (the answers to its
    pings among them, by which it knows that the broker lives). It replaces two inner methods (paho-mqtt 2.2
    `_sock_recv`, `_sock_send`), through which everything passes; the lock file pins the version and the tests run it
    against a real broker.
    """

    def __init__(self, client_id: str, published: Callable[[list[Published]], None]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, clean_session=True)
        self._published = published
        self._ahead = bytearray()
        self._served = b""
        self._over = False
        self._behind = bytearray()
        self._handed: deque[bytes] = deque()

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; what was left of the former connection is forgotten."""
        self._ahead.clear()
        self._served, self._over = b"", False
        self._behind.clear()
        self._handed.clear()
        return super().reconnect()

    def hand_over(self, topic: str, payload: bytes) -> bool:
        """Publish with QoS 0 from any thread, at a tenth of the cost of `publish`; True = the loop must be woken.

        More than the connection takes is dropped, as QoS 0 may be.
        """
        name = topic.encode()
        if len(self._handed) < HANDED_MOST:
            length = remaining_length(2 + len(name) + len(payload))
            self._handed.append(b"".join((b"\x30", length, len(name).to_bytes(2, "big"), name, payload)))
        return len(self._handed) == 1

    def want_write(self) -> bool:
        """As paho's; what was gathered or handed over and not sent counts too."""
        return bool(self._behind or self._handed) or super().want_write()

    def loop_write(self) -> MQTTErrorCode:
        """As paho's; then sends what it gathered. Raises OSError when the connection is over."""
        result = super().loop_write()
        if self._sock is not None:
            while self._handed and len(self._behind) <= WRITE_BYTES:
                self._behind += self._handed.popleft()
            self._send_behind()
        return result

    def _send_behind(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._behind:
                del self._behind[: super()._sock_send(self._behind)]

    def _sock_send(self, buf: bytes | bytearray) -> int:
        if len(self._behind) > WRITE_BYTES:
            raise BlockingIOError
        self._behind += buf
        if buf[0] == DISCONNECT:
            self._send_behind()  # paho closes the connection right after it
        return len(buf)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read once, and hand on every whole packet. Raises OSError and ValueError when the connection is over."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            found = super()._sock_recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._over = not found
        self._ahead += found
        return super().loop_read() if self._over else self._hand_on()

    def _hand_on(self) -> MQTTErrorCode:
        while (span := packet_span(self._ahead, 0)) is not None and span.end <= len(self._ahead):
            cut = cut_published(bytes(self._ahead))
            del self._ahead[: cut.taken]
            # 4 bytes a message: they need no bound of their own.
            self._behind += cut.pubacks
            if cut.messages:
                self._published(cut.messages)
            elif (result := self._serve(span.end)) != MQTTErrorCode.MQTT_ERR_SUCCESS or self._sock is None:
                return result
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _serve(self, length: int) -> MQTTErrorCode:
        """Let paho read one packet."""
        self._served = bytes(self._ahead[:length])
        del self._ahead[:length]
        return super().loop_read()

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._served and not self._over:
            raise BlockingIOError
        part, self._served = self._served[:bufsize], self._served[bufsize:]
        return part


class Link:
    """The connection to the broker. receive: called in the network thread with what came, (topic, payload) each."""

    def __init__(self, broker: BrokerSettings, receive: Callable[[list[tuple[str, bytes]]], None]) -> None:
        self._broker, self._receive = broker, receive
        self._stopping = threading.Event()
        self._wait_s = RECONNECT_LEAST_S
        self._secured = not broker.tls
        self.health = LinkHealth()
        client = InBulk(f"central-{secrets.token_hex(6)}", self._arrived)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_subscribe = self._subscribed
        client.on_socket_register_write = self._wake
        client.max_queued_messages_set(10_000)
        self._client = client

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Hand a message to the connection, from any thread. False where there is none: nothing is kept for later."""
        if not self.health.ready:
            return False
        return self._client.publish(topic, payload, qos, retain).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def send(self, outgoing: Outgoing) -> None:
        """Publish an answer, if there is a connection: without one the device asks again."""
        if outgoing.qos or outgoing.retain:
            self.publish(outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain)
        elif self.health.ready and self._client.hand_over(outgoing.topic, outgoing.payload):
            self._wake_up()

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Connect, and connect again, until `stop`: the network thread's whole life. tick: called while it lives."""
        self._waker, self._woken = socketpair()
        self._waker.setblocking(False)
        with self._waker, self._woken:
            while not self._stopping.is_set():
                self._live_once(tick)

    def _live_once(self, tick: Callable[[], None]) -> None:
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
        client = self._client
        if not self._secured:
            client.tls_set_context(_tls(self._broker))
            self._secured = True
        client.connect(self._broker.host, self._broker.port, self._broker.keepalive_s)
        while not self._stopping.is_set():
            tick()
            socket = client.socket()
            if socket is None or not self._turn(socket) or client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _turn(self, socket: "SocketLike") -> bool:
        """Wait for something to read or to write, and do it; False when the connection is over.

        paho's own loop asks the system several times for every packet; reading and writing all there is in one call
        each lets several times as many through.
        """
        poll = select.poll()
        poll.register(socket, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        poll.register(self._woken, select.POLLIN)
        events = dict(poll.poll(0 if _decrypted(socket) else WAIT_MS))
        if self._woken.fileno() in events:
            self._woken.recv(4096)
        readable = _decrypted(socket) or events.get(socket.fileno(), 0) & ~select.POLLOUT
        if readable and self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        return not self._client.want_write() or self._client.loop_write() == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _wake(self, client: Client, userdata: object, socket: "SocketLike") -> None:
        """paho has something to write: the network thread does it, so that no two threads write into one socket."""
        self._wake_up()

    def _wake_up(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b".")

    def _end(self) -> None:
        self.health.connected = self.health.ready = False
        with contextlib.suppress(OSError):  # under TLS a broken pipe is told once more, by whatever asks next
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

    def _arrived(self, messages: list[Published]) -> None:
        # A stored birth is no news: devices are heard by births and heartbeats.
        self._receive([(topic, payload) for topic, payload, retained in messages if not retained])


def _tls(broker: BrokerSettings) -> ssl.SSLContext:
    """By what the broker is known, and what central shows it. Raises OSError that names the files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(broker.ca)
        context.load_cert_chain(broker.cert, broker.key)
    except OSError as error:
        files = f"{broker.ca}, {broker.cert}, {broker.key}"
        raise OSError(f"broker.ca, broker.cert, broker.key ({files}): {error}; `broker-config` writes them") from error
    return context


def _decrypted(socket: "SocketLike") -> int:
    """Bytes that TLS has read already, which no poll of the socket shows."""
    pending = getattr(socket, "pending", None)
    return 0 if pending is None else int(pending())


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
        """End intake: first the link, then the writer after the group in hand. Waits at most 40 s.

        What is still queued is not written: nobody was told that it is, and its devices send it again.
        """
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
    committed: Callable[[], None] = lambda: None,
) -> Running:
    """Start intake: a network thread and a writer thread. Returns at once; messages flow once the broker is there.

    on_birth: called in the writer thread, after the commit, for every birth. tick: called by each living loop with its
    name (`intake-link`, `intake-writer`), for watchdogs. committed: called in the writer thread after every commit.
    """
    collector = Collector(store, clock, on_birth=on_birth, committed=committed)
    link = Link(settings.broker, collector.receive_all)
    collector.publish, collector.listening = link.send, lambda: link.health.ready
    threads = (
        threading.Thread(target=link.run, args=(partial(tick, "intake-link"),), name="intake-link", daemon=True),
        threading.Thread(
            target=collector.run, args=(partial(tick, "intake-writer"),), name="intake-writer", daemon=True
        ),
    )
    for thread in threads:
        thread.start()
    return Running(collector, link, threads)
