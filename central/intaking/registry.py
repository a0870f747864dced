"""Registered devices and badge holders, remembered between transactions and read again when a shared counter moved."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from central.keys import verifier
from central.store import fleet
from central.store.fleet import TERMINAL_KEY, DeviceRow
from edge.wire.notes import Verify

UNREGISTERED = "unregistered"


@dataclass(frozen=True, slots=True)
class Unwelcome:
    """Why nothing is taken from a device: UNREGISTERED or `revoked`."""

    code: str
    problem: str


class Registry:
    """Who may send. One thread uses it.

    stationless: doors that still wait for their station may, too; what is replayed from files comes from no station.
    """

    def __init__(self, *, stationless: bool = False) -> None:
        self._stationless = stationless
        self._counters: tuple[int, int] | None = None
        self._devices: dict[str, DeviceRow] = {}
        self._verifiers: dict[str, Verify] = {}
        self.holders: Mapping[str, tuple[str, ...]] = {}

    def refresh(self, db: sa.Connection) -> None:
        """Read again what changed since the last time."""
        counters = fleet.counters(db)
        now = (counters.get("devices", 0), counters.get("roster", 0))
        if now != self._counters:
            self._devices = {row.id: row for row in fleet.devices(db) if self._may_send(row)}
            self._verifiers = {}
            self.holders = fleet.holders(db)
            self._counters = now

    def behind(self, db: sa.Connection) -> bool:
        """Whether a device was registered since the last refresh; nobody can register one until this transaction
        ends."""
        return self._counters is None or fleet.devices_count_held(db) != self._counters[0]

    def _may_send(self, row: DeviceRow) -> bool:
        """A terminal of another maker has no key: whoever sends in its name is a stranger."""
        return row.key != TERMINAL_KEY and bool(row.key or self._stationless)

    def unwelcome(self, device: str) -> Unwelcome | None:
        """Why `device` is refused, None when it is welcome."""
        row = self._devices.get(device)
        if row is None:
            return Unwelcome(UNREGISTERED, f"{device} is not registered: diemdanh-central device add")
        if row.revoked_ms is not None:
            return Unwelcome("revoked", f"{device} ({row.code}) is revoked")
        return None

    def verify(self, device: str) -> Verify:
        """How to check a signature of a registered device."""
        found = self._verifiers.get(device)
        if found is None:
            found = self._verifiers[device] = verifier(self._devices[device].key)
        return found
