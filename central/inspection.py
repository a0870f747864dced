"""Inspections: what a team sees of one, and its minutes, signed once and kept as they were printed."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import sqlalchemy as sa

from central.clock import Clock
from central.minutes import Header, Line, Signers, minutes_text
from central.observed import PLANNED, Conflict, Fact, Tally, Word, conflicts, last_words, tally
from central.reports.minutes_pdf import minutes_pdf
from central.rollcall import Kind, RollCallError, existing, facts_of
from central.store import Store, audit, rollcalls
from central.store import roster as rosters
from central.store.rollcalls import Looked, Round


@dataclass(frozen=True, slots=True)
class View:
    """A round as it stands: what was said, what doors and plans say, where the two disagree, and the counts. words:
    everything, in order of arrival; last: the last word of each person."""

    round: Round
    people: tuple[Looked, ...]
    words: tuple[Word, ...]
    last: dict[str, Word]
    facts: dict[str, Fact]
    conflicts: tuple[Conflict, ...]
    counts: Tally


def view_of(db: sa.Connection, number: int, now_ms: int) -> View:
    """A round at this moment. Raises RollCallError."""
    one = existing(db, number)
    people, words = rollcalls.looked_for(db, number), rollcalls.words_of(db, number)
    last = last_words(words)
    facts = facts_of(db, one, people, last, now_ms)
    states = {person.staff: person.state for person in people}
    found = conflicts(last, facts)
    return View(one, tuple(people), tuple(words), last, facts, found, tally(states, last, facts))


def sign(store: Store, clock: Clock, number: int, signers: Signers, by: str) -> None:
    """Close an inspection with its minutes, as everything stands now; signed already, it stays as it is. Raises
    RollCallError."""
    if not (signers.team and signers.unit and signers.clerk):
        raise RollCallError("minutes are signed by three: the team, the unit, and who wrote them; name each")

    while True:
        now_ms = clock.now_ms()
        with store.read() as db:
            drawn = _drawn(db, number, signers, now_ms)
        # The print of a large unit takes seconds, in which nobody else is kept from writing.
        pdf = b"" if drawn.ended else minutes_pdf(drawn.text)
        if store.repeat(partial(_kept, drawn=drawn, pdf=pdf, by=by, now_ms=now_ms)):
            return


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Minutes as they would be signed. words: how many had been said; ended: they are signed already."""

    number: int
    words: int
    ended: bool
    text: str = ""


def _drawn(db: sa.Connection, number: int, signers: Signers, now_ms: int) -> _Drawn:
    one = existing(db, number)
    if one.kind != Kind.INSPECTION:
        raise RollCallError(f"round {number} is a roll call; it has no minutes")
    if one.ended_ms is not None:
        return _Drawn(number, 0, True)
    view = view_of(db, number, now_ms)
    lines = [
        Line(p.name, p.position, p.room_name, view.last.get(p.staff), view.facts[p.staff], p.state in PLANNED)
        for p in view.people
    ]
    text = minutes_text(_header(db, one, now_ms), lines, view.counts, signers)
    return _Drawn(number, len(view.words), False, text)


def _kept(db: sa.Connection, drawn: _Drawn, pdf: bytes, by: str, now_ms: int) -> bool:
    """Keep minutes that were drawn; False where somebody said something meanwhile."""
    audit.hold(db)
    if drawn.ended or existing(db, drawn.number).ended_ms is not None:
        return True
    if len(rollcalls.words_of(db, drawn.number)) != drawn.words:
        return False
    rollcalls.end(db, drawn.number, now_ms, by, drawn.text, sha256(pdf).hexdigest())
    rollcalls.add_pdf(db, drawn.number, pdf)
    return True


def _header(db: sa.Connection, one: Round, now_ms: int) -> Header:
    roster = rosters.load_roster(db)
    path = roster.workdays.tree.path(one.unit, one.date)
    unit = roster.unit_name(one.unit, one.date)
    issuer = one.issuer or roster.unit_name(path[1] if len(path) > 1 else one.unit, one.date)
    above, _, own = issuer.rpartition("/")
    header = (one.letterhead, above.strip().upper(), own.strip().upper(), unit, unit, one.team, one.decision_no)
    return Header(*header, one.at_ms, now_ms)


def stored(db: sa.Connection, number: int) -> tuple[str, bytes]:
    """The canonical minutes and their print, byte for byte as signed. Raises RollCallError before that."""
    one = existing(db, number)
    found = rollcalls.minutes_of(db, number)
    if found is None:
        raise RollCallError(
            f"{'inspection' if one.kind == Kind.INSPECTION else 'round'} {number} has no signed minutes"
        )
    return found
