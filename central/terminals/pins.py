"""Whose the PINs of a terminal are, and from when to when: a list is read, checked, stored whole or not at all."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central.enrol import RegistryError, list_devices
from central.errors import ImportRefusedError
from central.ledger.touched import days_of_staff
from central.moments import DAY_MS, local_date, midnight_ms, moment
from central.roster.values import BadValue, Instant, instant
from central.store import Store, decisions, marks, terminals
from central.store import roster as rosters
from central.store.decisions import Decision
from central.store.fleet import TERMINAL_KEY, DeviceRow
from central.store.terminals import PinRow
from central.terminals.holdings import Held, Stretch, changed, clash, taken_over
from central.terminals.punches import pin_badge
from central.unknown import unknown_device, unknown_staff

COLUMNS = ("pin", "staff", "valid_from", "valid_to")
MOST_SHOWN = 200
"""Lines that a refusal names one by one."""


@dataclass(frozen=True, slots=True)
class GivenPin:
    """What somebody says of a PIN, and where: `line 3` of a list, or `--pin 17`."""

    where: str
    held: Held


def refuse(what: str, bad: list[str]) -> None:
    """Raises ImportRefusedError with every bad line, where there are any."""
    if bad:
        more = f"\n  and {len(bad) - MOST_SHOWN} more" if len(bad) > MOST_SHOWN else ""
        raise ImportRefusedError(f"nothing was imported of {what}:\n  " + "\n  ".join(bad[:MOST_SHOWN]) + more)


def terminal_of(store: Store, code: str) -> DeviceRow:
    """The terminal that people call `code`. Raises UnknownDeviceError, RegistryError where it is a station."""
    known = {row.code: row for row in list_devices(store)}
    if code not in known:
        raise unknown_device(code, known)
    if known[code].key != TERMINAL_KEY:
        raise RegistryError(f"{code} is a station, not a terminal of another maker; `terminal list` shows those")
    return known[code]


def read_pins(content: bytes) -> list[GivenPin]:
    """The lines of UTF-8 CSV with the columns `pin,staff,valid_from,valid_to`; the last two may be left out, are days
    or instants as in `badges.csv`, and empty without limit. Raises ImportRefusedError with every bad line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise ImportRefusedError(
            f"nothing was imported of these PINs: line {number} is not UTF-8; save the file as CSV UTF-8"
        ) from error
    found, bad = [], []
    for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
        cells = tuple(cell.strip() for cell in row)
        if not any(cells) or (number == 1 and cells == COLUMNS[: max(len(cells), 2)]):
            continue
        try:
            found.append(GivenPin(f"line {number}", _line(cells)))
        except BadValue as error:
            bad.append(f"line {number}: {error}")
    refuse("these PINs", bad)
    refuse("these PINs", _twice(found))
    return found


def given_pin(pin: str, staff: str, valid_from: str = "", valid_to: str = "") -> GivenPin:
    """One PIN of the command line. Raises ImportRefusedError."""
    try:
        return GivenPin(f"--pin {pin}", _line((pin, staff, valid_from, valid_to)))
    except BadValue as error:
        raise ImportRefusedError(f"nothing was imported of these PINs: --pin {pin}: {error}") from error


def _line(cells: Sequence[str]) -> Held:
    if not 2 <= len(cells) <= len(COLUMNS) or not all(cells[:2]):
        raise BadValue("has to be PIN,STAFF or PIN,STAFF,VALID_FROM,VALID_TO; write both, with a comma between")
    begins, ends = _instant(cells[2:3]), _instant(cells[3:4])
    held = Held(cells[0], cells[1], begins.first_ms(), ends.last_ms())
    if held.first > held.last:
        raise BadValue("valid_to lies before valid_from; the period would be empty")
    return held


def _instant(cell: Sequence[str]) -> Instant:
    return instant("".join(cell))


