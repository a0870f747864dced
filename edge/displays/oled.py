"""A graphic display with an SSD1306, SH1106 or alike on I2C. Needs luma.oled and a font (of apt, or extra `oled`).

It shows Vietnamese with all its marks, in a font that has all letters: DejaVu Sans, or Liberation Sans 2. What Debian
calls fonts-liberation is version 1 in bookworm, which draws boxes; so letters are looked at and not believed.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from edge.displays.display import DisplayError, Words
from edge.settings import DisplaySettings

ADDRESS = 0x3C
FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf")
MOST_PX, OTHERS_PX, LEAST_PX = 24, 13, 10
LETTERS = "ĂÂĐÊÔƠƯăâđêôơưẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĨĩŨũ"
TALL = "ẨỆgỵ"
"""The highest marks and the lowest."""
NOWHERE = "\U0010fffe"
"""What no font has."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of text. above_px: from where the font begins to where its letters do."""

    text: str
    font: Any
    width_px: int
    above_px: int
    height_px: int


class Oled:
    """The display of type `display.chip` at `display.address` (0x3C where none is set) of I2C bus `display.bus`.

    device: an open luma device instead of that one (a window, a picture).
    """

    def __init__(self, settings: DisplaySettings, device: Any = None) -> None:
        self._settings = settings
        self._device = device
        self._sizes: dict[int, Any] = {}

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
            raise DisplayError(f"the OLED needs luma.oled ({error}): apt install python3-luma.oled") from error
        except import_module("luma.core.error").Error as error:
            raise DisplayError(f"the OLED does not answer ({error}); see i2cdetect -y {self._settings.bus}") from error

    def write(self, words: Words) -> None:
        """The first line as large as it fits, the others below it; broken between words. Raises OSError."""
        with self._canvas(self._device) as draw:
            top = 0
            for row in laid_out(words.lines, self._device.width, self._device.height, self._font):
                draw.text((0, top - row.above_px), row.text, font=row.font, fill="white")
                top += row.height_px

    def close(self) -> None:
        """Dark and free."""
        device, self._device = self._device, None
        if device is not None:
            device.cleanup()

    def _font(self, size_px: int) -> Any:
        """A font with every Vietnamese letter. Raises DisplayError when this computer has none."""
        if size_px not in self._sizes:
            self._sizes[size_px] = self._whole_font(size_px)
        return self._sizes[size_px]

    def _whole_font(self, size_px: int) -> Any:
        names = (str(self._settings.font),) if self._settings.font else FONTS
        for name in names:
            with suppress(OSError):
                font = self._fonts.truetype(name, size_px)
                if _whole(font):
                    return font
        raise DisplayError(
            f"no font {' or '.join(names)} with all Vietnamese letters: apt install fonts-dejavu-core, or set "
            "[display] font"
        )


def laid_out(lines: Sequence[str], width_px: int, height_px: int, font: Callable[[int], Any]) -> list[Row]:
    """What stands where: the first line as large as room is left by the others, which take a row each if they can.

    font: of a size. What does not even fit in the smallest size is cut at the bottom.
    """
    for most_px in range(OTHERS_PX, LEAST_PX - 1, -1):
        below = [row for line in lines[1:] for row in _small(line, most_px, width_px, font)]
        room_px = height_px - sum(row.height_px for row in below)
        for size_px in range(MOST_PX, most_px - 1, -1):
            rows = _broken(lines[0], width_px, font(size_px))
            if sum(row.height_px for row in rows) <= room_px and all(row.width_px <= width_px for row in rows):
                return [*rows, *below]
    return [*rows, *below]


def _small(line: str, most_px: int, width_px: int, font: Callable[[int], Any]) -> list[Row]:
    """One row if a size allows it, else as many as the smallest needs."""
    for size_px in range(most_px, LEAST_PX - 1, -1):
        rows = _broken(line, width_px, font(size_px))
        if len(rows) == 1:
            break
    return rows


def _broken(line: str, width_px: int, font: Any) -> list[Row]:
    """`line` in as few rows as the width allows; a word is never broken."""
    texts: list[str] = []
    for word in line.split():
        longer = f"{texts[-1]} {word}" if texts else word
        if texts and font.getlength(longer) <= width_px:
            texts[-1] = longer
        else:
            texts.append(word)
    _, above_px, _, below_px = font.getbbox(TALL)
    return [Row(text, font, math.ceil(font.getlength(text)), above_px, below_px - above_px + 1) for text in texts]


def _whole(font: Any) -> bool:
    """Whether every letter is drawn and none is the box that stands for letters which a font has not."""
    box = bytes(font.getmask(NOWHERE))
    return all(bytes(font.getmask(letter)) != box for letter in LETTERS)
