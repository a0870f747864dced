"""The script of the demo's morning: who taps where and when, what breaks, and what the board must say in the end. Pure.

Times are milliseconds of the district's day (local midnight = 0). The script is made from the office's own files and a
seed, so that every run has the same morning. What the board must say is worked out here from the script alone, not by
asking the product.
"""

import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

DATE = "2018-11-12"
MINUTE_MS = 60_000
BEGIN_MS = (6 * 60 + 40) * MINUTE_MS
END_MS = (8 * 60 + 10) * MINUTE_MS

FIRST_ARRIVAL_MS = (6 * 60 + 43) * MINUTE_MS
LAST_PUNCTUAL_MS = (7 * 60 + 29) * MINUTE_MS
FIRST_LATE_MS = (7 * 60 + 38) * MINUTE_MS
LAST_LATE_MS = (8 * 60 + 5) * MINUTE_MS

NO_NETWORK = "D-X05"
NETWORK_LOST_MS = (7 * 60) * MINUTE_MS
NETWORK_BACK_MS = (7 * 60 + 42) * MINUTE_MS
NO_POWER = "D-X09"
POWER_LOST_MS = (7 * 60 + 10) * MINUTE_MS
POWER_BACK_MS = (7 * 60 + 40) * MINUTE_MS
AFTER_POWER_MS = (7 * 60 + 44) * MINUTE_MS
COLLECTOR_KILLED_MS = (7 * 60 + 20) * MINUTE_MS
COLLECTOR_BACK_MS = (7 * 60 + 24) * MINUTE_MS

STRANGER = "em:0BADCA4D"
STRANGER_DOOR = "D-X02"
STRANGER_MS = (7 * 60 + 15) * MINUTE_MS
DOUBLE_TAP_DOOR = "D-X01"
VISITED_DOOR = "D-X04"
VISITOR_UNIT = "X03"

LATE_SHARE = 0.07
MISSING_SHARE = 0.03


