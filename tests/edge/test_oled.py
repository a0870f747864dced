"""Vietnamese on a graphic display: every phrase is drawn by the library that drives the real one, and looked at.

`python -m tests.edge.phrase_pictures FILE.png` makes the picture for people.
"""

from pathlib import Path

import pytest
from luma.core.device import dummy
from PIL import Image, ImageDraw, ImageFont

from edge.displays import DisplayError, Words
from edge.displays.oled import LEAST_PX, LETTERS, Oled, laid_out
from edge.settings import DisplaySettings
from tests.edge.phrase_pictures import HEIGHT_PX, NAMES, WIDTH_PX, pages, picture

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = "\u0300\u0301\u0303\u0309\u0323"


def ink(image: Image.Image) -> int:
    return sum(1 for value in image.convert("L").tobytes() if value)


def font(size_px: int):
    return ImageFont.truetype("DejaVuSans.ttf", size_px)


@pytest.mark.parametrize("words", pages(), ids=lambda words: words.lines[0])
def test_every_phrase_stands_whole_on_the_display(words):
    """Drawn with much room around it there is as much ink: no mark above, no tail below, no end is cut off."""
    rows = laid_out(words.lines, WIDTH_PX, HEIGHT_PX, font)
    roomy = Image.new("1", (WIDTH_PX + 200, HEIGHT_PX + 200))
    draw, top = ImageDraw.Draw(roomy), 100
    for row in rows:
        draw.text((100, top - row.above_px), row.text, font=row.font, fill=1)
        top += row.height_px
    assert ink(picture(words)) == ink(roomy)
    assert " ".join(row.text for row in rows) == " ".join(words.lines)


def test_what_happened_is_larger_than_the_name_and_the_name_is_legible():
    for words in pages():
        rows = laid_out(words.lines, WIDTH_PX, HEIGHT_PX, font)
        assert rows[0].height_px >= rows[-1].height_px
        assert rows[-1].height_px >= LEAST_PX


def test_what_does_not_fit_at_all_is_cut_at_the_bottom_and_nothing_fails():
    assert ink(picture(Words((" ".join(NAMES) * 3, NAMES[2] * 2), ("", ""))))


def test_every_vietnamese_letter_is_asked_of_a_font():
    from unicodedata import normalize

    wanted = {
        normalize("NFC", letter + tone) for letter in VIETNAMESE for tone in ("", *TONES) if letter in "aăâeêioôơuưy"
    }
    wanted |= {letter.upper() for letter in wanted} | set("đĐ")
    assert {letter for letter in wanted if ord(letter) > 0xFF} <= set(LETTERS)


def test_a_font_without_vietnamese_is_refused_and_not_shown_as_boxes(tmp_path):
    poor = Path(tmp_path / "poor.ttf")
    poor.write_bytes(b"no font at all")
    oled = Oled(DisplaySettings(kind="oled", font=poor), dummy(width=WIDTH_PX, height=HEIGHT_PX, mode="1"))
    with pytest.raises(DisplayError, match=r"no font .*poor.ttf with all Vietnamese letters: apt install fonts-dejavu"):
        oled.open()


def test_a_display_that_is_not_on_the_bus_says_so(tmp_path):
    with pytest.raises(DisplayError, match=r"the OLED does not answer .*i2cdetect -y 77"):
        Oled(DisplaySettings(kind="oled", bus=77)).open()
