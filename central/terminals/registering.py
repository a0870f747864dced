"""Terminals that an office owns: registered as doors, their files taken in whole or not at all."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

from central.enrol import RegistryError
from central.errors import ImportRefusedError
from central.store import Store, decisions, fleet, marks, terminals
from central.store.decisions import Decision
from central.store.fleet import TERMINAL_KEY, DeviceRow
from central.terminals.holdings import Held, by_pin
from central.terminals.pins import held_pins, refuse, terminal_of
from central.terminals.punches import device_id, is_serial, terminal_event
from central.terminals.taking import Link, link_of, take
from central.unknown import unknown_unit
from edge.terminals import TerminalPunch, read_attlog

MOST_BYTES = 64 * 1024 * 1024
"""A terminal keeps at most some hundred thousand punches of 40 bytes."""


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """A registered terminal. serial: as it calls itself, in capitals; punches: how many are stored; pins: how many of
    its PINs are somebody's; heard_ms, delivered_ms: see coverage, None where never; link: its connection."""

    code: str
    serial: str
    unit: str | None
    state: str
    punches: int
    pins: int
    heard_ms: int | None
    delivered_ms: int | None
    link: Link


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What an attlog.dat brought. unknown: PINs that nobody held at the time of some
    of their punches, with how many of them are in the file; held_ms:
    where its delivery is held for the sake of impossible dates, UTC."""

    new: int
    known: int
    digest: str
    unknown: Mapping[str, int]
    held_ms: tuple[int, ...]


def add_terminal(store: Store, code: str, serial: str, unit: str, now_ms: int) -> DeviceRow:
    """Register a terminal as a door of a unit. Raises RegistryError, UnknownUnitError."""
    if not is_serial(serial):
        raise RegistryError(
            f"serial number {serial!r} is not 3 to 24 letters, digits and '-'; read it off the terminal"
        )
    if not code.strip():
        raise RegistryError("a terminal needs a code that people call it by, such as T-X01")
    row = DeviceRow(device_id(serial), code, unit, "", TERMINAL_KEY, now_ms, None, None)
    with store.write() as db:
        units = fleet.unit_codes(db)
        if unit not in units:
            raise unknown_unit(unit, units)
        for other in fleet.devices(db):
            if other.code == code:
                raise RegistryError(f"code {code} is taken by {other.id}; choose another")
            if other.id == row.id:
                raise RegistryError(f"terminal {serial} is registered already, as {other.code}")
        fleet.insert_device(db, row)
        marks.mark_door(db, row.id, now_ms)
    return row


def list_terminals(store: Store) -> list[TerminalRow]:
    """All terminals by code."""
    with store.read() as db:
        rows = [row for row in fleet.devices(db) if row.key == TERMINAL_KEY]
        counts = terminals.punches(db, [row.id for row in rows])
        words = {row.device: row for row in terminals.words(db, [row.id for row in rows])}
        return [_listed(db, row, counts.get(row.id, 0), words.get(row.id)) for row in rows]


def _listed(db: sa.Connection, row: DeviceRow, punches: int, word: terminals.Word | None) -> TerminalRow:
    return TerminalRow(
        row.code,
        row.id.removeprefix("zk-").upper(),
        row.unit,
        "revoked" if row.revoked_ms else "registered",
        punches,
        len({held.pin for held in held_pins(db, row.id)}),
        None if word is None else word.heard_ms,
        None if word is None else word.delivered_ms,
        Link() if word is None else link_of(word.report),
    )


def import_attlog(store: Store, code: str, file: Path, now_ms: int, by: str = "") -> ImportedFile:
    """Take in an attlog.dat, all or nothing; a second time changes nothing but the trace.

    Raises ImportRefusedError with every bad line, UnknownDeviceError, OSError.
    """
    terminal = terminal_of(store, code)
    if terminal.revoked_ms is not None:
        raise RegistryError(f"{code} is revoked: nothing of it is taken in any more")
    if file.stat().st_size > MOST_BYTES:
        raise ImportRefusedError(f"nothing was imported: {file} has more than {MOST_BYTES} bytes; is it an attlog.dat?")
    content = file.read_bytes()
    lines = read_attlog(content)
    refuse(str(file), [f"line {bad.number}: {bad.problem}; correct it or export the file again" for bad in lines.bad])
    if not lines.punches:
        raise ImportRefusedError(f"nothing was imported: {file} holds no punch; export it again from the terminal")
    digest = sha256(content).hexdigest()
    with store.write() as db:
        done = take(db, terminal.id, lines.punches, now_ms, pushed=False)
        held = held_pins(db, terminal.id)
        detail = f"{file.name[:60]}, SHA-256 {digest}, {done.new} new, {done.known} known"
        decisions.record(db, Decision(terminal.id, "attlog", detail, "", by, now_ms))
    unknown = _unknown(lines.punches, terminal, held, now_ms)
    return ImportedFile(done.new, done.known, digest, unknown, done.held_ms)


def _unknown(
    punches: Iterable[TerminalPunch], terminal: DeviceRow, held: Collection[Held], now_ms: int
) -> dict[str, int]:
    """PIN -> how many of these punches nobody held it for."""
    of_pin = by_pin(held)
    found: dict[str, int] = {}
    for punch in punches:
        at_ms = terminal_event(terminal.id, punch, now_ms, None).time_ms
        if not any(one.at(at_ms) for one in of_pin.get(punch.pin, ())):
            found[punch.pin] = found.get(punch.pin, 0) + 1
    return dict(sorted(found.items()))
