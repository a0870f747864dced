"""Displays: what may stand beside the lights. To add one: a file here, a line in DISPLAYS.

A file imports its library when it is opened, so that a door without that display needs no library. What a display
raises is an OSError, an ImportError or a DisplayError: a display that fails is a warning and never stops the door.
"""

from collections.abc import Callable

from edge.displays.display import Display, DisplayError, Words
from edge.displays.lcd import Lcd
from edge.displays.oled import Oled
from edge.displays.text import Text
from edge.settings import DisplaySettings

__all__ = ["DISPLAYS", "Display", "DisplayError", "Words"]

DISPLAYS: dict[str, Callable[[DisplaySettings], Display]] = {"text": Text, "lcd": Lcd, "oled": Oled}
"""Setting `display.kind` -> makes the display; `none` has none."""
