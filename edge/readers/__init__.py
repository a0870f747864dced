"""Card readers: bytes in, badges out. Pure.

To add one: write a module here, add one line to DRIVERS, add its recorded bytes; the shared suite in
tests/edge/readers then runs by itself. Transports are in edge/ports.py, acceptance for all drivers in acceptance.py.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from edge.readers.reader import BadInput, EventKind, Level, Reader, ReaderEvent

if TYPE_CHECKING:
    from edge.readers.profile import Profile

__all__ = ["DRIVERS", "PROFILED", "BadInput", "EventKind", "Level", "Reader", "ReaderEvent"]


def _driver(module: str, name: str) -> "Callable[..., Reader]":
    """Imported when it is first made: a station on a small computer carries only the drivers of its own readers."""

    def make(reader_id: str, *profile: "Profile") -> Reader:
        made: Reader = getattr(import_module(f"edge.readers.{module}"), name)(reader_id, *profile)
        return made

    return make


DRIVERS: Mapping[str, Callable[[str], Reader]] = {
    "rdm6300": _driver("em4100", "Rdm6300"),
    "id12la": _driver("em4100", "Id12la"),
    "em4100_raw": _driver("em4100", "Em4100Raw"),
    "gwiot7941e": _driver("gwiot", "Gwiot7941e"),
    "pn532_hsu": _driver("pn532", "Pn532"),
    "wiegand26": _driver("wiegand", "Wiegand26"),
    "wiegand34": _driver("wiegand", "Wiegand34"),
    "hid_evdev": _driver("keyboard", "KeyboardReader"),
}
"""Name in the settings -> makes the driver of one reader, given its id."""

PROFILED: "Mapping[str, Callable[[str, Profile], Reader]]" = {
    "wiegand34": _driver("wiegand", "Wiegand34"),
    "hid_evdev": _driver("keyboard", "KeyboardReader"),
}
"""Those of them whose numbers mean nothing without the reader's profile."""