def _twice(given: Sequence[GivenPin]) -> list[str]:
    """PINs that the list gives to two people, or twice to one, for the same time; a repeated line is no fault."""
    bad = []
    seen: dict[str, list[GivenPin]] = {}
    for one in given:
        before = seen.setdefault(one.held.pin, [])
        for other in before:
            if one.held.overlaps(other.held) and one.held != other.held:
                who = f"PIN {one.held.pin} is given to {other.held.staff} on {other.where} for the same time"
                bad.append(f"{one.where}: {who}; end one before the next begins: a PIN is one person's at a time")
                break
        before.append(one)
    return bad


def held_pins(db: sa.Connection, device: str) -> list[Held]:
    """Who holds or held the PINs of a terminal."""
    prefix = pin_badge(device, "")
    return [Held(row.number.removeprefix(prefix), *row[1:]) for row in terminals.pins(db, prefix)]


def list_pins(store: Store, code: str) -> list[tuple[str, str, str, str]]:
    """The list of a terminal, as `read_pins` reads it. Raises UnknownDeviceError, RegistryError."""
    terminal = terminal_of(store, code)
    with store.read() as db:
        found = held_pins(db, terminal.id)
    ordered = sorted(found, key=lambda held: (len(held.pin), held.pin, held.first))
    return [(h.pin, h.staff, _written(h.from_ms), _written(h.to_ms, end=True)) for h in ordered]


def _written(ms: int | None, *, end: bool = False) -> str:
    """As `instant` reads it: a whole day where it is one."""
    if ms is None:
        return ""
    day = local_date(ms)
    if ms == midnight_ms(day) + (DAY_MS - 1 if end else 0):
        return day.isoformat()
    return moment(ms).isoformat(timespec="seconds")


def give_pins(
    store: Store, code: str, given: Iterable[GivenPin], now_ms: int, by: str = "", *, replace: bool = False
) -> int:
    """Let PINs of a terminal be people's, all or none; returns how many lines are new. Every day on which a punch now
    counts for somebody else is judged again. replace: the lines take the time that they name from whoever holds a PIN
    then. Raises ImportRefusedError, UnknownStaffError."""
    terminal = terminal_of(store, code)
    said = list(given)
    refuse("these PINs", _twice(said))
    wanted = list(dict.fromkeys(one.held for one in said))
    where = {one.held: one.where for one in said}
    with store.write() as db:
        people = rosters.every_code(db)
        for held in wanted:
            if held.staff not in people:
                raise unknown_staff(held.staff, people)
        before = held_pins(db, terminal.id)
        clashes = clash(wanted, before)
        if not replace:
            refuse("these PINs", [_clash(where[one], other) for one, other in clashes])
        after = taken_over(wanted, before) if replace else list(dict.fromkeys((*before, *wanted)))
        fresh = len(set(wanted) - set(before))
        if fresh:
            rows = [PinRow(pin_badge(terminal.id, h.pin), h.staff, h.from_ms, h.to_ms) for h in after]
            terminals.assign(db, pin_badge(terminal.id, ""), rows, now_ms)
            for stretch in changed(before, after):
                _judge_again(db, terminal.id, stretch, now_ms)
            taken = f", {len(clashes)} of them over what was said before" if clashes else ""
            decisions.record(db, Decision(terminal.id, "pins", f"{fresh} PINs of {code} given{taken}", "", by, now_ms))
    return fresh


def _clash(where: str, other: Held) -> str:
    until = f"{_written(other.from_ms) or 'always'} to {_written(other.to_ms, end=True) or 'no end'}"
    return f"{where}: PIN {other.pin} is {other.staff}'s from {until}; to take that time away, add --replace"


def _judge_again(db: sa.Connection, device: str, stretch: Stretch, now_ms: int) -> None:
    """Mark the days of a stretch whose punches count for others: judged ones, and those on which punches lie."""
    first = None if stretch.from_ms is None else local_date(stretch.from_ms - DAY_MS)
    last = None if stretch.to_ms is None else local_date(stretch.to_ms)
    days = days_of_staff(db, stretch.staff, first, last)
    tapped = terminals.days_of_pin(db, pin_badge(device, stretch.pin), stretch.from_ms, stretch.to_ms)
    marks.mark_days(db, days | {(staff, day) for staff in stretch.staff for day in tapped}, now_ms)
