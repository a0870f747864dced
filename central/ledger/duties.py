"""Duty slots of staff-days: what is known about them, and their verdicts as rows.

A slot belongs to the person who has to come and to the date on which it starts; it is judged with that staff-day, on
the taps and the doors of whoever does it. A tap of a stand-in therefore marks the day of the person stood in for: the
transaction that writes the stand-in's day sees to it (`settling`).
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from central.ledger.gathering import Key, Known, gather_many
from central.moments import midnight_ms, moment, ms_of
from central.rules.day import Cause, Reason
from central.rules.duty import DutyFacts, DutySlot, DutyTaps, DutyVerdict, judge_duty, obliges
from central.store import slots
from central.store.duty import DutyRow
from central.store.roster import Roster
from central.store.slots import WORKDAY, SlotRow

_BY_ITSELF = (Cause.NOT_OVER, Cause.UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Duty:
    """A slot with its facts, and the day of whoever does it. The day of somebody nobody knows is None."""

    row: SlotRow
    doer: Known | None

    @property
    def untimed(self) -> bool:
        """Whether a punch of the doer still waits for its time, so that the slot cannot be judged yet."""
        return self.doer is not None and self.doer.untimed


def gather_duty(
    db: sa.Connection, roster: Roster, days: Collection[Key], known: Mapping[Key, Known], now_ms: int
) -> dict[Key, list[Duty]]:
    """The slots of these staff-days that oblige somebody, with the days of who does them; `known`: the days that were
    gathered already."""
    found = slots.slots_of(db, days)
    rows = [row for own in found.values() for row in own if row.kind != WORKDAY]
    others = {(row.doer, row.date) for row in rows} - known.keys()
    doers = {**known, **(gather_many(db, roster, others, now_ms) if others else {})}
    duties: dict[Key, list[Duty]] = {}
    for row in rows:
        doer = doers.get((row.doer, row.date))
        if obliges(row.stand_in, doer is None or doer.day.employed):
            duties.setdefault((row.staff, row.date), []).append(Duty(row, doer))
    return duties


def duty_rows(duties: Iterable[Duty], unit: str, now_ms: int) -> tuple[DutyRow, ...]:
    """The verdicts of a staff-day's slots; unit: the home unit of the person who has to come."""
    return tuple(_row(duty, judge_duty(_facts(duty)), unit, now_ms) for duty in duties)


def _facts(duty: Duty) -> DutyFacts:
    row = duty.row
    midnight = moment(midnight_ms(row.date))
    slot = DutySlot(
        row.staff,
        row.date,
        midnight + timedelta(minutes=row.start_min),
        midnight + timedelta(minutes=row.end_min),
        row.kind,
        row.swapped_with,
        row.stand_in,
        document=row.doc_no,
        ref=f"duty_slot:{row.id}",
    )
    if duty.doer is None:
        return DutyFacts(slot)
    day = duty.doer.day
    return DutyFacts(slot, DutyTaps(day.taps, day.set_aside), day.coverage, day.decided)


def _row(duty: Duty, verdict: DutyVerdict, unit: str, now_ms: int) -> DutyRow:
    row = duty.row
    ends = [ms_of(r.end) for r in verdict.reasons if r.cause in _BY_ITSELF and r.end is not None]
    return DutyRow(
        row.staff,
        row.date,
        row.start_min,
        row.end_min,
        row.kind,
        unit,
        row.doer,
        verdict.outcome.value,
        verdict.by,
        verdict.late_min,
        min(ends, default=None),
        None if verdict.in_tap is None else ms_of(verdict.in_tap.at),
        now_ms,
        json.dumps(_account(duty, verdict, now_ms), ensure_ascii=False, separators=(",", ":")),
    )


def _account(duty: Duty, verdict: DutyVerdict, now_ms: int) -> dict[str, Any]:
    """What the verdict rests on; `waited` as in the account of a day."""
    row, delivered = duty.row, {} if duty.doer is None else duty.doer.delivered
    return {
        "asked_ms": now_ms,
        "doc_no": row.doc_no,
        "swapped_with": row.swapped_with,
        "stand_in": row.stand_in,
        "in": None if verdict.in_tap is None else verdict.in_tap.ref,
        "withheld": None if verdict.withheld is None else verdict.withheld.value,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "waited": [{"device": device, "delivered_ms": at} for device, at in delivered.items()],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    told: dict[str, Any] = {"cause": reason.cause.value}
    told["from_ms"] = None if reason.start is None else ms_of(reason.start)
    told["to_ms"] = None if reason.end is None else ms_of(reason.end)
    if reason.taps:
        told["taps"] = [tap.ref for tap in reason.taps]
    return told
