"""When an event truly happened, from the device's stamps and the receipts, and how sure that is.

Pure. All instants are UTC milliseconds. In order of trust (wire.md "Time of an event"): the event's own ntp stamp; the
boot's nearest sync point and the difference of uptimes; an rtc stamp that no receipt contradicts; for a clock that
never syncs the smallest (receipt - stamp) of its day; the same with only an interval to vouch for it. Nothing depends
on the order of the events or on repeated deliveries: the receipt of an event is the earliest seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from central.errors import CentralError

Clock = Literal["none", "rtc", "ntp"]

DRIFT_PPM = 20
LOCAL_MS = 7 * 3_600_000
DAY_MS = 86_400_000
FUTURE_MS = 120_000
"""How far beyond its receipt and uncertainty a repaired time may lie before it is set aside."""
RTC_UNSYNCED_AGE_S = 180 * 86_400
"""How old the last sync of an rtc is taken to be when nobody knows."""
LIVE_SPREAD_MS = 5_000
"""Events sent as they happen reach central with delays that differ by less than this."""
LIVE_APART_MS = 60_000
"""Two events prove a live link only when they are further apart than this: a backlog arrives in one burst."""
PROMPT_MS = 2_000
"""What even a prompt delivery may take: the error that no comparison of receipts can show."""
UNBOUNDED_MS = DAY_MS
"""The uncertainty of a time that nothing bounds from below."""
LATEST_MS = 4_102_444_800_000
"""2100-01-01. What a stamp says beyond it, or before 1970, is no time: no calendar has to hold it."""
MOST_UNCERTAIN_MS = 365 * DAY_MS
"""Whoever is less sure than this knows nothing, and the rules' calendar ends where the years have five digits."""


class TimingError(CentralError, ValueError):
    """Stamps that contradict their own quality; the message names the event."""


