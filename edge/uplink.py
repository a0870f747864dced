"""The only user of paho at the edge: one thread that sends the journal and takes what central says.

Each connection is a new paho client: paho keeps what it could not send and would send it again in its own order, while
here the journal is the only owner (wire R1). The thread drives the socket itself, because paho's own thread can die
silently; callbacks only note what came, and the work is done in the loop, where an exception ends the connection and
is seen. Nothing here is ever waited for by the door.
"""

import logging
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.clock import Clock
from edge.commands import Commands
from edge.enrolment import WaitingError, Way
from edge.errors import EdgeError
from edge.health import Health
from edge.journal import Journal
from edge.journal.spans import Spans
from edge.report import Reporter
from edge.roster import Roster
from edge.sending import Choice, Pending, Sending
from edge.settings import Broker
from edge.tls import Access, from_files
from edge.wire.ack import REFUSALS, Ack, decode_ack
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import links
from edge.wire.command import decode_command, encode_result
from edge.wire.notes import Verify
from edge.wire.text import WireError
from edge.wire.topics import QOS, RETAINED, TO_DEVICE, Channel, parse_topic, topic

LOOP = "uplink"
LIMIT_S = 120.0
"""Resolving a broker's name may block this long before the loop counts as dead."""
BACKOFF_FIRST_S = 1.0
BACKOFF_MOST_S = 30.0
TURN_S = 0.5
CONNECT_S = 5.0
FAREWELL_MS = 1_200
"""How long an ordered stop waits for central's last acknowledgement: the journal keeps what it does not get."""

log = logging.getLogger(__name__)


class BrokerError(EdgeError, OSError):
    """The connection to the broker was refused or lost; it is made again."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the uplink works with.

    lost: asks the owner of appends to journal that these spans of a journal cannot come. verify: central's key.
    random: uniform in [0, 1).
    """

    journal: Journal
    clock: Clock
    roster: Roster
    health: Health
    reporter: Reporter
    commands: Commands
    sending: Sending
    lost: Callable[[str, Spans], None]
    verify: Verify
    random: Callable[[], float]


class Uplink:
    """Connects for ever, one session after the other. online: a session is up, as far as is known.

    way: asked before every connection how the broker is reached; None = as `broker` says.
    """

    def __init__(self, broker: Broker, heartbeat_s: float, parts: Parts, way: Way | None = None) -> None:
        self._broker = broker
        self._way = way
        self._waits_for = ""
        self._heartbeat_s = heartbeat_s
        self._parts = parts
        self._connection = 0
        self._waker: socket.socket | None = None
        self.online = False

    def wake(self) -> None:
        """Something was journalled. Any thread may call; it never blocks and never fails."""
        waker = self._waker
        if waker is not None:
            try:
                waker.send(b"1")
            except OSError:
                return  # full: it is awake already; closed: nobody is there to wake

    def run(self, stop: threading.Event) -> None:
        """Send and receive until `stop` is set, then say goodbye. A lost connection is made again, with back-off."""
        waker, woken = socket.socketpair()
        with waker, woken:
            waker.setblocking(False)
            woken.setblocking(False)
            self._waker = waker
            self._parts.health.tick(LOOP)
            failures = 0
            while not stop.is_set():
                failures = 0 if self._one_connection(woken, stop) else failures + 1
                wait_s = self._parts.random() * min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(failures, 10))
                self._parts.health.tick(LOOP)
                stop.wait(wait_s)

    def _one_connection(self, woken: socket.socket, stop: threading.Event) -> bool:
        """One connection from beginning to end; True when it came to a birth."""
        self._connection += 1
        due = self._way.due if self._way is not None else _never
        session = _Session(self._broker, self._heartbeat_s, self._parts, self._connection, woken, self._born, due)
        access = Access(self._broker.host, self._broker.port)
        try:
            access = self._find_way()
            session.live(access, stop)
        except WaitingError as waiting:
            return self._wait_for_a_person(waiting)
        except OSError as error:
            log.warning("connection %d to %s:%d: %s", self._connection, access.host, access.port, error)
            self._parts.health.count("connection_lost")
        finally:
            self.online = False
            session.drop()
        return session.born

    def _find_way(self) -> Access:
        if self._way is None:
            return from_files(self._broker, self._parts.clock.certain_ms)
        return self._way.access()

    def _wait_for_a_person(self, waiting: WaitingError) -> bool:
        """Somebody is reading the digits: ask again soon, and say it once."""
        if self._waits_for != waiting.digits:
            log.warning("%s", waiting)
        self._waits_for = waiting.digits
        return True

    def _born(self) -> None:
        self.online = True
        if self._way is not None:
            self._way.worked()


def _never() -> bool:
    return False


