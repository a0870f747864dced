"""Both brokers keep the same promises: what doors and collectors rely on, asked with the client that they use."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

import deploy.broker
from deploy.broker import Broker, BrokerError, Kind, free_port, start_broker
from edge.wire.config import MAX_CONFIG_BYTES
from tests.waiting import until

KINDS = ("mosquitto", "iotcore")
DEADLINE_S = 60


class Client:
    """A connected client that remembers what it got."""

    def __init__(
        self,
        broker: Broker,
        *,
        will: str | None = None,
        reconnect: bool = False,
        v5: bool = False,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        protocol = MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=protocol, reconnect_on_failure=reconnect)
        self.got: list[mqtt.MQTTMessage] = []
        self.connections = 0
        self._before = before
        self._granted = threading.Event()
        self.mqtt.on_connect = self._on_connect
        self.mqtt.on_message = self._on_message
        self.mqtt.on_subscribe = lambda *_: self._granted.set()
        self.mqtt.reconnect_delay_set(1, 1)
        if will is not None:
            self.mqtt.will_set(will, b"gone", 1, retain=True)
        self.mqtt.connect(broker.host, broker.port_v5 if v5 else broker.port)
        self.mqtt.loop_start()
        until(lambda: self.connections == 1, what="a connection")

    def _on_connect(self, _: object, __: object, ___: object, code: object, ____: object) -> None:
        assert code == 0
        self.connections += 1

    def _on_message(self, _: object, __: object, message: mqtt.MQTTMessage) -> None:
        self._before()
        self.got.append(message)

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.got]

    def subscribe(self, topic: str, qos: int = 1) -> "Client":
        self._granted.clear()
        self.mqtt.subscribe(topic, qos)
        assert self._granted.wait(DEADLINE_S)
        return self

    def publish(self, topic: str, *payloads: bytes, retain: bool = False) -> None:
        """Publish at QoS 1; returns when the broker has acknowledged each."""
        sent = [self.mqtt.publish(topic, payload, 1, retain) for payload in payloads]
        for one in sent:
            one.wait_for_publish(DEADLINE_S)
            assert one.is_published(), f"{topic} was not acknowledged"

    def vanish(self) -> None:
        """End the connection without a word, as a power cut does."""
        line = self.mqtt.socket()
        assert line is not None
        line.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


Connect = Callable[..., Client]


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with start_broker(tmp_path / "broker", kind=request.param) as made:
        yield made


@pytest.fixture
def connect(broker: Broker) -> Iterator[Connect]:
    """A maker of clients of the broker, all ended with the test."""
    made: list[Client] = []

    def connected(**options: object) -> Client:
        made.append(Client(broker, **options))  # type: ignore[arg-type]
        return made[-1]

    yield connected
    for client in made:
        client.leave()


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


def test_what_is_published_arrives_once_and_in_order(connect: Connect):
    collector, door = connect().subscribe("dd/1/+/up"), connect()
    door.publish("dd/1/d0001/up", *numbered(1000))
    until(lambda: len(collector.got) >= 1000, what="1000 messages")
    assert collector.payloads == numbered(1000)
    assert {message.qos for message in collector.got} == {1}


def test_each_message_of_a_shared_subscription_reaches_one_collector(connect: Connect):
    collectors = [connect().subscribe("$share/intake/dd/1/+/up") for _ in range(2)]
    connect().publish("dd/1/d0001/up", *numbered(400))
    until(lambda: sum(len(c.got) for c in collectors) >= 400, what="400 messages")
    assert sorted(p for c in collectors for p in c.payloads) == sorted(numbered(400))
    assert all(c.got for c in collectors)


def test_a_collector_that_died_gets_no_more_shares(connect: Connect):
    dead, living = (connect().subscribe("$share/intake/dd/1/+/up") for _ in range(2))
    dead.vanish()
    until(lambda: not dead.mqtt.is_connected(), what="the end of the connection")
    door = connect()

    def whole_lot_arrives() -> bool:
        # The broker notices the end a moment after the client: until then a share may go to the dead one.
        living.got.clear()
        door.publish("dd/1/d0001/up", *numbered(20))
        door.publish("dd/1/last/up", b"last", b"last")
        until(lambda: b"last" in living.payloads, what="the last message")
        return set(numbered(20)) <= set(living.payloads)

    until(whole_lot_arrives, what="every message at the living collector")


def test_what_is_retained_comes_marked_or_not_at_all_to_a_shared_subscription(connect: Connect):
    # The standard says not at all; Mosquitto 2.0 delivers it. A collector must be content with either.
    connect().publish("dd/1/d0001/st", b"old", retain=True)
    collector = connect().subscribe("$share/intake/dd/1/+/st")
    connect().publish("dd/1/d0001/st", b"new")
    until(lambda: b"new" in collector.payloads, what="the live message")
    assert [(m.payload, m.retain) for m in collector.got] in ([(b"new", False)], [(b"old", True), (b"new", False)])


def test_the_will_of_a_vanished_client_is_published_and_retained(connect: Connect):
    watching = connect().subscribe("dd/1/+/st")
    connect(will="dd/1/d0001/st").vanish()
    until(lambda: watching.payloads == [b"gone"], what="the will")
    late = connect().subscribe("dd/1/+/st")
    until(lambda: late.payloads == [b"gone"], what="the retained will")
    assert late.got[0].retain


def test_an_orderly_end_publishes_no_will(connect: Connect):
    watching, door = connect().subscribe("dd/1/+/st"), connect(will="dd/1/d0001/st")
    door.leave()
    connect().publish("dd/1/d0002/st", b"after")
    until(lambda: bool(watching.got), what="a message")
    assert watching.payloads == [b"after"]


def test_the_largest_configuration_passes(connect: Connect):
    door, central = connect().subscribe("dd/1/d0001/cfg"), connect()
    whole = b"x" * MAX_CONFIG_BYTES
    central.publish("dd/1/d0001/cfg", whole)
    until(lambda: door.payloads == [whole], what="4 MiB")


def test_a_collector_that_stands_still_for_a_while_loses_nothing(connect: Connect):
    go_on = threading.Event()
    collector = connect(before=lambda: go_on.wait(DEADLINE_S)).subscribe("dd/1/+/up")
    batch = [b"%05d" % number + b"." * 1000 for number in range(3000)]
    connect().publish("dd/1/d0001/up", *batch)  # Mosquitto's default would have dropped two thousand of them
    go_on.set()
    until(lambda: len(collector.got) >= 3000, what="3000 messages")
    assert collector.payloads == batch


def test_a_killed_broker_comes_back_on_its_port_and_clients_find_it(broker: Broker, connect: Connect):
    door, port, old = connect(reconnect=True), broker.port, broker.pid
    door.publish("dd/1/d0001/st", b"born", retain=True)
    broker.kill()
    until(lambda: not door.mqtt.is_connected(), what="the end of the connection")
    broker.restart()
    until(lambda: door.connections == 2, what="a second connection")
    assert broker.port == port and broker.pid != old
    # Nothing is left of what was retained: an empty broker must be harmless.
    watching = connect().subscribe("dd/1/+/st")
    door.publish("dd/1/d0001/st", b"again")
    until(lambda: bool(watching.got), what="a message")
    assert watching.payloads == [b"again"]


def test_a_client_of_mqtt_5_talks_with_one_of_mqtt_3(connect: Connect):
    collector, door = connect(v5=True).subscribe("$share/intake/dd/1/+/up"), connect()
    door.publish("dd/1/d0001/up", b"a punch")
    until(lambda: collector.payloads == [b"a punch"], what="the message")
    door.subscribe("dd/1/d0001/ack", 0)
    collector.publish("dd/1/d0001/ack", b"stored")
    until(lambda: door.payloads == [b"stored"], what="the answer")


def test_it_listens_on_loopback_alone(broker: Broker):
    sockets = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{broker.pid}/net/{table}").read_text("ascii").splitlines()[1:]
    ]
    ours = {f"{port:04X}" for port in (broker.port, broker.port_v5)}
    places = [fields[1].split(":") for fields in sockets if fields[3] == "0A"]
    assert {address for address, port in places if port in ours} == {"0100007F"}


def test_a_stopped_broker_is_gone_and_its_port_free(tmp_path: Path):
    for kind in KINDS:
        with start_broker(tmp_path / kind, kind=kind) as broker:
            pid, port = broker.pid, broker.port
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stranger", KINDS)
def test_a_port_that_another_broker_holds_is_refused(tmp_path: Path, kind: Kind, stranger: Kind):
    # The stranger answers every CONNECT: only the kernel knows that it is not ours.
    with start_broker(tmp_path / "stranger", kind=stranger) as first:
        with pytest.raises(BrokerError, match=str(first.port)):
            start_broker(tmp_path / "late", port=first.port, kind=kind)
        assert first.process.poll() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_port_taken_between_asking_and_listening_is_replaced(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offers = iter([taken.getsockname()[1]])
        monkeypatch.setattr(deploy.broker, "free_port", lambda: next(offers, None) or free_port())
        with start_broker(tmp_path, kind=kind) as broker:
            assert taken.getsockname()[1] not in (broker.port, broker.port_v5)


def test_a_free_port_is_none_that_a_connection_could_be_given_in_the_meantime():
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    ports = {free_port() for _ in range(20)}
    assert all(1024 < port < first for port in ports)
    assert len(ports) > 1, "two who ask at once get different ones"


def test_without_mosquitto_iotcore_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with start_broker(tmp_path / "one") as broker:
        assert broker.kind == "mosquitto"
    monkeypatch.setattr(deploy.broker, "PLACES", str(tmp_path))
    with start_broker(tmp_path / "two") as broker:
        assert broker.kind == "iotcore"
    with pytest.raises(BrokerError, match="apt-get install mosquitto"):
        start_broker(tmp_path / "three", kind="mosquitto")


def test_a_persistent_mosquitto_keeps_what_is_retained(tmp_path: Path):
    with start_broker(tmp_path, kind="mosquitto", persistent=True) as broker:
        central = Client(broker)
        central.publish("dd/1/d0001/cfg", b"roster", retain=True)
        central.leave()
        broker.stop()
        broker.restart()
        door = Client(broker).subscribe("dd/1/d0001/cfg")
        until(lambda: door.payloads == [b"roster"], what="the retained configuration")
        door.leave()


def test_iotcore_says_that_it_keeps_nothing(tmp_path: Path):
    with pytest.raises(BrokerError, match="keeps nothing"):
        start_broker(tmp_path, kind="iotcore", persistent=True)
