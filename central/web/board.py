"""What the board shows, worked out from presence: words, signs and order; no HTML. Pure but for the catalogues."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from central.moments import moment
from central.presence import DoorNow, DoorState, Row, State, UnitPresence, Why
from central.silence import Silence
from central.store.accounts import Account
from central.web.texts import age, catalogue, long_date

# Never by colour alone: each state has its own sign.
SIGNS = {
    State.MISSING: "✕",
    State.LATE: "!",
    State.UNKNOWN: "?",
    State.EXPECTED: "…",
    State.OUT: "←",
    State.IN: "✓",
    State.FIELD: "▲",
    State.LEAVE: "–",
    State.OFF: "·",
}
LABELS = {
    State.MISSING: "missing",
    State.LATE: "late",
    State.UNKNOWN: "unknown",
    State.EXPECTED: "expected",
    State.OUT: "out",
    State.IN: "in",
    State.FIELD: "in the field",
    State.LEAVE: "on leave",
    State.OFF: "off",
}
UNPLANNED = "in the field (not planned)"
"""The label of whoever went by the button of a door, which nobody planned."""
REASONS = {
    Why.OLD: "the door's data are old",
    Why.DOWN: "the door could not record when people came",
    Why.CLOCK: "the door's clock was not set",
}
FINDINGS = {
    "copied": "two devices speak with one card",
    "rolled_back": "its card went back to an older state",
    "lost_writes": "its card lost what was written",
    "fork": "two versions of one event",
    "branched": "two versions of one event",
    "unjudged": "its times could not be worked out",
    "absurd_seq": "it names events that cannot be",
}
SILENT = {
    Silence.RETIRED: "no longer in use",
    Silence.NO_POWER: "no power",
    Silence.STOPPED: "switched off",
    Silence.NOT_THERE: "not installed yet",
    Silence.LOST: "what it recorded was lost",
    Silence.NO_DOOR: "there is no door",
    Silence.CLOSED: "out of use by a decision",
    Silence.NO_STATION: "no station is registered for it",
    Silence.NEVER_HEARD: "its station has never connected",
    Silence.OFFLINE: "connection lost (network or power)",
    Silence.NO_HEARTBEAT: "no sign of life",
    Silence.READER_LOST: "card reader lost",
    Silence.NOT_RECORDING: "disk full, nothing is recorded",
    Silence.READ_ONLY: "disk read-only, nothing is recorded: restart its computer",
    Silence.NOT_DELIVERED: "connected, not everything has arrived",
    Silence.CLOCK: "clock not set",
}
LAST_HEARD = frozenset({Silence.NO_POWER, Silence.NO_HEARTBEAT})
"""Of these nobody knows the moment, only the last sign of life before it."""
COLLECTOR_LATE_MS = 120_000
"""A collector that lives says so several times in that time."""
CALLS_FOR_A_LOOK = (State.MISSING, State.LATE)


@dataclass(frozen=True, slots=True)
class Chip:
    """How many people are in one state."""

    state: str
    sign: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person. detail: since when, and by how many minutes late."""

    state: str
    sign: str
    label: str
    name: str
    position: str
    detail: str


@dataclass(frozen=True, slots=True)
class UnknownLine:
    """Those of whom nothing can be said for one reason. names: leaders first, in one text."""

    sign: str
    label: str
    reason: str
    count: int
    names: str


