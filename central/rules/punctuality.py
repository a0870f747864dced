"""Late arrival (đi muộn) and early leave (về sớm).

Strict: exactly at the end of grace is on time. By default taps are compared in full seconds, minutes are whole, rounded
down, and count from the scheduled boundary; each of these is a choice of the office. With flexible hours a session
moves with its IN, as far as the office allows. Policies GRACE_COMPARE, GRACE_RESOLUTION, LATE_BASE, MINUTE_ROUNDING.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from central.rules.day import ZERO, LateBase, Policy, Resolution, Rounding, Session, Span, Worked

MINUTE = timedelta(minutes=1)
USUAL = Policy()


def flexed(session: Session, time_in: datetime | None, policy: Policy = USUAL) -> Session:
    """The session as it is judged: moved with the IN within what flexible hours allow, its length unchanged."""
    if not policy.flexible or time_in is None:
        return session
    by = flexed_by(session, time_in, policy.flexible)
    return replace(session, start=session.start + by, end=session.end + by)


def flexed_by(session: Session, time_in: datetime, flexible: timedelta) -> timedelta:
    """How much later (negative: earlier) a session begun at `time_in` is; never by more than `flexible`."""
    return max(-flexible, min(time_in - session.start, flexible))


def late_by(session: Session, time_in: datetime | None, policy: Policy = USUAL) -> int | None:
    """Minutes of lateness; None when the arrival is on time or not known."""
    if time_in is None:
        return None
    arrived = _resolved(time_in, policy)
    if arrived <= session.start + session.grace_late:
        return None
    base = session.start if policy.late_base is LateBase.SCHEDULE else session.start + session.grace_late
    return _minutes(arrived - base, policy)


def early_by(session: Session, time_out: datetime | None, policy: Policy = USUAL) -> int | None:
    """Minutes by which somebody left early (0 is possible); None when the leave is on time or not known."""
    if time_out is None:
        return None
    left = _resolved(time_out, policy)
    if left >= session.end - session.grace_early:
        return None
    base = session.end if policy.late_base is LateBase.SCHEDULE else session.end - session.grace_early
    return _minutes(base - left, policy)


def worked_time(
    session: Session,
    time_in: datetime | None,
    time_out: datetime | None,
    base: Worked = Worked.CLIPPED,
    away: Sequence[Span] = (),
) -> timedelta:
    """Time inside the scheduled session, or from IN to OUT, less `away`; nothing as long as one end is not known."""
    if time_in is None or time_out is None:
        return ZERO
    if base is Worked.CLIPPED:
        time_in, time_out = max(time_in, session.start), min(time_out, session.end)
    if time_in > time_out:
        return ZERO
    inside = Span(time_in, time_out)
    gaps = (gap.overlap(inside) for gap in away)
    return time_out - time_in - sum((gap.end - gap.start for gap in gaps if gap), ZERO)


def worked(
    session: Session,
    time_in: datetime | None,
    time_out: datetime | None,
    policy: Policy = USUAL,
    away: Sequence[Span] = (),
) -> int:
    """Whole minutes worked, rounded down."""
    return worked_time(session, time_in, time_out, policy.worked, away) // MINUTE


def _resolved(moment: datetime, policy: Policy) -> datetime:
    return moment if policy.resolution is Resolution.SECOND else moment.replace(second=0, microsecond=0)


def _minutes(span: timedelta, policy: Policy) -> int:
    if policy.rounding_table:
        hours, minutes = divmod(span // MINUTE, len(policy.rounding_table))
        return hours * len(policy.rounding_table) + policy.rounding_table[minutes]
    if policy.rounding is Rounding.CEIL:
        return -(-span // MINUTE)
    if policy.rounding is Rounding.NEAREST:
        return (span + MINUTE / 2) // MINUTE
    return span // MINUTE
