"""A verdict as rows and as the account of what it rests on (promise 7): JSON of plain words, codes and instants.

Instants are UTC milliseconds. Reasons of leave are health matters and never stand here; a plan is named by its kind,
symbol and row.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from central.ledger.gathering import Known
from central.ledger.versions import used
from central.moments import ms_of
from central.rules.day import (
    Cause,
    DayStatus,
    DayVerdict,
    Flag,
    Outcome,
    Plan,
    Reason,
    SessionVerdict,
)
from central.store.roster import Door
from central.store.verdicts import DayRow, SessionRow
from central.workdays import Workday

RULES = {
    Flag.LATE: "punctuality",
    Flag.EARLY_LEAVE: "punctuality",
    Flag.MISSING_IN: "absence",
    Flag.MISSING_OUT: "absence",
    Flag.NEEDS_CHECKING: "doubt",
}
"""The file of the rule that raised a flag."""
_BY_ITSELF = (Cause.NOT_OVER, Cause.UNDELIVERED)


def verdict_row(known: Known, verdict: DayVerdict, doors: Mapping[str, Door], now_ms: int) -> DayRow:
    """What is stored of a verdict."""
    return DayRow(
        known.person.code,
        verdict.work_date,
        verdict.status.value,
        "" if known.post is None else known.post.unit,
        recheck_ms(verdict),
        now_ms,
        json.dumps(account(known, verdict, doors, now_ms), ensure_ascii=False, separators=(",", ":")),
        tuple(_session_row(position, s) for position, s in enumerate(verdict.sessions)),
    )


def recheck_ms(verdict: DayVerdict) -> int | None:
    """The earliest instant that can change the verdict by being passed; None when none can."""
    ends = [
        ms_of(reason.end)
        for session in verdict.sessions
        if session.outcome is Outcome.PENDING
        for reason in session.reasons
        if reason.cause in _BY_ITSELF and reason.end is not None
    ]
    return min(ends, default=None)


def waited_for(why: str) -> dict[str, int | None]:
    """The doors (device ids) that a stored verdict waits for, and up to when they had delivered then."""
    return {door["device"]: door["delivered_ms"] for door in json.loads(why).get("waited", ())}


def account(known: Known, verdict: DayVerdict, doors: Mapping[str, Door], now_ms: int) -> dict[str, Any]:
    """Everything that the verdict rests on."""
    post = known.post
    told: dict[str, Any] = {"asked_ms": now_ms, "status": verdict.status.value}
    if verdict.status is DayStatus.NOT_EMPLOYED:
        return told | {"joined": str(known.person.joined), "left": str(known.person.left)}
    told |= {
        "unit": None if post is None else post.unit,
        "workplace": None if post is None else post.workplace,
        "hours": [] if known.workday is None else _hours(known.workday),
        "calendar": [] if known.workday is None else _calendar(known.workday),
        "office_doors": [_code(doors, d) for d in known.office],
        "waited": [{"device": d, "code": _code(doors, d), "delivered_ms": at} for d, at in known.delivered.items()],
        "punches": _punches(known, verdict, doors),
        "sessions": [_session(s, known, doors) for s in verdict.sessions],
        "outside": [t.ref for t in verdict.outside],
    }
    return told | {"versions": used(told, () if known.workday is None else known.workday.rows)}


def _session_row(position: int, s: SessionVerdict) -> SessionRow:
    return SessionRow(
        s.session.name,
        position,
        s.outcome.value,
        " ".join(f.value for f in s.flags),
        s.symbol,
        _ms(s.time_in),
        _ms(s.time_out),
        s.late_min,
        s.early_min,
        s.worked_min,
    )


def _hours(workday: Workday) -> list[dict[str, Any]]:
    return [
        {
            "session": session.name,
            "start_ms": ms_of(session.start),
            "end_ms": ms_of(session.end),
            "grace_late_s": int(session.grace_late.total_seconds()),
            "grace_early_s": int(session.grace_early.total_seconds()),
            "unit": row.unit,
            "row": row.ref,
            "doc_no": row.document,
        }
        for session, row in zip(workday.sessions, workday.rows, strict=True)
    ]


def _calendar(workday: Workday) -> list[dict[str, Any]]:
    return [
        {"kind": e.kind.value, "unit": e.unit, "session": e.session, "doc_no": e.document, "row": e.ref}
        for e in workday.entries
    ]


def _punches(known: Known, verdict: DayVerdict, doors: Mapping[str, Door]) -> list[dict[str, Any]]:
    """The punches of the date, counted or not, and those that reasons name."""
    shown = [t for s in verdict.sessions for t in s.taps]
    shown += [*verdict.outside, *(t for s in verdict.sessions for r in s.reasons for t in r.taps)]
    found = []
    for ref in dict.fromkeys(t.ref for t in sorted(shown, key=lambda t: (t.at, t.ref))):
        punch = known.punches[ref]
        found.append(
            {
                "ref": ref,
                "device": punch.device,
                "door": _code(doors, punch.device),
                "journal": punch.journal,
                "seq": punch.seq,
                "time_ms": punch.time_ms,
                "uncertainty_ms": punch.uncertainty_ms,
                "method": punch.method,
                "received_ms": punch.received_ms,
                "forked": punch.forked,
                "set_aside": punch.set_aside,
            }
        )
    return found


def _session(s: SessionVerdict, known: Known, doors: Mapping[str, Door]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "session": s.session.name,
        "outcome": s.outcome.value,
        "basis": s.basis.value,
        "in": None if s.in_tap is None else s.in_tap.ref,
        "out": None if s.out_tap is None else s.out_tap.ref,
        "taps": [t.ref for t in s.taps],
        "flags": [{"flag": f.value, "rule": RULES[f]} for f in s.flags],
        "reasons": [_reason(r, known, doors) for r in s.reasons],
    }
    if s.plan is not None:
        told["plan"] = _plan(s.plan)
    if s.manual is not None:
        told["manual"] = {"row": s.manual.ref, "doc_no": s.manual.document}
    return told


def _plan(plan: Plan) -> dict[str, Any]:
    return {"kind": plan.kind.value, "symbol": plan.symbol, "doc_no": plan.document, "row": plan.ref}


def _reason(reason: Reason, known: Known, doors: Mapping[str, Door]) -> dict[str, Any]:
    """A reason with the doors that it speaks of: those behind with their delivery, or those that were down."""
    told: dict[str, Any] = {"cause": reason.cause.value, "from_ms": _ms(reason.start), "to_ms": _ms(reason.end)}
    if reason.withheld is not None:
        told["withheld"] = reason.withheld.value
    if reason.taps:
        told["taps"] = [t.ref for t in reason.taps]
    if reason.cause is Cause.UNDELIVERED and reason.end is not None:
        end_ms = ms_of(reason.end)
        told["doors"] = _codes(doors, (d for d, at in known.delivered.items() if at is None or at <= end_ms))
    if reason.cause is Cause.DOORS_DOWN:
        told["doors"] = _codes(doors, known.office)
    return told


def _codes(doors: Mapping[str, Door], devices: Iterable[str]) -> list[str]:
    return [_code(doors, device) for device in devices]


def _code(doors: Mapping[str, Door], device: str) -> str:
    return doors[device].code if device in doors else device


def _ms(at: datetime | None) -> int | None:
    return None if at is None else ms_of(at)
