"""What is known about a door: when it recorded, when it could not, and up to when everything has arrived.

Pure. Instants are UTC milliseconds. Source: wire.md "Coverage". What is not known stays not known: a door that never
delivered counts as delivered up to an instant before everything that is asked about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from central.moments import moment
from central.rules.day import Span
from central.rules.doors import all_down

ALWAYS_MS = -2_208_988_800_000
"""Before every fact (1900)."""
FOREVER_MS = 32_503_680_000_000
"""After every fact (3000)."""


class State(StrEnum):
    """What is known about a door at a time."""

    RECORDED = "recorded"
    UNDELIVERED = "undelivered"
    DOWN = "down"


NO_POWER = "no_power"
STOPPED = "stopped"
NOT_THERE = "not_there"
LOST = "lost"
NO_DOOR = "no_door"


@dataclass(frozen=True, slots=True)
class Fault:
    """The door became unable to record at at_ms: code `reader_lost`, `disk_full` ...; which = reader or part."""

    code: str
    which: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Mended:
    """The end of a fault; began_ms is the device's own word, for a full disk cannot record when it filled up."""

    code: str
    which: str
    began_ms: int
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Hole:
    """Events that cannot come. The instants are those of its stored neighbours; None where there is none."""

    after_ms: int | None
    before_ms: int | None


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """One journal of a device, that is one run of its station.

    started_ms: its `start`, None when that is not stored. first: it has no parent. alive_until_ms: the later of its
    last stored event and its last heartbeat that was fully stored. stopped: its last event says `stop`.
    """

    journal: str
    started_ms: int | None
    alive_until_ms: int
    first: bool = False
    stopped: bool = False
    faults: tuple[Fault, ...] = ()
    mended: tuple[Mended, ...] = ()
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """A documented decision: the door was down between these instants, and nobody waits for what it may still say."""

    from_ms: int
    to_ms: int
    reason: str
    doc_no: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch from from_ms up to to_ms; reason says why a door was down, "" otherwise."""

    from_ms: int
    to_ms: int
    state: State
    reason: str = ""

    @property
    def span(self) -> Span:
        return Span(moment(self.from_ms), moment(self.to_ms))


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """All that coverage is worked out from. delivered_ms: the device's delivered-until; None: it never delivered."""

    journals: tuple[JournalFacts, ...] = ()
    closures: tuple[Closure, ...] = ()
    delivered_ms: int | None = None


def down_of(door: DoorFacts) -> tuple[Interval, ...]:
    """When the door could not record, in order of time; intervals of different reasons may overlap."""
    found = [
        *_between_runs(door.journals),
        *(i for journal in door.journals for i in _within(journal, journal is not _newest(door.journals))),
        *(_down(c.from_ms, c.to_ms, c.reason) for c in door.closures),
    ]
    return tuple(sorted((i for i in found if i.from_ms < i.to_ms), key=lambda i: (i.from_ms, i.to_ms, i.reason)))


def delivered_until(door: DoorFacts, never_ms: int) -> int:
    """Up to when everything of the door has arrived, or need not be waited for.

    never_ms stands for "never": an instant before everything that is asked about. A closure that contains the
    instant moves it to its end.
    """
    until = never_ms if door.delivered_ms is None else door.delivered_ms
    for closure in sorted(door.closures, key=lambda c: (c.from_ms, c.to_ms)):
        if closure.from_ms <= until < closure.to_ms:
            until = closure.to_ms
    return until


def delivered_by_all(doors: Iterable[DoorFacts], never_ms: int) -> int | None:
    """Up to when all of the doors have delivered; None when there is no door to wait for."""
    return min((delivered_until(door, never_ms) for door in doors), default=None)


