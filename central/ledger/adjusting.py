"""What a verdict that changed after its month was signed would change there: proposed, in a month that is still open.

The signed sheet stays as it was. Of each signed session there is at most one open proposal, from the value that counts
(the signed one, or that of a proposal whose month was signed since) to what the facts say now; it is withdrawn when the
facts say the counting value again. Nothing is proposed while a session is pending: unknown is no reason.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from central.sheets import Line, Value, month_of, open_month, reason, references
from central.store import months
from central.store.months import Adjustment, Sheet
from central.store.roster import below, load_branches
from central.store.verdicts import DayRow
from central.workdays import Unit


def propose(db: sa.Connection, changed: Collection[DayRow], now_ms: int) -> int:
    """Let the proposals follow from these verdicts; returns how many were written. Call it in the transaction that
    wrote them, after they were written."""
    found = months.sheets(db, {month_of(row.date) for row in changed}) if changed else []
    if not found:
        return 0
    branches = load_branches(db)
    written = 0
    for sheet in found:
        rows = _covered(db, sheet, branches, [row for row in changed if month_of(row.date) == sheet.month])
        if rows:
            written += _propose_for(db, sheet, _open_month(db, sheet, branches), rows, now_ms)
    return written


def _covered(db: sa.Connection, sheet: Sheet, branches: list[Unit], rows: list[DayRow]) -> list[DayRow]:
    """Those of the verdicts that the sheet answers for: it has a line of that day, or the home unit lies below it."""
    signed = {(line.staff, line.date) for line in months.lines_of(db, sheet.id, [(r.staff, r.date) for r in rows])}
    return [r for r in rows if (r.staff, r.date) in signed or r.unit in below(branches, sheet.unit, r.date)]


def _open_month(db: sa.Connection, sheet: Sheet, branches: list[Unit]) -> str:
    """The first later month that nobody signed for the sheet's unit or one above it."""
    later = [other for other in months.sheets(db) if other.month > sheet.month]
    locked = {o.month for o in later if sheet.unit in below(branches, o.unit, dt.date.fromisoformat(f"{o.month}-01"))}
    return open_month(sheet.month, locked)


def _propose_for(db: sa.Connection, sheet: Sheet, listed_in: str, rows: Collection[DayRow], now_ms: int) -> int:
    days = [(row.staff, row.date) for row in rows]
    signed = months.by_day(months.lines_of(db, sheet.id, days))
    earlier: dict[tuple[str, dt.date], list[Adjustment]] = defaultdict(list)
    for adjustment in months.adjustments_of(db, sheet.id, days):
        earlier[adjustment.staff, adjustment.date].append(adjustment)
    written: list[Adjustment] = []
    for row in rows:
        day = (row.staff, row.date)
        written += _of_day(_Signed(sheet.id, listed_in, signed.get(day, []), earlier[day]), row, now_ms)
    months.put_adjustments(db, written)
    return len(written)


class _Signed:
    """What counts of one staff-day until now, session by session."""

    def __init__(self, sheet_id: int, listed_in: str, lines: Iterable[Line], earlier: Iterable[Adjustment]) -> None:
        self.sheet_id, self.listed_in = sheet_id, listed_in
        self.lines = {line.session: line for line in lines}
        self.open: dict[str, list[Adjustment]] = defaultdict(list)
        self.carried: dict[str, Adjustment] = {}
        for adjustment in sorted(earlier, key=lambda a: a.listed_in):
            if adjustment.listed_in >= listed_in:
                self.open[adjustment.session].append(adjustment)
            elif adjustment.withdrawn_ms is None:
                self.carried[adjustment.session] = adjustment

    def counts(self, session: str) -> Value:
        """The signed value, or that of the newest proposal whose month was signed since."""
        if session in self.carried:
            return self.carried[session].after
        return self.lines[session].value if session in self.lines else Value()

    def rests_on(self, session: str) -> tuple[str, ...]:
        return self.lines[session].rests_on if session in self.lines else ()


def _of_day(signed: _Signed, row: DayRow, now_ms: int) -> list[Adjustment]:
    live = {s.session: s for s in row.sessions}
    why = json.loads(row.why)
    written: list[Adjustment] = []
    for session in sorted({*live, *signed.lines, *signed.carried, *signed.open}):
        if session in live and live[session].outcome == "pending":
            continue
        before = signed.counts(session)
        said = live.get(session)
        after = Value() if said is None else Value(said.outcome, said.flags, said.symbol, said.late_min, said.early_min)
        told = reason(signed.rests_on(session), references(why, session))
        key = (signed.sheet_id, row.staff, row.date, session, signed.listed_in)
        wanted = None if before == after else Adjustment(*key, before, after, told, now_ms, None)
        written += _step(signed.open[session], wanted, now_ms)
    return written


def _step(there: Iterable[Adjustment], wanted: Adjustment | None, now_ms: int) -> list[Adjustment]:
    """What to write so that `wanted` is the only open proposal of its session."""
    written = []
    known = False
    for old in there:
        if wanted is not None and old.listed_in == wanted.listed_in:
            known = old._replace(proposed_ms=0) == wanted._replace(proposed_ms=0)
            wanted = wanted if old.withdrawn_ms is not None else wanted._replace(proposed_ms=old.proposed_ms)
        elif old.withdrawn_ms is None:
            written.append(old._replace(withdrawn_ms=now_ms))
    if wanted is not None and not known:
        written.append(wanted)
    return written
