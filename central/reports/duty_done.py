"""What follows from duty slots: who earned a compensatory credit, and whom to tell of a slot that nobody kept."""

import datetime as dt
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.reports.formats import write_rows
from central.rules.duty import DutyOutcome
from central.store.duty import clock_text, slots_judged
from central.store.roster import load_roster
from central.unknown import check_unit

DONE = frozenset({DutyOutcome.KEPT, DutyOutcome.LATE, DutyOutcome.STOOD_IN})
RECEPTION = "reception"
"""In the name of the kinds that lie in, or right before, ordinary hours (`early_reception_am`): they earn nothing."""


class CreditLine(NamedTuple):
    """A slot that was done. staff: who earns the credit (moved by a swap, a stand-in or a decision); minutes: of the
    slot; done_by: who came; doc_no: of the roster."""

    staff: str
    date: dt.date
    start: str
    end: str
    kind: str
    minutes: int
    done_by: str
    outcome: str
    doc_no: str


class MissedLine(NamedTuple):
    """A slot that nobody kept, or of which that is in question. deputy: who is to be told, "" = nobody is named."""

    staff: str
    date: dt.date
    start: str
    end: str
    kind: str
    outcome: str
    stand_in: str
    deputy: str


def write_credits(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, form: str, out: TextIO) -> int:
    """Print the credits of first to last, both included; returns how many. How much a credit is, the office decides.

    Raises UnknownUnitError for a unit that there is not in the period.
    """
    _check(db, first, last, unit)
    lines = [
        CreditLine(
            slot.credited, slot.date, clock_text(slot.start_min), clock_text(slot.end_min), slot.kind,
            slot.end_min - slot.start_min, said.doer, said.outcome, slot.doc_no,
        )
        for slot, said in slots_judged(db, first, last, unit)
        if said.outcome in DONE and RECEPTION not in slot.kind
    ]  # fmt: skip
    return write_rows(CreditLine._fields, lines, form, out)


def write_missed(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, form: str, out: TextIO) -> int:
    """Print the slots of first to last that nobody kept, or that need checking, with the deputy to be told; returns how
    many. Raises UnknownUnitError for a unit that there is not in the period."""
    _check(db, first, last, unit)
    lines = [
        MissedLine(
            slot.staff, slot.date, clock_text(slot.start_min), clock_text(slot.end_min), slot.kind,
            said.outcome, slot.stand_in or "", slot.deputy or "",
        )
        for slot, said in slots_judged(db, first, last, unit)
        if said.outcome in (DutyOutcome.NO_SHOW, DutyOutcome.NEEDS_CHECKING)
    ]  # fmt: skip
    return write_rows(MissedLine._fields, lines, form, out)


def _check(db: sa.Connection, first: dt.date, last: dt.date, unit: str | None) -> None:
    if unit is not None:
        check_unit(load_roster(db).units, unit, first, last)