def down_together(doors: Iterable[DoorFacts], from_ms: int, to_ms: int) -> tuple[Span, ...]:
    """When all of the doors were down at once between the two instants. Without any door nothing could be recorded."""
    clipped = [_clip(down_of(door), from_ms, to_ms) for door in doors]
    if not clipped:
        return (_down(from_ms, to_ms, NO_DOOR).span,)
    return all_down([i.span for i in intervals] for intervals in clipped)


def coverage_of(door: DoorFacts, from_ms: int, to_ms: int) -> tuple[Interval, ...]:
    """The door between two instants, without gaps or overlaps: recorded, undelivered or down.

    Down by what is known wins over undelivered: nothing can come of a time when nothing was recorded.
    """
    until = max(min(delivered_until(door, ALWAYS_MS), to_ms), from_ms)
    found: list[Interval] = []
    at = from_ms
    for interval in _clip(down_of(door), from_ms, to_ms):
        if interval.to_ms <= at:
            continue
        found += _open(at, interval.from_ms, until)
        start = max(interval.from_ms, at)
        found.append(_down(start, interval.to_ms, interval.reason))
        at = interval.to_ms
    return tuple(found + _open(at, to_ms, until))


def _between_runs(journals: Sequence[JournalFacts]) -> list[Interval]:
    """From the end of one run to the start of the next; two runs that overlap (a copied card) leave nothing between.

    Before the start of its very first run the door was not there. Whatever follows the last run is not known yet.
    """
    runs = [(j.started_ms, j) for j in journals if j.started_ms is not None]
    found: list[Interval] = []
    reach: int | None = None
    reason = NO_POWER
    for started_ms, run in sorted(runs, key=lambda run: (run[0], run[1].journal)):
        if reach is None and run.first and len(runs) == len(journals):
            found.append(_down(ALWAYS_MS, started_ms, NOT_THERE))
        elif reach is not None and started_ms > reach:
            found.append(_down(reach, started_ms, reason))
        if reach is None or run.alive_until_ms > reach:
            reach, reason = run.alive_until_ms, STOPPED if run.stopped else NO_POWER
    return found


def _newest(journals: Sequence[JournalFacts]) -> JournalFacts:
    return max(journals, key=lambda j: (ALWAYS_MS if j.started_ms is None else j.started_ms, j.journal))


def _within(journal: JournalFacts, over: bool) -> list[Interval]:
    """Faults and holes of one run. A fault that nobody mended lasts as long as its run, the newest one's until further
    notice; a new run says its faults again."""
    last_ms = journal.alive_until_ms if over else FOREVER_MS
    found = [_down(m.began_ms, m.ended_ms, m.code) for m in journal.mended]
    for fault in journal.faults:
        ends = [m.ended_ms for m in journal.mended if (m.code, m.which) == (fault.code, fault.which)]
        found.append(_down(fault.at_ms, min((e for e in ends if e >= fault.at_ms), default=last_ms), fault.code))
    for hole in journal.holes:
        after = hole.after_ms if hole.after_ms is not None else journal.started_ms
        before = hole.before_ms if hole.before_ms is not None else journal.alive_until_ms
        if after is not None:
            found.append(_down(after, before, LOST))
    return found


def _down(from_ms: int, to_ms: int, reason: str) -> Interval:
    return Interval(from_ms, to_ms, State.DOWN, reason)


def _clip(intervals: Iterable[Interval], from_ms: int, to_ms: int) -> list[Interval]:
    return [
        _down(max(i.from_ms, from_ms), min(i.to_ms, to_ms), i.reason)
        for i in intervals
        if i.from_ms < to_ms and i.to_ms > from_ms
    ]


def _open(from_ms: int, to_ms: int, until_ms: int) -> list[Interval]:
    """A stretch in which the door was not down: recorded up to until_ms, undelivered after it."""
    middle = min(max(until_ms, from_ms), to_ms)
    parts = [Interval(from_ms, middle, State.RECORDED), Interval(middle, to_ms, State.UNDELIVERED)]
    return [part for part in parts if part.from_ms < part.to_ms]
