"""The device registry: who may send, under which key, and at whose door.

Registering releases what the device sent before: it waits in quarantine and goes through intake like anything else.
"""

from dataclasses import replace

import sqlalchemy as sa

from central.errors import CentralError
from central.intaking.reading import Message
from central.intaking.registry import UNREGISTERED
from central.keys import decode_key
from central.store import Store, decisions, fleet, quarantine, trust
from central.store.decisions import Decision
from central.store.fleet import DeviceRow
from central.unknown import unknown_device, unknown_unit
from edge.wire.text import is_device_id


class RegistryError(CentralError, ValueError):
    """A device cannot be registered like this; the message says what stands against it."""


def add_device(
    store: Store,
    code: str,
    device: str,
    key: str,
    unit: str | None,
    location: str,
    now_ms: int,
    *,
    replace_station: bool = False,
) -> list[Message]:
    """Register a device; returns the messages that waited for it, to be given to `Collector.process`.

    code: what people call it; device: its permanent id; key: its public key in base64url. replace_station: the code is
    registered already, with a wrong key, or with a wrong id under which nothing ever came. Raises RegistryError for an
    id, code or key that cannot be or is taken, UnknownUnitError, KeyFileError for a key that is none.
    """
    decode_key(key)
    if not is_device_id(device):
        raise RegistryError(f"device id {device!r} is not 4 to 40 of a-z, 0-9 and '-'; the station shows its own")
    if not code.strip():
        raise RegistryError("a device needs a code that people call it by, such as D-X01")
    row = DeviceRow(device, code, unit, location, key, now_ms, None, None)
    try:
        with store.write() as db:
            check_unit(db, unit)
            register(db, row, replace_station=replace_station)
            waiting = quarantine.release(db, device, UNREGISTERED, now_ms)
    except sa.exc.IntegrityError as error:
        raise RegistryError(f"device {device} or code {code} was registered a moment ago by somebody else") from error
    return [Message(m.topic, m.payload, m.received_ms) for m in waiting]


def check_unit(db: sa.Connection, unit: str | None) -> None:
    """Raises UnknownUnitError for a unit that never was; None = no unit."""
    codes = fleet.unit_codes(db)
    if unit is None or unit in codes:
        return
    raise unknown_unit(unit, codes)


def register(db: sa.Connection, row: DeviceRow, *, replace_station: bool) -> None:
    """One more station, or the one for which a door waits. Raises RegistryError."""
    door = None
    for other in fleet.devices(db):
        if other.code == row.code and (not other.key or replace_station):
            door = other
        else:
            _refuse_taken(other, row)
    if door is not None and door.key:
        _replace(db, door, row)
    if door is None:
        fleet.insert_device(db, row)
    else:
        # An imported door waits under this code; what the command leaves open stays as it was imported.
        fleet.fill_door(db, replace(row, unit=row.unit or door.unit, location=row.location or door.location))


def _replace(db: sa.Connection, door: DeviceRow, row: DeviceRow) -> None:
    if door.id != row.id and fleet.has_sent(db, door.id):
        raise RegistryError(
            f"{row.code} is station {door.id}, whose events are stored: they stay its own; "
            f"`device revoke {row.code}` and register {row.id} under another code, or `enrol open {row.code} --replace`"
        )
    what = "another key" if door.id == row.id else f"id {row.id} instead of {door.id}"
    decisions.record(db, Decision(row.id, "replaced", f"{row.code}: {what}", "", "", row.registered_ms))


def _refuse_taken(other: DeviceRow, row: DeviceRow) -> None:
    if other.id == row.id:
        raise RegistryError(
            f"device {row.id} is registered already, as {other.code}; "
            f"with a wrong key: `device add {other.code} --id {row.id} --key KEY --replace`"
        )
    if other.code == row.code:
        raise RegistryError(
            f"code {row.code} is taken by device {other.id}; choose another, or, where that id was wrong, add --replace"
        )
    if other.key == row.key:
        raise RegistryError(f"this key is registered already, for {other.code}: a copied card has two owners")


def list_devices(store: Store) -> list[DeviceRow]:
    """All registered devices by code."""
    with store.read() as db:
        return fleet.devices(db)


def device_of(store: Store, code: str) -> DeviceRow:
    """The station that people call `code`. Raises UnknownDeviceError."""
    known = {row.code: row for row in list_devices(store)}
    if code not in known:
        raise unknown_device(code, known)
    return known[code]


def revoke_device(store: Store, code: str, now_ms: int, why: str = "", by: str = "") -> DeviceRow:
    """Refuse everything a device says from now on, and its certificates; what it said stays. why: a person's reason,
    which stays with the door's decisions.

    Raises UnknownDeviceError.
    """
    found = device_of(store, code)
    with store.write() as db:
        fleet.revoke_device(db, found.id, now_ms)
        trust.revoke_certificates(db, found.id, now_ms)
        if why:
            decisions.record(db, Decision(found.id, "revoked", f"{code}: {why}"[:200], "", by, now_ms))
    return found
