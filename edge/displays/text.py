"""A display that takes lines of UTF-8: a terminal on a serial line, a small computer's screen, a file."""

import os
from contextlib import suppress

from edge.displays.display import DisplayError, Words
from edge.settings import DisplaySettings

CLEAR = "\f"
"""A form feed begins each page, as on printers and vacuum displays."""


class Text:
    """Writes each page to `display.port`; what nobody reads there does not block the door."""

    def __init__(self, settings: DisplaySettings) -> None:
        self._path = settings.port
        self._handle = -1

    def open(self) -> None:
        """Open the port. Raises OSError."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        self._handle = os.open(self._path, flags)

    def write(self, words: Words) -> None:
        """One page, one write. Raises OSError."""
        page = (CLEAR + "\r\n".join(words.lines) + "\r\n").encode()
        if os.write(self._handle, page) != len(page):
            raise DisplayError(f"{self._path}: the display takes no more; is it switched on?")

    def close(self) -> None:
        """Give the port back."""
        if self._handle >= 0:
            with suppress(OSError):
                os.close(self._handle)
            self._handle = -1
