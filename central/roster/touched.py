"""Which staff-days an import touches: those on which it says something else about the person than before."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from central.ledger import touched as days
from central.ledger.gathering import Key
from central.moments import local_date
from central.store import calendar, planned
from central.store import roster as rosters
from central.store.imports import Change, Row
from central.store.roster import Post

ONE = dt.timedelta(days=1)
SHARED = ("units", "succession", "schedules", "policies", "calendar", "devices")
"""Facts of units: whom they touch depends on the tree."""
DATED = {"leave": ("date_from", "date_to"), "field": ("date", "date"), "manual": ("date", "date")}
"""Facts of people, and the columns of their first and last date."""


class Before:
    """What the database said before the import; nothing is kept where nobody was judged yet."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db
        self._period = calendar.judged_period(db)
        self._employed: dict[str, rosters.Employment] = {}
        if self._period is not None:
            self._roster = rosters.load_roster(db)
            self._posts = rosters.posts_of(db, rosters.every_code(db))
            self._employed = rosters.employment(db)

    def touched(self, changes: Mapping[str, Change]) -> set[Key]:
        """The staff-days to be judged again because of these changes."""
        if self._period is None:
            return set()
        first_day, last_day = self._period
        found: set[Key] = set()
        for name, (first, last) in DATED.items():
            for row in _rows(changes, name):
                found |= days.days_of_staff(self._db, [row["staff"]], row[first], row[last])
        for row in _rows(changes, "duty"):
            found |= days.days_of_slot(row["staff"], row["date"])
        found |= self._of_badges(_rows(changes, "badges"))
        found |= self._of_posts([*_rows(changes, "assignments"), *_rows(changes, "work")])
        every = [first_day + n * ONE for n in range((last_day - first_day).days + 1)]
        found |= self._of_employment({row["code"] for row in _rows(changes, "staff")}, every)
        found |= self._of_symbols(_rows(changes, "symbols"))
        if any(changes[name].rows for name in SHARED if name in changes):
            after = rosters.load_roster(self._db)
            found |= days.days_of_roster(self._db, self._roster, after, first_day, last_day)
        return found

    def _of_badges(self, rows: Iterable[Row]) -> set[Key]:
        found: set[Key] = set()
        for row in rows:
            first, last = row["valid_from_ms"], row["valid_to_ms"]
            begins = None if first is None else local_date(first) - ONE
            ends = None if last is None else local_date(last) + ONE
            found |= days.days_of_staff(self._db, [row["staff"]], begins, ends)
        return found

    def _of_posts(self, rows: Iterable[Row]) -> set[Key]:
        """Days on which somebody belongs to, or works at, another unit than before."""
        staff = {row["staff"] for row in rows}
        posts = rosters.posts_of(self._db, staff)
        after = rosters.load_roster(self._db) if staff else self._roster
        judged = days.days_of_staff(self._db, staff, None, None)

        def units(roster: rosters.Roster, said: Mapping[str, list[Post]], key: Key) -> tuple[str, str] | None:
            post = roster.post_on(said.get(key[0], ()), key[1])
            return None if post is None else (post.unit, post.workplace)

        return {key for key in judged if units(self._roster, self._posts, key) != units(after, posts, key)}

    def _of_employment(self, staff: set[str], every: Sequence[dt.date]) -> set[Key]:
        """Days of the judged period on which somebody is employed and was not, or the other way round; those of new
        people were never opened."""
        now = rosters.employment(self._db)
        found: set[Key] = set()
        for code in staff:
            before = self._employed.get(code)
            found |= {(code, on) for on in every if (before is not None and before.on(on)) != now[code].on(on)}
        return found

    def _of_symbols(self, rows: Iterable[Row]) -> set[Key]:
        found: set[Key] = set()
        after = rosters.load_roster(self._db)
        for symbol in {row["symbol"] for row in rows}:
            for staff, first, last in planned.leave_of_symbol(self._db, symbol):
                post = after.post_on(self._posts.get(staff, ()), first)
                path = after.workdays.tree.path(post.unit, first) if post else ()
                if self._roster.symbols.kind(symbol, path) != after.symbols.kind(symbol, path):
                    found |= days.days_of_staff(self._db, [staff], first, last)
        return found


def _rows(changes: Mapping[str, Change], name: str) -> tuple[Row, ...]:
    return changes[name].rows if name in changes else ()
