"""To which date the time worked in a shift across midnight belongs (policy NIGHT_DATE).

The shift is judged whole, on the date on which it starts, whatever an office chooses here: only the minutes worked are
divided, at local midnight, where it wants each date's own.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from central.rules.day import NightDate, Policy, SessionVerdict
from central.rules.punctuality import MINUTE, worked_time


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """Whole minutes that count for a date."""

    date: date
    minutes: int


def worked_on(verdict: SessionVerdict, policy: Policy) -> tuple[WorkedOn, ...]:
    """The minutes worked in a session by date, in order of time; together they are `worked_min`."""
    session = verdict.session
    own = session.start.date()
    midnight = session.start.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    if policy.night_date is NightDate.START or verdict.time_out is None or verdict.time_out <= midnight:
        return (WorkedOn(own, verdict.worked_min),)
    before = worked_time(session, verdict.time_in, midnight, policy.worked, verdict.away) // MINUTE
    before = min(before, verdict.worked_min)
    return WorkedOn(own, before), WorkedOn(midnight.date(), verdict.worked_min - before)
