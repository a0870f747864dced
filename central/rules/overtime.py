"""Staying late is proposed as overtime, never approved by itself. Source: office/README.md "Overtime"; domain.md S19.

A proposal is made when the OUT of the day's last session, by punches or a manual entry, is 30 minutes or more after
that session's end, in whole minutes rounded down. A plan that covers the session, or an OUT in doubt, proposes nothing.
Where the office takes taps on a holiday as extra work (HOLIDAY_PUNCH), the time from the first of them to the last is
proposed instead, under the same conditions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from central.rules.day import ZERO, Basis, DayStatus, DayVerdict, Flag, HolidayPunch, Outcome, Policy, Tap, TapPairing
from central.rules.doubt import CERTAIN_UNDER
from central.rules.pairing import fold

LEAST = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
USUAL = Policy()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whole minutes from `since`, the last session's end or the first tap on a holiday, to the OUT at `until`."""

    work_date: date
    minutes: int
    until: datetime
    since: datetime
    on_holiday: bool = False


def overtime(verdict: DayVerdict, least: timedelta = LEAST, policy: Policy = USUAL) -> Proposal | None:
    """The proposal of a judged day, the longer where half of it is a holiday; None when there is none."""
    found = [_late_stay(verdict, least)]
    if policy.holiday_punch is HolidayPunch.EXTRA:
        found.append(_on_holiday(verdict, least, policy))
    return max((p for p in found if p is not None), key=lambda p: p.minutes, default=None)


def _late_stay(verdict: DayVerdict, least: timedelta) -> Proposal | None:
    if not verdict.sessions:
        return None
    last = verdict.sessions[-1]
    if last.basis is Basis.PLAN or last.time_out is None or Flag.NEEDS_CHECKING in last.flags:
        return None
    return _proposal(verdict.work_date, last.session.end, last.time_out, least)


def _on_holiday(verdict: DayVerdict, least: timedelta, policy: Policy) -> Proposal | None:
    taps = list(_holiday_taps(verdict))
    if any(tap.forked or tap.uncertainty >= CERTAIN_UNDER for tap in taps):
        return None
    groups = fold(taps, policy.dedup)
    if len(groups) < 2:
        return None
    since, until = groups[0].first, groups[-1].last
    if policy.pairing is TapPairing.FIRST_LAST:
        return _proposal(verdict.work_date, since, until, least, on_holiday=True)
    if len(groups) % 2:
        return None  # in, out, in: until when?
    stayed = sum((out.last - came.first for came, out in zip(groups[::2], groups[1::2], strict=True)), ZERO)
    return Proposal(verdict.work_date, stayed // MINUTE, until, since, True) if stayed >= least else None


def _holiday_taps(verdict: DayVerdict) -> Iterator[Tap]:
    for session in verdict.sessions:
        if session.outcome is Outcome.HOLIDAY:
            yield from session.taps
    if verdict.status is DayStatus.HOLIDAY:
        yield from verdict.outside


def _proposal(
    on: date, since: datetime, until: datetime, least: timedelta, *, on_holiday: bool = False
) -> Proposal | None:
    stayed = until - since
    return Proposal(on, stayed // MINUTE, until, since, on_holiday) if stayed >= least else None
