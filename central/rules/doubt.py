"""Taps that cannot be trusted as they are: uncertain clocks, forked journals, taps set aside. Never an accusation.

A day with such taps is judged several times, once for each way it may have been. What all ways agree on is said; where
they differ the session needs checking. Source: wire.md "Time of an event" and R3; design.md promises 5 and 8.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from central.rules.day import Cause, Flag, Outcome, Reason, SessionVerdict, Tap
from central.rules.judging import withhold
from central.rules.pairing import tap_order
from central.rules.plans import SYMBOLS

Verdicts = tuple[SessionVerdict, ...]
Judge = Callable[[tuple[Tap, ...]], Verdicts]

CERTAIN_UNDER = timedelta(seconds=1)
"""Comparisons are in full seconds: less than one is no uncertainty."""


def judge_in_favour(taps: tuple[Tap, ...], judge: Judge) -> Verdicts:
    """With open forks: each session as it is best for the person, with all, none or one of the forked taps."""
    forked = sorted({t for t in taps if t.forked}, key=tap_order)
    if not forked:
        return judge_within_uncertainty(taps, judge)
    sound = tuple(t for t in taps if not t.forked)
    ways = [judge_within_uncertainty((*sound, *some), judge) for some in (forked, (), *((t,) for t in forked))]
    return tuple(_kindest(versions, forked) for versions in zip(*ways, strict=True))


def _kindest(versions: Sequence[SessionVerdict], forked: Sequence[Tap]) -> SessionVerdict:
    best = min(versions, key=_severity)
    touching = tuple(t for t in forked if any(t in v.taps for v in versions))
    if any((v.outcome, v.flags) != (best.outcome, best.flags) for v in versions):
        touching = touching or tuple(forked)  # it lies in the neighbouring session, yet decides this one
    return checked(best, set(), Reason(Cause.FORK, taps=touching)) if touching and rests_on_taps(best) else best


def judge_within_uncertainty(taps: tuple[Tap, ...], judge: Judge) -> Verdicts:
    """The verdicts at the best known times, less what does not hold everywhere within their uncertainty.

    The taps of one device go together, for their clock is the same: all early, all late, and so that one of them falls
    on a session's start or end, where that is possible; then device by device.
    """
    best = judge(taps)
    devices = {t.device for t in taps if t.uncertainty >= CERTAIN_UNDER}
    if not devices:
        return best
    choices = [devices, *({d} for d in sorted(devices))] if len(devices) > 1 else [devices]
    others = [judge(_moved(taps, chosen, by)) for chosen in choices for by in _moves(taps, chosen, best)]
    return tuple(_agreed(v, [o[i] for o in others], taps) for i, v in enumerate(best))


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


def _moves(taps: tuple[Tap, ...], devices: set[str], verdicts: Verdicts) -> list[timedelta]:
    """By how much to move them: as far as can be, and to where a tap is as good for the person as it may be."""
    unsure = [t for t in taps if t.device in devices and t.uncertainty >= CERTAIN_UNDER]
    ends = {end for v in verdicts for end in (v.session.start, v.session.end)}
    exact = {end - t.at for end in ends for t in unsure if abs(end - t.at) < t.uncertainty}
    most = max(t.uncertainty for t in unsure)
    return [-most, *sorted(exact), most]


def _moved(taps: tuple[Tap, ...], devices: set[str], by: timedelta) -> tuple[Tap, ...]:
    """The devices' unsure taps moved, each as far as its own uncertainty lets it."""
    return tuple(
        replace(t, at=t.at + max(-t.uncertainty, min(by, t.uncertainty)))
        if t.device in devices and t.uncertainty >= CERTAIN_UNDER
        else t
        for t in taps
    )


def _agreed(best: SessionVerdict, others: Sequence[SessionVerdict], taps: tuple[Tap, ...]) -> SessionVerdict:
    if all(o.outcome is best.outcome and o.flags == best.flags for o in others):
        return best
    shaky = {f for f in best.flags if any(f not in o.flags for o in others)}
    here = {(t.ref, t.device) for v in (best, *others) for t in v.taps}
    unsure = sorted({t for t in taps if t.uncertainty >= CERTAIN_UNDER}, key=tap_order)
    unsure = [t for t in unsure if (t.ref, t.device) in here] or unsure
    start, end = min(t.at - t.uncertainty for t in unsure), max(t.at + t.uncertainty for t in unsure)
    return checked(best, shaky, Reason(Cause.CLOCK, start, end, taps=tuple(unsure)))


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
