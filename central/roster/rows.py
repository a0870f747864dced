"""The lines of an office folder as rows of tables. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from central.names import search_key, sort_key
from central.roster.office import Instant, Line, Office

Row = dict[str, Any]


def renamed(lines: Iterable[Line], names: dict[str, str] | None = None, **more: Any) -> Iterator[Row]:
    """The values of lines, some columns under another name, with what all rows share."""
    for line in lines:
        yield {**{(names or {}).get(column, column): value for column, value in line.values.items()}, **more}


def units(office: Office) -> Iterator[Row]:
    for row in renamed(office.of("units"), {"name_vi": "name"}):
        yield {**row, "parent": row["parent"] or None}


def staff(office: Office) -> Iterator[Row]:
    """People, with their given name where it is not the last word of the full one."""
    for line in office.of("staff"):
        name, given = line["full_name"], line["given"]
        own = given if given and name.split()[-1:] != [given] else None
        yield {
            "code": line["code"],
            "full_name": name,
            "name_sort": sort_key(name, own),
            "name_search": search_key(name),
            "category": line["type"],
            "given": own,
            "joined": line["joined"],
            "left": line["left"],
        }


def assignments(office: Office) -> Iterator[Row]:
    for line in office.of("staff"):
        row = {"staff": line["code"], **{name: line[name] for name in ("unit", "position", "rank")}}
        yield {**row, "room": line["room"] or None}


def badges(office: Office) -> Iterator[Row]:
    """Who holds which badge when; without badges.csv the staff's own badge, for ever."""
    if "badges" in office.lines:
        yield from (_badge(line) for line in office.of("badges"))
        return
    forever = {"valid_from_ms": None, "valid_to_ms": None, "state": "active"}
    for line in office.of("staff"):
        if line["badge_uid"]:
            yield {"number": line["badge_uid"], "staff": line["code"], **forever}


def _badge(line: Line) -> Row:
    begins: Instant = line["valid_from"]
    ends: Instant = line["valid_to"]
    return {
        "number": line["badge_uid"],
        "staff": line["staff"],
        "valid_from_ms": begins.first_ms(),
        "valid_to_ms": ends.last_ms(),
        "state": line["state"],
    }


def new_devices(office: Office, known: Iterable[str], now_ms: int) -> Iterator[Row]:
    """Doors that are not known yet: they wait for their station under a name made from the code, without a key."""
    codes = set(known)
    for line in office.of("devices"):
        if line["code"] not in codes:
            waiting = "door-" + "".join(c if c.isalnum() and c.isascii() else "-" for c in line["code"].lower())
            yield {
                "id": waiting[:40],
                "code": line["code"],
                "unit": line["unit"],
                "location": line["location"],
                "key": "",
                "registered_ms": now_ms,
            }


def schedules(office: Office) -> Iterator[Row]:
    return renamed(office.of("schedules"), {"start": "start_min", "end": "end_min"})


def leave(office: Office) -> Iterator[Row]:
    return renamed(office.of("leave"), {"from": "date_from", "to": "date_to"})


def field_duty(office: Office) -> Iterator[Row]:
    """One row a half-day."""
    for line in office.of("field"):
        row = {name: line[name] for name in ("staff", "date", "place", "purpose")}
        yield from ({**row, "session": s, "confirmed_by": line["confirmed_by"] or None} for s in line["sessions"])


def duty(office: Office) -> Iterator[Row]:
    return renamed(office.of("duty"), {"start": "start_min", "end": "end_min"})


def manual(office: Office, now_ms: int) -> Iterator[Row]:
    for row in renamed(office.of("manual"), {"in": "in_s", "out": "out_s"}, entered_ms=now_ms):
        yield {**row, "approved_ms": now_ms if row["approved_by"] else None}


def sites(office: Office) -> dict[str, Row]:
    """Buildings by code."""
    return {
        line["code"]: {
            "code": line["code"],
            "name": line["name_vi"],
            "address": line["address"],
            "former_name": line["former_name"],
        }
        for line in office.of("sites")
    }


def unit_sites(office: Office) -> Iterator[Row]:
    for line in office.of("sites"):
        yield {"site": line["code"], **{name: line[name] for name in ("unit", "valid_from", "valid_to")}}


def hamlets(office: Office) -> Iterator[Row]:
    return renamed(office.of("hamlets"), {"name_vi": "name"})


def observations(office: Office, name: str) -> dict[tuple[Any, ...], list[Row]]:
    """Roll calls (date, minute, room, who took it) or inspections (date, minute, unit, decision) with their lines."""
    columns = {"rollcalls": ("room", "by"), "inspection": ("unit", "decision_no")}[name]
    kept = {"rollcalls": ("staff", "status"), "inspection": ("staff", "status", "finding")}[name]
    found: dict[tuple[Any, ...], list[Row]] = {}
    for line in office.of(name):
        key = (line["date"], line["time"], *(line[column] for column in columns))
        found.setdefault(key, []).append({column: line[column] for column in kept})
    return found
