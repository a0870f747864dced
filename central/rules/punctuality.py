"""Late arrival (đi muộn) and early leave (về sớm).

Strict, in full seconds: exactly at the end of grace is on time. Minutes are whole, rounded down, and count from the
scheduled boundary, not from the end of grace. Policies GRACE_COMPARE, GRACE_RESOLUTION, LATE_BASE, MINUTE_ROUNDING.
"""

from datetime import datetime, timedelta

from central.rules.day import Session

MINUTE = timedelta(minutes=1)


def late_by(session: Session, time_in: datetime | None) -> int | None:
    """Minutes from the scheduled start; None when the arrival is on time or not known."""
    if time_in is None or time_in <= session.start + session.grace_late:
        return None
    return (time_in - session.start) // MINUTE


def early_by(session: Session, time_out: datetime | None) -> int | None:
    """Minutes to the scheduled end (0 is possible); None when the leave is on time or not known."""
    if time_out is None or time_out >= session.end - session.grace_early:
        return None
    return (session.end - time_out) // MINUTE


def worked(session: Session, time_in: datetime | None, time_out: datetime | None) -> int:
    """Minutes inside the scheduled session; 0 as long as one end is not known."""
    if time_in is None or time_out is None:
        return 0
    return max((min(time_out, session.end) - max(time_in, session.start)) // MINUTE, 0)
