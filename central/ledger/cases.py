"""Cases follow from the verdicts: opened, counted, withdrawn and reopened in the transaction that writes these.

What is open is a function of the stored verdicts, the thresholds and people's decisions, so that neither the order nor
the repetition of changes matters. The product proposes; only a person decides.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from central.counting import Crossing, HalfDay, Threshold, count_in, crossings
from central.errors import CentralError
from central.ledger.gathering import Key
from central.store import cases, counting
from central.store import roster as rosters
from central.store import thresholds as limits
from central.store.cases import Case, CaseState, StepKind
from central.store.counting import Counted
from central.unknown import unknown_unit
from central.workdays import Unit

EVER = dt.date(9999, 12, 31)


class ThresholdError(CentralError, ValueError):
    """A threshold that cannot be: no document, no positive limit, an unknown unit, an end before its beginning."""


class CaseError(CentralError, ValueError):
    """A case that is not there, or cannot be decided; the message says which and why."""


def count_cases(db: sa.Connection, days: Iterable[Key], now_ms: int) -> int:
    """Let the cases of these people follow from their verdicts again; returns how many steps were taken.

    Call it in the transaction that wrote the verdicts of `days` (staff, date). Free while no threshold reaches a date.
    """
    found = list(days)
    reaching = [t for t in limits.thresholds(db) if any(t.holds(on) for _, on in found)]
    if not reaching:
        return 0
    return _count(db, {staff for staff, on in found if any(t.holds(on) for t in reaching)}, reaching, now_ms)


def count_everybody(db: sa.Connection, now_ms: int) -> int:
    """The same for all people and thresholds: after a threshold was added or ended."""
    found = limits.thresholds(db)
    return _count(db, set(counting.people_counted(db)), found, now_ms) if found else 0


def add_threshold(db: sa.Connection, new: Threshold, now_ms: int) -> Threshold:
    """Put a threshold in force and count. Raises ThresholdError, UnknownUnitError."""
    if not new.document.strip():
        raise ThresholdError("a threshold needs the number of the document that sets it; give --doc")
    if new.limit < 1:
        raise ThresholdError(f"limit {new.limit}: give 1 or more")
    if new.last is not None and new.last < new.first:
        raise ThresholdError(f"a threshold from {new.first} cannot end on {new.last}; exchange them")
    units = {b.code for b in rosters.load_branches(db)}
    if new.unit and new.unit not in units:
        raise unknown_unit(new.unit, units)
    added = limits.add_threshold(db, new, now_ms)
    count_everybody(db, now_ms)
    return added


def end_threshold(db: sa.Connection, number: int, last: dt.date, document: str, now_ms: int) -> Threshold:
    """Let a threshold end after `last`, by a document, and count. Raises ThresholdError."""
    threshold = next((t for t in limits.thresholds(db) if t.id == number), None)
    if threshold is None:
        raise ThresholdError(f"there is no threshold {number}; `threshold list` shows all")
    if not document.strip():
        raise ThresholdError("ending a threshold needs the number of a document; give --doc")
    if last < threshold.first:
        raise ThresholdError(f"threshold {number} began on {threshold.first}, after {last}; name a later end")
    limits.end_threshold(db, number, last, document)
    count_everybody(db, now_ms)
    return replace(threshold, last=last)


def decide(db: sa.Connection, number: int, decision_no: str, by: str, now_ms: int) -> Case:
    """Record a person's decision on an open case. Raises CaseError."""
    if not decision_no.strip() or not by.strip():
        raise CaseError("a decision needs its number and who decided; give --doc and --by")
    case = cases.case_by_number(db, number, lock=True)
    if case is None:
        raise CaseError(f"there is no case {number}; `case list --all` shows every one")
    if case.state is not CaseState.OPEN:
        raise CaseError(f"case {number} is {case.state}; only an open one can be decided")
    cases.decide_case(db, case, decision_no, by, now_ms)
    return replace(case, state=CaseState.DECIDED, decision_no=decision_no, decided_by=by, decided_ms=now_ms)


def _count(db: sa.Connection, staff: Collection[str], found: Collection[Threshold], now_ms: int) -> int:
    counting.lock_people(db, staff)
    people = counting.people_counted(db, staff)
    halves = counting.half_days(db, people, min(t.first for t in found), max(t.last or EVER for t in found))
    known: dict[tuple[str, int], list[Case]] = {}
    for case in cases.cases_of(db, staff):
        known.setdefault((case.staff, case.threshold), []).append(case)
    scope = _Scope(db)
    steps = 0
    for code in sorted(people):
        for threshold in found:
            within = [h for h in halves.get(code, ()) if scope.holds(threshold, people[code], h)]
            steps += _follow(db, code, threshold, within, known.get((code, threshold.id), []), now_ms)
    return steps


class _Scope:
    """Whom a threshold holds for: a category, and a unit with all below it on each date."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db
        self._branches: Sequence[Unit] | None = None
        self._below: dict[tuple[str, dt.date], frozenset[str]] = {}

    def holds(self, threshold: Threshold, person: Counted, half: HalfDay) -> bool:
        if threshold.category and threshold.category != person.category:
            return False
        if not threshold.unit:
            return True
        key = (threshold.unit, half.on)
        if key not in self._below:
            self._branches = rosters.load_branches(self._db) if self._branches is None else self._branches
            self._below[key] = rosters.below(self._branches, *key)
        return half.unit in self._below[key]


def _follow(
    db: sa.Connection, staff: str, threshold: Threshold, halves: Sequence[HalfDay], own: Collection[Case], now_ms: int
) -> int:
    """Bring one person's cases of one threshold to what the half-days in its scope say; returns how many steps."""
    decided = [case for case in own if case.state is CaseState.DECIDED]
    reached = {c.window.first: c for c in crossings(threshold, halves, [case.window for case in decided])}
    starts = {case.window.first for case in own}
    new = [crossing for start, crossing in reached.items() if start not in starts]
    for crossing in new:
        cases.open_case(db, staff, crossing.threshold, crossing.window, crossing.count, now_ms)
    undecided = [case for case in own if case.state is not CaseState.DECIDED]
    steps = sum(_step(db, case, reached.get(case.window.first), now_ms) for case in undecided)
    return len(new) + steps + sum(_after(db, case, threshold, halves, now_ms) for case in decided)


def _step(db: sa.Connection, case: Case, crossing: Crossing | None, now_ms: int) -> bool:
    """One case that nobody decided; returns whether anything changed."""
    is_open = case.state is CaseState.OPEN
    if crossing is None:
        if is_open:
            cases.change_case(db, case, StepKind.WITHDRAWN, CaseState.WITHDRAWN, case.count, case.window.last, now_ms)
        return is_open
    if is_open and (case.count, case.window.last) == (crossing.count, crossing.window.last):
        return False
    kind = StepKind.COUNTED if is_open else StepKind.REOPENED
    cases.change_case(db, case, kind, CaseState.OPEN, crossing.count, crossing.window.last, now_ms)
    return True


def _after(db: sa.Connection, case: Case, threshold: Threshold, halves: Sequence[HalfDay], now_ms: int) -> bool:
    """A decided case: the decision stands, what the count became since is noted."""
    count = count_in(threshold, halves, case.window)
    if count == case.count:
        return False
    kind = StepKind.FELL if count < threshold.limit else StepKind.COUNTED
    cases.change_case(db, case, kind, CaseState.DECIDED, count, case.window.last, now_ms)
    return True
