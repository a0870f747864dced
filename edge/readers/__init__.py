"""Card readers: bytes in, badges out. Pure.

To add one: write a module here, a function and a line in DRIVERS, and its recorded bytes; the shared suite in
tests/edge/readers then runs by itself. Transports are in edge/ports, acceptance for all drivers in acceptance.py.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edge.readers.reader import BadInput, EventKind, Level, Reader, ReaderEvent

if TYPE_CHECKING:
    from edge.readers.profile import Profile

__all__ = ["DRIVERS", "PROFILED", "BadInput", "EventKind", "Level", "Reader", "ReaderEvent"]


# Each driver is imported when it is first made: a station on a small computer carries only those of its own readers.


def _rdm6300(reader_id: str) -> Reader:
    from edge.readers.em4100 import Rdm6300

    return Rdm6300(reader_id)


def _id12la(reader_id: str) -> Reader:
    from edge.readers.em4100 import Id12la

    return Id12la(reader_id)


def _em4100_raw(reader_id: str) -> Reader:
    from edge.readers.em4100 import Em4100Raw

    return Em4100Raw(reader_id)


def _gwiot7941e(reader_id: str) -> Reader:
    from edge.readers.gwiot import Gwiot7941e

    return Gwiot7941e(reader_id)


def _pn532_hsu(reader_id: str) -> Reader:
    from edge.readers.pn532 import Pn532

    return Pn532(reader_id)


def _wiegand26(reader_id: str) -> Reader:
    from edge.readers.wiegand import Wiegand26

    return Wiegand26(reader_id)


def _wiegand34(reader_id: str, profile: "Profile | None" = None) -> Reader:
    from edge.readers.wiegand import Wiegand34

    return Wiegand34(reader_id, profile)


def _hid_evdev(reader_id: str, profile: "Profile | None" = None) -> Reader:
    from edge.readers.keyboard import KeyboardReader

    return KeyboardReader(reader_id, profile)


DRIVERS: Mapping[str, Callable[[str], Reader]] = {
    "rdm6300": _rdm6300,
    "id12la": _id12la,
    "em4100_raw": _em4100_raw,
    "gwiot7941e": _gwiot7941e,
    "pn532_hsu": _pn532_hsu,
    "wiegand26": _wiegand26,
    "wiegand34": _wiegand34,
    "hid_evdev": _hid_evdev,
}
"""Name in the settings -> makes the driver of one reader, given its id."""

PROFILED: "Mapping[str, Callable[[str, Profile], Reader]]" = {
    "wiegand34": _wiegand34,
    "hid_evdev": _hid_evdev,
}
"""Those of them whose numbers mean nothing without the reader's profile."""
