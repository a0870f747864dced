"""Many doors on raw sockets: MQTT 3.1.1 by hand and `edge.wire` for the bytes, in one process and one loop.

A real station cannot be started thousands of times on one machine; what central receives is the same to the byte.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from edge.wire.ack import decode_ack
from edge.wire.batch import Batch, encode_batch, fitting
from edge.wire.chain import chain_start, link
from edge.wire.events import Clock, Event, Punch, Stamp, Start, encode_event
from edge.wire.topics import Channel, topic

WINDOW = 4
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
READY = 2
"""CONNACK and SUBACK have come."""
BOOT = "bench-boot"
JOURNAL = "00000000000bebc0"


def device_name(number: int) -> str:
    """The id of the bench's door."""
    return f"bench-{number:06d}"


def badge_name(number: int) -> str:
    """A badge of the bench."""
    return f"em:{number:08X}"


def start_event() -> Start:
    """The first event of a bench journal."""
    return Start(BOOT, "bench", None)


def punch(number: int) -> Punch:
    """A punch of badge `number`."""
    return Punch(badge_name(number), "r1", ("known",))


@dataclass(frozen=True, slots=True)
class Message:
    """An `up` payload. due_s: when it is to be sent, by the monotonic clock; last: the last seq in it."""

    due_s: float
    last: int
    payload: bytes


@dataclass(slots=True)
class Journalled:
    """A door's journal in memory: makes lines and batches as a station would."""

    device: str
    journal: str = JOURNAL
    seq: int = 0
    hash: bytes = b""

    def __post_init__(self) -> None:
        self.hash = chain_start(self.device, self.journal)

    def batch(self, body: Start | Punch, utc_ms: int, due_s: float = 0.0) -> Message:
        """The message of the next event, alone."""
        return self.batches([(body, utc_ms)], due_s)[0]

    def batches(self, events: Iterable[tuple[Start | Punch, int]], due_s: float = 0.0) -> list[Message]:
        """The messages of the next events (body, utc_ms), cut as a station cuts its backlog."""
        seq, lines = self.seq, []
        for body, utc_ms in events:
            seq += 1
            lines.append(encode_event(Event(seq, Stamp(seq * 1000, utc_ms, Clock.NTP, 5), body)))
        messages = []
        while lines:
            count = fitting(lines)
            messages.append(self._message(tuple(lines[:count]), due_s))
            del lines[:count]
        return messages

    def _message(self, lines: tuple[bytes, ...], due_s: float) -> Message:
        payload = encode_batch(Batch(self.device, self.journal, BOOT, self.seq + 1, self.hash, None, lines))
        for line in lines:
            self.hash = link(self.hash, line)
        self.seq += len(lines)
        return Message(due_s, self.seq, payload)


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
    """One connection. in_flight: published and without PUBACK; acked: central's watermark, as it told."""

    number: int
    device: str
    journal: str
    socket: socket.socket
    waiting: deque[Message] = field(default_factory=deque)
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    in_flight: int = 0
    next_id: int = 1
    heard: int = 0
    acked: int = 0
    planned: bool = False
    wants_write: bool = True


