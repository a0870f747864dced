"""A duty slot (reception, Sunday duty, night duty) is judged on its own, beside the sessions of the day.

The IN is the tap nearest to the slot's start among those from 60 minutes before it to its end, both included; of two as
near, the earlier. Who has to come is `staff`; with a stand-in his taps decide. The slot belongs to the date on which it
starts. Nothing is held against anybody for a door that could not record, a clock in doubt, a fork, or a way to the
field by the button that nobody has refused. Source: office/README.md "Duty"; wire.md "Coverage" and R3.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from central.rules.day import LOCAL, ZERO, Cause, Coverage, OutingDecision, Reason, Span, Tap
from central.rules.doubt import MOST_WAYS, clock_reason, placements, unsure
from central.rules.outings import stretches
from central.rules.pairing import SECOND, fold, full_second, tap_order
from central.rules.pending import still_open

BEFORE = timedelta(minutes=60)
"""How long before its start a tap may already be for a slot."""
DEDUP = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)


class DutyOutcome(StrEnum):
    """What became of a slot."""

    KEPT = "kept"
    LATE = "late"
    STOOD_IN = "stood_in"
    NO_SHOW = "no_show"
    PENDING = "pending"
    NEEDS_CHECKING = "needs_checking"


@dataclass(frozen=True, slots=True)
class DutySlot:
    """Who has to be there, from when to when; `on` is the date on which it starts, `end` may lie on the next.

    swapped_with: the colleague from whom the slot was taken over; the obligation has moved, so it changes nothing.
    stand_in: who comes instead, None for nobody.
    """

    staff: str
    on: date
    start: datetime
    end: datetime
    kind: str
    swapped_with: str | None = None
    stand_in: str | None = None
    grace: timedelta = ZERO
    document: str = ""
    ref: str = ""

    @property
    def doer(self) -> str:
        """Whose taps decide."""
        return self.stand_in or self.staff


@dataclass(frozen=True, slots=True)
class DutyVerdict:
    """What is said about a slot.

    by: who came, or whose taps decided; "" when nobody came. late_min: whole minutes after the start, never negative.
    in_tap: the tap that counts, also while the slot is pending; None without one. reasons: why it is pending or needs
    checking, each with what is not asserted (the outcome's word stands in `withheld` of this verdict).
    """

    slot: DutySlot
    outcome: DutyOutcome
    by: str = ""
    late_min: int = 0
    in_tap: Tap | None = None
    reasons: tuple[Reason, ...] = ()
    withheld: DutyOutcome | None = None


@dataclass(frozen=True, slots=True)
class DutyTaps:
    """The taps of whoever does the slot. set_aside: not counted, their own or receipt's date is the slot's."""

    counted: tuple[Tap, ...] = ()
    set_aside: tuple[Tap, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """A slot with what is known about it. decided: outings of whoever does it that somebody decided about."""

    slot: DutySlot
    taps: DutyTaps = field(default_factory=DutyTaps)
    coverage: Coverage = field(default_factory=Coverage)
    decided: tuple[OutingDecision, ...] = ()


def obliges(stand_in: str | None, employed: bool) -> bool:
    """Whether there is anything to judge: `employed` says whether the person who has to come is, on the slot's date.

    A slot of somebody who has left, or has not joined yet, binds nobody, as such a date has no sessions; it stays in
    the roster. Where a stand-in is named, it is the stand-in who comes or does not.
    """
    return employed or bool(stand_in)


def judge_duty(facts: DutyFacts) -> DutyVerdict:
    """What is said about the slot. The order and repetition of the taps never matter."""
    slot, coverage = facts.slot, facts.coverage
    best = _at_face_value(slot, facts.taps.counted)
    waiting = still_open(slot.end, coverage)
    if waiting:
        return replace(
            best, outcome=DutyOutcome.PENDING, by=best.by if best.in_tap else "", late_min=0, reasons=waiting
        )
    doubts = (*_doors(best, coverage), *_clocks(best, facts.taps.counted), *_forks(best, facts.taps.counted))
    doubts += _outings(best, facts)
    if facts.taps.set_aside and _accuses(best):
        doubts += (Reason(Cause.SET_ASIDE, taps=tuple(sorted(set(facts.taps.set_aside), key=tap_order))),)
    if not doubts:
        return best
    return replace(best, outcome=DutyOutcome.NEEDS_CHECKING, reasons=doubts, withheld=best.outcome)


def _at_face_value(slot: DutySlot, taps: Iterable[Tap]) -> DutyVerdict:
    """The verdict when every tap is true and complete."""
    groups = [g for g in fold(taps, DEDUP) if slot.start - BEFORE <= g.first <= slot.end]
    if not groups:
        return DutyVerdict(slot, DutyOutcome.NO_SHOW)
    came = min(groups, key=lambda g: (abs(g.first - slot.start), g.first))
    late_min = max(0, (came.first - slot.start) // MINUTE)
    late = came.first > slot.start + slot.grace
    if slot.stand_in:
        outcome = DutyOutcome.STOOD_IN
    else:
        outcome = DutyOutcome.LATE if late else DutyOutcome.KEPT
    return DutyVerdict(slot, outcome, slot.doer, late_min if late else 0, came.taps[0])


def _accuses(verdict: DutyVerdict) -> bool:
    return verdict.outcome in (DutyOutcome.LATE, DutyOutcome.NO_SHOW) or verdict.late_min > 0


def _doors(verdict: DutyVerdict, coverage: Coverage) -> tuple[Reason, ...]:
    """What rests on a time when no door could record: lateness on start to IN, a no-show on the whole time to come."""
    if not _accuses(verdict):
        return ()
    slot = verdict.slot
    span = Span(slot.start - BEFORE, slot.end)
    if verdict.in_tap is not None:
        span = Span(slot.start, verdict.in_tap.at.astimezone(LOCAL))
    downs = (span.overlap(down) for down in coverage.down)
    return tuple(Reason(Cause.DOORS_DOWN, down.start, down.end) for down in downs if down is not None)


def _outings(verdict: DutyVerdict, facts: DutyFacts) -> tuple[Reason, ...]:
    """Ways to the field by the button, as far as they may explain it; an approved one explains it too."""
    if not _accuses(verdict):
        return ()
    slot, came = verdict.slot, verdict.in_tap
    dates = (slot.on, (slot.end - SECOND).date())
    groups = [g for g in fold(facts.taps.counted, DEDUP) if dates[0] <= g.first.date() <= dates[1]]
    return tuple(
        Reason(Cause.OUTING, way.start, way.end, taps=way.taps)
        for way in stretches(groups, facts.decided)
        if (way.decision is None or way.decision.approved)
        and (way.meets(slot.start, slot.end) if came is None else way.delays(slot.start, full_second(came.at)))
    )


def _clocks(verdict: DutyVerdict, taps: tuple[Tap, ...]) -> tuple[Reason, ...]:
    """The answer must be the same wherever the doubtful taps may lie: at their ends, beside others, and on the start,
    from which on a tap gets only later and before which only farther away."""
    doubtful = [t for t in taps if unsure(t)]
    if not doubtful:
        return ()
    ways = list(islice(placements(taps, {verdict.slot.start}, DEDUP), MOST_WAYS))
    others = (_at_face_value(verdict.slot, way) for way in ways)
    said = (verdict.outcome, verdict.late_min > 0)
    if len(ways) < MOST_WAYS and all((o.outcome, o.late_min > 0) == said for o in others):
        return ()
    return (clock_reason(doubtful),)


def _forks(verdict: DutyVerdict, taps: tuple[Tap, ...]) -> tuple[Reason, ...]:
    """Taps of an open fork count, but what they decide needs checking."""
    forked = sorted({t for t in taps if t.forked}, key=tap_order)
    if not forked:
        return ()
    without = _at_face_value(verdict.slot, [t for t in taps if not t.forked])
    if (without.outcome, without.late_min) == (verdict.outcome, verdict.late_min):
        return ()
    return (Reason(Cause.FORK, taps=tuple(forked)),)