class _Session:
    """One connection: a paho client, its callbacks, and what is due on it."""

    def __init__(
        self,
        broker: Broker,
        heartbeat_s: float,
        parts: Parts,
        connection: int,
        woken: socket.socket,
        born: Callable[[], None],
        due: Callable[[], bool],
    ) -> None:
        self._broker = broker
        self._heartbeat_s = heartbeat_s
        self._parts = parts
        self._connection = connection
        self._woken = woken
        self._tell_born = born
        self._renewal_due = due
        self._device = parts.reporter.identity.device
        self._inbox: deque[tuple[str, bytes]] = deque()
        self._problem: str | None = None
        self._subscribed = False
        self._unconfirmed: set[int] = set()
        self._heartbeat_ms = 0
        self.born = False
        self._client = self._new_client()
        self._take: dict[Channel, Callable[[bytes], None]] = {
            Channel.ACK: self._take_ack,
            Channel.CFG: self._take_config,
            Channel.CMD: self._take_command,
        }

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._device}-{self._parts.journal.journal}",
            clean_session=True,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    # Callbacks: they note, the loop works.

    def _on_connect(
        self, client: mqtt.Client, _: object, flags: object, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._refuse(f"the connection: {code}")
        else:
            client.subscribe([(topic(self._device, channel), QOS[channel]) for channel in TO_DEVICE])

    def _on_subscribe(
        self, client: mqtt.Client, _: object, mid: int, codes: list[ReasonCode], properties: Properties | None
    ) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        if refused:
            self._refuse(f"a subscription: {refused[0]}; its access list must name this device")
        self._subscribed = True

    def _on_publish(
        self, client: mqtt.Client, _: object, mid: int, code: ReasonCode, properties: Properties | None
    ) -> None:
        self._unconfirmed.discard(mid)
        if code.is_failure:
            self._refuse(f"a message: {code}")

    def _on_disconnect(
        self, client: mqtt.Client, _: object, flags: object, code: ReasonCode, properties: Properties | None
    ) -> None:
        self._problem = self._problem or f"the connection ended: {code}"

    def _on_message(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        self._inbox.append((message.topic, bytes(message.payload)))

    def _refuse(self, what: str) -> None:
        self._parts.health.fault("broker_refused")
        self._problem = f"the broker refused {what}"

    # The loop.

    def live(self, access: Access, stop: threading.Event) -> None:
        """Work until `stop` is set, then say goodbye. Raises OSError when the connection is refused or lost."""
        will = self._parts.reporter.status(self._connection, online=False)
        self._client.will_set(topic(self._device, Channel.ST), will, QOS[Channel.ST], retain=True)
        if access.context is not None:
            self._client.tls_set_context(access.context)
        self._client.connect(access.host, access.port, self._broker.keepalive_s)
        while not stop.is_set():
            self._turn(TURN_S)
        self._farewell()

    def drop(self) -> None:
        """Close the socket without a word, so that the broker sends the will, unless goodbye was said."""
        self._parts.sending.disconnected()
        client = self._client
        line = client.socket()
        if line is not None:
            line.close()
        # Without these circles the client goes at once, and its own finaliser closes the sockets it wakes itself with.
        client.on_connect = client.on_subscribe = client.on_publish = client.on_disconnect = client.on_message = None
        self._take.clear()

    def _turn(self, wait_s: float) -> None:
        """Exchange bytes, then do what is due. Raises OSError when the connection is gone."""
        self._exchange(wait_s)
        if self._subscribed and not self.born:
            self._birth()
        while self._inbox:
            self._receive(*self._inbox.popleft())
        if self.born:
            self._send_due()
            for result in self._parts.commands.ended():
                self._publish(Channel.RES, encode_result(result))
        self._parts.health.tick(LOOP)

    def _exchange(self, wait_s: float) -> None:
        """Read and write what the socket takes, waiting for it at most `wait_s`."""
        line = cast("socket.socket | None", self._client.socket())
        if line is None:
            raise BrokerError(self._problem or "the connection was lost")
        wanted = [line] if self._client.want_write() else []
        # What TLS has decrypted already no select shows.
        decrypted = bool(line.pending()) if isinstance(line, ssl.SSLSocket) else False
        readable, writable, _ = select.select([line, self._woken], wanted, [], 0 if decrypted else wait_s)
        if self._woken in readable:
            self._woken.recv(4096)
        code = self._client.loop_read() if decrypted or line in readable else mqtt.MQTT_ERR_SUCCESS
        if line in writable and code == mqtt.MQTT_ERR_SUCCESS:
            code = self._client.loop_write()
        code = code or self._client.loop_misc()
        if self._problem or code != mqtt.MQTT_ERR_SUCCESS:
            raise BrokerError(self._problem or mqtt.error_string(code))

    def _birth(self) -> None:
        """Subscribed: say that we are there, for a session of its own number."""
        parts = self._parts
        head = parts.journal.tip().seq
        self._publish(Channel.ST, parts.reporter.status(self._connection, online=True))
        parts.sending.connected(parts.journal.journal, head)
        parts.health.clear("broker_refused")
        parts.health.clear("refused_")
        self._heartbeat_ms = self._now_ms() + self._heartbeat_in(parts.random())
        self.born = True
        self._tell_born()

    def _publish(self, channel: Channel, payload: bytes) -> None:
        sent = self._client.publish(topic(self._device, channel), payload, QOS[channel], channel in RETAINED)
        if sent.rc != mqtt.MQTT_ERR_SUCCESS:
            raise BrokerError(f"a message could not be handed over: {mqtt.error_string(sent.rc)}")
        if QOS[channel]:
            self._unconfirmed.add(sent.mid)

    # Sending.

    def _send_due(self) -> None:
        now_ms = self._now_ms()
        pending = self._pending()
        while choice := self._parts.sending.choose(pending, now_ms):
            self._send(choice, now_ms)
        if now_ms >= self._heartbeat_ms:
            self._heartbeat_ms = now_ms + self._heartbeat_in(0.9 + 0.2 * self._parts.random())
            self._publish(Channel.HB, self._parts.reporter.heartbeat(self._connection))
            if self._renewal_due():
                raise BrokerError("its certificate is two thirds through its life and is renewed")

    def _pending(self) -> list[Pending]:
        journal = self._parts.journal
        return [Pending(said.journal, journal.pending(said.journal)) for said in journal.open_journals()]

    def _send(self, choice: Choice, now_ms: int) -> None:
        parts = self._parts
        try:
            part = parts.journal.read(choice.journal, choice.first, choice.last)
        except LookupError as error:
            # Damaged since it was written: what is gone is said, so that nobody waits for it.
            log.warning("%s", error)
            parts.sending.sent(choice.journal, choice.first, choice.last, now_ms)
            parts.lost(choice.journal, parts.journal.reopen(choice.journal, choice.first, choice.last))
            return
        seal = None
        if choice.closes and part.last == choice.last:
            seal = parts.reporter.seal(part.journal, part.last, links(part.before, part.lines)[-1])
        sent_ms = parts.clock.stamp().utc_ms
        batch = Batch(self._device, part.journal, part.boot, part.first, part.before, sent_ms, part.lines, seal)
        self._publish(Channel.UP, encode_batch(batch))
        parts.sending.sent(part.journal, part.first, part.last, now_ms)

    def _farewell(self) -> None:
        """Give central a last chance to acknowledge, say that we stop, and take the will back."""
        until_ms = self._now_ms() + FAREWELL_MS
        while self.born and self._now_ms() < until_ms and self._parts.sending.in_flight():
            self._turn(0.05)
        if self.born:
            self._publish(Channel.ST, self._parts.reporter.status(self._connection, online=False))
        until_ms = self._now_ms() + FAREWELL_MS // 3
        while self._unconfirmed and self._now_ms() < until_ms:
            self._turn(0.05)
        self._client.disconnect()

    # Receiving.

    def _receive(self, name: str, payload: bytes) -> None:
        """One message. What cannot be read, or is not central's, changes nothing and is counted."""
        try:
            address = parse_topic(name)
            take = self._take.get(address.channel)
            if take is not None and address.device == self._device:
                take(payload)
        except WireError as error:
            log.warning("message on %s is not used: %s", name[:80], error)
            self._parts.health.count("bad_message")

    def _take_ack(self, payload: bytes) -> None:
        ack, parts = decode_ack(payload), self._parts
        before = parts.journal.pending(ack.journal)
        parts.journal.apply(ack)
        progress = parts.journal.pending(ack.journal) != before
        self._take_refusals(ack, progress)
        if ack.utc_ms is not None:
            parts.clock.passed(ack.utc_ms)
        if ack.resend is not None:
            asked = ack.resend
            missing = parts.journal.reopen(asked.journal, asked.first, asked.last)
            parts.sending.asked(asked.journal, asked.first, asked.last)
            if missing:
                parts.lost(asked.journal, missing)
        parts.sending.acknowledged(progress, ack.pause_ms, self._now_ms())

    def _take_refusals(self, ack: Ack, progress: bool) -> None:
        if progress:
            self._parts.health.clear("refused_")
        if not self._parts.sending.refused(ack.journal, ack.refused, self._now_ms()):
            return
        for refused in ack.refused:
            code = refused.code if refused.code in REFUSALS else "otherwise"
            if self._parts.health.fault(f"refused_{code}"):
                log.warning("central refuses events of this station: %s", refused.code)

    def _take_config(self, payload: bytes) -> None:
        try:
            if self._parts.roster.accept(payload):
                log.info("configuration %d is in force", self._parts.roster.view.version)
            self._parts.health.clear("cfg_not_kept")
        except OSError as error:
            # The old one stays in force; central sends the new one again at the next birth.
            log.warning("the new configuration cannot be kept: %s", error)
            self._parts.health.fault("cfg_not_kept")

    def _take_command(self, payload: bytes) -> None:
        command = decode_command(payload, self._parts.verify)
        result = self._parts.commands.answer(command, self._parts.clock.earliest_ms())
        if result is not None:
            self._publish(Channel.RES, encode_result(result))

    # Time.

    def _now_ms(self) -> int:
        return self._parts.clock.mono_ns() // 1_000_000

    def _heartbeat_in(self, share: float) -> int:
        """Real milliseconds until a heartbeat after `share` of its interval by the station's clock."""
        return max(100, int(self._parts.clock.real_s(self._heartbeat_s * share) * 1000))
