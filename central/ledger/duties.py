"""Duty slots with all that is known about them: what `judge_duty` judges."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from central.ledger.gathering import Key, Known, gather_many
from central.moments import midnight_ms, moment
from central.rules.duty import DutyFacts, DutySlot, DutyTaps
from central.store import slots
from central.store.roster import Roster
from central.store.slots import SlotRow

MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KnownSlot:
    """A slot of the roster, what is judged, and what is known about the day of whoever does it."""

    row: SlotRow
    facts: DutyFacts
    doer: Known


def gather_duty(
    db: sa.Connection, roster: Roster, days: Collection[Key], now_ms: int, known: Mapping[Key, Known] | None = None
) -> dict[Key, list[KnownSlot]]:
    """The slots of staff-days, by (staff, date) of whoever has to come, in order of their beginnings.

    known: staff-days that are gathered already (`gather_many`). A slot whose doer is not in the roster is left out.
    `slots.resting_on` says which days' slots rest on somebody's taps.
    """
    rows = slots.slots_of(db, days)
    doers = {(row.doer, row.date) for found in rows.values() for row in found}
    facts = dict(known or {})
    facts |= gather_many(db, roster, doers - facts.keys(), now_ms)
    found: dict[Key, list[KnownSlot]] = defaultdict(list)
    for key, theirs in rows.items():
        for row in theirs:
            doer = facts.get((row.doer, row.date))
            if doer is not None:
                found[key].append(KnownSlot(row, _facts(row, doer), doer))
    return found


def _facts(row: SlotRow, doer: Known) -> DutyFacts:
    midnight = moment(midnight_ms(row.date))
    slot = DutySlot(
        row.staff,
        row.date,
        midnight + row.start_min * MINUTE,
        midnight + row.end_min * MINUTE,
        row.kind,
        row.swapped_with,
        row.stand_in,
        document=row.doc_no,
        ref=f"duty_slot:{row.id}",
    )
    return DutyFacts(slot, DutyTaps(doer.day.taps, doer.day.set_aside), doer.day.coverage)
