"""What the session verdicts of one person add up to. A session is a working half-day (buổi), the unit of work. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from central.rules.day import Flag, Outcome

UNDECIDED = frozenset({Outcome.PENDING})
FREE = frozenset({Outcome.HOLIDAY})
"""Nobody works then: neither a half-day absent nor one that interrupts a row of them."""


@dataclass(frozen=True, slots=True)
class HalfDay:
    """One stored session verdict. position: its place within the date. unit: the person's unit on that date."""

    on: date
    position: int
    outcome: Outcome
    flags: frozenset[Flag] = frozenset()
    late_min: int = 0
    early_min: int = 0
    unit: str = ""

    @property
    def late(self) -> int:
        """Minutes late; 0 when no lateness is said, whatever the clock showed."""
        return self.late_min if Flag.LATE in self.flags else 0

    @property
    def early(self) -> int:
        """Minutes early; 0 when no early leave is said."""
        return self.early_min if Flag.EARLY_LEAVE in self.flags else 0


@dataclass(frozen=True, slots=True)
class Tally:
    """One person's counts over a period. absent_in_a_row: the longest row of half-days absent, days off between them
    passed over. checking and pending are never held against anybody; they say how much is not known yet."""

    half_days: int = 0
    times_late: int = 0
    late_min: int = 0
    times_early: int = 0
    early_min: int = 0
    half_days_absent: int = 0
    absent_in_a_row: int = 0
    missing_taps: int = 0
    checking: int = 0
    pending: int = 0


def tally(half_days: Iterable[HalfDay]) -> Tally:
    """The counts; the order of `half_days` does not matter."""
    found = sorted(half_days, key=lambda h: (h.on, h.position))
    return Tally(
        sum(h.outcome not in FREE for h in found),
        sum(Flag.LATE in h.flags for h in found),
        sum(h.late for h in found),
        sum(Flag.EARLY_LEAVE in h.flags for h in found),
        sum(h.early for h in found),
        sum(h.outcome is Outcome.ABSENT for h in found),
        max((len(row) for row in rows_of_absence(found)), default=0),
        sum(bool(h.flags & {Flag.MISSING_IN, Flag.MISSING_OUT}) for h in found),
        sum(Flag.NEEDS_CHECKING in h.flags for h in found),
        sum(h.outcome in UNDECIDED for h in found),
    )


def rows_of_absence(half_days: Iterable[HalfDay]) -> list[list[HalfDay]]:
    """Each row of half-days absent that nothing else interrupts, in order of time.

    Whatever is not an absence interrupts, in the person's favour also leave and what is not known; days off do not.
    """
    rows: list[list[HalfDay]] = []
    here: list[HalfDay] = []
    for half in sorted(half_days, key=lambda h: (h.on, h.position)):
        if half.outcome in FREE:
            continue
        if half.outcome is Outcome.ABSENT:
            here.append(half)
        elif here:
            rows.append(here)
            here = []
    return [*rows, here] if here else rows
