"""What the month's timesheet is made of: whose it may be, and their sessions as judged or as signed. Read in pieces, so
that a month of thousands of people does not stand in memory as rows."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.tables import Assignment, DayVerdict, MonthLine, SessionVerdict, Staff

DAY: sa.Table = DayVerdict.__table__  # type: ignore[attr-defined]
SESSION: sa.Table = SessionVerdict.__table__  # type: ignore[attr-defined]
LINE: sa.Table = MonthLine.__table__  # type: ignore[attr-defined]
STAFF: sa.Table = Staff.__table__  # type: ignore[attr-defined]
POST: sa.Table = Assignment.__table__  # type: ignore[attr-defined]
PIECE = 5_000
"""Rows read at a time."""


class PostRow(NamedTuple):
    """A post of somebody who was employed at some time between two dates."""

    staff: str
    name: str
    name_sort: str
    joined: dt.date | None
    left: dt.date | None
    unit: str
    workplace: str | None
    position: str
    rank: int
    valid_from: dt.date | None
    valid_to: dt.date | None


class Person(NamedTuple):
    """Somebody's name, and its key for the order of lists."""

    staff: str
    name: str
    name_sort: str


class Cell(NamedTuple):
    """A session of somebody's day. unit: the home unit on the date; position: its place in the day."""

    staff: str
    date: dt.date
    unit: str
    position: int
    outcome: str
    flags: str
    symbol: str


def home_posts(
    db: sa.Connection, units: Collection[str], first: dt.date, last: dt.date, staff: str | None = None
) -> list[list[PostRow]]:
    """Every post between the dates, both included, of whoever had one of them in one of these units; of one person
    where `staff` is given. A list a person, the latest post first; people in no order."""
    s, p = STAFF.c, POST.c
    theirs = sa.select(p.staff).where(p.unit.in_(units), *_overlap(p.valid_from, p.valid_to, first, last))
    columns = (s.code, s.full_name, s.name_sort, s.joined, s.left, p.unit, p.workplace)
    query = sa.select(*columns, p.position, p.rank, p.valid_from, p.valid_to).join(POST, p.staff == s.code)
    query = query.where(s.code.in_(theirs), *_overlap(s.joined, s.left, first, last))
    query = query.where(*_overlap(p.valid_from, p.valid_to, first, last))
    if staff is not None:
        query = query.where(s.code == staff)
    found: dict[str, list[PostRow]] = {}
    for row in map(PostRow._make, db.execute(query)):
        found.setdefault(row.staff, []).append(row)
    for posts in found.values():
        if len(posts) > 1:
            # As `roster.posts_of` gives them: the first that is valid on a date holds.
            posts.sort(key=lambda post: (post.valid_from or dt.date.min, post.unit), reverse=True)
    return list(found.values())


def _overlap(begins: Any, ends: Any, first: dt.date, last: dt.date) -> tuple[sa.ColumnElement[bool], ...]:
    return sa.or_(begins.is_(None), begins <= last), sa.or_(ends.is_(None), ends >= first)


def people(db: sa.Connection, staff: Collection[str]) -> list[Person]:
    """The names of these people, in no order."""
    s = STAFF.c
    found: list[Any] = []
    for some in _pieces(sorted(staff)):
        found += db.execute(sa.select(s.code, s.full_name, s.name_sort).where(s.code.in_(some))).all()
    return [Person(*row) for row in found]


def judged(db: sa.Connection, first: dt.date, last: dt.date, staff: Collection[str] | None = None) -> Iterator[Cell]:
    """The sessions of the dates as they are judged now; of these people, None = of everybody. In no order."""
    s = SESSION.c
    same = (DAY.c.staff == s.staff) & (DAY.c.date == s.date)
    query = sa.select(s.staff, s.date, DAY.c.unit, s.position, s.outcome, s.flags, s.symbol).join(DAY, same)
    return _read(db, query.where(s.date.between(first, last)), s.staff, staff)


def signed(
    db: sa.Connection, sheets: Collection[int], first: dt.date, last: dt.date, staff: Collection[str] | None = None
) -> Iterator[Cell]:
    """The sessions of the dates as they were signed in these sheets; of these people, None = of everybody."""
    c = LINE.c
    query = sa.select(c.staff, c.date, c.unit, c.position, c.outcome, c.flags, c.symbol)
    return _read(db, query.where(c.sheet_id.in_(sheets), c.date.between(first, last)), c.staff, staff)


def signed_people(db: sa.Connection, sheets: Collection[int]) -> set[str]:
    """Who stands in these sheets."""
    return set(db.execute(sa.select(LINE.c.staff).where(LINE.c.sheet_id.in_(sheets)).distinct()).scalars())


def days_judged(
    db: sa.Connection, units: Collection[str], first: dt.date, last: dt.date, staff: Collection[str] | None = None
) -> dict[str, int]:
    """On how many of the dates, both included, people have a verdict as people of these units."""
    d, found = DAY.c, dict[str, int]()
    query = sa.select(d.staff, sa.func.count()).where(d.date.between(first, last), d.unit.in_(units)).group_by(d.staff)
    for some in [None] if staff is None else list(_pieces(sorted(staff))):
        rows = db.execute(query if some is None else query.where(d.staff.in_(some)))
        found |= {row[0]: row[1] for row in rows}
    return found


def _read(db: sa.Connection, query: Any, column: Any, staff: Collection[str] | None) -> Iterator[Cell]:
    for some in [None] if staff is None else list(_pieces(sorted(staff))):
        asked = query if some is None else query.where(column.in_(some))
        for rows in db.execute(asked.execution_options(yield_per=PIECE)).partitions():
            for row in rows:
                yield Cell._make(row)


def _pieces(codes: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    return (codes[start : start + size] for start in range(0, len(codes), size))
