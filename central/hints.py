"""Hints for an inspection: taps that somebody may want to look at. Never verdicts, never counted. Pure.

A punch whose time is not sure gives no hint unless it would be one anywhere within its uncertainty. Instants are UTC
milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise

from central.moments import local_date

SECOND_MS = 1_000
DOUBLE_TAP_MS = 60_000
"""Taps of one badge so close together are one occasion."""


class HintKind(StrEnum):
    """What was noticed; the order of definition is the order of the list."""

    TWO_PLACES = "two_places"
    ALWAYS_TOGETHER = "always_together"
    MANY_AT_CLOSING = "many_at_closing"
    TAPPED_WHILE_AWAY = "tapped_while_away"


@dataclass(frozen=True, slots=True)
class HintLimits:
    """From when on something is worth a look; each is a setting of the office.

    travel_s: one badge at two units' doors within so many seconds. together_s, together_taps, together_days,
    together_percent: two badges at one door within so many seconds, so many times, on so many dates, in so many of
    hundred of the taps of whoever tapped less. closing_badges, closing_s, closing_min: so many badges at one door
    within so many seconds, no further from the end of a session than so many minutes.
    """

    travel_s: int = 180
    together_s: int = 5
    together_taps: int = 6
    together_days: int = 3
    together_percent: int = 80
    closing_badges: int = 8
    closing_s: int = 15
    closing_min: int = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """One punch. badge: an opaque name, never told. place: the unit whose door it is."""

    staff: str
    badge: str
    door: str
    place: str
    at_ms: int
    unsure_ms: int = 0

    @property
    def sure(self) -> bool:
        return self.unsure_ms < SECOND_MS


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch in which a person is planned to be elsewhere, up to end_ms."""

    staff: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Hint:
    """Something to look at. staff: in order, each once; at_ms: the (first) moment; seconds: within how long; times: how
    often, days: on how many dates (always_together)."""

    kind: HintKind
    at_ms: int
    staff: tuple[str, ...]
    doors: tuple[str, ...]
    seconds: int = 0
    times: int = 1
    days: int = field(default=1)

    @property
    def on(self) -> date:
        return local_date(self.at_ms)


def find_hints(
    seen: Iterable[Seen],
    away: Iterable[Away] = (),
    closing_ms: Mapping[str, Sequence[int]] | None = None,
    limits: HintLimits = HintLimits(),
) -> tuple[Hint, ...]:
    """All hints, in order of kind, time and person. The order and repetition of `seen` do not matter.

    closing_ms: the ends of sessions by door.
    """
    taps = sorted(set(seen), key=lambda s: (s.at_ms, s.door, s.staff, s.badge))
    found = [
        *two_places(taps, limits),
        *always_together(taps, limits),
        *many_at_closing(taps, closing_ms or {}, limits),
        *tapped_while_away(taps, away),
    ]
    kinds = list(HintKind)
    return tuple(sorted(found, key=lambda h: (kinds.index(h.kind), h.at_ms, h.staff, h.doors)))


def two_places(taps: Sequence[Seen], limits: HintLimits) -> list[Hint]:
    """One badge at the doors of two units sooner than anybody gets from one to the other, however unsure the clocks."""
    by_badge: dict[str, list[Seen]] = defaultdict(list)
    for tap in taps:
        by_badge[tap.badge].append(tap)
    found = []
    for own in by_badge.values():
        for before, after in pairwise(own):
            apart_ms = after.at_ms - before.at_ms + before.unsure_ms + after.unsure_ms
            if before.place != after.place and apart_ms < limits.travel_s * SECOND_MS:
                people = tuple(dict.fromkeys((before.staff, after.staff)))
                doors = (before.door, after.door)
                found.append(Hint(HintKind.TWO_PLACES, before.at_ms, people, doors, _seconds(before, after)))
    return found


