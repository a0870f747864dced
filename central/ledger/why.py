"""A verdict as rows and as the account of what it rests on (promise 7): JSON of plain words, codes and instants.

Instants are UTC milliseconds. Reasons of leave are health matters and never stand here; a plan is named by its kind,
symbol and row. The text is put together from parts and not made by `json.dumps` of the whole: a month has hundreds of
thousands of accounts, and much of each is the same for a whole office (`Accounts`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from operator import attrgetter
from typing import Any

from central.ledger.gathering import Known
from central.ledger.versions import RULES_VERSION, schedule_name
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
from central.store.taps import Punch
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
REMEMBERED = 20_000
"""Workdays whose text is kept at most."""
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class _Hours:
    """What an account says of a workday: the JSON of its hours, its calendar and the names of its schedule rows; and
    the documents that these name."""

    workday: Workday | None
    hours: str
    calendar: str
    schedules: str
    documents: frozenset[str]


_NO_HOURS = _Hours(None, "[]", "[]", "[]", frozenset())


class Accounts:
    """Writes verdicts down as rows; what whole offices share is worked out once. doors: the registered ones, by id."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors
        self._hours: dict[int, _Hours] = {}

    def row(self, known: Known, verdict: DayVerdict, now_ms: int) -> DayRow:
        """What is stored of a verdict."""
        return DayRow(
            known.person.code,
            verdict.work_date,
            verdict.status.value,
            "" if known.post is None else known.post.unit,
            recheck_ms(verdict),
            now_ms,
            self._account(known, verdict, now_ms),
            tuple([_session_row(position, s) for position, s in enumerate(verdict.sessions)]),
        )

    def _account(self, known: Known, verdict: DayVerdict, now_ms: int) -> str:
        """Everything that the verdict rests on."""
        status, person, post, doors = verdict.status, known.person, known.post, self._doors
        if status is DayStatus.NOT_EMPLOYED:
            told = {"asked_ms": now_ms, "status": status.value, "joined": str(person.joined), "left": str(person.left)}
            return _json(told)
        hours = self._of_workday(known.workday)
        documents = sorted({*hours.documents, *_documents(verdict)})
        waited = [{"device": d, "code": _code(doors, d), "delivered_ms": at} for d, at in known.delivered.items()]
        return (
            f'{{"asked_ms":{now_ms},"status":"{status.value}"'
            f',"unit":{_name(None if post is None else post.unit)}'
            f',"workplace":{_name(None if post is None else post.workplace)}'
            f',"hours":{hours.hours},"calendar":{hours.calendar}'
            f',"office_doors":{_names(_codes(doors, known.office))},"waited":{_json(waited)}'
            f',"punches":[{",".join(_punches(known, verdict, doors))}]'
            f',"sessions":[{",".join([_session(s, known, doors) for s in verdict.sessions])}]'
            f',"outside":{_names([t.ref for t in verdict.outside])}{_decided(known)}'
            f',"versions":{{"rules":{RULES_VERSION},"schedules":{hours.schedules},"documents":{_names(documents)}}}}}'
        )

    def _of_workday(self, workday: Workday | None) -> _Hours:
        if workday is None:
            return _NO_HOURS
        known = self._hours.get(id(workday))  # which is kept with its text, so that the number stays its own
        if known is None:
            if len(self._hours) >= REMEMBERED:
                self._hours.clear()
            known = self._hours[id(workday)] = _hours_of(workday)
        return known


def _hours_of(workday: Workday) -> _Hours:
    pairs = list(zip(workday.sessions, workday.rows, strict=True))
    documents = {*(row.document for _, row in pairs), *(entry.document for entry in workday.entries)}
    return _Hours(
        workday,
        _json(_hours(workday)),
        _json(_calendar(workday)),
        _json(sorted({schedule_name(row) for row in workday.rows})),
        frozenset(document for document in documents if document),
    )


def _documents(verdict: DayVerdict) -> list[str]:
    """The documents that the sessions' plans and entries name."""
    named = [fact for s in verdict.sessions for fact in (s.plan, s.manual) if fact is not None]
    return [fact.document for fact in named if fact.document]


def _decided(known: Known) -> str:
    """What was decided about ways to the field; nothing where nothing was."""
    told = sorted({(d.ref, d.approved) for d in known.day.decided})
    return f',"outings":{_json([{"row": ref, "approved": approved} for ref, approved in told])}' if told else ""


def _name(name: str | None) -> str:
    return "null" if name is None else _quoted(name)


def _names(names: Iterable[str]) -> str:
    return f"[{','.join(map(_quoted, names))}]"


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


def _punches(known: Known, verdict: DayVerdict, doors: Mapping[str, Door]) -> list[str]:
    """The punches of the date, counted or not, and those that reasons name."""
    shown = [t for s in verdict.sessions for t in s.taps]
    shown += [*verdict.outside, *(t for s in verdict.sessions for r in s.reasons for t in r.taps)]
    refs = dict.fromkeys([t.ref for t in sorted(shown, key=_at)])
    return [_punch(ref, known.punches[ref], doors) for ref in refs]


_at = attrgetter("at", "ref")


def _punch(ref: str, punch: Punch, doors: Mapping[str, Door]) -> str:
    return (
        f'{{"ref":{_quoted(ref)},"device":{_quoted(punch.device)},"door":{_quoted(_code(doors, punch.device))}'
        f',"journal":{_quoted(punch.journal)},"seq":{punch.seq},"time_ms":{punch.time_ms}'
        f',"uncertainty_ms":{punch.uncertainty_ms},"method":{_quoted(punch.method)},"received_ms":{punch.received_ms}'
        f',"forked":{_BOOLS[punch.forked]},"set_aside":{_BOOLS[punch.set_aside]}}}'
    )


_BOOLS = {False: "false", True: "true"}


def _session(s: SessionVerdict, known: Known, doors: Mapping[str, Door]) -> str:
    reasons = _json([_reason(r, known, doors) for r in s.reasons]) if s.reasons else "[]"
    flags = _json([{"flag": f.value, "rule": RULES[f]} for f in s.flags]) if s.flags else "[]"
    told = (
        f'{{"session":{_quoted(s.session.name)},"outcome":"{s.outcome.value}","basis":"{s.basis.value}"'
        f',"in":{_name(None if s.in_tap is None else s.in_tap.ref)}'
        f',"out":{_name(None if s.out_tap is None else s.out_tap.ref)}'
        f',"taps":{_names([t.ref for t in s.taps])},"flags":{flags},"reasons":{reasons}'
    )
    if s.plan is not None:
        told += f',"plan":{_json(_plan(s.plan))}'
    if s.manual is not None:
        told += f',"manual":{_json({"row": s.manual.ref, "doc_no": s.manual.document})}'
    return told + "}"


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
