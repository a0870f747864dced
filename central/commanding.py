"""Commands to stations (wire: `cmd`): given by a person, kept, and sent until they are answered or expire."""

from collections.abc import Mapping
from dataclasses import dataclass

from central import enrol
from central.clock import Clock
from central.errors import CentralError
from central.store import Store, orders
from central.store.fleet import TERMINAL_KEY
from central.store.orders import Order
from edge.wire.command import MODES, OPERATIONS, Command, encode_command
from edge.wire.notes import Sign

VALID_MS = 600_000
"""A station that comes back later does nothing of it: nobody expects it any more."""
AGAIN_MS = 15_000
"""How often a command without an answer is sent: it is done once, whatever comes twice."""
MOST_MODE_S = 600
LANGUAGES = ("vi", "en")


class CommandError(CentralError, ValueError):
    """A command that cannot be given; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A payload for `dd/1/{device}/cmd`."""

    device: str
    payload: bytes


def command_station(
    store: Store, code: str, operation: str, arguments: Mapping[str, str], by: str, id_: str, now_ms: int
) -> Order:
    """Give a command to the station of a door. id_: random, 64 characters at most. Raises CommandError,
    UnknownDeviceError."""
    row = enrol.device_of(store, code)
    if row.key in ("", TERMINAL_KEY) or row.revoked_ms is not None:
        raise CommandError(f"{code} has no station that could be commanded")
    order = Order(row.id, id_, operation, _checked(operation, arguments), by, now_ms)
    with store.write() as db:
        orders.give(db, order)
    return order


def _checked(operation: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments that an operation takes, others left out."""
    if operation not in OPERATIONS:
        raise CommandError(f"{operation!r} is none of {', '.join(sorted(OPERATIONS))}")
    taken = {name: arguments.get(name, "") for name in ARGUMENTS.get(operation, ())}
    if operation == "doctor" and taken["lang"] not in LANGUAGES:
        raise CommandError(f"lang: {taken['lang']!r} is none of {', '.join(LANGUAGES)}")
    if operation == "reader_mode":
        _check_mode(taken)
    return taken


ARGUMENTS = {"doctor": ("lang",), "reader_mode": ("reader", "mode", "seconds")}
"""Operation -> what it has to be told (`edge/README.md`)."""


def _check_mode(taken: Mapping[str, str]) -> None:
    seconds = taken["seconds"]
    if not 0 < len(taken["reader"]) <= 32 or not taken["reader"].isprintable():
        raise CommandError("reader: name one of the door's readers")
    if taken["mode"] not in MODES:
        raise CommandError(f"mode: {taken['mode']!r} is none of {', '.join(sorted(MODES))}")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 5 and 0 < int(seconds) <= MOST_MODE_S):
        raise CommandError(f"seconds: {seconds!r} is no whole number from 1 to {MOST_MODE_S}")


class Commander:
    """Says which commands are to be sent at this moment. One thread asks; several collectors may, each its own."""

    def __init__(self, store: Store, clock: Clock, sign: Sign) -> None:
        self._store, self._clock, self._sign = store, clock, sign
        self._sent_ms: dict[str, int] = {}

    def due(self) -> list[Sending]:
        """Commands that have no answer: at once, and again after a while, until they expire."""
        now_ms = self._clock.now_ms()
        with self._store.read() as db:
            found = orders.waiting(db, now_ms - VALID_MS)
        sent = {one.id: self._sent_ms[one.id] for one in found if one.id in self._sent_ms}
        again = [one for one in found if now_ms - sent.get(one.id, now_ms - AGAIN_MS) >= AGAIN_MS]
        self._sent_ms = sent | {one.id: now_ms for one in again}
        return [Sending(one.device, self._payload(one)) for one in again]

    def _payload(self, order: Order) -> bytes:
        arguments = tuple(order.arguments.items())
        command = Command(order.device, order.id, order.at_ms + VALID_MS, order.operation, arguments)
        return encode_command(command, self._sign)
