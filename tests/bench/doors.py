"""Many doors on raw sockets: MQTT 3.1.1 by hand and `edge.wire` for the bytes, in one process and one loop.

A real station cannot be started thousands of times on one machine; what central receives is the same to the byte.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edge.wire.ack import decode_ack
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import chain_start, link
from edge.wire.events import Clock, Event, Punch, Stamp, Start, encode_event
from edge.wire.topics import Channel, topic

WINDOW = 4
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90


def device_name(number: int) -> str:
    """The id of the bench's door."""
    return f"bench-{number:06d}"


def badge_name(number: int) -> str:
    """A badge of the bench."""
    return f"em:{number:08X}"


@dataclass(slots=True)
class Journalled:
    """A door's journal in memory: makes lines and batches as a station would."""

    device: str
    journal: str
    seq: int = 0
    hash: bytes = b""

    def __post_init__(self) -> None:
        self.hash = chain_start(self.device, self.journal)

    def batch(self, events: list[Start | Punch], utc_ms: int) -> bytes:
        """The `up` payload of the next events."""
        first, before, lines = self.seq + 1, self.hash, []
        for body in events:
            self.seq += 1
            lines.append(encode_event(Event(self.seq, Stamp(self.seq * 1000, utc_ms, Clock.NTP, 5), body)))
            self.hash = link(self.hash, lines[-1])
        return encode_batch(Batch(self.device, self.journal, "bench-boot", first, before, utc_ms, tuple(lines)))


def start_event() -> Start:
    """The first event of a bench journal."""
    return Start("bench-boot", "bench", None)


def punch(number: int) -> Punch:
    """A punch of badge `number`."""
    return Punch(badge_name(number), "r1", ("known",))


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT packet."""
    left, length = len(body), bytearray()
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes((kind,)) + bytes(length) + body


def text(value: str) -> bytes:
    """An MQTT string."""
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


@dataclass(slots=True)
class Door:
    """One connection. waiting: (due, payload) to publish; sent_at: publish times by seq of the last event in it."""

    device: str
    journal: str
    socket: socket.socket
    waiting: deque[tuple[float, int, bytes]] = field(default_factory=deque)
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    in_flight: int = 0
    next_id: int = 1
    ready: int = 0
    acked: int = 0


class Doors:
    """A fleet. on_sent(door, last_seq, mono_s) and on_ack(door, watermark, mono_s) are told as things happen."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._selector = selectors.DefaultSelector()
        self.doors: list[Door] = []
        self.on_sent: Callable[[Door, int, float], None] = lambda *_: None
        self.on_ack: Callable[[Door, int, float], None] = lambda *_: None

    def connect(self, journals: list[Journalled], timeout_s: float = 60) -> None:
        """Open one connection a journal and subscribe it to its acknowledgements; returns when all are ready."""
        for journal in journals:
            line = socket.create_connection(self._address, timeout=10)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.setblocking(False)
            door = Door(journal.device, journal.journal, line)
            hello = text("MQTT") + b"\x04\x02" + (600).to_bytes(2, "big") + text(f"{door.device}-{door.journal}")
            asked = (1).to_bytes(2, "big") + text(topic(door.device, Channel.ACK)) + b"\x00"
            door.outgoing += packet(CONNECT, hello) + packet(SUBSCRIBE, asked)
            self._selector.register(line, selectors.EVENT_READ | selectors.EVENT_WRITE, door)
            self.doors.append(door)
        if not self.run(lambda: all(door.ready == 2 for door in self.doors), timeout_s):
            raise TimeoutError("not every door was connected in time")

    def run(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Send what is due and read what comes until `done`; False when the time is over first."""
        end = time.monotonic() + timeout_s
        while not done():
            now = time.monotonic()
            if now > end:
                return False
            for key, events in self._selector.select(0.002):
                door: Door = key.data
                if events & selectors.EVENT_READ:
                    self._read(door)
                if events & selectors.EVENT_WRITE:
                    self._flush(door)
            self.send_due(time.monotonic())
        return True

    def send_due(self, now: float) -> None:
        """Publish everything whose time has come and whose window is open."""
        for door in self.doors:
            if door.waiting and door.waiting[0][0] <= now and door.in_flight < WINDOW and door.ready == 2:
                self._publish(door, now)

    def _publish(self, door: Door, now: float) -> None:
        name = text(topic(door.device, Channel.UP))
        while door.waiting and door.waiting[0][0] <= now and door.in_flight < WINDOW:
            _, last, payload = door.waiting.popleft()
            door.outgoing += packet(PUBLISH | 0x02, name + door.next_id.to_bytes(2, "big") + payload)
            door.next_id = door.next_id % 65535 + 1
            door.in_flight += 1
            self.on_sent(door, last, now)
        self._flush(door)

    def _flush(self, door: Door) -> None:
        if door.outgoing:
            try:
                sent = door.socket.send(door.outgoing)
            except BlockingIOError:
                sent = 0
            del door.outgoing[:sent]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if door.outgoing else 0)
        if self._selector.get_key(door.socket).events != wanted:
            self._selector.modify(door.socket, wanted, door)

    def _read(self, door: Door) -> None:
        received = door.socket.recv(65536)
        if not received:
            raise ConnectionError(f"the broker closed the connection of {door.device}")
        door.incoming += received
        for kind, body in packets(door.incoming):
            if kind & 0xF0 == PUBACK:
                door.in_flight -= 1
            elif kind & 0xF0 == PUBLISH:
                self._acked(door, bytes(body))
            elif kind in (CONNACK, SUBACK):
                door.ready += 1

    def _acked(self, door: Door, body: bytes) -> None:
        ack = decode_ack(body[2 + int.from_bytes(body[:2], "big") :])
        if ack.journal == door.journal and ack.watermark > door.acked:
            door.acked = ack.watermark
            self.on_ack(door, ack.watermark, time.monotonic())

    def close(self) -> None:
        """Drop all connections."""
        for door in self.doors:
            self._selector.unregister(door.socket)
            door.socket.close()
        self._selector.close()


def packets(buffer: bytearray) -> Iterator[tuple[int, bytearray]]:
    """The whole packets in `buffer`, which keeps what is left."""
    start = 0
    while True:
        length, shift, at = 0, 0, start + 1
        while at < len(buffer):
            digit = buffer[at]
            length |= (digit & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not digit & 0x80:
                break
        else:
            break
        if at + length > len(buffer):
            break
        yield buffer[start], buffer[at : at + length]
        start = at + length
    del buffer[:start]
