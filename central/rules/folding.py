"""From the sessions to the day's one word. Source: the recorded cases' README, "From sessions to the day"."""

from collections.abc import Sequence, Set

from central.rules.day import ZERO, Day, DayStatus, Outcome, Plan, PlanKind, SessionVerdict
from central.rules.punctuality import worked_time

ON_LEAVE = frozenset({Outcome.LEAVE, Outcome.TRIP, Outcome.STUDY})
WHOLE = (
    ({PlanKind.HOLIDAY}, DayStatus.HOLIDAY),
    ({PlanKind.LEAVE, PlanKind.TRIP, PlanKind.STUDY}, DayStatus.ON_LEAVE),
    ({PlanKind.FIELD_DUTY}, DayStatus.FIELD_DUTY),
)
"""The kinds of plan that may cover a day whole, and its word then; the strongest first."""


def status_of(day: Day, verdicts: Sequence[SessionVerdict], plans: Sequence[Plan]) -> DayStatus:
    """The day's word. `plans` are those that apply; a holiday without sessions is still a holiday."""
    if not verdicts:
        free = any(p.kind is PlanKind.HOLIDAY and p.session is None for p in plans)
        return DayStatus.HOLIDAY if free else DayStatus.DAY_OFF
    outcomes = [v.outcome for v in verdicts]
    whole = _covered_whole(verdicts, plans)
    if whole is not None:
        return whole
    if Outcome.PENDING in outcomes:
        return DayStatus.PENDING
    if Outcome.INCOMPLETE in outcomes:
        return DayStatus.INCOMPLETE
    return _of_closed(day, verdicts, outcomes)


def _covered_whole(verdicts: Sequence[SessionVerdict], plans: Sequence[Plan]) -> DayStatus | None:
    """The word of a day that one kind of plan covers whole; half a holiday beside half a leave are folded instead."""
    for kinds, word in WHOLE:
        takers = kinds | {PlanKind.HOLIDAY}  # a half holiday takes nothing from leave for the whole day
        if all(_covers(kinds, v, plans) and v.plan and v.plan.kind in takers for v in verdicts):
            return word
    return None


def _covers(kinds: Set[PlanKind], verdict: SessionVerdict, plans: Sequence[Plan]) -> bool:
    return any(p.kind in kinds and p.covers(verdict.session) for p in (*plans, verdict.plan) if p)


def _of_closed(day: Day, verdicts: Sequence[SessionVerdict], outcomes: Sequence[Outcome]) -> DayStatus:
    remaining = [o for o in outcomes if o in (Outcome.PRESENT, Outcome.ABSENT)]
    absent = [o for o in remaining if o is Outcome.ABSENT]
    if any(o in ON_LEAVE for o in outcomes):
        gone = bool(absent) and len(absent) == len(remaining)
        return DayStatus.HALF_LEAVE_ABSENT if gone else DayStatus.HALF_LEAVE_PRESENT
    if absent:
        return DayStatus.ABSENT if len(absent) == len(remaining) else DayStatus.HALF_DAY
    return _by_threshold(day, verdicts)


def _by_threshold(day: Day, verdicts: Sequence[SessionVerdict]) -> DayStatus:
    """Strictly under, the absent threshold first, on the raw time from in to out; only a present day comes here."""
    policy = day.policy
    if not policy.absent_under and not policy.half_day_under:
        return DayStatus.PRESENT
    raw = sum((worked_time(v.session, v.time_in, v.time_out, policy.threshold_base, v.away) for v in verdicts), ZERO)
    if raw < policy.absent_under:
        return DayStatus.ABSENT
    return DayStatus.HALF_DAY if raw < policy.half_day_under else DayStatus.PRESENT
