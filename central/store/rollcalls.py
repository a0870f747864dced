"""Roll calls and inspections that are taken here: rounds, whom they look for, what was said, ends. Only added."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.observed import Finding, Reason, Saying, Word, last_words
from central.presence import State
from central.tables import Assignment, RollCallTime, SeenEnd, SeenMinutes, SeenPerson, SeenRound, SeenWord

ROUND: sa.Table = SeenRound.__table__  # type: ignore[attr-defined]
PERSON: sa.Table = SeenPerson.__table__  # type: ignore[attr-defined]
WORD: sa.Table = SeenWord.__table__  # type: ignore[attr-defined]
END: sa.Table = SeenEnd.__table__  # type: ignore[attr-defined]
MINUTES: sa.Table = SeenMinutes.__table__  # type: ignore[attr-defined]
TIME: sa.Table = RollCallTime.__table__  # type: ignore[attr-defined]
POST: sa.Table = Assignment.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Round:
    """A round, columns as in `tables.SeenRound`; ended_ms, ended_by: None and "" while it is open."""

    id: int
    kind: str
    unit: str
    date: dt.date
    at_ms: int
    opened_by: str
    open_key: str
    team: str
    decision_no: str
    letterhead: str
    issuer: str
    ended_ms: int | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody who is looked for, columns as in `tables.SeenPerson`."""

    staff: str
    place: int
    name: str
    position: str
    room: str
    room_name: str
    due: bool
    state: State
    since_ms: int | None
    door: str
    age_s: int | None


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A decision about set times, columns as in `tables.RollCallTime`."""

    id: int
    unit: str
    valid_from: dt.date
    times: str
    doc_no: str
    decided_by: str
    decided_ms: int


_OWN = [ROUND.c[name] for name in Round.__slots__[:-2]]
_ROUNDS = sa.select(*_OWN, END.c.at_ms, END.c.by).select_from(ROUND.outerjoin(END, END.c.round_id == ROUND.c.id))


def _round(row: Any) -> Round:
    values = dict(zip(Round.__slots__, row, strict=True))
    return Round(**{**values, "ended_by": values["ended_by"] or ""})


def round_of(db: sa.Connection, number: int) -> Round | None:
    """The round of that number; None where there is none."""
    row = db.execute(_ROUNDS.where(ROUND.c.id == number)).one_or_none()
    return None if row is None else _round(row)


def round_by_key(db: sa.Connection, key: str) -> Round | None:
    """The round that this key opened."""
    row = db.execute(_ROUNDS.where(ROUND.c.open_key == key)).one_or_none()
    return None if row is None else _round(row)


def rounds(
    db: sa.Connection, kind: str, first: dt.date, last: dt.date, units: Collection[str] | None = None
) -> list[Round]:
    """The rounds of a kind on first to last, both included, the newest first; units: only theirs."""
    query = _ROUNDS.where(ROUND.c.kind == kind, ROUND.c.date.between(first, last))
    if units is not None:
        query = query.where(ROUND.c.unit.in_(sorted(units)))
    return [_round(row) for row in db.execute(query.order_by(ROUND.c.at_ms.desc(), ROUND.c.id.desc()))]


def add_round(db: sa.Connection, row: Mapping[str, Any], persons: Iterable[Mapping[str, Any]]) -> int:
    """Open a round with everybody it looks for; returns its number."""
    number = int(db.execute(sa.insert(ROUND).values(dict(row)).returning(ROUND.c.id)).scalar_one())
    db.execute(sa.insert(PERSON), [{**person, "round_id": number} for person in persons])
    return number


def looked_for(db: sa.Connection, number: int) -> list[Looked]:
    """Whom a round looks for, in the order of the walk."""
    columns = [PERSON.c[name] for name in Looked.__slots__]
    query = sa.select(*columns).where(PERSON.c.round_id == number).order_by(PERSON.c.place)
    return [Looked(**{**row._mapping, "state": State(row.state)}) for row in db.execute(query)]


def words_of(db: sa.Connection, number: int) -> list[Word]:
    """Everything that was said in a round, in the order of arrival."""
    query = sa.select(WORD).where(WORD.c.round_id == number).order_by(WORD.c.id)
    return [_word(row) for row in db.execute(query)]


def _word(row: Any) -> Word:
    findings = tuple(Finding(word) for word in row.findings.split())
    saying = Saying(row.staff, row.seen, Reason(row.reason), findings, row.evidence)
    return Word(row.id, saying, row.said_ms, row.at_ms, row.by, row.key)


def add_words(
    db: sa.Connection, number: int, said: Iterable[tuple[Saying, str]], said_ms: int, at_ms: int, by: str
) -> int:
    """Keep what was said, each with its key; what was said of a person with the same key before is there already.
    Returns how many are new."""
    keyed = sa.select(WORD.c.staff, WORD.c.key).where(WORD.c.round_id == number)
    there = {(row.staff, row.key) for row in db.execute(keyed)}
    rows = [
        {
            "round_id": number,
            "staff": one.staff,
            "seen": one.seen,
            "reason": one.reason.value,
            "findings": " ".join(finding.value for finding in one.findings),
            "evidence": one.evidence,
            "said_ms": said_ms,
            "at_ms": at_ms,
            "by": by,
            "key": key,
        }
        for one, key in said
        if (one.staff, key) not in there
    ]
    if rows:
        db.execute(sa.insert(WORD), rows)
    return len(rows)


def end(db: sa.Connection, number: int, at_ms: int, by: str, minutes: str = "", sha256: str = "") -> None:
    """A round is over."""
    row = {"round_id": number, "at_ms": at_ms, "by": by, "minutes": minutes, "sha256": sha256}
    db.execute(sa.insert(END).values(row))


def add_pdf(db: sa.Connection, number: int, pdf: bytes) -> None:
    """Keep minutes as they are printed."""
    db.execute(sa.insert(MINUTES).values(round_id=number, pdf=pdf))


def minutes_of(db: sa.Connection, number: int) -> tuple[str, bytes] | None:
    """The canonical minutes of a signed inspection and their print; None before it is signed."""
    query = sa.select(END.c.minutes, MINUTES.c.pdf).join(MINUTES, MINUTES.c.round_id == END.c.round_id)
    row = db.execute(query.where(END.c.round_id == number)).one_or_none()
    return None if row is None else (row.minutes, bytes(row.pdf))


def last_looks(db: sa.Connection, kind: str, staff: str, on: dt.date) -> list[Word]:
    """The last word about a person in each finished round of a kind on the date, in the order of the rounds."""
    joined = sa.select(ROUND.c.id).join(END, END.c.round_id == ROUND.c.id).join(WORD, WORD.c.round_id == ROUND.c.id)
    query = joined.where(ROUND.c.kind == kind, ROUND.c.date == on, WORD.c.staff == staff).distinct()
    found = []
    for number in db.execute(query.order_by(ROUND.c.id)).scalars():
        said = sa.select(WORD).where(WORD.c.round_id == number, WORD.c.staff == staff).order_by(WORD.c.id)
        found.append(last_words(_word(row) for row in db.execute(said))[staff])
    return found


def rooms_of(db: sa.Connection, staff: Collection[str], on: dt.date) -> dict[str, str]:
    """The room of each of these people on the date, of those who have one."""
    begun = sa.or_(POST.c.valid_from.is_(None), POST.c.valid_from <= on)
    lasts = sa.or_(POST.c.valid_to.is_(None), POST.c.valid_to >= on)
    query = sa.select(POST.c.staff, POST.c.room).where(POST.c.staff.in_(sorted(staff)), POST.c.room.is_not(None))
    return {row.staff: row.room for row in db.execute(query.where(begun, lasts).order_by(POST.c.id))}


def set_time(db: sa.Connection, row: Mapping[str, Any]) -> None:
    """Note a decision about set times (columns of `tables.RollCallTime`)."""
    db.execute(sa.insert(TIME).values(dict(row)))


def times_rows(db: sa.Connection, units: Collection[str] | None = None) -> list[TimeRow]:
    """All decisions about set times, by unit and beginning; units: only theirs."""
    query = sa.select(*(TIME.c[name] for name in TimeRow.__slots__))
    if units is not None:
        query = query.where(TIME.c.unit.in_(sorted(units)))
    return [TimeRow(*row) for row in db.execute(query.order_by(TIME.c.unit, TIME.c.valid_from, TIME.c.id))]
