"""Every phrase of the door as an OLED shows it, one picture with all of them: to be looked at.

python -m tests.edge.phrase_pictures FILE.png
"""

import sys
from pathlib import Path

from luma.core.device import dummy
from PIL import Image

from edge.displays import Words
from edge.displays.oled import Oled
from edge.phrases import ARRIVED, FIELD_IN, FIELD_OUT, PHRASES
from edge.settings import DisplaySettings

WIDTH_PX, HEIGHT_PX, APART_PX, ACROSS = 128, 64, 6, 3
NAMES = ("Nguyễn Thị Ánh Tuyết", "Đỗ Hữu Phước", "Huỳnh Nguyễn Thụy Phương Quỳnh")


def pages() -> list[Words]:
    """Every phrase with a name below it, in turn a usual, a short and a long one."""
    phrases = [*PHRASES.values(), ARRIVED, FIELD_OUT, FIELD_IN]
    filled = [phrase.screen.format(time="07:28", minutes=120, badge="****B2F9") for phrase in phrases]
    idle = [Words(("Xin mời quẹt thẻ", "07:28", "Mất mạng, vẫn ghi"), ("", ""))]
    return [Words((text, NAMES[number % 3]), ("", "")) for number, text in enumerate(filled)] + idle


def picture(words: Words) -> Image.Image:
    """What a display of 128 by 64 shows, black and white."""
    device = dummy(width=WIDTH_PX, height=HEIGHT_PX, mode="1")
    oled = Oled(DisplaySettings(kind="oled"), device)
    oled.open()
    oled.write(words)
    return device.image.copy()


def sheet() -> Image.Image:
    """All of them, twice as large."""
    shown = [
        picture(words).convert("L").resize((2 * WIDTH_PX, 2 * HEIGHT_PX), Image.Resampling.NEAREST) for words in pages()
    ]
    across, down = 2 * WIDTH_PX + APART_PX, 2 * HEIGHT_PX + APART_PX
    whole = Image.new("L", (ACROSS * across, -(-len(shown) // ACROSS) * down), 128)
    for number, one in enumerate(shown):
        whole.paste(one, (number % ACROSS * across, number // ACROSS * down))
    return whole


if __name__ == "__main__":
    sheet().save(Path(sys.argv[1]))
