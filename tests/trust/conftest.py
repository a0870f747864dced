"""An office: its authority, its registry, and its broker behind mutual TLS."""

import queue
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from paho.mqtt.enums import CallbackAPIVersion

from central.clock import SystemClock
from central.intake import run_collector
from central.keys import load_key
from central.settings import BrokerSettings, Settings
from central.store import Store, open_store
from central.store.claims import Slot
from central.store.trust import CertificateRow, keep_certificate, refused
from central.trust.authority import DEVICE_DAYS, Authority, Request, open_authority
from central.trust.broker import Plan, write_broker
from central.trust.enrolling import confirm, open_slot, slots
from central.web.enrolment import EnrolmentServer, build_enrolment
from central.web.enrolment import Office as Told
from deploy.broker import Broker, free_port, start_secured
from edge.clock import open_clock
from edge.enrolment import WaitingError, Way
from edge.identity import open_identity
from edge.settings import ClockSettings, parse_settings
from edge.tls import client_context
from edge.wire.claim import Claim, pin_of
from tests.waiting import until

NOW_MS = SystemClock().now_ms()
DAY_MS = 86_400_000
DOOR = "D-X01"


@dataclass(slots=True)
class Speaker:
    """Somebody with a connection to the broker, or without one: `problem` says why."""

    client: mqtt.Client
    heard: "queue.Queue[tuple[str, bytes]]" = field(default_factory=queue.Queue)
    words: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def ended(self) -> bool:
        return "ended" in self.words

    def say(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 1 and wait for the broker's PUBACK, which it also sends for what it drops."""
        sent = self.client.publish(topic, payload, 1)
        sent.wait_for_publish(10)
        assert sent.is_published()

    def listen(self, topic: str) -> None:
        before = self.words.count("subscribed")
        self.client.subscribe(topic, 1)
        until(lambda: self.words.count("subscribed") > before, what="a subscription")

    def hears(self, seconds: float = 10.0) -> tuple[str, bytes]:
        return self.heard.get(timeout=seconds)


class Office:
    """An office with a broker. Every certificate it gives is also in its database."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.authority = open_authority(folder / "office-ca.pem", NOW_MS)
        self.url = f"sqlite:///{folder / 'central.db'}"
        self.store: Store = open_store(self.url)
        stack.callback(self.store.close)
        self.store.upgrade()
        self.broker_folder = folder / "broker"
        self.port = free_port()
        self.broker: Broker | None = None

    def configure(self, now_ms: int = NOW_MS) -> None:
        with self.store.read() as db:
            write_broker(self.broker_folder, self.plan, self.authority, refused(db, NOW_MS), now_ms)

    def reissue_server(self, now_ms: int) -> None:
        """Give the broker a certificate of another time."""
        names, key_file = self.plan.names, self.broker_folder / "server-key.pem"
        key = load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        issued = self.authority.server(names, key.public_key(), now_ms)
        (self.broker_folder / "server.pem").write_text(issued.pem)

    @property
    def plan(self) -> Plan:
        return Plan(("127.0.0.1", "localhost"), "127.0.0.1", self.port)

    def start(self) -> None:
        self.broker = self._stack.enter_context(start_secured(self.broker_folder, self.port))

    @property
    def settings(self) -> BrokerSettings:
        files = {name: str(self.broker_folder / file) for name, file in COLLECTOR_FILES.items()}
        return BrokerSettings(port=self.port, folder=str(self.broker_folder), **files)

    def collect(self):
        """A collector at work over TLS."""
        work = run_collector(self.store, SystemClock(), Settings(broker=self.settings))
        self._stack.callback(work.stop)
        until(lambda: work.link.health.ready, what="the collector's subscription")
        return work

    def certificate(
        self,
        device: str,
        key: Ed25519PrivateKey | None = None,
        *,
        days: float = DEVICE_DAYS,
        now_ms: int = NOW_MS,
        authority: Authority | None = None,
    ) -> Path:
        """A station's certificate and key in one file."""
        key = key or Ed25519PrivateKey.generate()
        issued = (authority or self.authority).device(
            Request(device, key.public_key().public_bytes_raw()), now_ms, days
        )
        if authority is None:
            with self.store.write() as db:
                keep_certificate(
                    db, CertificateRow(issued.serial, device, issued.pem, issued.issued_ms, issued.expires_ms)
                )
        path = self.folder / f"{device}-{issued.serial}.pem"
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem + issued.pem.encode())
        return path

    def speaker(
        self, certificate: Path | None, client_id: str = "", listen: str = "", key: Path | None = None
    ) -> Speaker:
        """Connect with this certificate, whatever the broker's is; every refusal ends in `problem`."""
        context = client_context(self.authority.pem, lambda: 0)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)
        client.tls_set_context(context)
        made = Speaker(client)
        client.on_message = lambda _, __, message: made.heard.put((message.topic, message.payload))
        client.on_connect = lambda *_: made.words.append("connected")
        client.on_subscribe = lambda *_: made.words.append("subscribed")
        client.on_disconnect = lambda *_: made.words.append("ended")
        try:
            client.connect("127.0.0.1", self.port)
        except OSError as error:
            made.problem = str(error)
            _leave(client)
            return made
        client.loop_start()
        self._stack.callback(_leave, client)
        until(lambda: made.words, what="an answer of the broker")
        if made.words[0] != "connected":
            made.problem = "refused"
        elif listen:
            made.listen(listen)
        return made

    def collector(self, *listen: str) -> Speaker:
        """Somebody with the collector's certificate, who takes what devices send."""
        made = self.speaker(
            self.broker_folder / "collector.pem", listen="dd/1/+/up", key=self.broker_folder / "collector-key.pem"
        )
        for topic in listen:
            made.listen(topic)
        return made


