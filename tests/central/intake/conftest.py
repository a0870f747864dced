"""A door that speaks the wire through edge.wire alone, and a collector over a real database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.enrol import add_device
from central.intaking.answers import Outgoing
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.keys import CentralKey
from central.store import Store, open_store
from edge.wire.ack import Ack, decode_ack
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import chain_start, links
from edge.wire.events import Body, Clock, Event, Parent, Punch, Stamp, Start, encode_event
from edge.wire.notes import Seal
from edge.wire.status import Heartbeat, OpenJournal, Status, encode_heartbeat, encode_status

SEVEN_MS = 1_773_619_200_000
"""2026-03-16 07:00 in Vietnam, a Monday."""
_numbers = count(1)


@dataclass(slots=True)
class TestClock:
    """Central's clock, moved by hand."""

    ms: int = SEVEN_MS

    def now_ms(self) -> int:
        return self.ms

    def mono_s(self) -> float:
        return self.ms / 1000


@dataclass(slots=True)
class Written:
    """A journal as a door wrote it: its lines and the chain hash after each."""

    device: str
    name: str
    boot: str
    lines: list[bytes] = field(default_factory=list)

    @property
    def hashes(self) -> list[bytes]:
        return [chain_start(self.device, self.name), *links(chain_start(self.device, self.name), self.lines)]

    @property
    def head(self) -> int:
        return len(self.lines)


class Door:
    """A station without a disk: what it wrote stays in lists, what it sends is made by edge.wire."""

    def __init__(self, name: str | None = None) -> None:
        self.device = name or f"door-{next(_numbers):04d}"
        self.key = Ed25519PrivateKey.generate()
        self.connection = 1

    @property
    def public_key(self) -> str:
        return CentralKey(self.key).public_text

    def journal(self, parent: Written | None = None, *, at: int = SEVEN_MS, named: int | None = None) -> Written:
        """A new journal with its `start`; named: the parent's seq to name, None = its head."""
        written = Written(self.device, f"{next(_numbers):016x}", f"boot-{next(_numbers)}")
        seq = 0 if parent is None else parent.head if named is None else named
        link = parent and Parent(parent.name, seq, parent.hashes[seq])
        return self.write(written, Start(written.boot, "1", link), at=at)

    def write(self, written: Written, *bodies: Body, at: int | None = None, clock: Clock = Clock.NTP) -> Written:
        """Append events, a second apart."""
        for body in bodies:
            seq = written.head + 1
            utc = (SEVEN_MS if at is None else at) + seq * 1000
            stamp = Stamp(1000 * seq, utc if clock is Clock.NTP else None, clock, 10 if clock is Clock.NTP else None)
            written.lines.append(encode_event(Event(seq, stamp, body)))
        return written

    def punch(self, written: Written, *badges: str, at: int | None = None, clock: Clock = Clock.NTP) -> Written:
        return self.write(written, *(Punch(badge, "r1", ("known",)) for badge in badges), at=at, clock=clock)

    def up(self, written: Written, first: int = 1, last: int | None = None, *, sealed: bool = False) -> bytes:
        """The batch of seqs [first, last]; sealed: with a seal of its last one."""
        end = written.head if last is None else last
        batch = Batch(
            self.device,
            written.name,
            written.boot,
            first,
            written.hashes[first - 1],
            SEVEN_MS,
            tuple(written.lines[first - 1 : end]),
            self.seal(written, end) if sealed else None,
        )
        return encode_batch(batch)

    def seal(self, written: Written, seq: int | None = None) -> bytes:
        end = written.head if seq is None else seq
        return Seal(self.device, written.name, end, written.hashes[end], SEVEN_MS).encode(self.key.sign)

    def birth(self, written: Written, *open_: OpenJournal, online: bool = True, connection: int = 1) -> bytes:
        stamp = Stamp(1000 * written.head, SEVEN_MS, Clock.NTP, 10)
        said = Status(
            self.device,
            written.name,
            connection,
            online,
            written.boot,
            stamp,
            open_ or (self.open(written),),
            0,
            "1",
            7,
        )
        return encode_status(said, self.key.sign)

    def beat(
        self,
        written: Written,
        *open_: OpenJournal,
        at: int = SEVEN_MS,
        more: int = 0,
        clock: Clock = Clock.NTP,
        seal: bool = True,
        connection: int = 1,
        faults: tuple[str, ...] = (),
    ) -> bytes:
        stamp = Stamp(
            1000 * written.head, at if clock is Clock.NTP else None, clock, 10 if clock is Clock.NTP else None
        )
        said = Heartbeat(
            self.device,
            written.name,
            connection,
            written.boot,
            stamp,
            open_ or (self.open(written),),
            more,
            "1",
            7,
            faults=faults,
        )
        return encode_heartbeat(said, self.seal(written) if seal else None, self.key.sign)

    @staticmethod
    def open(written: Written, acked: int | None = None, *, low: int = 1) -> OpenJournal:
        return OpenJournal(written.name, low, written.head, written.head if acked is None else acked)


class Central:
    """A store and a collector, spoken to without MQTT."""

    def __init__(self, store: Store, clock: TestClock) -> None:
        self.store, self.clock = store, clock
        self.collector = Collector(store, clock)

    def register(self, door: Door) -> None:
        waiting = add_device(self.store, door.device.upper(), door.device, door.public_key, None, "", self.clock.ms)
        self.collector.process(waiting) if waiting else None

    def send(self, door: Door, *payloads: bytes, channel: str = "up") -> list[Ack]:
        """Process each message in a group of its own; returns every acknowledgement."""
        return [ack for payload in payloads for ack in acks(self.process([(door, channel, payload)]))]

    def process(self, messages: Sequence[tuple[Door, str, bytes]]) -> list[Outgoing]:
        found = [Message(f"dd/1/{d.device}/{channel}", payload, self.clock.ms) for d, channel, payload in messages]
        return self.collector.process(found)

    def query(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        with self.store.read() as db:
            return [tuple(row) for row in db.execute(sa.text(sql), values)]

    def stored(self, written: Written) -> list[bytes]:
        """The lines of a journal as stored."""
        rows = self.query(
            "SELECT line FROM event JOIN journal ON journal.id = journal_id WHERE journal = :j ORDER BY seq",
            j=written.name,
        )
        return [bytes(row[0]) for row in rows]  # type: ignore[call-overload]

    def journal(self, written: Written, column: str) -> object:
        return self.query(f"SELECT {column} FROM journal WHERE journal = :j", j=written.name)[0][0]  # noqa: S608


def acks(outgoing: Sequence[Outgoing]) -> list[Ack]:
    return [decode_ack(out.payload) for out in outgoing if out.topic.endswith("/ack")]


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def make_central(clock: TestClock) -> Iterator[Callable[[str], Central]]:
    """Open, or open again, a central over a database."""
    opened: list[Store] = []

    def make(url: str) -> Central:
        store = open_store(url)
        opened.append(store)
        store.upgrade()
        return Central(store, clock)

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def central(make_central: Callable[[str], Central], new_database: Callable[[str], str]) -> Central:
    return make_central(new_database("central"))


@pytest.fixture
def door(central: Central) -> Door:
    """A registered door."""
    made = Door()
    central.register(made)
    return made


@pytest.fixture
def make_door() -> type[Door]:
    """A door that central does not know."""
    return Door
