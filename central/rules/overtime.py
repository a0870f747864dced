"""Staying late is proposed as overtime, never approved by itself. Source: office/README.md "Overtime"; domain.md S19.

A proposal is made when the OUT of the day's last session, by punches or a manual entry, is 30 minutes or more after
that session's end, in whole minutes rounded down. A plan that covers the session, or an OUT in doubt, proposes nothing.
Where the office takes taps on a holiday as extra work (HOLIDAY_PUNCH), the time from the first of them to the last is
proposed instead, under the same conditions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from central.rules.day import ZERO, DayStatus, DayVerdict, Flag, HolidayPunch, Outcome, Policy, Tap, TapPairing
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
    if last.time_out is None or Flag.NEEDS_CHECKING in last.flags:  # a plan gives no OUT
        return None
    stayed = last.time_out - last.session.end
    return _proposal(Proposal(verdict.work_date, stayed // MINUTE, last.time_out, last.session.end), stayed, least)


def _on_holiday(verdict: DayVerdict, least: timedelta, policy: Policy) -> Proposal | None:
    taps = list(_holiday_taps(verdict))
    if any(tap.forked or tap.uncertainty >= CERTAIN_UNDER for tap in taps):
        return None
    groups = fold(taps, policy.dedup)
    pairs = [(groups[0], groups[-1])] if groups else []
    if policy.pairing is TapPairing.ALTERNATING:
        if len(groups) % 2:
            return None  # in, out, in: until when?
        pairs = list(zip(groups[::2], groups[1::2], strict=True))
    if not pairs:
        return None
    stayed = sum((out.last - came.first for came, out in pairs), ZERO)
    proposal = Proposal(verdict.work_date, stayed // MINUTE, groups[-1].last, groups[0].first, on_holiday=True)
    return _proposal(proposal, stayed, least)


def _holiday_taps(verdict: DayVerdict) -> Iterator[Tap]:
    for session in verdict.sessions:
        if session.outcome is Outcome.HOLIDAY:
            yield from session.taps
    if verdict.status is DayStatus.HOLIDAY:
        yield from verdict.outside


def _proposal(proposal: Proposal, stayed: timedelta, least: timedelta) -> Proposal | None:
    return proposal if stayed >= least else None
