"""From the sessions to the day's one word. Source: the recorded cases' README, "From sessions to the day"."""

from collections.abc import Sequence

from central.rules.day import ZERO, Day, DayStatus, Outcome, Plan, PlanKind, SessionVerdict
from central.rules.punctuality import worked_time

ON_LEAVE = frozenset({Outcome.LEAVE, Outcome.TRIP, Outcome.STUDY})


def status_of(day: Day, verdicts: Sequence[SessionVerdict], plans: Sequence[Plan]) -> DayStatus:
    """The day's word. `plans` are those that apply; a holiday without sessions is still a holiday."""
    if not verdicts:
        free = any(p.kind is PlanKind.HOLIDAY and p.session is None for p in plans)
        return DayStatus.HOLIDAY if free else DayStatus.DAY_OFF
    outcomes = [v.outcome for v in verdicts]
    whole = _covered_whole([o for o in outcomes if o is not Outcome.HOLIDAY])
    if whole is not None:
        return whole
    if Outcome.PENDING in outcomes:
        return DayStatus.PENDING
    if Outcome.INCOMPLETE in outcomes:
        return DayStatus.INCOMPLETE
    return _of_closed(day, verdicts, outcomes)


def _covered_whole(due: Sequence[Outcome]) -> DayStatus | None:
    """The word of a day on which nobody was due at the door; `due` leaves holiday sessions out."""
    if not due:
        return DayStatus.HOLIDAY
    if all(o in ON_LEAVE for o in due):
        return DayStatus.ON_LEAVE
    return DayStatus.FIELD_DUTY if all(o is Outcome.FIELD_DUTY for o in due) else None


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
    raw = sum((worked_time(v.session, v.time_in, v.time_out, policy.threshold_base) for v in verdicts), ZERO)
    if raw < policy.absent_under:
        return DayStatus.ABSENT
    return DayStatus.HALF_DAY if raw < policy.half_day_under else DayStatus.PRESENT
