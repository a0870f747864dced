"""What could not be judged: set aside with the version of its mark, so that everything else goes on.

It is tried again when its mark gets another version (its facts changed), and once when an evaluator starts.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Literal, NamedTuple

import sqlalchemy as sa

from central.store.marks import MarkedBoot, MarkedDay, MarkedDoor, upsert
from central.tables import UnjudgedFact

FAULT: sa.Table = UnjudgedFact.__table__  # type: ignore[attr-defined]
_AT_ONCE = -1
"""A version that no mark has."""
ERROR_CHARS = 500

Kind = Literal["day", "boot", "door"]
Mark = MarkedDay | MarkedBoot | MarkedDoor


class Unjudged(NamedTuple):
    """Something set aside. kind day: name = staff, detail = date; boot: device and boot; door: device and nothing.

    since_ms: when it failed first, last_ms: last; attempts: how often."""

    kind: str
    name: str
    detail: str
    version: int
    error: str
    since_ms: int
    last_ms: int
    attempts: int

    @property
    def said(self) -> str:
        """What it is, in one word after another."""
        return " ".join(word for word in (self.kind, self.name, self.detail) if word)


def identity(mark: Mark) -> tuple[Kind, str, str]:
    """(kind, name, detail) of what a mark speaks of."""
    if isinstance(mark, MarkedDay):
        return "day", mark.staff, mark.date.isoformat()
    if isinstance(mark, MarkedBoot):
        return "boot", mark.device, mark.boot
    return "door", mark.device, ""


def set_aside(db: sa.Connection, mark: Mark, error: str, now_ms: int) -> int:
    """Leave this mark alone until its version changes; returns how often its judging has failed by now."""
    kind, name, detail = identity(mark)
    values = {"version": mark.version, "error": error[:ERROR_CHARS], "last_ms": now_ms}
    insert = upsert(db, FAULT).values(kind=kind, name=name, detail=detail, since_ms=now_ms, attempts=1, **values)
    again = insert.on_conflict_do_update(
        index_elements=["kind", "name", "detail"], set_={**values, "attempts": FAULT.c.attempts + 1}
    )
    return int(db.execute(again.returning(FAULT.c.attempts)).scalar_one())


def forget(db: sa.Connection, marks: Iterable[Mark]) -> None:
    """These were worked on without an error."""
    rows = [dict(zip(("k", "n", "d"), identity(mark), strict=True)) for mark in marks]
    if rows:
        f = FAULT.c
        same = (f.kind == sa.bindparam("k")) & (f.name == sa.bindparam("n")) & (f.detail == sa.bindparam("d"))
        db.execute(sa.delete(FAULT).where(same), rows)


def retry_all(db: sa.Connection) -> None:
    """Everything set aside is tried again, once."""
    db.execute(sa.update(FAULT).values(version=_AT_ONCE))


def unjudged(db: sa.Connection) -> list[Unjudged]:
    """Everything that is set aside, by kind, name and detail."""
    query = sa.select(*(FAULT.c[name] for name in Unjudged._fields))
    return [Unjudged(*row) for row in db.execute(query.order_by(FAULT.c.kind, FAULT.c.name, FAULT.c.detail))]


def unjudged_days(db: sa.Connection, first: dt.date, last: dt.date) -> set[tuple[str, dt.date]]:
    """The staff-days of the dates, both included, that are set aside."""
    f = FAULT.c
    within = f.detail.between(first.isoformat(), last.isoformat())
    rows = db.execute(sa.select(f.name, f.detail).where(f.kind == "day", within))
    return {(row.name, dt.date.fromisoformat(row.detail)) for row in rows}


def databases_fault(error: Exception) -> bool:
    """Whether no fact is to blame: a full disk, a lost connection, a deadlock, a schema that is not there."""
    refused_value = isinstance(error, sa.exc.IntegrityError | sa.exc.DataError)
    return isinstance(error, sa.exc.DBAPIError) and not refused_value
