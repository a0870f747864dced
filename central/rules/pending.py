"""Unknown is not absent, nor late: until when a session is open, and what may be said of it before.

A session is open until its close lies strictly before both the moment of asking and the time up to which every door
waited for has delivered. Source: wire.md "Coverage".
"""

from datetime import datetime

from central.rules.day import Cause, Coverage, Day, Reason
from central.rules.pairing import UNSET_CLOSE


def closes(day: Day) -> tuple[datetime, ...]:
    """Each session's close: the next session's start, or the end of its own window (60 minutes where none is set)."""
    starts = [s.start for s in day.sessions[1:]]
    if not day.sessions:
        return ()
    last = day.sessions[-1]
    end = last.end + (UNSET_CLOSE if last.window_after is None else last.window_after)
    if day.following is not None:
        end = min(end, max(day.following.start, last.end))
    return (*starts, end)


def still_open(close: datetime, coverage: Coverage) -> tuple[Reason, ...]:
    """Why the session is open; nothing when it is closed."""
    reasons = []
    if coverage.now is not None and coverage.now <= close:
        reasons.append(Reason(Cause.NOT_OVER, coverage.now, close))
    if coverage.delivered_until is not None and coverage.delivered_until <= close:
        reasons.append(Reason(Cause.UNDELIVERED, coverage.delivered_until, close))
    return tuple(reasons)


def first_is_known(time_in: datetime, coverage: Coverage) -> bool:
    """Whether everything before that tap is delivered, so that no earlier one can still come."""
    return coverage.delivered_until is None or time_in <= coverage.delivered_until
