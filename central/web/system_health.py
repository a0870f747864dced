"""What the page of the system's health shows: a state, a sentence and what to do for each part; words, no HTML.

To add a check: a function of `Seen`, a line in CHECKS, a title and a remedy in `system_words`.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central.backups import newest_ms
from central.health import Liveness
from central.moments import DAY_MS, local_date
from central.silence import Silence
from central.store import collected, faults, heads, marks, quarantine
from central.store.accounts import Account
from central.store.faults import Unjudged
from central.store.quarantine import EVIDENCE
from central.web.board import COLLECTOR_LATE_MS, FINDINGS
from central.web.fleet import GONE, SILENT, SOON_DAYS, TROUBLE, Known, known_devices, state_of
from central.web.system_words import BAD, LOOK, NO_FOLDER, OK, SET_FOLDER, SIGNS, STATES, TITLES, TODO, UNKNOWN
from central.web.texts import age, catalogue

MANY_DAYS = 5_000
"""So many marked days are more than a busy morning leaves."""
BACKUP_LATE_MS, BACKUP_OLD_MS = 26 * 3_600_000, 3 * DAY_MS
"""Backups are made each night."""
HEAD_LATE = dt.timedelta(days=2)
MOST_NAMED = 12
"""How many devices or facts one part names."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the system at this moment. collected_ms: as `store.collected`; backup_ms: when the newest backup
    was taken, None = there is none, or no folder; silent: loops of this process; failures: rounds that raised."""

    now_ms: int
    real_ms: int
    known: Known
    collected_ms: int | None
    days_left: int
    unjudged: tuple[Unjudged, ...]
    held: Mapping[str, int]
    dropped: int
    head: dt.date | None
    backup_folder: str
    backup_ms: int | None
    silent: Mapping[str, float]
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Check:
    """One part. said: what it is now; todo: "" while all is well; devices: codes of those that it speaks of."""

    key: str
    state: str
    sign: str
    label: str
    title: str
    said: str
    todo: str
    devices: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What a check found, before it has its words."""

    state: str
    said: str
    devices: tuple[str, ...] = ()
    todo: str = ""


Say = Callable[[str], str]


def look(db: Any, now_ms: int, real_ms: int, health: Liveness, folder: str) -> Seen:
    """Everything that the checks need. now_ms: of the facts; real_ms: of certificates and backups."""
    newest = heads.newest(db, 1)
    return Seen(
        now_ms,
        real_ms,
        known_devices(db, now_ms, real_ms),
        collected.collected_ms(db),
        marks.days_left(db),
        tuple(faults.unjudged(db)),
        quarantine.count(db),
        quarantine.dropped(db),
        newest[0].date if newest else None,
        folder,
        newest_ms(Path(folder)) if folder else None,
        health.silent(),
        health.failures(),
    )


def checks(seen: Seen, language: str) -> tuple[Check, ...]:
    """Every part, what needs somebody first."""
    say = catalogue(language).gettext
    found = [_check(key, work(seen, say, language), say) for key, work in CHECKS.items()]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.state)))


_ORDER = (BAD, LOOK, UNKNOWN, OK)


def counts(found: Iterable[Check], language: str) -> list[tuple[str, str, str, int]]:
    """State, sign, word and how many parts are in it."""
    say, states = catalogue(language).gettext, Counter(one.state for one in found)
    return [(state, SIGNS[state], say(STATES[state]), states[state]) for state in _ORDER]


def _check(key: str, found: Judged, say: Say) -> Check:
    todo = "" if found.state == OK else say(found.todo or TODO[key])
    named, more = found.devices[:MOST_NAMED], max(len(found.devices) - MOST_NAMED, 0)
    return Check(
        key, found.state, SIGNS[found.state], say(STATES[found.state]), say(TITLES[key]), found.said, todo, named, more
    )


