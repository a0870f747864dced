"""The recorded files: punches.csv, clock_syncs.csv, doors.csv -> a Recording, or a list of everything wrong with them.

Columns and meanings are described in central/README.md, "A recording". Instants are UTC milliseconds.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central.errors import ImportRefusedError
from central.moments import local_date
from central.roster.office import BadValue, Line, Office, Reader, badge_number, read_files
from central.roster.problems import listed
from central.roster.reading import need_folder

REMEDY = "correct it, or import devices.csv first"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A line of punches.csv: one punch, as it was received once. seq: the device's own numbering, on through its
    boots or anew in each."""

    event: str
    device: str
    seq: int
    badge: str
    stamp_ms: int
    synced: bool
    boot: str
    uptime_ms: int
    received_ms: int

    @property
    def punch(self) -> tuple[Any, ...]:
        """What every delivery of the same punch must say alike."""
        return (self.event, self.device, self.seq, self.badge, self.stamp_ms, self.synced, self.boot, self.uptime_ms)


@dataclass(frozen=True, slots=True)
class Sync:
    """A line of clock_syncs.csv: at this uptime of the boot it truly was synced_ms."""

    device: str
    boot: str
    uptime_ms: int
    synced_ms: int


@dataclass(frozen=True, slots=True)
class Down:
    """A line of doors.csv: the door could take no tap from from_ms up to, not including, to_ms."""

    device: str
    from_ms: int
    to_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """What the files say, in their order. first, last: the local dates on which the recording begins and ends."""

    deliveries: tuple[Delivery, ...]
    syncs: tuple[Sync, ...]
    downs: tuple[Down, ...]
    first: dt.date
    last: dt.date


def _seconds_ms(value: str) -> int:
    try:
        seconds = float(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not a number of seconds") from error
    if not 0 <= seconds < 1e10:
        raise BadValue(f"{value!r} is no uptime; write seconds since the boot, such as 6060")
    return round(seconds * 1000)


def _instant_ms(value: str) -> int:
    try:
        at = dt.datetime.fromisoformat(value)
        if at.tzinfo is None or not 1970 <= at.year < 2100:
            raise ValueError(value)
    except ValueError as error:
        raise BadValue(f"{value!r} is not an instant; write YYYY-MM-DDTHH:MM:SS+07:00") from error
    return round(at.timestamp() * 1000)


def _number(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) < 2**53:
        raise BadValue(f"{value!r} is not a number from 1 on")
    return int(value)


def _word(value: str) -> str:
    if not value or len(value) > 40 or not value.isprintable():
        raise BadValue("needs a word of at most 40 characters")
    return value


def _synced(value: str) -> bool:
    if value not in ("synced", "unsynced"):
        raise BadValue(f"{value!r} is neither synced nor unsynced")
    return value == "synced"


FILES: dict[str, dict[str, Reader]] = {
    "punches": {
        "event_id": _word,
        "device": _word,
        "seq": _number,
        "badge_uid": badge_number,
        "device_time": _instant_ms,
        "clock": _synced,
        "boot": _word,
        "uptime_s": _seconds_ms,
        "received_time": _instant_ms,
    },
    "clock_syncs": {"device": _word, "boot": _word, "uptime_s": _seconds_ms, "synced_time": _instant_ms},
    "doors": {"device": _word, "down_from": _instant_ms, "down_to": _instant_ms, "reason": _word},
}


def read_recording(folder: Path, known: Collection[str]) -> Recording:
    """Read the files of a folder; clock_syncs.csv and doors.csv may be absent. known: the codes of all devices.

    Raises ImportRefusedError, which lists every bad value with file, line, column and remedy.
    """
    need_folder(folder, "punches.csv")
    found = read_files(folder, FILES, needed=("punches",), purpose="a replay")
    lines = {name: found.lines.get(name, []) for name in FILES}
    for name in FILES:
        for line in lines[name]:
            if line["device"] not in known:
                found.complain(name, line, "device", f"{line['device']!r} is not known; {REMEDY}")
    deliveries = list(_deliveries(found, lines["punches"]))
    syncs = list(_syncs(found, lines["clock_syncs"]))
    downs = list(_downs(found, lines["doors"]))
    if not found.problems and not deliveries:
        found.complain("punches", None, "", "holds no punch; there is nothing to replay")
    if found.problems:
        raise ImportRefusedError("\n".join([f"nothing was replayed from {folder}:", *listed(found.problems)]))
    moments = [d.received_ms for d in deliveries] + [s.synced_ms for s in syncs]
    return Recording(tuple(deliveries), tuple(syncs), tuple(downs), local_date(min(moments)), local_date(max(moments)))


def _deliveries(found: Office, lines: list[Line]) -> Iterator[Delivery]:
    """Each line, once it agrees with what stands above it of the same event and of the same place in its device."""
    events: dict[str, Delivery] = {}
    places: dict[tuple[str, str, int], str] = {}
    for line in lines:
        values = line.values
        delivery = Delivery(
            values["event_id"],
            values["device"],
            values["seq"],
            values["badge_uid"],
            values["device_time"],
            values["clock"],
            values["boot"],
            values["uptime_s"],
            values["received_time"],
        )
        if events.setdefault(delivery.event, delivery).punch != delivery.punch:
            problem = f"{delivery.event!r} stands above with other values; a re-delivery differs in received_time alone"
            found.complain("punches", line, "event_id", problem)
        elif places.setdefault((delivery.device, delivery.boot, delivery.seq), delivery.event) != delivery.event:
            other = places[delivery.device, delivery.boot, delivery.seq]
            found.complain("punches", line, "seq", f"{delivery.seq} of {delivery.device} is {other!r} already")
        else:
            yield delivery


def _syncs(found: Office, lines: list[Line]) -> Iterator[Sync]:
    seen: set[tuple[str, str]] = set()
    for line in lines:
        sync = Sync(line["device"], line["boot"], line["uptime_s"], line["synced_time"])
        if (sync.device, sync.boot) in seen:
            found.complain(
                "clock_syncs", line, "boot", f"{sync.boot} of {sync.device} has a sync point already; keep one"
            )
        else:
            seen.add((sync.device, sync.boot))
            yield sync


def _downs(found: Office, lines: list[Line]) -> Iterator[Down]:
    for line in lines:
        down = Down(line["device"], line["down_from"], line["down_to"], line["reason"])
        if down.to_ms <= down.from_ms:
            found.complain("doors", line, "down_to", "does not lie after down_from; exchange them")
        else:
            yield down
