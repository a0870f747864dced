"""What the lines of an office folder must be to each other: known codes, periods that begin before they end, hours that
do not overlap, one holder a badge at a time, a tree of units without a cycle. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from central.roster import plan_checks
from central.roster.reading import Line, Office
from central.workdays import Unit, UnitTree, WorkdayError

FIRST, LAST = date.min, date.max
FAR_MS = 2**60
DAY_MIN = 1440


def check(office: Office) -> None:
    """Add to `office.problems` whatever is wrong between lines and files."""
    for rule in (
        _known,
        _staff,
        _periods,
        _once,
        _tree,
        _successions,
        _hours,
        _badges,
        _badge_periods,
        _workplaces,
        _sites,
    ):
        rule(office)
    for rule in plan_checks.RULES:
        rule(office)


def _codes(office: Office, name: str) -> set[str]:
    return {line["code"] for line in office.of(name)}


KNOWN = {
    "units.csv": {
        "units": ("parent",),
        "staff": ("unit",),
        "devices": ("unit",),
        "schedules": ("unit",),
        "calendar": ("unit",),
        "succession": ("from_unit", "to_unit"),
        "work": ("unit",),
        "sites": ("unit",),
        "policies": ("unit",),
        "symbols": ("unit",),
        "hamlets": ("commune",),
        "inspection": ("unit",),
    },
    "staff.csv": {
        "badges": ("staff",),
        "leave": ("staff",),
        "field": ("staff",),
        "work": ("staff",),
        "duty": ("staff", "swapped_with", "stand_in", "deputy", "credit"),
        "manual": ("staff", "entered_by", "approved_by"),
        "rollcalls": ("staff",),
        "inspection": ("staff",),
    },
}
"""Where a code must stand -> in which files and columns it is used; an empty one is no code."""


def _known(office: Office) -> None:
    for source, users in KNOWN.items():
        file = source.removesuffix(".csv")
        if file in office.unread:
            continue
        known = _codes(office, file) | office.half_read[file]
        what, remedy = ("unit ", "add it") if source == "units.csv" else ("", "add the person")
        for name, columns in users.items():
            for line in office.of(name):
                for column in columns:
                    if line[column] and line[column] not in known:
                        problem = f"{what}{line[column]!r} is not in {source}; {remedy}"
                        office.complain(name, line, column, problem)


def _staff(office: Office) -> None:
    for name in ("staff", "devices", "hamlets"):
        seen: set[str] = set()
        for line in office.of(name):
            if line["code"] in seen:
                what = "person" if name == "staff" else "code"
                office.complain(name, line, "code", f"{line['code']!r} stands twice; each {what} has one line")
            seen.add(line["code"])


def _periods(office: Office) -> None:
    pairs = [(name, "valid_from", "valid_to") for name in ("units", "schedules", "work", "sites", "policies")]
    for name, begins, ends in (*pairs, ("leave", "from", "to"), ("staff", "joined", "left")):
        for line in office.of(name):
            if (line[begins] or FIRST) > (line[ends] or LAST):
                office.complain(name, line, ends, f"lies before {begins}; the period would be empty")


def overlap(one: Line, other: Line) -> bool:
    """Whether two periods (`valid_from`, `valid_to`) share a date."""
    return (one["valid_from"] or FIRST) <= (other["valid_to"] or LAST) and (other["valid_from"] or FIRST) <= (
        one["valid_to"] or LAST
    )


def pairs(lines: Iterable[Line], *columns: str) -> Iterator[tuple[Line, Line]]:
    """Each two lines, the later first, that agree in these columns."""
    seen: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in lines:
        key = tuple(line[column] for column in columns)
        for other in seen[key]:
            yield line, other
        seen[key].append(line)


def _once(office: Office) -> None:
    """What can be said once at a time: where a unit stands in the tree, a policy, a place of work, a unit's site."""
    for name, column, key in (
        ("units", "parent", ("code",)),
        ("policies", "value", ("unit", "name")),
        ("work", "unit", ("staff",)),
        ("sites", "code", ("unit",)),
    ):
        for line, other in pairs(office.of(name), *key):
            if overlap(line, other):
                what = " ".join(str(line[k]) for k in key)
                problem = f"{what} has a line for the same dates already (line {other.number}); end one before the next"
                office.complain(name, line, column, problem)


def _tree(office: Office) -> None:
    """No unit is above itself on any date."""
    lines = [line for line in office.of("units") if (line["valid_from"] or FIRST) <= (line["valid_to"] or LAST)]
    parents: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line["parent"]:
            parents[line["code"]].add(line["parent"])
    suspects = {code for code in parents if _above(code, parents)}
    if not suspects:
        return
    units = [Unit(u["code"], u["parent"] or None, u["valid_from"], u["valid_to"]) for u in lines]
    tree = UnitTree(unit for unit in units if unit.code in suspects)
    starts = {unit.valid_from or FIRST for unit in units if unit.code in suspects}
    for line in lines:
        if line["code"] in suspects:
            dates = sorted(d for d in starts if (line["valid_from"] or FIRST) <= d <= (line["valid_to"] or LAST))
            if found := next((d for d in dates if _turns_back(tree, line["code"], d)), None):
                when = "" if found == FIRST else f" on {found}"
                office.complain("units", line, "parent", f"unit {line['code']!r} is above itself{when}; mend the tree")


