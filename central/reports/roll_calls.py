"""Roll calls, inspections and set times as rows: one line each, and one a person of a round."""

import datetime as dt
from collections import Counter
from typing import NamedTuple, TextIO

import sqlalchemy as sa

from central.inspection import View, view_of
from central.moments import moment
from central.observed import Kept, ratio
from central.reports.formats import write_rows
from central.rollcall import Kind, planned
from central.store import rollcalls
from central.store import roster as rosters
from central.store.rollcalls import Looked, Round


class RoundLine(NamedTuple):
    """The names are the columns. state: open, or finished (a roll call), signed (an inspection)."""

    number: int
    date: dt.date
    time: str
    unit: str
    opened_by: str
    state: str
    decision_no: str


class SetLine(NamedTuple):
    """A set time: kept is ahead, due, open, done, late or missed; number: of its roll call."""

    date: dt.date
    time: str
    unit: str
    kept: str
    number: int | str
    doc_no: str


class PersonLine(NamedTuple):
    """A person of a round: what doors and plans say at the moment of the last word (state, tap, door), what was seen
    (yes, no, "" = nobody looked), how often somebody said something, and the disagreement."""

    staff: str
    name: str
    room: str
    state: str
    tap: str
    door: str
    seen: str
    reason: str
    findings: str
    evidence: str
    said_at: str
    by: str
    words: int
    conflict: str


Period = tuple[dt.date, dt.date]


def write_rounds(db: sa.Connection, kind: Kind, period: Period, unit: str | None, form: str, out: TextIO) -> int:
    """Print the rounds of first to last, both included, the newest first; returns how many."""
    units = None if unit is None else rosters.units_below(db, unit, period[1])
    found = [_round(one, kind) for one in rollcalls.rounds(db, kind, *period, units)]
    return write_rows(RoundLine._fields, found, form, out)


def _round(one: Round, kind: Kind) -> RoundLine:
    ended = "finished" if kind is Kind.ROLL_CALL else "signed"
    state = "open" if one.ended_ms is None else ended
    return RoundLine(one.id, one.date, f"{moment(one.at_ms):%H:%M}", one.unit, one.opened_by, state, one.decision_no)


def write_missed(db: sa.Connection, period: Period, unit: str | None, now_ms: int, form: str, out: TextIO) -> int:
    """Print the set times at which nobody called the roll; returns how many."""
    units = None if unit is None else rosters.units_below(db, unit, period[1])
    found = [
        SetLine(
            one.date,
            f"{one.set.at_min // 60:02}:{one.set.at_min % 60:02}",
            one.unit,
            one.set.kept.value,
            "",
            one.doc_no,
        )
        for one in planned(db, *period, now_ms, units)
        if one.set.kept is Kept.MISSED
    ]
    return write_rows(SetLine._fields, found, form, out)


def write_people(db: sa.Connection, number: int, now_ms: int, form: str, out: TextIO) -> int:
    """Print everybody of a round; returns how many. Raises RollCallError."""
    view = view_of(db, number, now_ms)
    torn = {one.staff: one.kind.value for one in view.conflicts}
    times = Counter(word.saying.staff for word in view.words)
    rows = [_person(view, one, torn.get(one.staff, ""), times[one.staff]) for one in view.people]
    return write_rows(PersonLine._fields, rows, form, out)


def _person(view: View, person: Looked, torn: str, words: int) -> PersonLine:
    word, fact = view.last.get(person.staff), view.facts[person.staff]
    said = None if word is None else word.saying
    return PersonLine(
        person.staff,
        person.name,
        person.room,
        fact.state.value,
        "" if fact.tap_ms is None else f"{moment(fact.tap_ms):%H:%M:%S}",
        fact.door,
        "" if said is None else "yes" if said.seen else "no",
        "" if said is None else said.reason.value,
        "" if said is None else " ".join(one.value for one in said.findings),
        "" if said is None else said.evidence,
        "" if word is None else f"{moment(word.said_ms):%H:%M:%S}",
        "" if word is None else word.by,
        words,
        torn,
    )


def summary(view: View) -> str:
    """One line about a round: `7/21 (33,3%) of the list, ...`."""
    counts = view.counts
    return (
        f"{counts.roster} on the list, {counts.expected} expected, {counts.present} seen, {counts.leave} on leave, "
        f"{counts.field} in the field, {counts.excused} absent with a reason, {counts.unexcused} without "
        f"({counts.with_tap} with a tap, {counts.without_tap} without), {counts.not_looked} not looked at; "
        f"absent {ratio(counts.unexcused, counts.roster)} of the list, "
        f"{ratio(counts.unexcused, counts.expected)} of those expected; {len(view.conflicts)} do not agree"
    )
