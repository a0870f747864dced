"""What stands on an LCD, read off its wires: a model of the HD44780 gets every byte that the display sends.

The model follows the data sheet (HD44780U, Hitachi ADE-207-272): it takes its wires as E falls, begins in eight bits,
and needs 37 µs for a command, 4.1 ms after the first of the way into four bits; a bus at 400 kHz needs 22.5 µs a byte.
"""

import os

import pytest

from edge.displays import DisplayError, Words
from edge.displays.lcd import Lcd, page
from edge.phrases import ARRIVED, FIELD_IN, FIELD_OUT, LCD_COLUMNS, PHRASES
from edge.settings import DisplaySettings

BYTE_US = 22.5
WORDS = Words(("Đã ghi 07:28", "Trần Thị Phượng"), ("DA GHI 07:28", "TRAN T. PHUONG"))


class Hd44780:
    """The controller behind a PCF8574 (RS, R/W, E, backlight, D4 to D7)."""

    def __init__(self) -> None:
        self.four_bits, self.half, self.lit, self.on = False, None, False, False
        self.memory = bytearray(b"?" * 128)
        self.at, self.wires = 0, 0
        self.us, self.busy_until_us, self.taken = 0.0, 0.0, 0

    def put(self, content: bytes) -> None:
        for wires in content:
            self.us += BYTE_US
            if self.wires & 4 and not wires & 4:
                assert wires & ~4 == self.wires & ~4, "the wires moved while E fell"
                self._strobe(wires)
            elif wires & 4 and not self.wires & 4:
                assert wires & ~4 == self.wires & ~4, "the wires moved while E rose"
            self.wires = wires
            self.lit = bool(wires & 8)

    def _strobe(self, wires: int) -> None:
        assert not wires & 2, "the display was asked to speak"
        assert self.us >= self.busy_until_us, "the display was still busy"
        nibble = wires & 0xF0
        if not self.four_bits:
            self._do(nibble, wires & 1)
        elif self.half is None:
            self.half = nibble
        else:
            value, self.half = self.half | nibble >> 4, None
            self._do(value, wires & 1)

    def _do(self, value: int, register: int) -> None:
        self.taken += 1
        self.busy_until_us = self.us + 37
        if register:
            self.memory[self.at] = value
            self.at = (self.at + 1) % 128
        elif value & 0x80:
            self.at = value & 0x7F
        elif value & 0x40:
            self.at = 0x60  # letters of one's own: nothing that is shown
        elif value & 0x20:
            self.four_bits, self.half = not value & 0x10, None
            self.busy_until_us = self.us + (4100 if self.taken == 1 else 100 if value & 0x10 else 37)
        elif value & 0x08:
            self.on = bool(value & 4)

    def rows(self) -> tuple[str, str]:
        return self.memory[0:16].decode("ascii"), self.memory[0x40:0x50].decode("ascii")


@pytest.fixture
def bus(tmp_path):
    """I2C bus 1 as far as a file can be one: it takes bytes in order."""
    (tmp_path / "i2c-1").touch()
    return tmp_path


def test_a_display_that_was_just_switched_on_shows_both_lines():
    display = Hd44780()
    display.put(page(WORDS.lcd))
    assert display.rows() == ("DA GHI 07:28    ", "TRAN T. PHUONG  ")
    assert (display.on, display.lit) == (True, True)


def test_nothing_of_the_former_words_stays():
    display = Hd44780()
    display.put(page(("XIN MOI QUET THE", "0123456789ABCDEF")))
    display.put(page(("THE", "")))
    assert display.rows() == ("THE".ljust(16), " " * 16)


@pytest.mark.parametrize(
    "extra", [bytes([0x48, 0x4C, 0x48]), bytes([0x09, 0x0D, 0x09, 0xF9, 0xFD, 0xF9, 0x29, 0x2D, 0x29])]
)
def test_a_display_that_took_half_a_byte_too_many_is_right_at_the_next_page(extra):
    display = Hd44780()
    display.put(page(WORDS.lcd))
    display.put(extra)
    display.put(page(WORDS.lcd))
    assert display.rows() == ("DA GHI 07:28    ", "TRAN T. PHUONG  ")


def test_a_display_that_lost_its_power_is_right_at_the_next_page():
    old, fresh = Hd44780(), Hd44780()
    old.put(page(WORDS.lcd))
    fresh.put(page(WORDS.lcd))
    assert fresh.rows() == old.rows()


@pytest.mark.parametrize("phrase", [*PHRASES.values(), ARRIVED, FIELD_OUT, FIELD_IN], ids=lambda phrase: phrase.lcd)
def test_every_phrase_stands_on_the_display_as_it_is_written(phrase):
    line = phrase.lcd.format(time="07:28", minutes=120, badge="****B2F9")
    assert len(line) <= LCD_COLUMNS
    display = Hd44780()
    display.put(page((line, "")))
    assert display.rows()[0] == line.ljust(16)


def test_a_bus_that_is_no_bus_says_what_to_look_at(bus):
    display = Lcd(DisplaySettings(kind="lcd"), bus)
    with pytest.raises(DisplayError, match=r"i2c-1: .*; switch I2C on \(raspi-config\) and see i2cdetect -y 1"):
        display.open()
    display.close()
    with pytest.raises(DisplayError, match="No such file"):
        Lcd(DisplaySettings(kind="lcd", bus=7), bus).open()


def test_closing_leaves_the_display_dark(tmp_path):
    """Over a pipe instead of the bus, which takes the bytes as they are sent."""
    display = Lcd(DisplaySettings(kind="lcd"), tmp_path)
    ours, theirs = os.pipe()
    display._handle = theirs
    display.write(WORDS)
    display.close()
    model = Hd44780()
    model.put(os.read(ours, 65536))
    os.close(ours)
    assert (model.on, model.lit) == (False, False)
    with pytest.raises(OSError):
        os.fstat(theirs)
