"""Card readers: bytes in, badges out. Pure.

To add one: write a module here, add one line to DRIVERS, add its recorded bytes; the shared suite in
tests/edge/readers then runs by itself. Transports are in edge/ports.py, acceptance for all drivers in acceptance.py.
"""

from collections.abc import Callable

from edge.readers.em4100 import Em4100Raw, Id12la, Rdm6300
from edge.readers.gwiot import Gwiot7941e
from edge.readers.keyboard import KeyboardReader
from edge.readers.pn532 import Pn532
from edge.readers.profile import Profile
from edge.readers.reader import BadInput, EventKind, Level, Reader, ReaderEvent
from edge.readers.wiegand import Wiegand26, Wiegand34

__all__ = ["DRIVERS", "PROFILED", "BadInput", "EventKind", "Level", "Reader", "ReaderEvent"]

DRIVERS: dict[str, Callable[[str], Reader]] = {
    "rdm6300": Rdm6300,
    "id12la": Id12la,
    "em4100_raw": Em4100Raw,
    "gwiot7941e": Gwiot7941e,
    "pn532_hsu": Pn532,
    "wiegand26": Wiegand26,
    "wiegand34": Wiegand34,
    "hid_evdev": KeyboardReader,
}
"""Name in the settings -> makes the driver of one reader, given its id."""

PROFILED: dict[str, Callable[[str, Profile], Reader]] = {"wiegand34": Wiegand34, "hid_evdev": KeyboardReader}
"""Those of them whose numbers mean nothing without the reader's profile."""
