"""Duty and reception of a period: every slot of the roster, who came, and what is not judged yet."""

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa

from central.reports.duty_done import RECEPTION
from central.reports.staff import posts_on
from central.store import roster as rosters
from central.store import slots
from central.store.details import names_of
from central.store.duty import clock_text, slots_judged

NOT_JUDGED = ""


class SlotLine(NamedTuple):
    """A slot: the names are the columns. reception: yes or no, by the kind's name; came: who came; outcome: "" while it
    is not judged."""

    date: dt.date
    start: str
    end: str
    kind: str
    reception: str
    staff: str
    name: str
    unit: str
    stand_in: str
    came: str
    outcome: str
    late_min: int


def slot_lines(
    db: sa.Connection, first: dt.date, last: dt.date, unit: str | None, staff: str | None = None
) -> list[SlotLine]:
    """The slots of the dates, both included, by date and time. unit: of whoever belonged to it or one below it on the
    date; staff: only slots of this person, or done by them."""
    said = {slot.id: verdict for slot, verdict in slots_judged(db, first, last)}
    found = [s for s in slots.slots_between(db, first, last) if staff is None or staff in (s.staff, s.stand_in)]
    people = {code for s in found for code in (s.staff, s.stand_in or "")} | {verdict.by for verdict in said.values()}
    names, units = names_of(db, people), _units(db, found)
    lines = []
    for slot in found:
        verdict = said.get(slot.id)
        lines.append(
            SlotLine(
                slot.date, clock_text(slot.start_min), clock_text(slot.end_min), slot.kind,
                "yes" if RECEPTION in slot.kind else "no", slot.staff, names.get(slot.staff, slot.staff),
                units[slot.staff, slot.date], names.get(slot.stand_in or "", slot.stand_in or ""),
                names.get(verdict.by, verdict.by) if verdict else "", verdict.outcome if verdict else NOT_JUDGED,
                verdict.late_min if verdict else 0,
            )
        )  # fmt: skip
    if unit is not None:
        branches = rosters.load_branches(db)
        below = {on: rosters.below(branches, unit, on) for on in {line.date for line in lines}}
        lines = [line for line in lines if line.unit in below[line.date]]
    return sorted(lines)


def _units(db: sa.Connection, found: list[slots.SlotRow]) -> dict[tuple[str, dt.date], str]:
    roster = rosters.load_roster(db)
    units: dict[tuple[str, dt.date], str] = {}
    for on in sorted({slot.date for slot in found}):
        posts = posts_on(db, roster, sorted({slot.staff for slot in found if slot.date == on}), on)
        units |= {(code, on): post.unit if post else rosters.NO_UNIT for code, post in posts.items()}
    return units
