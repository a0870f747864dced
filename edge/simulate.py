"""A fleet of real stations, each its own process, fed real reader bytes through pseudo terminals.

Nothing of a station is imitated here: `Fleet` writes a settings file, starts `python -m edge run`, and plays the card
reader, the power switch and the network cable. What the door answered is read from the panel's trace.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path

from edge.errors import EdgeError
from edge.identity import Identity, open_identity
from edge.relay import Relay
from edge.settings import ClockSettings

FRAME_EVERY_S = 0.065
FRAMES = 4
"""An RDM6300 repeats its frame while the card is there; a hand holds it for about a fifth of a second."""
NEXT_PERSON_S = 0.75
"""People at one door follow each other: closer than this, two cards would be in the field together."""
VERSION_BYTE = 0x01
STOP_S = 10.0
LEAN = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "32768", "PYTHONNODEBUGRANGES": "1"}
"""As in the station's unit: one heap for its few threads, big buffers given back, no columns in tracebacks: 0.6 MB."""


class FleetError(EdgeError, ValueError):
    """The fleet was asked for something that it cannot do; the message says what."""


def rdm6300_frame(badge: str) -> bytes:
    """What an RDM6300 sends for an EM4100 `badge` (`em:` and 8 hex digits): STX, 10 hex, 2 hex of XOR, ETX."""
    kind, _, number = badge.partition(":")
    if kind != "em" or len(number) != 8:
        raise FleetError(f"badge {badge!r}: an RDM6300 reads only em: and 8 hex digits")
    body = bytes([VERSION_BYTE]) + bytes.fromhex(number)
    check = 0
    for byte in body:
        check ^= byte
    return b"\x02" + (body + bytes([check])).hex().upper().encode() + b"\x03"


@dataclass(slots=True)
class CardReader:
    """A pseudo terminal that plays a card reader. next_s: when the next person may hold a card to it."""

    link: Path
    master: int = -1
    slave: int = -1
    next_s: float = 0.0

    def plug(self) -> None:
        """A new device under the same stable path."""
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        new = self.link.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.symlink_to(os.ttyname(self.slave))
        new.replace(self.link)

    def unplug(self) -> None:
        """Gone: whoever has it open sees it hang up."""
        self.link.unlink(missing_ok=True)
        for end in (self.master, self.slave):
            if end >= 0:
                os.close(end)
        self.master = self.slave = -1

    def send(self, content: bytes) -> None:
        """What nobody reads is lost, as on a real line."""
        if self.master >= 0:
            with suppress(OSError):
                os.write(self.master, content)


@dataclass(slots=True)
class Member:
    """One simulated station."""

    code: str
    folder: Path
    identity: Identity
    reader: CardReader
    notify: socket.socket
    address: str
    relay: Relay | None
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False

    @property
    def config(self) -> Path:
        """Its settings file."""
        return self.folder / "station.toml"

    @property
    def trace(self) -> Path:
        """What its panel showed, a JSON line each."""
        return self.folder / "panel.jsonl"

    @property
    def device(self) -> str:
        """Its device id."""
        return self.identity.device

    @property
    def public_key(self) -> str:
        """Its public key, as central is given it."""
        return self.identity.public_key


@dataclass(order=True, slots=True)
class _Due:
    """Bytes that a reader sends at a time."""

    at_s: float
    number: int
    reader: CardReader = field(compare=False)
    content: bytes = field(compare=False)