@dataclass(frozen=True, slots=True)
class DoorLine:
    """One door and the age of its data. state: fresh or stale. why: why it is silent, and since when, or "". remark:
    what a technician must look at, or ""."""

    code: str
    location: str
    state: str
    sign: str
    text: str
    remark: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class UnitCard:
    """A unit. attention: those missing or late; unknown: those of whom nothing can be said, by reason; others:
    everybody else, leaders first; present: in or late."""

    code: str
    name: str
    counts: tuple[Chip, ...]
    attention: tuple[PersonLine, ...]
    unknown: tuple[UnknownLine, ...]
    others: tuple[PersonLine, ...]
    doors: tuple[DoorLine, ...]
    present: int
    total: int
    trouble: bool


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The whole board in one language. warning: what makes all of it doubtful, or ""."""

    date: str
    time: str
    counts: tuple[Chip, ...]
    units: tuple[UnitCard, ...]
    warning: str = ""


def board_page(
    units: tuple[UnitPresence, ...],
    now_ms: int,
    language: str,
    kept: Mapping[str, Account] = MappingProxyType({}),
    collected_ms: int | None = None,
) -> BoardPage:
    """The board at now_ms; units with people missing or late come first, the others in order of their codes.

    collected_ms: up to when collectors have taken in what the doors sent, None: none ever worked.
    """
    now = moment(now_ms)
    say = catalogue(language).gettext
    warning = _warning(collected_ms, now_ms, say)
    deaf_ms = collected_ms - COLLECTOR_LATE_MS if collected_ms is not None and warning else None
    units = tuple(_without_blame(unit, deaf_ms) for unit in units)
    cards = sorted((_card(unit, kept, now_ms, language) for unit in units), key=_urgency)
    totals = {state: sum(unit.counts[state] for unit in units) for state in State}
    return BoardPage(
        long_date(now.date(), language),
        f"{now:%H:%M}",
        _chips(totals, say),
        tuple(cards),
        warning,
    )


def _without_blame(unit: UnitPresence, deaf_ms: int | None) -> UnitPresence:
    """deaf_ms: since when central itself takes in nothing, None = it does. What a door seems to do since then says
    nothing about the door."""
    if deaf_ms is None:
        return unit
    silent = {door.code for door in unit.doors if door.since_ms is None or door.since_ms >= deaf_ms}
    doors = tuple(replace(door, reason="", since_ms=None) if door.code in silent else door for door in unit.doors)
    rows = tuple(replace(row, behind=tuple(code for code in row.behind if code not in silent)) for row in unit.rows)
    return replace(unit, rows=rows, doors=doors)


def _warning(collected_ms: int | None, now_ms: int, say: Callable[[str], str]) -> str:
    """Nobody takes in what the doors send: every door looks silent, and none is to blame."""
    if collected_ms is None:
        return say("No collector is running: what the doors record does not arrive here.")
    if now_ms - collected_ms <= COLLECTOR_LATE_MS:
        return ""
    since, now = moment(collected_ms), moment(now_ms)
    time = f"{since:%H:%M}" if since.date() == now.date() else f"{since:%H:%M %d/%m/%Y}"
    text = say("Nothing has been taken in from the doors since %s: the collector is stopped, behind, or cut off.")
    return text % time


def _urgency(card: UnitCard) -> tuple[int, int, str]:
    counts = {chip.state: chip.count for chip in card.counts}
    return -counts.get(State.MISSING, 0), -counts.get(State.LATE, 0) - counts.get(State.UNKNOWN, 0), card.code


def _chips(counts: dict[State, int], say: Callable[[str], str]) -> tuple[Chip, ...]:
    return tuple(Chip(state.value, SIGNS[state], say(LABELS[state]), counts[state]) for state in State)


def _card(unit: UnitPresence, kept: Mapping[str, Account], now_ms: int, language: str) -> UnitCard:
    say = catalogue(language).gettext
    first = tuple(_person(row, language) for row in unit.attention if row.presence.state in CALLS_FOR_A_LOOK)
    apart = (*CALLS_FOR_A_LOOK, State.UNKNOWN)
    others = tuple(_person(row, language) for row in unit.rows if row.presence.state not in apart)
    counts = unit.counts
    return UnitCard(
        unit.unit,
        unit.name or say("No unit"),
        _chips(counts, say),
        first,
        _unknown(unit, language),
        others,
        tuple(_door(door, kept.get(door.device, Account()), now_ms, language) for door in unit.doors),
        counts[State.IN] + counts[State.LATE],
        len(unit.rows),
        bool(counts[State.MISSING]),
    )


def _unknown(unit: UnitPresence, language: str) -> tuple[UnknownLine, ...]:
    say = catalogue(language).gettext
    by_reason: dict[str, list[str]] = {}
    for row in unit.rows:
        if row.presence.state is State.UNKNOWN:
            by_reason.setdefault(_reason(row, language), []).append(row.name)
    label = say(LABELS[State.UNKNOWN])
    sign = SIGNS[State.UNKNOWN]
    return tuple(UnknownLine(sign, label, why, len(names), ", ".join(names)) for why, names in by_reason.items())


def _reason(row: Row, language: str) -> str:
    if row.presence.why is None:
        return ""
    if row.presence.why is Why.OLD and not row.behind:
        return catalogue(language).gettext("nothing arrives at the centre")
    doors = f" ({', '.join(row.behind)})" if row.behind else ""
    return catalogue(language).gettext(REASONS[row.presence.why]) + doors


def _person(row: Row, language: str) -> PersonLine:
    say = catalogue(language).gettext
    state = row.presence.state
    label = UNPLANNED if row.presence.unplanned else LABELS[state]
    return PersonLine(state.value, SIGNS[state], say(label), row.name, row.position, _detail(row, language))


def _detail(row: Row, language: str) -> str:
    say = catalogue(language).gettext
    presence = row.presence
    since = f"{presence.since:%H:%M}" if presence.since else ""
    minutes = ""
    if presence.state is State.LATE:
        minutes = say("%d min") % presence.late_min
    elif presence.late_min and presence.state is State.IN:
        minutes = say("not counted as late")  # not delivered yet, or no door was open to tap at in time
    return " · ".join(part for part in (since, minutes) if part)


def _door(door: DoorNow, account: Account, now_ms: int, language: str) -> DoorLine:
    say = catalogue(language).gettext
    fresh = door.state is DoorState.CURRENT
    words = {
        DoorState.CURRENT: age(door.data_age_s, language),
        DoorState.OLD: say("no data for %s") % age(door.data_age_s, language),
        DoorState.NEVER: say("has never delivered"),
        DoorState.DOWN: say("cannot record"),
        DoorState.RETIRED: say("retired"),
    }
    sign = "●" if fresh else "○"
    state = "fresh" if fresh else "stale"
    why = silence_of(door, now_ms, say)
    return DoorLine(door.code, door.location, state, sign, words[door.state], remark_of(account, language), why)


def silence_of(door: DoorNow, now_ms: int, say: Callable[[str], str]) -> str:
    """`connection lost (network or power) since 07:12`; with the date where it is not today's."""
    if not door.reason:
        return ""
    text = say(SILENT[Silence(door.reason)])
    if door.since_ms is None:
        return text
    since, now = moment(door.since_ms), moment(now_ms)
    time = f"{since:%H:%M}" if since.date() == now.date() else f"{since:%H:%M %d/%m/%Y}"
    last_heard = Silence(door.reason) in LAST_HEARD
    return (say("%s, last sign of life at %s") if last_heard else say("%s since %s")) % (text, time)


def remark_of(account: Account, language: str) -> str:
    say = catalogue(language).gettext
    found = list(dict.fromkeys(say(FINDINGS[word]) for word in account.findings))
    if account.lost:
        found.insert(0, say("%d events lost") % account.lost)
    return "; ".join(found)
