"""Serial ports over pseudo terminals: closing the master is pulling the plug, a new one is another ttyUSB."""

import logging
import os
import threading
import time
import tty

import pytest

from edge.errors import PortError
from edge.health import Health
from edge.ports import ReaderPort
from edge.ports.serial_line import open_serial
from edge.readers import DRIVERS
from edge.readers.acceptance import Acceptance
from tests.waiting import until

FRAME = bytes.fromhex("0236313030384542324639413403")


def serial(plug):
    return lambda: open_serial(str(plug.path), 9600, time.monotonic_ns)


class Plug:
    """A card reader on a cable: a pseudo terminal behind a stable path."""

    def __init__(self, path) -> None:
        self.path = path
        self.names: list[str] = []
        self._ends: tuple[int, ...] = ()

    def plug(self) -> None:
        self._ends = os.openpty()
        tty.setraw(self._ends[1])
        self.names.append(os.ttyname(self._ends[1]))
        self.path.symlink_to(self.names[-1])

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = ()

    def send(self, content: bytes) -> None:
        os.write(self._ends[0], content)

    def sent(self, count: int) -> bytes:
        return os.read(self._ends[0], count)


class Ear:
    """Writes down what a port told, and from which thread."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.data = b""
        self.idles = 0
        self.threads: set[str] = set()
        self.times: list[int] = []
        self.answer = lambda data: None

    def connected(self, mono_ns: int) -> None:
        self._heard("connected", mono_ns)

    def received(self, data: bytes, mono_ns: int) -> None:
        self.times.append(mono_ns)
        self.data += data
        self.answer(data)

    def idle(self, mono_ns: int) -> None:
        self.times.append(mono_ns)
        self.idles += 1

    def lost(self, reason: str, mono_ns: int) -> None:
        assert reason
        self._heard("lost", mono_ns)

    def _heard(self, what: str, mono_ns: int) -> None:
        self.told.append(what)
        self.times.append(mono_ns)
        self.threads.add(threading.current_thread().name)


@pytest.fixture
def plug(tmp_path):
    made = Plug(tmp_path / "reader")
    yield made
    made.unplug()


@pytest.fixture
def open_port(plug):
    opened = []

    def make(ear, name: str = "reader-door") -> ReaderPort:
        port = ReaderPort(str(plug.path), serial(plug), ear, time.monotonic_ns, Health(time.monotonic_ns), name)
        opened.append(port)
        port.start()
        return port

    yield make
    for port in opened:
        port.stop()


def test_bytes_come_unchanged_from_the_ports_own_thread_in_order_of_time(plug, open_port):
    plug.plug()
    ear = Ear()
    open_port(ear)
    until(lambda: ear.told == ["connected"])
    plug.send(bytes(range(256)))
    until(lambda: len(ear.data) == 256)
    assert ear.data == bytes(range(256))
    until(lambda: ear.idles)
    assert ear.threads == {"reader-door"}
    assert ear.times == sorted(ear.times)


def test_what_came_before_the_port_was_open_is_dropped(plug, open_port):
    plug.plug()
    plug.send(b"old")
    ear = Ear()
    open_port(ear)
    until(lambda: ear.idles)
    plug.send(b"new")
    until(lambda: len(ear.data) == 3)
    assert ear.data == b"new"


def test_a_replugged_reader_is_found_again_under_another_name(plug, open_port):
    plug.plug()
    ear = Ear()
    open_port(ear)
    until(lambda: ear.told == ["connected"])
    plug.unplug()
    until(lambda: ear.told == ["connected", "lost"])
    keeper = os.openpty()  # takes the old name, so that the reader gets a new one
    plug.plug()
    until(lambda: ear.told == ["connected", "lost", "connected"])
    plug.send(FRAME)
    until(lambda: ear.data == FRAME)
    assert plug.names[0] != plug.names[1]
    for end in keeper:
        os.close(end)


def test_a_reader_that_is_missing_is_lost_once_and_looked_for(plug, open_port):
    ear = Ear()
    open_port(ear)
    until(lambda: ear.told == ["lost"])
    time.sleep(1.2)  # it has been looked for again by now, and that is not told
    assert ear.told == ["lost"]
    plug.plug()
    until(lambda: ear.told == ["lost", "connected"])


def test_a_path_that_is_no_serial_port_is_lost(plug, open_port):
    plug.path.write_text("not a port")
    ear = Ear()
    open_port(ear)
    until(lambda: ear.told == ["lost"])


def test_a_second_program_does_not_get_the_port(plug, open_port):
    plug.plug()
    first, second = Ear(), Ear()
    open_port(first, "first")
    until(lambda: first.told == ["connected"])
    open_port(second, "second")
    until(lambda: second.told == ["lost"])
    plug.send(FRAME)
    until(lambda: first.data == FRAME)


@pytest.mark.parametrize("plugged", [True, False])
def test_stop_takes_less_than_a_second_and_tells_nothing(plug, open_port, plugged):
    if plugged:
        plug.plug()
    ear = Ear()
    port = open_port(ear)
    until(lambda: ear.told)
    told = list(ear.told)
    began = time.monotonic()
    port.stop()
    assert time.monotonic() - began < 1
    assert ear.told == told
    assert "reader-door" not in {thread.name for thread in threading.enumerate()}


def test_a_port_that_was_never_started_can_be_stopped(plug):
    ReaderPort(str(plug.path), serial(plug), Ear(), time.monotonic_ns, Health(time.monotonic_ns), "x").stop()


def test_an_answer_can_be_written_to_the_reader_from_within_a_call(plug, open_port):
    plug.plug()
    ear = Ear()
    port = open_port(ear)
    ear.answer = lambda data: port.send(b"poll " + data)
    until(lambda: ear.told)
    plug.send(b"1")
    assert plug.sent(6) == b"poll 1"


def test_writing_without_a_reader_says_so(plug):
    port = ReaderPort(str(plug.path), serial(plug), Ear(), time.monotonic_ns, Health(time.monotonic_ns), "x")
    with pytest.raises(PortError, match="could not write 4 bytes: it is not open; is the reader there"):
        port.send(b"poll")


def test_a_listener_that_fails_loses_no_thread_and_is_no_lost_reader(plug, open_port, caplog):
    plug.plug()
    ear = Ear()

    def fail(data: bytes) -> None:
        if data == b"x":
            raise OSError("no space left")

    ear.answer = fail
    open_port(ear)
    until(lambda: ear.told == ["connected"])
    with caplog.at_level(logging.ERROR):
        plug.send(b"x")
        until(lambda: ear.told == ["connected", "connected"])
    assert "loop reader-door failed" in caplog.text
    plug.send(FRAME)
    until(lambda: ear.data == b"x" + FRAME)


def test_the_loop_of_a_missing_reader_is_alive(plug):
    health = Health(time.monotonic_ns)
    port = ReaderPort(str(plug.path), serial(plug), Ear(), time.monotonic_ns, health, "reader-door")
    port.start()
    until(health.begun)
    assert health.late() == ()
    port.stop()


def test_a_card_at_a_real_port_is_one_accepted_tap(plug, open_port):
    """Port, driver and acceptance together, as the station wires them."""
    plug.plug()
    driver, acceptance, taps = DRIVERS["rdm6300"]("door"), Acceptance(), []

    class Door(Ear):
        def received(self, data: bytes, mono_ns: int) -> None:
            for event in driver.feed(data, mono_ns):
                taps.extend(acceptance.offer(event, continuous=driver.continuous))

    ear = Door()
    open_port(ear)
    until(lambda: ear.told)
    for _ in range(4):
        plug.send(FRAME)
        time.sleep(0.065)
    until(lambda: taps)
    assert [(tap.kind.value, tap.badge, tap.evidence) for tap in taps] == [("accepted", "em:008EB2F9", "61")]