class Fleet:
    """Stations by code, on the broker at host:port. Use it in a `with`: leaving it ends every station.

    central_key: central's public key, base64url, empty = no configuration is accepted. clock: for every station.
    keepalive_s: in real time. Methods may be called from any thread, for one station from one thread at a time.
    """

    def __init__(
        self,
        folder: Path,
        host: str,
        port: int,
        central_key: str = "",
        clock: ClockSettings | None = None,
        heartbeat_s: int = 60,
        keepalive_s: int = 30,
    ) -> None:
        self._folder = folder
        self._broker = (host, port)
        self._central_key = central_key
        self._clock = clock or ClockSettings(quality="ntp")
        self._heartbeat_s = heartbeat_s
        self._keepalive_s = keepalive_s
        self._members: dict[str, Member] = {}
        self._due: list[_Due] = []
        self._changed = threading.Condition()
        self._sent = 0
        self._closing = False
        self._feeder = threading.Thread(target=self._feed, name="readers", daemon=True)

    def __enter__(self) -> "Fleet":
        self._feeder.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getitem__(self, code: str) -> Member:
        """The station called `code`. Raises FleetError for one that was not added."""
        try:
            return self._members[code]
        except KeyError:
            raise FleetError(f"station {code!r} was not added to the fleet") from None

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self._members.values()))

    def add(self, code: str, relay: bool = False) -> Member:
        """Make a station's folder, identity, reader and settings; `start` it later.

        relay: its connection to the broker can be cut. A folder of an earlier fleet is taken up again.
        """
        folder = self._folder / code
        folder.mkdir(parents=True, exist_ok=True)
        reader = CardReader(folder / "reader")
        reader.plug()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = f"@diemdanh-{secrets.token_hex(6)}"
        notify.bind("\0" + address[1:])
        notify.setblocking(False)
        cable = Relay(*self._broker) if relay else None
        member = Member(code, folder, open_identity(folder / "data"), reader, notify, address, cable)
        host, port = ("127.0.0.1", cable.open()) if cable else self._broker
        member.config.write_text(self._settings(member, host, port), encoding="utf-8")
        self._members[code] = member
        return member

    def _settings(self, member: Member, host: str, port: int) -> str:
        clock = self._clock
        return f"""\
[station]
data = {json.dumps(str(member.folder / "data"))}
[broker]
host = "{host}"
port = {port}
keepalive_s = {self._keepalive_s}
[central]
public_key = "{self._central_key}"
[[reader]]
id = "door"
driver = "rdm6300"
port = {json.dumps(str(member.reader.link))}
[panel]
pins = "none"
trace = {json.dumps(str(member.trace))}
[uplink]
heartbeat_s = {self._heartbeat_s}
[clock]
source = "{clock.source}"
scale = {clock.scale}
epoch_ms = {clock.epoch_ms}
started_real_ms = {clock.started_real_ms}
fast_ms = {clock.fast_ms}
quality = "{clock.quality}"
offset_ms = {clock.offset_ms}
"""

    def start(self, code: str) -> None:
        """Switch it on; `wait_ready` says when it takes cards."""
        member = self[code]
        if self.alive(code):
            raise FleetError(f"station {code} is running already")
        member.ready = False
        environment = {
            **os.environ,
            **LEAN,
            "NOTIFY_SOCKET": member.address,
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        with (member.folder / "station.log").open("ab") as log:
            # A session of its own: Ctrl-C in a terminal reaches the fleet, and the fleet ends its stations.
            member.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "edge", "run", "--config", str(member.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def wait_ready(self, code: str, seconds: float = 30.0) -> None:
        """Wait until the station takes cards. Raises FleetError when it does not, with the end of its log."""
        member, deadline = self[code], time.monotonic() + seconds
        while not self._told_ready(member):
            if not self.alive(code) or time.monotonic() > deadline:
                said = (member.folder / "station.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise FleetError(f"station {code} did not get ready within {seconds} s:\n{said}")
            time.sleep(0.01)

    def _told_ready(self, member: Member) -> bool:
        with suppress(BlockingIOError):
            while True:
                member.ready = member.notify.recv(256) == b"READY=1"
        return member.ready

    def alive(self, code: str) -> bool:
        """Whether its process runs."""
        process = self[code].process
        return process is not None and process.poll() is None

    def kill(self, code: str) -> None:
        """Cut its power (SIGKILL)."""
        process = self[code].process
        if process is not None:
            process.kill()
            process.wait()

    def stop(self, code: str) -> int | None:
        """End it in order (SIGTERM) and return its exit code; None when it was not running."""
        process = self[code].process
        if process is None or process.poll() is not None:
            return None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise FleetError(f"station {code} did not stop within {STOP_S} s") from None

    def tap(self, code: str, badge: str) -> None:
        """Hold a card to its reader for a fifth of a second, behind whoever is already waiting. Returns at once."""
        frame, reader = rdm6300_frame(badge), self[code].reader
        with self._changed:
            at_s = max(time.monotonic(), reader.next_s)
            reader.next_s = at_s + NEXT_PERSON_S
            for frame_number in range(FRAMES):
                self._sent += 1
                heappush(self._due, _Due(at_s + frame_number * FRAME_EVERY_S, self._sent, reader, frame))
            self._changed.notify()

    def waiting(self) -> int:
        """How many frames are still to be sent: 0 = everybody has held their card."""
        with self._changed:
            return len(self._due)

    def _feed(self) -> None:
        with self._changed:
            while not self._closing:
                wait_s = self._due[0].at_s - time.monotonic() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    due = heappop(self._due)
                    due.reader.send(due.content)
                else:
                    self._changed.wait(wait_s)

    def unplug(self, code: str) -> None:
        """Pull out the card reader."""
        with self._changed:
            self[code].reader.unplug()

    def plug(self, code: str) -> None:
        """Put the card reader back in; it has another device name under the same stable path."""
        with self._changed:
            self[code].reader.plug()

    def cut(self, code: str) -> None:
        """Take its network away without closing a connection. Raises FleetError for one added without `relay`."""
        self._relay(code).cut()

    def join(self, code: str) -> None:
        """Give it its network back."""
        self._relay(code).join()

    def _relay(self, code: str) -> Relay:
        relay = self[code].relay
        if relay is None:
            raise FleetError(f"station {code} was added without a relay: its network cannot be cut")
        return relay

    def trace(self, code: str) -> list[dict[str, object]]:
        """Everything its panel showed, in order; a last line cut by a power loss is left out."""
        try:
            lines = self[code].trace.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line]

    def greens(self, code: str) -> list[dict[str, object]]:
        """The answers of its panel that told a person "recorded" (green, or amber for two cards)."""
        return [entry for entry in self.trace(code) if entry.get("recorded")]

    def close(self) -> None:
        """End every station in order, and let go of readers and networks."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._feeder.is_alive():
            self._feeder.join()
        for member in self:
            if member.process is not None and member.process.poll() is None:
                member.process.terminate()
        for member in self:
            self._release(member)
        self._members.clear()

    def _release(self, member: Member) -> None:
        if member.process is not None:
            try:
                member.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()
        if member.relay is not None:
            member.relay.close()
        member.reader.unplug()
        member.notify.close()
