"""Which session of a day a half-day means: morning and afternoon are the first and the second, whatever their names."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from central.rules.day import Plan, Session

MORNING, AFTERNOON = "AM", "PM"
_NOON = timedelta(hours=12)


def session_of(half: str, sessions: Sequence[Session]) -> str:
    """The name of the session that `half` means, or `half` itself where the day has no such session.

    sessions: in order of time. A session of this very name is meant. Where neither half is the name of a session,
    morning is the first and afternoon the second; a day's only session is the half in which it begins.
    """
    names = [session.name for session in sessions]
    if half not in (MORNING, AFTERNOON) or {MORNING, AFTERNOON} & {*names} or not sessions:
        return half
    if len(sessions) > 1:
        return names[0] if half == MORNING else names[1]
    begins = sessions[0].start
    since = timedelta(hours=begins.hour, minutes=begins.minute)
    return names[0] if (since < _NOON) == (half == MORNING) else half


def of_halves(plan: Plan, sessions: Sequence[Session]) -> Plan:
    """The plan with the day's own name for the half that it covers."""
    if plan.session is None or (name := session_of(plan.session, sessions)) == plan.session:
        return plan
    return replace(plan, session=name)
