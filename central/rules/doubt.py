"""Taps that cannot be trusted as they are: uncertain clocks, forked journals, taps set aside. Never an accusation.

A day with such taps is judged several times, once for each way it may have been. What all ways agree on is said; where
they differ the session needs checking. Source: wire.md "Time of an event" and R3; design.md promises 5 and 8.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

from central.rules.day import ZERO, Cause, Day, Flag, Outcome, Reason, SessionVerdict, Tap
from central.rules.judging import withhold
from central.rules.pairing import tap_order, windows
from central.rules.plans import SYMBOLS

Verdicts = tuple[SessionVerdict, ...]
Judge = Callable[[tuple[Tap, ...]], Verdicts]

CERTAIN_UNDER = timedelta(seconds=1)
"""Comparisons are in full seconds: less than one is no uncertainty."""
MOST_WAYS = 1_000
"""So many ways a day may have been are judged (a tenth of a second); more are left to a person."""


def judge_in_favour(day: Day, judge: Judge) -> Verdicts:
    """With open forks: each session as it is best for the person, with all, none or one of the forked taps."""
    forked = sorted({t for t in day.taps if t.forked}, key=tap_order)
    if not forked:
        return judge_within_uncertainty(day, day.taps, judge)
    sound = tuple(t for t in day.taps if not t.forked)
    ways = [judge_within_uncertainty(day, (*sound, *some), judge) for some in (forked, (), *((t,) for t in forked))]
    return tuple(_kindest(versions, forked) for versions in zip(*ways, strict=True))


def _kindest(versions: Sequence[SessionVerdict], forked: Sequence[Tap]) -> SessionVerdict:
    best = min(versions, key=_severity)
    touching = tuple(t for t in forked if any(t in v.taps for v in versions))
    if any((v.outcome, v.flags) != (best.outcome, best.flags) for v in versions):
        touching = touching or tuple(forked)  # it lies in the neighbouring session, yet decides this one
    return checked(best, set(), Reason(Cause.FORK, taps=touching)) if touching and rests_on_taps(best) else best


def judge_within_uncertainty(day: Day, taps: tuple[Tap, ...], judge: Judge) -> Verdicts:
    """The verdicts at the best known times, less what does not hold everywhere within their uncertainty.

    The taps of one device go together, for their clock is the same. They are put wherever the answer can change, and
    between any two such places. Where the ways are too many, nothing is held against the person.
    """
    best = judge(taps)
    if not any(unsure(t) for t in taps):
        return best
    ways = list(islice(placements(taps, edges_of(day), day.policy.dedup), MOST_WAYS))
    if len(ways) == MOST_WAYS:
        return tuple(_unsaid(v, taps) if rests_on_taps(v) else v for v in best)
    others = [judge(way) for way in ways]
    return tuple(_agreed(v, [o[i] for o in others], taps) for i, v in enumerate(best))


def placements(taps: tuple[Tap, ...], edges: set[datetime], dedup: timedelta) -> Iterator[tuple[Tap, ...]]:
    """The taps at all the times that may make a difference: device by device, each beside the ones already put.

    edges: where a rule may say something else of a tap. dedup: two taps as near as that are one.
    """
    devices = sorted({t.device for t in taps if unsure(t)})

    def put(placed: tuple[Tap, ...], left: Sequence[str]) -> Iterator[tuple[Tap, ...]]:
        if not left:
            yield placed
            return
        for by in _shifts(placed, left[0], edges, dedup):
            yield from put(_moved(placed, left[0], by), left[1:])

    return put(taps, devices)


def unsure(tap: Tap) -> bool:
    """Whether its time is doubtful for rules that compare in full seconds."""
    return tap.uncertainty >= CERTAIN_UNDER


def edges_of(day: Day) -> set[datetime]:
    """Where a rule may say something else of a tap: windows, hours, grace, the middle, what is delivered."""
    edges = {edge for span in windows(day) for edge in (span.start, span.end)}
    for s in day.sessions:
        middle = s.start + (s.end - s.start) / 2
        edges |= {s.start, s.end, s.start + s.grace_late, s.end - s.grace_early, middle}
    known = (day.coverage.now, day.coverage.delivered_until)
    return edges | {moment for moment in known if moment is not None}


def _shifts(taps: tuple[Tap, ...], device: str, edges: set[datetime], dedup: timedelta) -> list[timedelta]:
    """By how much a device's taps are moved: to where one of them meets an edge or comes as near to another tap as two
    may be one, as far as each is sure to, and once between any two of these."""
    moving = [t for t in taps if t.device == device and unsure(t)]
    fixed = {t.at for t in taps if t not in moving}
    met: set[timedelta] = set()
    for t in moving:
        stops = {o.at + by for o in moving if o != t for by in (-o.uncertainty, o.uncertainty)}
        near = edges | {at + by for at in fixed | stops for by in (-dedup, ZERO, dedup)}
        met |= {edge - t.at for edge in near if abs(edge - t.at) < t.uncertainty} | {-t.uncertainty, t.uncertainty}
    found = sorted(met)
    return sorted({*found, *(low + (high - low) / 2 for low, high in pairwise(found))})


def _unsaid(verdict: SessionVerdict, taps: Sequence[Tap]) -> SessionVerdict:
    return checked(verdict, set(Flag), clock_reason([t for t in taps if unsure(t)]))


def doubt_set_aside(verdicts: Verdicts, set_aside: Sequence[Tap]) -> Verdicts:
    """A tap whose time is impossible may have been any of the day's: nothing is held against the person."""
    if not set_aside:
        return verdicts
    shown = tuple(sorted(set(set_aside), key=tap_order))
    reason = Reason(Cause.SET_ASIDE, taps=shown)
    return tuple(checked(v, set(Flag), reason) if rests_on_taps(v) else v for v in verdicts)


