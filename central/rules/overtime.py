"""Staying late is proposed as overtime, never approved by itself. Source: office/README.md "Overtime"; domain.md S19.

A proposal is made when the OUT of the day's last session, by punches or a manual entry, is 30 minutes or more after
that session's end, in whole minutes rounded down. A plan that covers the session, or an OUT in doubt, proposes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from central.rules.day import Basis, DayVerdict, Flag

LEAST = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whole minutes from the last session's end to the OUT at `until`."""

    work_date: date
    minutes: int
    until: datetime


def overtime(verdict: DayVerdict, least: timedelta = LEAST) -> Proposal | None:
    """The proposal of a judged day; None when there is none."""
    if not verdict.sessions:
        return None
    last = verdict.sessions[-1]
    if last.basis is Basis.PLAN or last.time_out is None or Flag.NEEDS_CHECKING in last.flags:
        return None
    stayed = last.time_out - last.session.end
    return Proposal(verdict.work_date, stayed // MINUTE, last.time_out) if stayed >= least else None
