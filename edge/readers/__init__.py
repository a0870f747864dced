"""Card readers: bytes in, badges out. Pure.

To add one: write a module here, add one line to DRIVERS, add its recorded bytes; the shared suite in
tests/edge/readers then runs by itself. Transports are in edge/ports.py, acceptance for all drivers in acceptance.py.
"""

from collections.abc import Callable

from edge.readers.em4100 import Em4100Raw, Id12la, Rdm6300
from edge.readers.reader import BadInput, EventKind, Level, Reader, ReaderEvent

__all__ = ["DRIVERS", "BadInput", "EventKind", "Level", "Reader", "ReaderEvent"]

DRIVERS: dict[str, Callable[[str], Reader]] = {
    "rdm6300": Rdm6300,
    "id12la": Id12la,
    "em4100_raw": Em4100Raw,
}
"""Name in the settings -> makes the driver of one reader, given its id."""