Arrival = tuple[dict[str, str], int | None]
"""A person (a line of staff.csv) and when they tap; None = not at all."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A badge held to a door's reader. staff = None: a badge that nobody holds."""

    at_ms: int
    door: str
    badge: str
    staff: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happens to a machine: kind is network_lost, network_back, power_lost, power_back, collector_killed
    or collector_back; door is "" for the collector. text says it to a person."""

    at_ms: int
    kind: str
    door: str
    text: str


@dataclass(frozen=True, slots=True)
class Morning:
    """taps and turns in order of time; presence: staff -> the state that the board must show at the end."""

    doors: tuple[str, ...]
    taps: tuple[Tap, ...]
    turns: tuple[Turn, ...]
    presence: dict[str, str]


TURNS = (
    Turn(NETWORK_LOST_MS, "network_lost", NO_NETWORK, "D-X05 loses its network; its people still get a green light"),
    Turn(POWER_LOST_MS, "power_lost", NO_POWER, "D-X09 loses its power; nobody can tap there"),
    Turn(COLLECTOR_KILLED_MS, "collector_killed", "", "the collector is killed; the doors keep what they record"),
    Turn(COLLECTOR_BACK_MS, "collector_back", "", "the collector is back and catches up"),
    Turn(POWER_BACK_MS, "power_back", NO_POWER, "D-X09 has power again; whoever was waiting taps now and is not late"),
    Turn(NETWORK_BACK_MS, "network_back", NO_NETWORK, "D-X05 has its network again and delivers what it kept"),
)


def morning(office: Path, seed: int = 78) -> Morning:
    """The script for the office folder of the demo."""
    draw = random.Random(seed)  # noqa: S311 - a script, not a secret
    rows = {name: _read(office / f"{name}.csv") for name in ("staff", "units", "devices", "leave", "field", "badges")}
    doors = _doors_of_units(rows["units"], rows["devices"])
    planned = _planned(rows["leave"], rows["field"])
    people: dict[str, list[dict[str, str]]] = defaultdict(list)
    presence = {}
    for person in rows["staff"]:
        if not _employed(person):
            continue
        if (state := planned.get(person["code"])) is not None:
            presence[person["code"]] = state
        else:
            people[draw.choice(doors[person["unit"]])].append(person)
    badges = {row["staff"]: row["badge_uid"] for row in rows["badges"] if _held(row)}
    taps = [Tap(STRANGER_MS, STRANGER_DOOR, STRANGER, None)]
    for door in sorted(people):
        for person, at_ms in _arrivals(draw, door, people[door]):
            presence[person["code"]] = _state(door, at_ms)
            if at_ms is not None:
                taps.append(Tap(at_ms, _tapped_door(door, person, taps), badges[person["code"]], person["code"]))
    first = min((tap for tap in taps if tap.door == DOUBLE_TAP_DOOR), key=lambda tap: tap.at_ms)
    taps.append(Tap(first.at_ms + 1, first.door, first.badge, first.staff))
    return Morning(
        tuple(sorted(row["code"] for row in rows["devices"])),
        tuple(sorted(taps, key=lambda tap: tap.at_ms)),
        TURNS,
        presence,
    )


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _employed(person: dict[str, str]) -> bool:
    return (person["joined"] or "0") <= DATE <= (person["left"] or "9")


def _held(row: dict[str, str]) -> bool:
    return row["state"] == "active" and (row["valid_from"] or "0") <= DATE and DATE <= (row["valid_to"] or "9")


def _doors_of_units(units: list[dict[str, str]], devices: list[dict[str, str]]) -> dict[str, list[str]]:
    """Unit -> the doors of the nearest unit, from itself upwards, that has any."""
    own: dict[str, list[str]] = defaultdict(list)
    for device in devices:
        own[device["unit"]].append(device["code"])
    parent = {unit["code"]: unit["parent"] for unit in units}
    found = {}
    for code in parent:
        above = code
        while above and above not in own:
            above = parent[above]
        found[code] = own.get(above, [])
    return found


def _planned(leave: list[dict[str, str]], field: list[dict[str, str]]) -> dict[str, str]:
    """Staff -> presence word, for those whose morning is planned elsewhere; leave wins over field duty."""
    found = {row["staff"]: "field" for row in field if row["date"] == DATE and "S" in row["sessions"]}
    found |= {row["staff"]: "leave" for row in leave if row["from"] <= DATE <= row["to"] and row["half"] in ("", "S")}
    return found


def _arrivals(draw: random.Random, door: str, people: list[dict[str, str]]) -> list[Arrival]:
    """Each person with the time of arrival, None for who does not come; evenly spread, so that nobody has to queue."""
    kinds = [_kind(draw) for _ in people]
    punctual = [p for p, kind in zip(people, kinds, strict=True) if kind == "punctual"]
    late = [p for p, kind in zip(people, kinds, strict=True) if kind == "late"]
    missing = [p for p, kind in zip(people, kinds, strict=True) if kind == "missing"]
    draw.shuffle(punctual)
    found: list[Arrival] = [(person, None) for person in missing]
    found += _spread(punctual, FIRST_ARRIVAL_MS, LAST_PUNCTUAL_MS)
    found += _spread(late, FIRST_LATE_MS, LAST_LATE_MS)
    return _delayed(found) if door == NO_POWER else found


def _kind(draw: random.Random) -> str:
    luck = draw.random()
    if luck < MISSING_SHARE:
        return "missing"
    return "late" if luck < MISSING_SHARE + LATE_SHARE else "punctual"


def _spread(people: list[dict[str, str]], first_ms: int, last_ms: int) -> list[Arrival]:
    step = (last_ms - first_ms) // max(len(people), 1)
    return [(person, first_ms + step // 2 + position * step) for position, person in enumerate(people)]


def _delayed(arrivals: list[Arrival]) -> list[Arrival]:
    """At the door without power people wait, and tap one after the other when it is back."""
    found = [(p, at) for p, at in arrivals if at is None or at < POWER_LOST_MS - MINUTE_MS]
    waiting = sorted((at, p["code"]) for p, at in arrivals if at is not None and at >= POWER_LOST_MS - MINUTE_MS)
    people = {person["code"]: person for person, _ in arrivals}
    return found + _spread([people[code] for _, code in waiting], AFTER_POWER_MS, LAST_LATE_MS)


def _state(door: str, at_ms: int | None) -> str:
    # The door without power accuses nobody: whoever taps after it is back, or not at all, may have stood before it.
    if at_ms is None:
        return "unknown" if door == NO_POWER else "missing"
    return "late" if at_ms >= FIRST_LATE_MS and door != NO_POWER else "in"


def _tapped_door(door: str, person: dict[str, str], taps: list[Tap]) -> str:
    """One person of a commune taps at the neighbours' door."""
    visits = person["unit"] == VISITOR_UNIT and not any(tap.door == VISITED_DOOR and tap.staff for tap in taps)
    return VISITED_DOOR if visits else door