def _intake(seen: Seen, say: Say, language: str) -> Judged:
    if seen.collected_ms is None:
        return Judged(UNKNOWN, say("no collector has ever worked on this database"))
    late_ms = seen.now_ms - seen.collected_ms
    said = say("everything that came is stored; last told %s ago") % age(max(late_ms, 0) // 1000, language)
    return Judged(OK if late_ms <= COLLECTOR_LATE_MS else BAD, said)


def _loops(seen: Seen, say: Say, language: str) -> Judged:
    if seen.silent:
        return Judged(BAD, say("silent: %s") % ", ".join(sorted(seen.silent)))
    failed = ", ".join(f"{loop} {count}" for loop, count in sorted(seen.failures.items()))
    return (
        Judged(LOOK, say("rounds that failed since the start: %s") % failed) if failed else Judged(OK, say("all alive"))
    )


def _doors(seen: Seen, say: Say, language: str) -> Judged:
    states = {door.code: state_of(door, seen.known) for door in seen.known.doors}
    bad = tuple(code for state in (SILENT, TROUBLE) for code, found in states.items() if found == state)
    count = Counter(states.values())
    said = say("%d of %d devices need somebody") % (len(bad), len(states) - count[GONE])
    return Judged(UNKNOWN if not states else LOOK if bad else OK, said, bad)


def _of(seen: Seen, what: Callable[[Account], object]) -> tuple[str, ...]:
    """Codes of the devices whose account says so."""
    empty = Account()
    return tuple(door.code for door in seen.known.doors if what(seen.known.accounts.get(door.device, empty)))


def _sum(seen: Seen, what: Callable[[Account], int]) -> int:
    return sum(what(account) for account in seen.known.accounts.values())


def _backlog(seen: Seen, say: Say, language: str) -> Judged:
    count = _sum(seen, lambda one: one.to_come)
    return Judged(LOOK if count else OK, say("%d events") % count, _of(seen, lambda one: one.to_come))


def _judging(seen: Seen, say: Say, language: str) -> Judged:
    return Judged(LOOK if seen.days_left > MANY_DAYS else OK, say("%d staff-days") % seen.days_left)


def _unjudged(seen: Seen, say: Say, language: str) -> Judged:
    named = "; ".join(f"{one.said}: {one.error[:120]}" for one in seen.unjudged[:MOST_NAMED])
    count = say("%d set aside") % len(seen.unjudged)
    return Judged(BAD, f"{count}: {named}") if seen.unjudged else Judged(OK, count)


def _quarantine(seen: Seen, say: Say, language: str) -> Judged:
    parts = [f"{count} {code}" for code, count in sorted(seen.held.items())]
    parts += [say("%d had no room; the stations still have what was in them") % seen.dropped] if seen.dropped else []
    state = BAD if any(code in EVIDENCE for code in seen.held) else LOOK if parts else OK
    return Judged(state, "; ".join(parts) or say("empty"), _of(seen, lambda one: one.quarantined))


def _forks(seen: Seen, say: Say, language: str) -> Judged:
    count = _sum(seen, lambda one: one.forked)
    return Judged(BAD if count else OK, say("%d undecided") % count, _of(seen, lambda one: one.forked))


def _gaps(seen: Seen, say: Say, language: str) -> Judged:
    count = _sum(seen, lambda one: one.lost)
    return Judged(LOOK if count else OK, say("%d events") % count, _of(seen, lambda one: one.lost))


def _cards(seen: Seen, say: Say, language: str) -> Judged:
    words = sorted({word for account in seen.known.accounts.values() for word in account.findings})
    said = "; ".join(dict.fromkeys(say(FINDINGS.get(word, word)) for word in words))
    return Judged(BAD if words else OK, said or say("nothing found"), _of(seen, lambda one: one.findings))


def _clocks(seen: Seen, say: Say, language: str) -> Judged:
    doubted = tuple(
        door.code
        for door in seen.known.doors
        if door.reason == Silence.CLOCK
        or (_spoken_of(seen, door.device) and seen.known.heard[door.device].clock == "none")
    )
    return Judged(LOOK if doubted else OK, say("doors that do not know the time: %d") % len(doubted), doubted)


def _spoken_of(seen: Seen, device: str) -> bool:
    return device in seen.known.heard and not seen.known.roster.doors[device].terminal


def _certificates(seen: Seen, say: Say, language: str) -> Judged:
    doors = [door for door in seen.known.doors if state_of(door, seen.known) != GONE]
    days = {door.code: seen.known.days[door.device] for door in doors if door.device in seen.known.days}
    soon = tuple(sorted((code for code, left in days.items() if left < SOON_DAYS), key=lambda code: days[code]))
    over = sum(left < 0 for left in days.values())
    said = say("%d end within %d days, %d are over") % (len(soon) - over, SOON_DAYS, over)
    return Judged(BAD if over else LOOK if soon else OK, said, soon)


def _heads(seen: Seen, say: Say, language: str) -> Judged:
    if seen.head is None:
        return Judged(UNKNOWN, say("none yet"))
    late = local_date(seen.now_ms) - seen.head > HEAD_LATE
    return Judged(LOOK if late else OK, say("the last one is of %s") % f"{seen.head:%d/%m/%Y}")


def _backups(seen: Seen, say: Say, language: str) -> Judged:
    if not seen.backup_folder:
        return Judged(UNKNOWN, say(NO_FOLDER), todo=SET_FOLDER)
    if seen.backup_ms is None:
        return Judged(BAD, say("there is none in %s") % seen.backup_folder)
    old_ms = max(seen.real_ms - seen.backup_ms, 0)
    state = OK if old_ms <= BACKUP_LATE_MS else LOOK if old_ms <= BACKUP_OLD_MS else BAD
    return Judged(state, say("the newest is %s old") % age(old_ms // 1000, language))


CHECKS: dict[str, Callable[[Seen, Say, str], Judged]] = {
    "intake": _intake,
    "loops": _loops,
    "doors": _doors,
    "backlog": _backlog,
    "judging": _judging,
    "unjudged": _unjudged,
    "quarantine": _quarantine,
    "forks": _forks,
    "gaps": _gaps,
    "cards": _cards,
    "clocks": _clocks,
    "certificates": _certificates,
    "heads": _heads,
    "backups": _backups,
}
