"""A 16x2 character display with an HD44780 behind a PCF8574 on I2C, the usual backpack. Needs no library.

Its character generator has no Vietnamese: it is given the folded phrases (`edge.phrases`). The expander's eight outputs
are the display's wires: RS, R/W, E, backlight, D4 to D7. A page is one write of them, one byte after the other, and
begins with the display's way into four bits (HD44780U data sheet, figure 24): so a display that lost its power, or half
a byte to a spark, is right again at the next page. The bus is the clock: at 400 kHz a byte takes 22 µs.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from edge.displays.display import DisplayError, Words
from edge.phrases import LCD_COLUMNS
from edge.settings import DisplaySettings

ADDRESS = 0x27
_I2C_SLAVE = 0x0703  # linux/i2c-dev.h
_RS, _E, _BACKLIGHT = 1, 4, 8
_LONG, _SHORT = 200, 6
"""Bytes that last 4.1 ms and 100 µs at 400 kHz."""
_FOUR_BITS_TWO_LINES, _DISPLAY_ON, _ENTRY, _DISPLAY_OFF = 0x28, 0x0C, 0x06, 0x08
_ROWS = (0x80, 0xC0)


def page(lines: tuple[str, str]) -> bytes:
    """What the expander is to put out, byte after byte, so that the display shows `lines` and nothing else."""
    sent = bytearray()
    for wait in (_LONG, _SHORT, _SHORT):
        sent += _nibble(0x30, 0) + bytes([_BACKLIGHT]) * wait
    sent += _nibble(0x20, 0) + bytes([_BACKLIGHT]) * _SHORT
    for command in (_FOUR_BITS_TWO_LINES, _ENTRY, _DISPLAY_ON):
        sent += _byte(command, 0)
    for row, line in zip(_ROWS, lines, strict=True):
        sent += _byte(row, 0)
        for character in line[:LCD_COLUMNS].ljust(LCD_COLUMNS).encode("ascii", "replace"):
            sent += _byte(character, _RS)
    return bytes(sent)


def _byte(value: int, register: int) -> bytes:
    return _nibble(value & 0xF0, register) + _nibble(value << 4 & 0xF0, register)


def _nibble(value: int, register: int, light: int = _BACKLIGHT) -> bytes:
    """The wires first, then E up, then E down: the display takes them as E falls."""
    wires = value | register | light
    return bytes([wires, wires | _E, wires])


class Lcd:
    """The display at `display.address` (0x27 where none is set) of I2C bus `display.bus`.

    devices: where the system keeps its devices.
    """

    def __init__(self, settings: DisplaySettings, devices: Path = Path("/dev")) -> None:
        self._bus = devices / f"i2c-{settings.bus}"
        self._address = settings.address or ADDRESS
        self._handle = -1

    def open(self) -> None:
        """Take it. Raises DisplayError when there is no such bus, OSError when it cannot be had."""
        try:
            self._handle = os.open(self._bus, os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(self._handle, _I2C_SLAVE, self._address)
        except OSError as error:
            raise DisplayError(
                f"{self._bus}: {error.strerror}; switch I2C on (raspi-config) and see i2cdetect -y {self._bus.name[4:]}"
            ) from error

    def write(self, words: Words) -> None:
        """Both lines whole, so that nothing of the former words stays. Raises OSError when nothing answers."""
        self._send(page(words.lcd))

    def _send(self, content: bytes) -> None:
        if os.write(self._handle, content) != len(content):
            raise DisplayError(f"{self._bus}: the display at {self._address:#x} took half a page; see its wires")

    def close(self) -> None:
        """Dark and free."""
        if self._handle >= 0:
            with suppress(OSError):
                self._send(b"".join(_nibble(value, 0, light=0) for value in (0, _DISPLAY_OFF << 4 & 0xF0)))
            os.close(self._handle)
            self._handle = -1
