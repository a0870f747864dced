"""Writing what was judged, together with the end of the marks it answers."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from central.ledger import adjusting, cases
from central.store import duty, marks, overtime, slots, verdicts
from central.store.duty import DutyRow
from central.store.marks import MarkedDay
from central.store.overtime import OvertimeRow
from central.store.same import same_account
from central.store.verdicts import DayRow


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that follows from the facts of one staff-day: its verdict, those of its duty slots, what is proposed."""

    row: DayRow
    duties: tuple[DutyRow, ...] = ()
    overtime: OvertimeRow | None = None

    @property
    def key(self) -> verdicts.Key:
        return self.row.staff, self.row.date


@dataclass(frozen=True, slots=True)
class Settled:
    """answered: how many marks were deleted. changed, duties: the verdicts that are new or other than before."""

    answered: int
    changed: tuple[DayRow, ...]
    duties: tuple[DutyRow, ...] = ()


def settle(db: sa.Connection, answered: Collection[MarkedDay], judged: Collection[Judgement], now_ms: int) -> Settled:
    """Write the judgements whose mark is still the one that was worked on, and delete these marks.

    What says the same as before is not written. Everything that depends on it happens in the same transaction.
    """
    held = marks.still_held(db, answered)
    keys = {(mark.staff, mark.date) for mark in held}
    fresh = [one for one in judged if one.key in keys]
    before = verdicts.stored(db, {one.key for one in fresh})
    changed = tuple(one.row for one in fresh if not same_verdict(before.get(one.key), one.row))
    verdicts.write(db, changed, new={one.key for one in fresh} - before.keys())
    duties = duty.replace(db, {one.key: one.duties for one in fresh})
    overtime.replace(db, {one.key: one.overtime for one in fresh})
    adjusting.propose(db, changed, now_ms)
    cases.count_cases(db, [(row.staff, row.date) for row in changed], now_ms)
    marks.settle_days(db, held)
    _mark_stood_in_for(db, changed, now_ms)
    return Settled(len(held), changed, tuple(duties))


def _mark_stood_in_for(db: sa.Connection, changed: Collection[DayRow], now_ms: int) -> None:
    """Days whose slots rest on the taps of these: a stand-in's, or those of a night that began the day before.

    It ends: a day that is judged again for its slots alone says the same of its own sessions, so nothing follows it.
    """
    days = {(row.staff, row.date) for row in changed}
    if resting := slots.resting_on(db, days) - days:
        marks.mark_days(db, resting, now_ms)


def same_verdict(before: DayRow | None, after: DayRow) -> bool:
    """Whether two verdicts of a staff-day say the same and rest on the same, whenever they were asked for."""
    if before is None:
        return False
    if (before.status, before.unit, before.recheck_ms) != (after.status, after.unit, after.recheck_ms):
        return False
    return before.sessions == after.sessions and same_account(before.why, after.why)