def rests_on_taps(verdict: SessionVerdict) -> bool:
    """Neither a plan nor a whole manual entry decides the session."""
    entry = verdict.manual
    whole = entry is not None and entry.time_in is not None and entry.time_out is not None
    return verdict.plan is None and not whole


def _moved(taps: tuple[Tap, ...], device: str, by: timedelta) -> tuple[Tap, ...]:
    """The device's unsure taps moved, each as far as its own uncertainty lets it."""
    return tuple(
        replace(t, at=t.at + max(-t.uncertainty, min(by, t.uncertainty))) if t.device == device and unsure(t) else t
        for t in taps
    )


def _agreed(best: SessionVerdict, others: Sequence[SessionVerdict], taps: tuple[Tap, ...]) -> SessionVerdict:
    if all(o.outcome is best.outcome and o.flags == best.flags for o in others):
        return best
    shaky = {f for f in best.flags if any(f not in o.flags for o in others)}
    here = {(t.ref, t.device) for v in (best, *others) for t in v.taps}
    doubtful = [t for t in taps if unsure(t)]
    return checked(best, shaky, clock_reason([t for t in doubtful if (t.ref, t.device) in here] or doubtful))


def clock_reason(doubtful: Sequence[Tap]) -> Reason:
    """That these taps lie somewhere; at least one."""
    shown = tuple(sorted(set(doubtful), key=tap_order))
    start, end = min(t.at - t.uncertainty for t in shown), max(t.at + t.uncertainty for t in shown)
    return Reason(Cause.CLOCK, start, end, taps=shown)


def checked(verdict: SessionVerdict, withheld: set[Flag], reason: Reason) -> SessionVerdict:
    """The verdict with needs_checking in place of the flags withheld; an absence is then only incomplete."""
    lost = [f for f in verdict.flags if f in withheld and f is not Flag.NEEDS_CHECKING]
    absent = verdict.outcome is Outcome.ABSENT
    outcome = Outcome.INCOMPLETE if absent else verdict.outcome
    named = [Outcome.ABSENT] if absent else lost
    reasons = tuple(replace(reason, withheld=w) for w in named) or (reason,)
    return replace(
        verdict,
        outcome=outcome,
        flags=withhold(verdict.flags, set(lost)),
        symbol=SYMBOLS[outcome],
        reasons=verdict.reasons + reasons,
    )


def _severity(verdict: SessionVerdict) -> tuple[bool, bool, int, int]:
    """What weighs against the person, the heaviest first. Open and closed never meet: all ways have the same moment."""
    flags = sum(f is not Flag.NEEDS_CHECKING for f in verdict.flags)
    outcome = verdict.outcome
    return outcome is Outcome.ABSENT, outcome is Outcome.INCOMPLETE, flags, verdict.late_min + verdict.early_min
