"""A graphic display with an SSD1306, SH1106 or alike on I2C. Needs luma.oled and a font (extra `oled`).

It shows Vietnamese with all its marks, in a font that has all 134 letters: Liberation Sans 2 or DejaVu Sans.
"""

from importlib import import_module
from typing import Any

from edge.displays.display import DisplayError, Words
from edge.settings import DisplaySettings

ADDRESS = 0x3C
FONTS = ("LiberationSans-Regular.ttf", "DejaVuSans.ttf")
MOST_PX, LEAST_PX = 24, 10


class Oled:
    """The display of type `display.chip` at `display.address` (0x3C where none is set) of I2C bus `display.bus`.

    device: an open luma device instead of that one (a window, a picture).
    """

    def __init__(self, settings: DisplaySettings, device: Any = None) -> None:
        self._settings = settings
        self._device = device

    def open(self) -> None:
        """Take it. Raises DisplayError without luma.oled or a font, OSError when nothing answers."""
        try:
            self._canvas = import_module("luma.core.render").canvas
            self._fonts = import_module("PIL.ImageFont")
            self._font(MOST_PX)
            if self._device is None:
                serial = import_module("luma.core.interface.serial")
                chips = import_module("luma.oled.device")
                bus = serial.i2c(port=self._settings.bus, address=self._settings.address or ADDRESS)
                self._device = getattr(chips, self._settings.chip)(bus)
        except (ImportError, AttributeError) as error:
            raise DisplayError(f'the OLED needs luma.oled ({error}): pip install "diemdanh[oled]"') from error
        except import_module("luma.core.error").Error as error:
            raise DisplayError(f"the OLED does not answer ({error}); see i2cdetect -y {self._settings.bus}") from error

    def write(self, words: Words) -> None:
        """Each line as large as it fits. Raises OSError."""
        room = self._device.height // max(1, len(words.lines))
        with self._canvas(self._device) as draw:
            for row, line in enumerate(words.lines):
                draw.text((0, row * room), line, font=self._fitting(line, room), fill="white")

    def close(self) -> None:
        """Dark and free."""
        device, self._device = self._device, None
        if device is not None:
            device.cleanup()

    def _fitting(self, line: str, room_px: int) -> Any:
        """The largest font in which `line` fits the width, at least a legible one."""
        for size_px in range(min(MOST_PX, room_px - 2), LEAST_PX, -1):
            font = self._font(size_px)
            if font.getlength(line) <= self._device.width:
                return font
        return self._font(LEAST_PX)

    def _font(self, size_px: int) -> Any:
        names = (str(self._settings.font),) if self._settings.font else FONTS
        for name in names:
            try:
                return self._fonts.truetype(name, size_px)
            except OSError:
                continue
        raise DisplayError(f"no font {' or '.join(names)}: apt install fonts-liberation2, or set [display] font")
