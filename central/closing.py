"""A door's documented closures (wire.md, "Coverage"): a broken door neither hides nor accuses anyone for a month."""

from dataclasses import dataclass

from central import enrol
from central.errors import CentralError
from central.moments import moment
from central.store import Store, decisions, marks
from central.store.decisions import Decision, StandingClosure


class ClosureError(CentralError, ValueError):
    """An interval that is none, or a closure that is not there."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A door, by its code, and from when to when it was down, in UTC milliseconds. reason: in words."""

    code: str
    from_ms: int
    to_ms: int
    reason: str


def close_door(store: Store, closing: Closing, doc_no: str, by: str, now_ms: int) -> int:
    """The door was down; every day that rests on it since then is judged again. Returns the closure's number."""
    if closing.to_ms <= closing.from_ms:
        raise ClosureError(f"--to {moment(closing.to_ms)} does not lie after --from {moment(closing.from_ms)}")
    if not closing.reason.strip() or len(closing.reason) > 40:
        raise ClosureError("a closure needs a reason of at most 40 characters")
    device = enrol.device_of(store, closing.code).id
    with store.write() as db:
        number = decisions.close(db, device, closing.from_ms, closing.to_ms, closing.reason, doc_no)
        detail = f"closure {number}, {_span(closing.from_ms, closing.to_ms)}: {closing.reason}"
        decisions.record(db, Decision(device, "closed", detail, doc_no, by, now_ms))
        marks.mark_door(db, device, closing.from_ms)
    return number


def reopen_door(store: Store, code: str, number: int, doc_no: str, by: str, now_ms: int) -> StandingClosure:
    """A closure stands no more; its trace stays, and every day that rested on it is judged again."""
    device = enrol.device_of(store, code).id
    with store.write() as db:
        standing = {c.number: c for c in decisions.closures(db, [device])}
        if number not in standing:
            there = ", ".join(map(str, standing)) or "none"
            raise ClosureError(f"{code} has no closure {number}; standing: {there}")
        closure = standing[number]
        decisions.reopen(db, number)
        detail = f"closure {number}, {_span(closure.from_ms, closure.to_ms)}, of document {closure.doc_no}"
        decisions.record(db, Decision(device, "reopened", detail, doc_no, by, now_ms))
        marks.mark_door(db, device, closure.from_ms)
    return closure


def _span(from_ms: int, to_ms: int) -> str:
    return f"{moment(from_ms).isoformat(timespec='minutes')} to {moment(to_ms).isoformat(timespec='minutes')}"
