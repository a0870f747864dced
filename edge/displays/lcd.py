"""A 16x2 character display with an HD44780 behind a PCF8574 on I2C. Needs RPLCD and smbus2 (extra `lcd`).

Its character generator has no Vietnamese: it is given the folded phrases (`edge.phrases`).
"""

from importlib import import_module
from typing import Any

from edge.displays.display import DisplayError, Words
from edge.phrases import LCD_COLUMNS
from edge.settings import DisplaySettings

ADDRESS = 0x27


class Lcd:
    """The display at `display.address` (0x27 where none is set) of I2C bus `display.bus`."""

    def __init__(self, settings: DisplaySettings) -> None:
        self._settings = settings
        self._device: Any = None

    def open(self) -> None:
        """Take it. Raises DisplayError without RPLCD, OSError when nothing answers."""
        try:
            module = import_module("RPLCD.i2c")
        except ImportError as error:
            raise DisplayError('the LCD needs RPLCD and smbus2: pip install "diemdanh[lcd]"') from error
        address = self._settings.address or ADDRESS
        self._device = module.CharLCD("PCF8574", address, port=self._settings.bus, cols=LCD_COLUMNS, rows=2)

    def write(self, words: Words) -> None:
        """Both lines whole, padded, so that nothing of the former words stays. Raises OSError."""
        for row, line in enumerate(words.lcd):
            self._device.cursor_pos = (row, 0)
            self._device.write_string(line[:LCD_COLUMNS].ljust(LCD_COLUMNS))

    def close(self) -> None:
        """Dark and free."""
        device, self._device = self._device, None
        if device is not None:
            device.close(clear=True)