class Doors:
    """A fleet. on_sent(door, message, mono_s) and on_ack(door, before, watermark, mono_s) are told as things happen."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int]] = []
        self._ready = 0
        self.doors: list[Door] = []
        self.on_sent: Callable[[Door, Message, float], None] = lambda *_: None
        self.on_ack: Callable[[Door, int, int, float], None] = lambda *_: None

    def connect(self, devices: Iterable[str], timeout_s: float = 60) -> None:
        """Open a connection for each and subscribe it to its acknowledgements; returns when all are ready."""
        for device in devices:
            self._open(device)
            # Not all at once: a broker's queue of new connections is short.
            self.run(lambda: self._ready >= len(self.doors) - 50, timeout_s)
        if not self.run(lambda: self._ready == len(self.doors), timeout_s):
            raise TimeoutError(f"{len(self.doors) - self._ready} doors were not connected within {timeout_s} s")

    def _open(self, device: str) -> None:
        line = socket.create_connection(self._address, timeout=10)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setblocking(False)
        door = Door(len(self.doors), device, JOURNAL, line)
        hello = text("MQTT") + b"\x04\x02" + (600).to_bytes(2, "big") + text(f"{device}-{JOURNAL}")
        asked = (1).to_bytes(2, "big") + text(topic(device, Channel.ACK)) + b"\x00"
        door.outgoing += packet(CONNECT, hello) + packet(SUBSCRIBE, asked)
        self._selector.register(line, selectors.EVENT_READ | selectors.EVENT_WRITE, door)
        self.doors.append(door)

    def plan(self, number: int, messages: Iterable[Message]) -> None:
        """Let door `number` send these, in order, each when it is due and the window is open."""
        door = self.doors[number]
        door.waiting.extend(messages)
        self._line_up(door)

    def _line_up(self, door: Door) -> None:
        if door.waiting and not door.planned and door.in_flight < WINDOW:
            door.planned = True
            heappush(self._due, (door.waiting[0].due_s, door.number))

    def run(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Send what is due and read what comes until `done`; False when the time is over first."""
        end = time.monotonic() + timeout_s
        while not done():
            now = time.monotonic()
            if now > end:
                return False
            wait_s = min(0.01, max(0.0, self._due[0][0] - now)) if self._due else 0.01
            for key, events in self._selector.select(wait_s):
                door: Door = key.data
                if events & selectors.EVENT_READ:
                    self._read(door)
                if events & selectors.EVENT_WRITE:
                    self._flush(door)
            self._send_due(time.monotonic())
        return True

    def _send_due(self, now: float) -> None:
        """Publish everything whose time has come and whose window is open."""
        while self._due and self._due[0][0] <= now:
            door = self.doors[heappop(self._due)[1]]
            door.planned = False
            self._publish(door, now)
            self._line_up(door)

    def _publish(self, door: Door, now: float) -> None:
        name = text(topic(door.device, Channel.UP))
        while door.waiting and door.waiting[0].due_s <= now and door.in_flight < WINDOW:
            message = door.waiting.popleft()
            door.outgoing += packet(PUBLISH | 0x02, name + door.next_id.to_bytes(2, "big") + message.payload)
            door.next_id = door.next_id % 65535 + 1
            door.in_flight += 1
            self.on_sent(door, message, now)
        self._flush(door)

    def _flush(self, door: Door) -> None:
        if door.outgoing:
            try:
                sent = door.socket.send(door.outgoing)
            except BlockingIOError:
                sent = 0
            del door.outgoing[:sent]
        if bool(door.outgoing) is not door.wants_write:
            door.wants_write = bool(door.outgoing)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if door.wants_write else 0)
            self._selector.modify(door.socket, wanted, door)

    def _read(self, door: Door) -> None:
        received = door.socket.recv(65536)
        if not received:
            raise ConnectionError(f"the broker closed the connection of {door.device}")
        door.incoming += received
        for kind, body in packets(door.incoming):
            if kind & 0xF0 == PUBACK:
                door.in_flight -= 1
                self._line_up(door)
            elif kind & 0xF0 == PUBLISH:
                self._acked(door, bytes(body))
            elif kind in (CONNACK, SUBACK):
                door.heard += 1
                self._ready += door.heard == READY

    def _acked(self, door: Door, body: bytes) -> None:
        ack = decode_ack(body[2 + int.from_bytes(body[:2], "big") :])
        if ack.journal == door.journal and ack.watermark > door.acked:
            before, door.acked = door.acked, ack.watermark
            self.on_ack(door, before, ack.watermark, time.monotonic())

    def close(self) -> None:
        """Drop all connections."""
        for door in self.doors:
            self._selector.unregister(door.socket)
            door.socket.close()
        self._selector.close()

    def __enter__(self) -> "Doors":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
