"""What the lines of an office folder must be to each other: known codes, periods that begin before they end, hours that
do not overlap, one holder a badge at a time, a tree of units without a cycle. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from central.roster.office import Line, Office

FIRST, LAST = date.min, date.max
FAR_MS = 2**60


def check(office: Office) -> None:
    """Add to `office.problems` whatever is wrong between lines and files."""
    for rule in (_units, _staff, _known_staff, _places, _periods, _hours, _badges, _calendar):
        rule(office)


def _of(office: Office, name: str) -> list[Line]:
    return office.lines.get(name, [])


def _codes(office: Office, name: str) -> set[str]:
    return {line["code"] for line in _of(office, name)}


def _units(office: Office) -> None:
    parents: dict[str, str] = {}
    known = _codes(office, "units")
    for line in _of(office, "units"):
        if line["parent"] and line["parent"] not in known:
            office.complain("units", line, "parent", f"unit {line['parent']!r} is not in units.csv; add it")
        parents[line["code"]] = line["parent"]
    for line in _of(office, "units"):
        if _in_cycle(line["code"], parents):
            office.complain("units", line, "parent", f"unit {line['code']!r} is above itself; mend the tree")


def _in_cycle(code: str, parents: dict[str, str]) -> bool:
    seen, above = {code}, parents.get(code)
    while above:
        if above in seen:
            return above == code
        seen.add(above)
        above = parents.get(above)
    return False


def _staff(office: Office) -> None:
    units, seen = _codes(office, "units"), set()
    for line in _of(office, "staff"):
        if line["unit"] not in units:
            office.complain("staff", line, "unit", f"unit {line['unit']!r} is not in units.csv; add it")
        if line["code"] in seen:
            office.complain("staff", line, "code", f"{line['code']!r} stands twice; each person has one line")
        seen.add(line["code"])


def _known_staff(office: Office) -> None:
    known = _codes(office, "staff")
    for name in ("badges", "leave", "field"):
        for line in _of(office, name):
            if line["staff"] not in known:
                office.complain(name, line, "staff", f"{line['staff']!r} is not in staff.csv; add the person")


def _places(office: Office) -> None:
    units = _codes(office, "units")
    for name in ("devices", "schedules", "calendar"):
        for line in _of(office, name):
            if line["unit"] not in units:
                office.complain(name, line, "unit", f"unit {line['unit']!r} is not in units.csv; add it")


def _periods(office: Office) -> None:
    pairs = (
        ("units", "valid_from", "valid_to"),
        ("schedules", "valid_from", "valid_to"),
        ("leave", "from", "to"),
        ("staff", "joined", "left"),
    )
    for name, begins, ends in pairs:
        for line in _of(office, name):
            if (line[begins] or FIRST) > (line[ends] or LAST):
                office.complain(name, line, ends, f"lies before {begins}; the period would be empty")


def _hours(office: Office) -> None:
    rows: dict[str, list[Line]] = defaultdict(list)
    for line in _of(office, "schedules"):
        if line["end"] <= line["start"]:
            office.complain("schedules", line, "end", "is not after start; write HH:MM+1 for the next day")
        for other in rows[line["unit"]]:
            if _clash(line, other):
                office.complain("schedules", line, "start", f"overlaps the session of line {other.number}")
        rows[line["unit"]].append(line)


def _clash(one: Line, other: Line) -> bool:
    return (
        bool(one["weekdays"] & other["weekdays"])
        and (one["valid_from"] or FIRST) <= (other["valid_to"] or LAST)
        and (other["valid_from"] or FIRST) <= (one["valid_to"] or LAST)
        and one["start"] < other["end"]
        and other["start"] < one["end"]
    )


def _badges(office: Office) -> None:
    held: dict[str, list[Line]] = defaultdict(list)
    for line in _of(office, "badges"):
        for other in held[line["badge_uid"]]:
            if other["staff"] != line["staff"] and _same_time(line, other):
                office.complain("badges", line, "badge_uid", f"is held by another person too (line {other.number})")
        held[line["badge_uid"]].append(line)
    if not _of(office, "badges"):
        _given_twice(office, _of(office, "staff"))


def _given_twice(office: Office, lines: Iterable[Line]) -> None:
    seen: dict[str, Line] = {}
    for line in lines:
        badge = line["badge_uid"]
        if badge and badge in seen:
            office.complain("staff", line, "badge_uid", f"is held by another person too (line {seen[badge].number})")
        seen[badge] = line


def _same_time(one: Line, other: Line) -> bool:
    # One second is shared at a handover: the giver's last tap and the taker's first may be the same second.
    one_from, one_to = one["valid_from"].first_ms() or -FAR_MS, one["valid_to"].last_ms() or FAR_MS
    other_from, other_to = other["valid_from"].first_ms() or -FAR_MS, other["valid_to"].last_ms() or FAR_MS
    return bool(min(one_to, other_to) - max(one_from, other_from) > 1000)


def _calendar(office: Office) -> None:
    for line in _of(office, "calendar"):
        if (line["kind"] == "make_up") != (line["for_date"] is not None):
            office.complain("calendar", line, "for_date", "is given for make_up days, and only for them")
