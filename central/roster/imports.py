"""The office folder into the database: all of it or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central.clock import Clock
from central.errors import ImportRefusedError
from central.names import search_key, sort_key
from central.roster.checks import check
from central.roster.office import Instant, Line, Office, read_office
from central.store import Store, fleet, imports, marks
from central.tables import (
    Assignment,
    Badge,
    CalendarDay,
    Device,
    FieldDuty,
    Leave,
    ScheduleRow,
    Staff,
    Unit,
    UnitSuccession,
)

MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were new or changed, by file."""

    changed: dict[str, int]

    @property
    def total(self) -> int:
        """All of them together; 0 = the folder said nothing new."""
        return sum(self.changed.values())


def import_office(store: Store, clock: Clock, folder: Path) -> Imported:
    """Read, check and store an office folder in one transaction.

    Raises ImportRefusedError, and stores nothing, when anything in the folder is wrong; its message lists each line.
    """
    office = read_office(folder)
    check(office)
    if office.problems:
        shown = [str(problem) for problem in office.problems[:MAX_SHOWN]]
        more = len(office.problems) - len(shown)
        tail = [f"... and {more} more"] if more else []
        raise ImportRefusedError("\n".join([f"nothing was imported from {folder}:", *shown, *tail]))
    with store.write() as db:
        changed = {
            "units": imports.add_missing(db, Unit, _units(office)),
            "staff": imports.replace(db, Staff, _staff(office)),
            "assignments": imports.add_missing(db, Assignment, _assignments(office)),
            "badges": imports.add_missing(db, Badge, _badges(office)),
            "devices": imports.replace(db, Device, _new_devices(office, _device_codes(db), clock.now_ms())),
            "schedules": imports.add_missing(db, ScheduleRow, _schedules(office)),
            "succession": imports.add_missing(db, UnitSuccession, _plain(office, "succession")),
            "calendar": imports.add_missing(db, CalendarDay, _calendar(office)),
            "leave": imports.add_missing(db, Leave, _leave(office)),
            "field": imports.add_missing(db, FieldDuty, _field(office)),
        }
        if sum(changed.values()):
            fleet.bump(db, "roster")
            marks.mark_days(db, imports.judged_days(db), clock.now_ms())
    return Imported(changed)


def _device_codes(db: Any) -> set[str]:
    return {row.code for row in db.execute(Device.__table__.select())}  # type: ignore[attr-defined]


def _plain(office: Office, name: str) -> Iterator[dict[str, Any]]:
    return (line.values for line in office.lines.get(name, []))


def _units(office: Office) -> Iterator[dict[str, Any]]:
    for line in office.lines["units"]:
        values = dict(line.values)
        yield {**values, "name": values.pop("name_vi"), "parent": values["parent"] or None}


def _staff(office: Office) -> Iterator[dict[str, Any]]:
    for line in office.lines["staff"]:
        yield {
            "code": line["code"],
            "full_name": line["full_name"],
            "name_sort": sort_key(line["full_name"]),
            "name_search": search_key(line["full_name"]),
            "category": line["type"],
            "joined": line["joined"],
            "left": line["left"],
        }


def _assignments(office: Office) -> Iterator[dict[str, Any]]:
    for line in office.lines["staff"]:
        yield {
            "staff": line["code"],
            "unit": line["unit"],
            "position": line["position"],
            "rank": line["rank"],
            "room": line["room"] or None,
        }


def _badges(office: Office) -> Iterator[dict[str, Any]]:
    if "badges" in office.lines:
        return (_badge(line) for line in office.lines["badges"])
    forever = {"valid_from_ms": None, "valid_to_ms": None, "state": "active"}
    holders = (line for line in office.lines["staff"] if line["badge_uid"])
    return ({"number": line["badge_uid"], "staff": line["code"], **forever} for line in holders)


def _badge(line: Line) -> dict[str, Any]:
    begins: Instant = line["valid_from"]
    ends: Instant = line["valid_to"]
    return {
        "number": line["badge_uid"],
        "staff": line["staff"],
        "valid_from_ms": begins.first_ms(),
        "valid_to_ms": ends.last_ms(),
        "state": line["state"],
    }


def _new_devices(office: Office, known: set[str], now_ms: int) -> Iterable[dict[str, Any]]:
    """Doors that are not known yet: they wait for their station under a name made from the code, without a key."""
    for line in office.lines["devices"]:
        if line["code"] not in known:
            waiting = "door-" + "".join(c if c.isalnum() and c.isascii() else "-" for c in line["code"].lower())
            yield {
                "id": waiting[:40],
                "code": line["code"],
                "unit": line["unit"],
                "location": line["location"],
                "key": "",
                "registered_ms": now_ms,
            }


def _schedules(office: Office) -> Iterator[dict[str, Any]]:
    for line in office.lines["schedules"]:
        values = dict(line.values)
        yield {"start_min": values.pop("start"), "end_min": values.pop("end"), **values}


def _calendar(office: Office) -> Iterator[dict[str, Any]]:
    return _plain(office, "calendar")


def _leave(office: Office) -> Iterator[dict[str, Any]]:
    for line in office.lines.get("leave", []):
        values = dict(line.values)
        yield {"date_from": values.pop("from"), "date_to": values.pop("to"), **values}


def _field(office: Office) -> Iterator[dict[str, Any]]:
    for line in office.lines.get("field", []):
        for session in line["sessions"]:
            yield {
                "staff": line["staff"],
                "date": line["date"],
                "session": session,
                "place": line["place"],
                "purpose": line["purpose"],
                "confirmed_by": line["confirmed_by"] or None,
            }
