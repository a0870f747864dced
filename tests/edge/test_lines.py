"""Keyboards and Wiegand wires: the kernel's own events, byte for byte, through a pipe where the device would be.

What only a real device can show (taking hold of it, requesting lines) is shown in a guest: tests/rig/reader_proof.sh.
"""

import os
import struct
import threading

import pytest

from edge.errors import PortError, SettingsError
from edge.health import Health
from edge.ports import ReaderPort, attend
from edge.ports.gpio_line import GpioLine, Wires, open_wires, wires_from
from edge.ports.input_line import InputLine, open_input
from edge.readers import DRIVERS, BadInput
from edge.readers.keyboard import KEY_NAMES
from edge.reading import PortKind, driver_of, kind_of, line_of
from edge.settings import ReaderSettings
from tests.edge.test_ports import Ear
from tests.waiting import until

MS = 1_000_000
W26 = "11000111010110010111110010"  # facility 142, card 45817 within its two parities


def key_event(kind: int, code: int, value: int, mono_ns: int) -> bytes:
    """struct input_event of linux/input.h."""
    return struct.pack("@llHHi", mono_ns // 10**9, mono_ns % 10**9 // 1000, kind, code, value)


def typed(text: str, mono_ns: int, every_ns: int = 2 * MS) -> bytes:
    """What the kernel gives for keys pressed and let go: scan code, press, report, release, report."""
    data = b""
    for number, name in enumerate([*(f"KEY_{letter}" for letter in text), "KEY_ENTER"]):
        at = mono_ns + number * every_ns
        for value in (1, 0):
            data += key_event(4, 4, 0x70027, at) + key_event(1, KEY_NAMES[name], value, at) + key_event(0, 0, 0, at)
    return data


class Pulses:
    """struct gpio_v2_line_event of linux/gpio.h, numbered as the kernel does."""

    def __init__(self) -> None:
        self.number = 0

    def of(self, bits: str, mono_ns: int, every_ns: int = 2 * MS) -> bytes:
        data = b""
        for place, bit in enumerate(bits):
            self.number += 1
            data += struct.pack("=QIIII24x", mono_ns + place * every_ns, 2, 5 + int(bit), self.number, 0)
        return data


@pytest.fixture
def pipe():
    """(our end, the device's end)."""
    ends = os.pipe2(os.O_NONBLOCK)
    left = list(ends)

    def close(end: int) -> None:
        left.remove(end)
        os.close(end)

    yield (*ends, close)
    for end in left:
        os.close(end)


def events(line, driver):
    found = []
    while heard := line.read():
        for one in heard:
            found += driver.feed(one.data, one.mono_ns)
    return found + driver.tick(10**15)


def badges(line, driver):
    return [event.badge or event.error for event in events(line, driver)]


def test_a_number_typed_at_a_keyboard_reader_is_its_badge_at_the_time_of_its_first_key(pipe):
    os.write(pipe[1], typed("0009351929", 7_000 * MS))
    [event] = events(InputLine(pipe[0]), DRIVERS["hid_evdev"]("door"))
    assert (event.badge, event.mono_ns) == ("em:008EB2F9", 7_000 * MS)


def test_keys_that_the_kernel_dropped_make_a_refused_number(pipe):
    keys = typed("0009351929", 0)
    dropped = key_event(0, 3, 0, 5 * MS)
    at = 3 * 6 * 24
    os.write(pipe[1], keys[:at] + dropped + keys[at:] + typed("0009351929", 900 * MS))
    assert badges(InputLine(pipe[0]), DRIVERS["hid_evdev"]("door")) == [BadInput.BAD_KEY, "em:008EB2F9"]


def test_a_reader_that_slips_into_another_format_is_refused_and_not_guessed_at(pipe):
    driver = DRIVERS["hid_evdev"]("door")
    os.write(pipe[1], b"".join(typed("09351929", number * 1_000 * MS) for number in range(3)))
    assert badges(InputLine(pipe[0]), driver) == [BadInput.BAD_LENGTH] * 3
    assert driver.noisy


def test_numbers_read_late_are_told_apart_by_the_kernels_time(pipe):
    """Half a number, a second of nothing, a whole one; all read at once by a station that was held up."""
    os.write(pipe[1], typed("00093", 0)[: 5 * 6 * 24] + typed("0009351929", 1_000 * MS))
    assert badges(InputLine(pipe[0]), DRIVERS["hid_evdev"]("door")) == [BadInput.NO_TERMINATOR, "em:008EB2F9"]


def test_the_pulses_of_two_wires_are_a_badge(pipe):
    os.write(pipe[1], Pulses().of(W26, 7_000 * MS))
    [event] = events(GpioLine(pipe[0], Wires(None, 5, 6)), DRIVERS["wiegand26"]("door"))
    assert (event.badge, event.mono_ns) == ("w26:8EB2F9", 7_000 * MS)


def test_the_order_is_the_kernels_number_and_not_its_queue(pipe):
    frame = Pulses().of(W26, 0)
    shuffled = [frame[place * 48 : place * 48 + 48] for place in (1, 0, *range(3, 26), 2)]
    os.write(pipe[1], b"".join(shuffled))
    assert badges(GpioLine(pipe[0], Wires(None, 5, 6)), DRIVERS["wiegand26"]("door")) == ["w26:8EB2F9"]


def test_frames_read_late_are_told_apart_by_the_kernels_time(pipe):
    pulses = Pulses()
    os.write(pipe[1], pulses.of(W26, 0) + pulses.of(W26, 26 * 2 * MS + 30 * MS))
    assert badges(GpioLine(pipe[0], Wires(None, 5, 6)), DRIVERS["wiegand26"]("door")) == ["w26:8EB2F9"] * 2


@pytest.mark.parametrize("lost", [0, 1, 12, 25])
def test_a_number_that_is_missing_is_a_pulse_that_is_missing(pipe, lost):
    """Even where noise has put another one in its place: 26 pulses came, one of the card's did not."""
    pulses = Pulses()
    frame = pulses.of(W26, 0)
    os.write(pipe[1], frame[: lost * 48] + frame[(lost + 1) * 48 :] + pulses.of("0", 26 * 2 * MS))
    line, driver = GpioLine(pipe[0], Wires(None, 5, 6)), DRIVERS["wiegand26"]("door")
    assert badges(line, driver) == [BadInput.BAD_BIT_COUNT]
    os.write(pipe[1], pulses.of(W26, 10**16))
    assert [e.badge for e in events(line, driver) + driver.tick(10**17)] == ["w26:8EB2F9"]


def test_swapped_wires_are_told_as_such(pipe):
    os.write(pipe[1], Pulses().of(W26, 0))
    assert badges(GpioLine(pipe[0], Wires(None, 6, 5)), DRIVERS["wiegand26"]("door")) == [BadInput.BAD_PARITY_SWAPPED]


@pytest.mark.parametrize("make", [InputLine, lambda handle: GpioLine(handle, Wires(None, 5, 6))])
def test_a_device_that_ends_or_breaks_off_within_an_event_is_lost(pipe, make):
    ours, theirs, close = pipe
    line = make(ours)
    assert line.read() == []
    os.write(theirs, b"half")
    with pytest.raises(PortError, match="ended within an event"):
        line.read()
    close(theirs)
    with pytest.raises(PortError, match="ended within an event"):
        line.read()
    with pytest.raises(PortError, match="nothing is sent"):
        line.write(b"poll")


def test_a_port_of_any_kind_is_lost_and_opened_again_for_ever():
    """The port's loop over pipes: closing one is pulling the plug."""
    made: list[int] = []

    def open_pipe():
        if len(made) > 2:
            raise OSError("no such reader")
        ours, theirs = os.pipe2(os.O_NONBLOCK)
        made.append(theirs)
        return InputLine(ours)

    ear = Ear()
    port = ReaderPort("/dev/input/x", open_pipe, ear, lambda: 0, Health(lambda: 0), "reader-door")
    port.start()
    for number in range(2):
        until(lambda number=number: ear.told[-1:] == ["connected"] and len(made) == number + 1)
        os.write(made[number], typed("1", 0))
        until(lambda number=number: len(ear.data) == 12 * (number + 1))
        os.close(made[number])
        until(lambda number=number: ear.told.count("lost") == number + 1)
    until(lambda: ear.told[-1] == "connected")
    port.stop()
    os.close(made[2])
    assert ear.told == ["connected", "lost"] * 2 + ["connected"]
    assert "reader-door" not in {thread.name for thread in threading.enumerate()}


def test_attending_a_port_tells_what_came_with_its_own_time(pipe):
    os.write(pipe[1], typed("1", 5 * MS))
    heard = []
    clock = iter(range(0, 10**12, 10**8))
    attend("x", lambda: InputLine(pipe[0]), 0.3, lambda: next(clock), lambda data, at: heard.append((data, at)) or ())
    assert heard[0] == (bytes([0, 2, 1]), 5 * MS)
    assert all(data == b"" for data, _ in heard[4:])
    os.dup2(pipe[1], pipe[0])  # `attend` has closed our end, which the fixture closes too


@pytest.mark.parametrize(
    ("path", "problem"),
    [("/dev/null", "is no input device; see ls /dev/input/by-id"), ("/dev/no-such-reader", "No such file")],
)
def test_what_is_no_keyboard_says_so(path, problem):
    with pytest.raises(OSError, match=problem):
        open_input(path)


def test_pins_that_cannot_be_had_say_so():
    with pytest.raises(PortError, match=r"GPIO 5, 6 of /dev/null cannot be had \(.+\); is one of them wanted twice"):
        open_wires(Wires("/dev/null", 5, 6))


def test_a_computer_without_pins_says_what_to_write(tmp_path):
    with pytest.raises(PortError, match="no GPIO pins of a Raspberry Pi; write port ="):
        open_wires(Wires(None, 5, 6), tmp_path)


@pytest.mark.parametrize(
    ("port", "wires"),
    [
        ("gpio:5,6", Wires(None, 5, 6)),
        ("/dev/gpiochip4:17,4", Wires("/dev/gpiochip4", 17, 4)),
        ("gpio:5,5", None),
        ("gpio:5", None),
        ("gpio:a,b", None),
        ("/dev/ttyUSB0", None),
    ],
)
def test_a_port_of_pins_names_the_chip_and_both_wires(port, wires):
    assert wires_from(port) == wires


@pytest.mark.parametrize(
    ("driver", "port", "kind"),
    [
        ("rdm6300", "/dev/diemdanh-reader", PortKind.SERIAL),
        ("wiegand26", "/dev/serial/by-id/usb-RP2040", PortKind.SERIAL),
        ("wiegand34", "gpio:5,6", PortKind.PINS),
        ("hid_evdev", "/dev/input/by-id/usb-reader-event-kbd", PortKind.INPUT),
    ],
)
def test_settings_name_the_kind_of_port(driver, port, kind):
    settings = ReaderSettings(id="door", driver=driver, port=port)
    assert kind_of(settings) is kind
    assert callable(line_of(settings, driver_of(settings), lambda: 0))


@pytest.mark.parametrize(
    ("driver", "port", "problem"),
    [
        ("rdm6300", "gpio:5,6", "'rdm6300' does not read pins"),
        ("hid_evdev", "/dev/gpiochip0:5,6", "only wiegand26 and wiegand34"),
        ("wiegand26", "gpio:5", "must be gpio:D0,D1"),
        ("wiegand26", "gpio:5,5", "two different pins"),
    ],
)
def test_a_port_that_such_a_reader_cannot_have_is_refused_at_the_start(driver, port, problem):
    settings = ReaderSettings(id="door", driver=driver, port=port)
    with pytest.raises(SettingsError, match=f"reader door: .*{problem}"):
        line_of(settings, driver_of(settings), lambda: 0)