class Method(StrEnum):
    """How a time was found, most trusted first."""

    OWN = "own"
    SYNC_POINT = "sync_point"
    RTC = "rtc"
    SHIFTED = "shifted"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event as its device stamped it. `ref` is its identity, `received_ms` the earliest receipt known.

    `sync_age_s`: how long before the stamp the clock was last synchronised; None when not known.
    """

    ref: str
    uptime_ms: int
    utc_ms: int | None
    clock: Clock
    sync_age_s: float | None
    received_ms: int


@dataclass(frozen=True, slots=True)
class SyncPoint:
    """A moment of the boot whose true time is known: a `clock` event of a trusted source."""

    uptime_ms: int
    utc_ms: int


@dataclass(frozen=True, slots=True)
class Timed:
    """The best known time: the true one lies within `best_ms` ± `uncertainty_ms`.

    `set_aside`: it lies after the receipt by more than its uncertainty and two minutes; it must not be counted.
    """

    ref: str
    best_ms: int
    uncertainty_ms: int
    method: Method
    set_aside: bool = False


def own_time(stamped: Stamped) -> Timed | None:
    """The event's own stamp when it is of ntp quality, whatever else is known; None otherwise.

    Raises `TimingError` for an ntp stamp without a time.
    """
    if stamped.clock != "ntp":
        return None
    if stamped.utc_ms is None:
        raise TimingError(f"event {stamped.ref}: clock quality ntp but no utc; store it raw and check the device")
    return _timed(stamped, stamped.utc_ms, _drift(1000 * (stamped.sync_age_s or 0)), Method.OWN)


def repair(
    events: Iterable[Stamped], sync_points: Iterable[SyncPoint] = (), *, not_before_ms: int | None = None
) -> dict[str, Timed]:
    """The time of every event of one boot, by `ref`.

    `sync_points` are those of the same boot; without any its ntp stamps serve. `not_before_ms`: a time known to lie
    before the boot (the last event of the journal's parent); None when nothing is known. Raises `TimingError` for an
    ntp stamp without a time.
    """
    boot = _first_received(events)
    own = {e.ref: timed for e in boot if (timed := own_time(e)) is not None}
    points = set(sync_points) or {SyncPoint(e.uptime_ms, own[e.ref].best_ms) for e in boot if e.ref in own}
    others = [e for e in boot if e.ref not in own]
    if points:
        ordered = sorted(points, key=lambda p: (p.uptime_ms, p.utc_ms))
        return own | {e.ref: _from_point(e, ordered) for e in others}
    rtc = _by_rtc(others)
    return rtc | _shifted([e for e in others if e.ref not in rtc], not_before_ms)


def _first_received(events: Iterable[Stamped]) -> list[Stamped]:
    """Each event once, with its earliest receipt, in order of uptime."""
    first: dict[str, Stamped] = {}
    for event in events:
        known = first.get(event.ref)
        if known is None or event.received_ms < known.received_ms:
            first[event.ref] = event
    return sorted(first.values(), key=lambda e: (e.uptime_ms, e.ref))


def _drift(elapsed_ms: float) -> int:
    """What a clock may have gone wrong in that time, rounded up."""
    return -int(-abs(elapsed_ms) * DRIFT_PPM // 1_000_000)


def _timed(event: Stamped, best_ms: int, uncertainty_ms: int, method: Method) -> Timed:
    best_ms, uncertainty_ms = in_calendar(best_ms), min(uncertainty_ms, MOST_UNCERTAIN_MS)
    ahead = best_ms - event.received_ms > uncertainty_ms + FUTURE_MS
    return Timed(event.ref, best_ms, uncertainty_ms, method, ahead)


def in_calendar(ms: int) -> int:
    """The instant, or the end of the calendar that it lies beyond: a device may stamp any number."""
    return min(max(ms, 0), LATEST_MS)


def _from_point(event: Stamped, points: Sequence[SyncPoint]) -> Timed:
    """From the nearest sync point: clocks drift, so the less time between the better."""
    point = min(points, key=lambda p: (abs(event.uptime_ms - p.uptime_ms), p.uptime_ms, p.utc_ms))
    elapsed_ms = event.uptime_ms - point.uptime_ms
    return _timed(event, point.utc_ms + elapsed_ms, _drift(elapsed_ms), Method.SYNC_POINT)


def _by_rtc(events: Sequence[Stamped]) -> dict[str, Timed]:
    """The rtc stamps, unless a receipt contradicts one of them: then the clock of this boot is trusted nowhere."""
    stamped = [(e, e.utc_ms) for e in events if e.clock == "rtc" and e.utc_ms is not None]
    times = {e.ref: _timed(e, utc_ms, _rtc_uncertainty(e), Method.RTC) for e, utc_ms in stamped}
    if any(times[e.ref].set_aside for e, _ in stamped):
        return {}
    delays = [Delay(utc_ms, e.received_ms - utc_ms) for e, utc_ms in stamped]
    worst = max((t.uncertainty_ms for t in times.values()), default=0)
    # A link that delivers at once delays nothing by minutes: what is missing beyond the doubt is the clock's.
    slow = bool(delays) and min(d.delay_ms for d in delays) > worst + LIVE_SPREAD_MS
    return {} if slow and _live(delays) else times


def _rtc_uncertainty(event: Stamped) -> int:
    age_s = RTC_UNSYNCED_AGE_S if event.sync_age_s is None else event.sync_age_s
    return _drift(1000 * age_s)


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after its stamp an event was received; negative when the clock is ahead."""

    stamp_ms: int
    delay_ms: int


def _live(delays: Sequence[Delay]) -> bool:
    """Whether some events reached central as they happened: equal delays at moments far enough apart."""
    least = min(d.delay_ms for d in delays)
    prompt = [d.stamp_ms for d in delays if d.delay_ms - least <= LIVE_SPREAD_MS]
    return max(prompt) - min(prompt) > LIVE_APART_MS


def _shifted(events: Sequence[Stamped], not_before_ms: int | None) -> dict[str, Timed]:
    """A clock that never syncs: each day's stamps moved by the smallest (receipt - stamp) of that day.

    An event without a usable stamp is stamped by its uptime. A clock that was stepped within the boot has no steady
    stamps: then all go by uptime. No true time can be later than its receipt, so the smallest delay is the best bound;
    it is sure when a live link vouches for it, that day or on another day of the boot with the same delay.
    """
    days: dict[tuple[bool, int], list[tuple[Stamped, Delay]]] = defaultdict(list)
    steady = _steady(events)
    since_boot_ms = min((e.received_ms - e.uptime_ms for e in events), default=0)
    for event in events:
        stamp_ms, by_stamp = event.uptime_ms, False
        if steady and event.utc_ms is not None:
            stamp_ms, by_stamp = event.utc_ms, True
        local_ms = stamp_ms + LOCAL_MS + (0 if by_stamp else since_boot_ms)
        days[by_stamp, local_ms // DAY_MS].append((event, Delay(stamp_ms, event.received_ms - stamp_ms)))
    times: dict[str, Timed] = {}
    for (by_stamp, _), members in days.items():
        day = [delay for _, delay in members]
        boot = [delay for key, others in days.items() if key[0] == by_stamp for _, delay in others]
        least_ms, sure_ms = min(d.delay_ms for d in day), _spread(day, boot)
        for event, delay in members:
            best_ms = delay.stamp_ms + least_ms
            if sure_ms is None:
                times[event.ref] = _timed(event, best_ms, _down_to(best_ms, not_before_ms), Method.INTERVAL)
            else:
                times[event.ref] = _timed(event, best_ms, sure_ms, Method.SHIFTED)
    return times


def _spread(day: Sequence[Delay], boot: Sequence[Delay]) -> int | None:
    """How sure the day's smallest delay is when a live link vouches for it; None when none does.

    Of n prompt events the quickest is about the n-th part of their spread slower than the quickest possible.
    """
    least = min(day, key=lambda d: (d.delay_ms, d.stamp_ms))
    quickest = min(boot, key=lambda d: (d.delay_ms, d.stamp_ms))
    wander_ms = _drift(max(d.stamp_ms for d in boot) - min(d.stamp_ms for d in boot))
    same_clock = least.delay_ms - quickest.delay_ms <= LIVE_SPREAD_MS + wander_ms
    if not _live(day) and not (same_clock and _live(boot)):
        return None
    prompt = [d.delay_ms for d in day if d.delay_ms - least.delay_ms <= LIVE_SPREAD_MS]
    spread_ms = (max(prompt) - min(prompt)) // len(prompt)
    day_ms = max(d.stamp_ms for d in day) - min(d.stamp_ms for d in day)
    return PROMPT_MS + spread_ms + _drift(day_ms) + max(least.delay_ms - quickest.delay_ms - wander_ms, 0)


def _down_to(best_ms: int, not_before_ms: int | None) -> int:
    return UNBOUNDED_MS if not_before_ms is None else max(best_ms - not_before_ms, 0)


def _steady(events: Sequence[Stamped]) -> bool:
    """Whether the wall clock ran along with the uptime all through the boot: it was never stepped."""
    pairs = [(e.utc_ms - e.uptime_ms, e.uptime_ms) for e in events if e.utc_ms is not None]
    if not pairs:
        return False
    offsets, uptimes = [p[0] for p in pairs], [p[1] for p in pairs]
    return max(offsets) - min(offsets) <= 2_000 + _drift(max(uptimes) - min(uptimes))


def exactly(times: dict[str, Timed]) -> dict[str, Timed]:
    """The same times taken as exact: for recorded files, whose clocks are known not to drift."""
    return {ref: replace(timed, uncertainty_ms=0) for ref, timed in times.items()}