COLLECTOR_FILES = {"ca": "ca.pem", "cert": "collector.pem", "key": "collector-key.pem"}


def _leave(client: mqtt.Client) -> None:
    with suppress(OSError):
        client.disconnect()
    client.loop_stop()
    # Without these circles the client goes at once, and closes the sockets that it wakes itself with.
    client.on_message = client.on_connect = client.on_subscribe = client.on_disconnect = None


@pytest.fixture
def bare_office(tmp_path: Path) -> Iterator[Office]:
    """An office whose broker is not configured yet."""
    with ExitStack() as stack:
        yield Office(tmp_path, stack)


@pytest.fixture
def office(bare_office: Office) -> Office:
    """An office whose broker runs."""
    bare_office.configure()
    bare_office.start()
    return bare_office


class ShiftedClock:
    """The real clock, moved by whole days."""

    def __init__(self, days: float) -> None:
        self.days = days

    def now_ms(self) -> int:
        return SystemClock().now_ms() + round(self.days * DAY_MS)

    def mono_s(self) -> float:
        return SystemClock().mono_s()


class Entrance:
    """An office with its broker and an enrolment address, spoken to by stations of the test's own process."""

    def __init__(self, office, stack) -> None:
        self.office, self._stack, self.port = office, stack, free_port()
        self.clock = ShiftedClock(0)
        self.server: EnrolmentServer | None = None
        self.start()
        stack.callback(lambda: self.server.stop())

    def start(self) -> None:
        office, folder = self.office, self.office.broker_folder
        key = load_key(office.folder / "central-key.pem").public_text
        told = Told(office.authority, "127.0.0.1", office.port, key)
        self.server = EnrolmentServer(
            build_enrolment(office.store, self.clock, told), "127.0.0.1", self.port,
            folder / "server.pem", folder / "server-key.pem",
        )  # fmt: skip
        self.server.start()

    def restart(self) -> None:
        self.server.stop()
        self.start()

    def claim(self, hours: float = 24, door: str = DOOR, *, replaces: bool = False) -> Claim:
        office = self.office
        secret = open_slot(office.store, Slot(door, replaces=replaces), self.clock.now_ms(), hours)
        return Claim("127.0.0.1", self.port, secret, pin_of(office.authority.der))

    def confirm(self, digits: str, door: str = DOOR) -> None:
        now_ms = self.clock.now_ms()
        assert confirm(self.office.store, self.office.authority, door, digits, now_ms, now_ms) == []

    def way(self, name: str = "station") -> Way:
        """A station's way, as the station has it after every start."""
        data = self.office.folder / name
        settings = parse_settings(f'[station]\ndata = "{data}"', "test", {})
        return Way(settings, open_identity(data), open_clock(ClockSettings(quality="none")))

    def state(self) -> str:
        return slots(self.office.store, self.office.authority, self.clock.now_ms())[-1].state

    def enrol(self, claim: Claim | None = None, name: str = "station"):
        claim = claim or self.claim()
        with pytest.raises(WaitingError) as waiting:
            self.way(name).enrol(claim)
        self.confirm(waiting.value.digits)
        return self.way(name).enrol(claim)


@pytest.fixture
def entrance(bare_office):
    bare_office.configure()
    with ExitStack() as stack:
        yield Entrance(bare_office, stack)