def always_together(taps: Sequence[Seen], limits: HintLimits) -> list[Hint]:
    """Two badges that come seconds apart at one door, over days, nearly whenever the one who taps less does."""
    occasions = _occasions([t for t in taps if t.sure])
    by_door: dict[str, list[Seen]] = defaultdict(list)
    count: dict[str, int] = defaultdict(int)
    for tap in occasions:
        by_door[tap.door].append(tap)
        count[tap.staff] += 1
    met: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    doors: dict[tuple[str, str], set[str]] = defaultdict(set)
    for door, here in by_door.items():
        for one, other in _near(here, limits.together_s * SECOND_MS):
            pair = (min(one.staff, other.staff), max(one.staff, other.staff))
            met[pair].append(one)
            doors[pair].add(door)
    found = []
    for pair, times in met.items():
        days = {local_date(t.at_ms) for t in times}
        share = 100 * len(times) >= limits.together_percent * min(count[p] for p in pair)
        if len(times) >= limits.together_taps and len(days) >= limits.together_days and share:
            first_ms = min(t.at_ms for t in times)
            where = tuple(sorted(doors[pair]))
            found.append(
                Hint(HintKind.ALWAYS_TOGETHER, first_ms, pair, where, limits.together_s, len(times), len(days))
            )
    return found


def many_at_closing(taps: Sequence[Seen], closing_ms: Mapping[str, Sequence[int]], limits: HintLimits) -> list[Hint]:
    """Many badges at one door within seconds, around the end of a session; each burst once, at its largest."""
    by_door: dict[str, list[Seen]] = defaultdict(list)
    for tap in taps:
        if tap.sure and any(
            abs(tap.at_ms - end) <= limits.closing_min * 60_000 for end in closing_ms.get(tap.door, ())
        ):
            by_door[tap.door].append(tap)
    return [
        Hint(HintKind.MANY_AT_CLOSING, burst[0].at_ms, staff, (door,), _seconds(burst[0], burst[-1]), len(staff))
        for door, here in by_door.items()
        for burst in _bursts(here, limits)
        if (staff := tuple(dict.fromkeys(t.staff for t in burst)))
    ]


def tapped_while_away(taps: Sequence[Seen], away: Iterable[Away]) -> list[Hint]:
    """A badge tapped while its holder is planned to be elsewhere: the first tap of each stretch and door."""
    stretches: dict[str, list[Away]] = defaultdict(list)
    for one in away:
        stretches[one.staff].append(one)
    found: dict[tuple[Away, str], list[Seen]] = defaultdict(list)
    for tap in taps:
        for one in stretches.get(tap.staff, ()):
            if one.start_ms <= tap.at_ms - tap.unsure_ms and tap.at_ms + tap.unsure_ms < one.end_ms:
                found[one, tap.door].append(tap)
    return [
        Hint(HintKind.TAPPED_WHILE_AWAY, here[0].at_ms, (one.staff,), (door,), 0, len(here))
        for (one, door), here in found.items()
    ]


def _seconds(before: Seen, after: Seen) -> int:
    return (after.at_ms - before.at_ms) // SECOND_MS


def _occasions(taps: Iterable[Seen]) -> list[Seen]:
    """Taps without those that follow one of the same person at the same door within a minute."""
    last: dict[tuple[str, str], int] = {}
    found = []
    for tap in taps:
        key = (tap.staff, tap.door)
        if key not in last or tap.at_ms - last[key] > DOUBLE_TAP_MS:
            found.append(tap)
            last[key] = tap.at_ms
    return found


def _near(here: Sequence[Seen], within_ms: int) -> Iterable[tuple[Seen, Seen]]:
    """Every two taps of two people that lie so close together."""
    for i, one in enumerate(here):
        for other in here[i + 1 :]:
            if other.at_ms - one.at_ms > within_ms:
                break
            if other.staff != one.staff:
                yield one, other


def _bursts(here: Sequence[Seen], limits: HintLimits) -> list[Sequence[Seen]]:
    """Stretches of at most closing_s with enough badges; the next one begins beyond the last."""
    found: list[Sequence[Seen]] = []
    start = 0
    while start < len(here):
        end = start
        while end + 1 < len(here) and here[end + 1].at_ms - here[start].at_ms <= limits.closing_s * SECOND_MS:
            end += 1
        burst = here[start : end + 1]
        if len({t.badge for t in burst}) >= limits.closing_badges:
            found.append(burst)
            start = end + 1
        else:
            start += 1
    return found
