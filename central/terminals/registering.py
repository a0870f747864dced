"""Terminals that an office owns: registered as doors, their PINs given to people, their files taken in whole or not."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

from central.enrol import RegistryError, list_devices
from central.errors import ImportRefusedError
from central.ledger.touched import days_of_badge
from central.store import Store, decisions, fleet, marks, terminals
from central.store import roster as rosters
from central.store.decisions import Decision
from central.store.fleet import TERMINAL_KEY, DeviceRow
from central.terminals.punches import device_id, is_serial, pin_badge
from central.terminals.taking import Link, link_of, take
from central.unknown import unknown_device, unknown_staff, unknown_unit
from edge.terminals import read_attlog

MOST_BYTES = 64 * 1024 * 1024
"""A terminal keeps at most some hundred thousand punches of 40 bytes."""
MOST_SHOWN = 200
"""Lines that a refusal names one by one."""


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
    """What an attlog.dat brought. unknown: PINs that nobody holds, with how many punches each has in the file; held_ms:
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


def terminal_of(store: Store, code: str) -> DeviceRow:
    """The terminal that people call `code`. Raises UnknownDeviceError, RegistryError where it is a station."""
    known = {row.code: row for row in list_devices(store)}
    if code not in known:
        raise unknown_device(code, known)
    if known[code].key != TERMINAL_KEY:
        raise RegistryError(f"{code} is a station, not a terminal of another maker; `terminal list` shows those")
    return known[code]


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
        len(terminals.pins(db, pin_badge(row.id, ""))),
        None if word is None else word.heard_ms,
        None if word is None else word.delivered_ms,
        Link() if word is None else link_of(word.report),
    )


def read_pins(content: bytes) -> dict[str, str]:
    """PIN -> staff code from UTF-8 CSV with the columns `pin,staff`. Raises ImportRefusedError with every bad line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise ImportRefusedError(
            f"nothing was imported of these PINs: line {number} is not UTF-8; save the file as CSV UTF-8"
        ) from error
    found: dict[str, str] = {}
    bad = []
    rows = csv.reader(io.StringIO(text))
    for number, cells in enumerate(rows, 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (number == 1 and cells[:2] == ["pin", "staff"]):
            continue
        if len(cells) != 2 or not all(cells):
            bad.append(f"line {number}: has to be PIN,STAFF; write both, with a comma between")
        elif found.setdefault(cells[0], cells[1]) != cells[1]:
            bad.append(f"line {number}: PIN {cells[0]} is given to {found[cells[0]]} above; a PIN is one person's")
    _refuse("these PINs", bad)
    return found


def give_pins(
    store: Store, code: str, pins: Mapping[str, str], now_ms: int, by: str = "", *, replace: bool = False
) -> int:
    """Let PINs of a terminal be people's, all or none; returns how many are new. replace: a PIN may be taken from
    whoever holds it; the days of both are judged again. Raises ImportRefusedError, UnknownStaffError."""
    terminal = terminal_of(store, code)
    wanted = {pin_badge(terminal.id, pin): staff for pin, staff in pins.items()}
    with store.write() as db:
        people = rosters.every_code(db)
        for staff in pins.values():
            if staff not in people:
                raise unknown_staff(staff, people)
        held = terminals.pins(db, pin_badge(terminal.id, ""))
        fresh = {number: staff for number, staff in wanted.items() if held.get(number) != staff}
        taken = {number: held[number] for number in fresh if number in held}
        if not replace:
            _refuse(
                "these PINs",
                [f"PIN {n.split(':')[-1]} is {s}'s; to take it away, add --replace" for n, s in taken.items()],
            )
        days = {day for number in taken for day in days_of_badge(db, number, None, None)}
        terminals.assign(db, fresh, now_ms)
        days |= terminals.days_of_pins(db, fresh)
        marks.mark_days(db, days, now_ms)
        if fresh:
            what = f"{len(fresh)} PINs of {code} given" + (
                f", {len(taken)} of them taken from somebody" if taken else ""
            )
            decisions.record(db, Decision(terminal.id, "pins", what, "", by, now_ms))
    return len(fresh)


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
    _refuse(str(file), [f"line {bad.number}: {bad.problem}; correct it or export the file again" for bad in lines.bad])
    if not lines.punches:
        raise ImportRefusedError(f"nothing was imported: {file} holds no punch; export it again from the terminal")
    digest = sha256(content).hexdigest()
    with store.write() as db:
        done = take(db, terminal.id, lines.punches, now_ms, pushed=False)
        held = terminals.pins(db, pin_badge(terminal.id, ""))
        detail = f"{file.name[:60]}, SHA-256 {digest}, {done.new} new, {done.known} known"
        decisions.record(db, Decision(terminal.id, "attlog", detail, "", by, now_ms))
    unknown = _unknown((p.pin for p in lines.punches), terminal.id, held)
    return ImportedFile(done.new, done.known, digest, unknown, done.held_ms)


def _unknown(pins: Iterable[str], device: str, held: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for pin in pins:
        if pin_badge(device, pin) not in held:
            found[pin] = found.get(pin, 0) + 1
    return dict(sorted(found.items()))


def _refuse(what: str, bad: list[str]) -> None:
    if bad:
        more = f"\n  and {len(bad) - MOST_SHOWN} more" if len(bad) > MOST_SHOWN else ""
        raise ImportRefusedError(f"nothing was imported of {what}:\n  " + "\n  ".join(bad[:MOST_SHOWN]) + more)
