"""What the page of the devices shows, worked out from what is known of each: words, signs and order; no HTML."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from central.ledger import doors_now
from central.moments import DAY_MS, local_date
from central.presence import DoorNow, DoorState
from central.silence import Silence
from central.store import accounts, coverage, trust
from central.store import roster as rosters
from central.store.accounts import Account
from central.store.coverage import Heard
from central.store.roster import Door, Roster
from central.web.board import remark_of, silence_of
from central.web.texts import age, catalogue

NO_SIGN_OF_LIFE = frozenset({Silence.OFFLINE, Silence.NO_HEARTBEAT})
SOON_DAYS = 30
"""So many days before its end a certificate is shown in red: a station renews it four months earlier by itself."""
LIVE, TROUBLE, SILENT, UNKNOWN, GONE = "live", "trouble", "silent", "unknown", "gone"
SIGNS = {LIVE: "●", TROUBLE: "!", SILENT: "✕", UNKNOWN: "?", GONE: "–"}
STATES = {
    LIVE: "working",
    TROUBLE: "working, needs a look",
    SILENT: "silent",
    UNKNOWN: "unknown",
    GONE: "no longer in use",
}
CLOCKS = {"ntp": "set by the network", "rtc": "by its battery clock", "none": "not set"}
KINDS = {"station": "station", "terminal": "terminal of another maker", "waits": "waits for a station"}


@dataclass(frozen=True, slots=True)
class Line:
    """One device. contact: age of its newest message. unacked: age of the oldest event that central has not
    acknowledged, "" where it did not say. certificate: days left, None = it has none; soon: they are few."""

    code: str
    device: str
    unit: str
    location: str
    kind: str
    state: str
    sign: str
    label: str
    why: str
    contact: str
    unacked: str
    clock: str
    disk: str
    readers: str
    version: str
    certificate: int | None
    soon: bool
    remark: str


@dataclass(frozen=True, slots=True)
class UnitOfDoors:
    """A unit and its devices, those that need somebody first."""

    code: str
    name: str
    lines: tuple[Line, ...]
    live: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of all devices at this moment. days: device -> days left of its certificate."""

    doors: tuple[DoorNow, ...]
    roster: Roster
    heard: Mapping[str, Heard]
    accounts: Mapping[str, Account]
    days: Mapping[str, int]


def known_devices(db: Any, now_ms: int, real_ms: int) -> Known:
    """now_ms: of the facts; real_ms: of certificates."""
    roster = rosters.load_roster(db)
    days: dict[str, int] = {}
    for one in trust.certificates(db):
        if one.revoked_ms is None:
            days[one.device] = max(days.get(one.device, -1), (one.expires_ms - real_ms) // DAY_MS)
    return Known(doors_now(db, now_ms, roster=roster), roster, coverage.heard(db), accounts.accounts(db), days)


def units_of(known: Known, now_ms: int, language: str) -> tuple[UnitOfDoors, ...]:
    """Every unit that has a device, those that need somebody first, else in order of the codes."""
    by_unit: dict[str, list[Line]] = {}
    for door in known.doors:
        line = line_of(known, door, now_ms, language)
        by_unit.setdefault(line.unit, []).append(line)
    today = local_date(now_ms)
    found = [
        UnitOfDoors(
            code,
            name_of(known.roster, code, today) if code else catalogue(language).gettext("No unit"),
            tuple(sorted(lines, key=lambda one: (_ORDER.index(one.state), one.code))),
            sum(one.state in (LIVE, TROUBLE) for one in lines),
        )
        for code, lines in sorted(by_unit.items())
    ]
    return tuple(sorted(found, key=lambda unit: unit.lines[0].state not in (SILENT, TROUBLE)))


def name_of(roster: Roster, code: str, on: dt.date) -> str:
    """The unit's name on the date; of one that has ended or not begun, the newest that is known, else its code."""
    names = roster.units.get(code, ())
    newest = max(names, key=lambda one: one.valid_from or dt.date.min, default=None)
    today = roster.unit_name(code, on)
    return newest.name if today == code and newest is not None else today


_ORDER = (SILENT, TROUBLE, UNKNOWN, LIVE, GONE)


def counts_of(units: tuple[UnitOfDoors, ...], language: str) -> list[tuple[str, str, str, int]]:
    """State, sign, word and how many devices are in it."""
    say = catalogue(language).gettext
    found = [line.state for unit in units for line in unit.lines]
    return [(state, SIGNS[state], say(STATES[state]), found.count(state)) for state in _ORDER]


def line_of(known: Known, door: DoorNow, now_ms: int, language: str) -> Line:
    """One device as the page shows it."""
    say = catalogue(language).gettext
    place, heard = known.roster.doors[door.device], known.heard.get(door.device)
    said = {} if heard is None else json.loads(heard.report)
    account, state = known.accounts.get(door.device, Account()), state_of(door, known)
    days = known.days.get(door.device)
    return Line(
        door.code,
        door.device,
        door.unit or "",
        door.location,
        say(KINDS[_kind(place)]),
        state,
        SIGNS[state],
        say(STATES[state]),
        silence_of(door, now_ms, say),
        "" if door.heard_ms is None else age(max(now_ms - door.heard_ms, 0) // 1000, language),
        _unacked(said, language),
        "" if heard is None or place.terminal else say(CLOCKS.get(heard.clock, heard.clock)),
        _disk(said, language),
        _readers(said, say),
        "" if heard is None else heard.version,
        days,
        days is not None and days < SOON_DAYS and state != GONE,
        remark_of(account, language),
    )


def state_of(door: DoorNow, known: Known) -> str:
    """live, trouble (live, and something is to be mended), silent, unknown (never heard of) or gone."""
    if door.state is DoorState.RETIRED:
        return GONE
    if door.heard_ms is None:
        return UNKNOWN
    if door.reason in NO_SIGN_OF_LIFE or not door.online:
        return SILENT
    account = known.accounts.get(door.device, Account())
    return TROUBLE if door.reason or account.findings or account.lost else LIVE


def _kind(place: Door) -> str:
    if place.terminal:
        return "terminal"
    return "station" if place.station else "waits"


def _unacked(said: Mapping[str, Any], language: str) -> str:
    """A heartbeat without the field says nothing; one with null says that everything is acknowledged."""
    if "oldest_unacked_s" not in said:
        return ""
    seconds = said["oldest_unacked_s"]
    return catalogue(language).gettext("everything acknowledged") if seconds is None else age(int(seconds), language)


def _disk(said: Mapping[str, Any], language: str) -> str:
    free = said.get("disk_free_bytes")
    if free is None:
        return ""
    number = f"{free / 1e9:.1f}" if language == "en" else f"{free / 1e9:.1f}".replace(".", ",")
    return catalogue(language).gettext("%s GB free") % number


def _readers(said: Mapping[str, Any], say: Callable[[str], str]) -> str:
    words = {"ok": say("ok"), "lost": say("lost")}
    return ", ".join(f"{one['reader']}: {words.get(one['state'], one['state'])}" for one in said.get("readers", ()))
