"""A panel's pins as the kernel gives them, through pipes where the lines would be.

What only real lines can show (lights that go on, a button's debounce, a chip that goes) is shown in a guest:
tests/rig/reader_proof.sh.
"""

import os
import struct

import pytest

from edge.errors import PortError
from edge.pins import OPENERS, Levels, NoPins
from edge.pins.kernel import KernelPins, open_pins
from edge.ports import gpio_chip
from edge.settings import PINS, PanelSettings


def edge_event(number: int) -> bytes:
    """struct gpio_v2_line_event of linux/gpio.h: line 5 went down."""
    return struct.pack("=QIIII24x", number * 1_000_000, 2, 5, number, number)


@pytest.fixture
def pipes():
    """((outputs, button) for the pins, the far end of the button)."""
    outputs, far = os.pipe2(os.O_NONBLOCK)
    button, finger = os.pipe2(os.O_NONBLOCK)
    yield (outputs, button), finger
    os.close(far)
    os.close(finger)


def test_a_press_is_told_once_however_often_it_bounced(pipes):
    handles, finger = pipes
    pins = KernelPins(*handles)
    assert not pins.pressed(0)
    os.write(finger, edge_event(1))
    assert pins.pressed(1)
    assert not pins.pressed(0)
    os.write(finger, edge_event(2) + edge_event(3))
    assert pins.pressed(1)
    assert not pins.pressed(0)
    pins.close()


def test_lines_that_are_gone_say_so(pipes):
    handles, finger = pipes
    pins = KernelPins(*handles)
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        pins.set(Levels(green=True))  # a pipe is no line
    os.write(finger, b"half")
    with pytest.raises(PortError, match="ended within an event"):
        pins.pressed(1)
    pins.close()
    with pytest.raises(PortError, match="given back"):
        pins.set(Levels())
    assert not pins.pressed(0)


def test_pins_are_given_back_once(pipes):
    handles, _ = pipes
    pins = KernelPins(*handles)
    pins.close()
    outputs, far = os.pipe2(os.O_NONBLOCK)  # takes the lowest free numbers: those of the handles
    pins.close()
    os.write(far, b"x")
    assert os.read(outputs, 1) == b"x"
    os.close(outputs)
    os.close(far)


def test_a_computer_without_pins_says_what_to_write(tmp_path):
    with pytest.raises(PortError, match=r'no GPIO pins of a Raspberry Pi; write \[panel\] pins = "none"'):
        open_pins(PanelSettings(), tmp_path)


@pytest.mark.parametrize(
    ("number", "record"),
    [
        (gpio_chip._GET_INFO, gpio_chip._INFO),
        (gpio_chip._GET_LINES, gpio_chip._REQUEST),
        (gpio_chip._SET_VALUES, gpio_chip._VALUES),
    ],
)
def test_each_call_has_the_size_that_its_number_says(number, record):
    assert number >> 16 & 0x3FFF == record.size


def test_every_setting_of_pins_has_an_opener():
    assert set(OPENERS) == set(PINS)
    none = OPENERS["none"](PanelSettings(pins="none"))
    assert isinstance(none, NoPins)
    none.set(Levels(green=True))
    assert not none.pressed(0)
    none.close()
