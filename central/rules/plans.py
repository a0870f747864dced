"""Who is not due at the door: holiday, leave (also trip, study), field duty, in this order.

A person on the duty roster works on holidays and days off. Punches inside a plan change nothing; they are shown.
"""

from collections.abc import Collection

from central.rules.day import (
    Basis,
    Day,
    HolidayPunch,
    LeaveTaps,
    Outcome,
    Plan,
    PlanKind,
    Policy,
    Session,
    SessionVerdict,
    Tap,
)
from central.rules.manual import Ends

SYMBOLS = {
    Outcome.PRESENT: "+",
    Outcome.INCOMPLETE: "+",
    Outcome.ABSENT: "V",
    Outcome.PENDING: "",
    Outcome.LEAVE: "P",
    Outcome.TRIP: "CT",
    Outcome.STUDY: "H",
    Outcome.FIELD_DUTY: "CS",
    Outcome.HOLIDAY: "L",
}
"""The usual signs of the timesheet; a plan may carry its own."""

_PRECEDENCE = {kind: rank for rank, kind in enumerate(PlanKind)}


def standing(day: Day, tapped: Collection[str]) -> list[Plan]:
    """The plans that apply, strongest first. `tapped`: the sessions in whose windows some tap lies."""
    if not day.plans:
        return []
    plans = [p for p in day.plans if not (p.kind is PlanKind.HOLIDAY and _worked_on(p, day, tapped))]
    return sorted(plans, key=lambda p: (_PRECEDENCE[p.kind], p.session or "", p.symbol, p.document, p.ref))


def _worked_on(holiday: Plan, day: Day, tapped: Collection[str]) -> bool:
    """Whether the hours apply on the holiday: by the roster, or by taps where they count; half a one by taps in it."""
    if day.rostered:
        return True
    came = bool(tapped) if holiday.session is None else holiday.session in tapped
    return came and day.policy.holiday_punch is HolidayPunch.COUNT


def overruled(plans: list[Plan], ends: Ends, policy: Policy) -> list[Plan]:
    """The plans less leave that the session's own IN and OUT contradict, where the office lets taps win."""
    if policy.leave_taps is LeaveTaps.LEAVE or ends.in_tap is None or ends.out_tap is None:
        return plans
    return [p for p in plans if p.kind is not PlanKind.LEAVE]


def plan_for(session: Session, plans: list[Plan]) -> Plan | None:
    """The strongest plan that covers the session."""
    return next((p for p in plans if p.covers(session)), None)


def planned(session: Session, plan: Plan, taps: list[Tap]) -> SessionVerdict:
    """A session decided by its plan: no flags, no minutes, whatever was tapped."""
    outcome = Outcome(plan.kind.value)
    symbol = plan.symbol or SYMBOLS[outcome]
    return SessionVerdict(session, outcome, symbol=symbol, basis=Basis.PLAN, taps=tuple(taps), plan=plan)
