"""Messages of the wire, at both ends; lines of other makers' terminals; settings."""

import base64
import json
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from hypothesis import strategies as st

from central.errors import CentralError
from central.settings import load_settings as load_central
from central.store import open_store
from edge.commands import Commands
from edge.errors import EdgeError
from edge.roster import Roster
from edge.settings import parse_settings
from edge.terminals import read_adms, read_attlog
from edge.wire import WireError
from edge.wire.command import decode_command, encode_result
from edge.wire.topics import parse_topic
from tests.central.intake.conftest import Central, Door, TestClock
from tests.contract import examples
from tests.fuzz.inputs import DEEP, damaged, lines_of
from tests.fuzz.target import Target

MESSAGES = examples.messages()
ATTLOG = (
    b"        5\t2026-03-02 06:58:12\t1\t0\t1\t0\r\n       A7\t2026-03-02 17:01:00\t1\t1\t15\t0\r\n",
    b"1\t2026-03-02 06:58:12\t101\t0\t1\t0\n",
)
ADMS = (
    b"5\t2026-03-02 06:58:12\t0\t1\t0\t0\t0\n6\t1772434692\t1\t15\n",
    b"PIN=5\tDateTime=2026-03-02 06:58:12\tStatus=0\tVerify=1\n",
    b"data=5%092026-03-02+06%3A58%3A12%090%091%0A",
    b"5\t2026-03-02 06:58:12\t0\t1\t0\t0\t0\t0\t0\t0\t25200\n",
)
STATION = (Path(__file__).parents[2] / "deploy" / "edge" / "station.toml").read_bytes()
CENTRAL = b"""
[database]
url = "sqlite:///a.db"
[broker]
host = "b"
port = 1883
shared = true
[web]
port = 80
[clock]
scale = 2.5
"""


def _named(name: str) -> list[bytes]:
    return [payload for said, payload in MESSAGES.items() if said.split("_")[0] == name]


def _wire(name: str) -> Target:
    """A reader of messages, which takes every signature: what is behind one must be read safely too."""
    read = examples.READERS[name]

    def attempt(payload: bytes) -> None:
        try:
            read(payload)
        except WireError as error:
            assert str(error)

    return Target(lines_of(_named(name)), attempt)


def _topics() -> Target:
    def attempt(name: str) -> None:
        try:
            parse_topic(name)
        except WireError as error:
            assert str(error)

    sample = damaged([f"dd/1/{examples.DEVICE}/{word}".encode() for word in ("up", "st", "cmd")])
    return Target(st.text(max_size=200) | sample.map(lambda b: b.decode("utf-8", "replace")), attempt)


def _terminal(samples: tuple[bytes, ...], read: Callable[[bytes], object]) -> Target:
    def attempt(content: bytes) -> None:
        read(content)

    return Target(lines_of(samples, jsonish=False), attempt)


def _toml(sample: bytes) -> st.SearchStrategy[bytes]:
    return lines_of([sample], jsonish=False) | DEEP.map(lambda depth: b"[station]\ndata = " + depth)


def _station_settings() -> Target:
    def attempt(content: bytes) -> None:
        try:
            parse_settings(content.decode("utf-8", "replace"), "station.toml", {})
        except EdgeError as error:
            assert "station.toml" in str(error)

    return Target(_toml(STATION), attempt)


def _central_settings() -> Target:
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "central.toml"

    def attempt(content: bytes) -> None:
        path.write_bytes(content)
        try:
            load_central(path, {})
        except CentralError as error:
            assert str(error)

    return Target(_toml(CENTRAL), attempt, folder.cleanup)


def _door_roster() -> Target:
    """A configuration from the network, and the same bytes as the file that a restart finds."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name)

    def attempt(payload: bytes) -> None:
        try:
            Roster(path, examples.DEVICE, examples.trusting).accept(payload)
        except WireError as error:
            assert str(error)
        (path / "cfg.note").write_bytes(payload)
        Roster(path, examples.DEVICE, examples.trusting).load()

    return Target(lines_of(_named("cfg")), attempt, folder.cleanup)


def _door_commands() -> Target:
    """A command done at the door, and its file of former results as whatever bytes."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name)

    def operation(arguments: object) -> str:
        return "done"

    def attempt(payload: bytes) -> None:
        (path / "commands.json").write_bytes(payload)
        commands = Commands(path, examples.DEVICE, {"reader_mode": operation})
        commands.load()
        try:
            encode_result(commands.answer(decode_command(payload, examples.trusting), 0))
        except WireError as error:
            assert str(error)

    former = [json.dumps({"c-1": ["done", "ok"], "c-2": ["failed", "no"]}).encode()]
    return Target(lines_of(_named("cmd")) | lines_of(former), attempt, folder.cleanup)


CHANNELS = {"up": ("up",), "st": ("st",), "hb": ("hb",), "res": ("res",), "seal": ("up", "hb")}
FRESH_AFTER = 1500
"""Messages after which central gets a new database: the target is its parser, not the growth of a quarantine."""


def _intake() -> Target:
    """The whole of intake over a real database: what a device says is stored, answered or quarantined."""
    folder = tempfile.TemporaryDirectory()
    numbers = count()
    room: list[Central] = []

    def central() -> Central:
        if next(numbers) % FRESH_AFTER == 0:
            for old in room:
                old.store.close()
            store = open_store(f"sqlite:///{folder.name}/{next(numbers)}.db")
            store.upgrade()
            door = Door(examples.DEVICE)
            door.key = examples.KEY
            room[:] = [Central(store, TestClock(examples.T0 + 100_000))]
            room[0].register(door)
        return room[0]

    def signed(payload: bytes) -> bytes:
        """A note whose line was changed, signed again by the device: what is behind the signature counts."""
        line, _, tail = payload.partition(b"\n")
        return line + b"\n" + encoded(examples.sign(line)) if tail and b"\n" not in tail else payload

    def attempt(given: tuple[str, bytes, bool]) -> None:
        channel, payload, sign_again = given
        door = Door(examples.DEVICE)
        central().process([(door, channel, signed(payload) if sign_again else payload)])

    def close() -> None:
        for old in room:
            old.store.close()
        folder.cleanup()

    samples = [p for name, p in MESSAGES.items() if name.split("_")[0] in ("up", "st", "hb", "res", "seal")]
    channel = st.sampled_from(["up", "up", "st", "hb", "res", "cfg", "ack", "odd"])
    return Target(st.tuples(channel, lines_of(samples), st.booleans()), attempt, close)


def encoded(signature: bytes) -> bytes:
    """As notes carry it: base64url without padding."""
    return base64.urlsafe_b64encode(signature).rstrip(b"=")


TARGETS: dict[str, Callable[[], Target]] = {
    **{f"wire_{name}": (lambda name=name: _wire(name)) for name in examples.READERS},  # type: ignore[misc]
    "wire_topic": _topics,
    "attlog": lambda: _terminal(ATTLOG, read_attlog),
    "adms": lambda: _terminal(ADMS, read_adms),
    "station_settings": _station_settings,
    "central_settings": _central_settings,
    "door_cfg": _door_roster,
    "door_cmd": _door_commands,
    "intake": _intake,
}