def _above(code: str, parents: dict[str, set[str]]) -> bool:
    """Whether a unit is among those above it, whatever the dates."""
    seen: set[str] = set()
    ahead = list(parents[code])
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead += parents.get(here, ())
    return code in seen


def _turns_back(tree: UnitTree, code: str, on: date) -> bool:
    try:
        tree.path(code, on)
    except WorkdayError as error:
        return f"unit {code} is its own ancestor" in str(error)
    return False


def _successions(office: Office) -> None:
    lines = office.of("succession")
    for line in lines:
        if line["from_unit"] == line["to_unit"]:
            office.complain("succession", line, "to_unit", "a unit cannot take over from itself; name the new one")
    for line, other in pairs(lines, "from_unit", "to_unit"):
        if line["date"] == other["date"]:
            office.complain("succession", line, "date", f"says the same as line {other.number}; leave it out")
    back = {(line["to_unit"], line["from_unit"], line["date"]) for line in lines}
    for line in lines:
        if (line["from_unit"], line["to_unit"], line["date"]) in back and line["from_unit"] != line["to_unit"]:
            office.complain("succession", line, "to_unit", "both units take over from each other; leave one line out")


def _hours(office: Office) -> None:
    for line in office.of("schedules"):
        if line["end"] <= line["start"]:
            office.complain("schedules", line, "end", "is not after start; write HH:MM+1 for the next day")
        elif line["end"] - line["start"] > DAY_MIN:
            office.complain("schedules", line, "end", "is more than a day after start; shorten the session")
    for line, other in pairs(office.of("schedules"), "unit"):
        if overlap(line, other):
            _two_sessions(office, line, other)


def _two_sessions(office: Office, line: Line, other: Line) -> None:
    if line["weekdays"] & other["weekdays"] and line["session"] == other["session"]:
        problem = f"is the session of line {other.number} on the same dates; give it a name of its own"
        office.complain("schedules", line, "session", problem)
    if any(_clash(line, other, days) for days in (-1, 0, 1)):
        office.complain("schedules", line, "start", f"overlaps the session of line {other.number}")


def _clash(one: Line, other: Line, days: int) -> bool:
    """Whether they overlap when `other` is worked `days` after `one`."""
    turned = other["weekdays"] << 7 >> days if days > 0 else other["weekdays"] << -days
    turned = (turned | turned >> 7 | turned << 7) & 127
    later = days * DAY_MIN
    return bool(
        one["weekdays"] & turned and one["start"] < other["end"] + later and other["start"] + later < one["end"]
    )


def _badges(office: Office) -> None:
    for line, other in pairs(office.of("badges"), "badge_uid"):
        if not _same_time(line, other):
            continue
        if other["staff"] != line["staff"]:
            office.complain("badges", line, "badge_uid", f"is held by another person too (line {other.number})")
        elif other["state"] != line["state"]:
            problem = f"is {other['state']} at the same time (line {other.number}); end that before this begins"
            office.complain("badges", line, "state", problem)
    if "badges" not in office.lines:
        for line, other in pairs((one for one in office.of("staff") if one["badge_uid"]), "badge_uid"):
            office.complain("staff", line, "badge_uid", f"is held by another person too (line {other.number})")


def _badge_periods(office: Office) -> None:
    for line in office.of("badges"):
        if (line["valid_from"].first_ms() or -FAR_MS) > (line["valid_to"].last_ms() or FAR_MS):
            office.complain("badges", line, "valid_to", "lies before valid_from; the period would be empty")


def _same_time(one: Line, other: Line) -> bool:
    # One second is shared at a handover: the giver's last tap and the taker's first may be the same second.
    one_from, one_to = one["valid_from"].first_ms() or -FAR_MS, one["valid_to"].last_ms() or FAR_MS
    other_from, other_to = other["valid_from"].first_ms() or -FAR_MS, other["valid_to"].last_ms() or FAR_MS
    return bool(min(one_to, other_to) - max(one_from, other_from) > 1000)


def _workplaces(office: Office) -> None:
    homes = {line["code"]: line["unit"] for line in office.of("staff")}
    for line in office.of("work"):
        if homes.get(line["staff"]) == line["unit"]:
            office.complain("work", line, "unit", "is the home unit already; leave the line out")


def _sites(office: Office) -> None:
    for line, other in pairs(office.of("sites"), "code"):
        if any(line[c] != other[c] for c in ("name_vi", "address", "former_name")):
            office.complain("sites", line, "code", f"is described otherwise in line {other.number}; write it alike")
