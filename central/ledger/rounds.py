"""The evaluator: rounds of repairing times, finding what is stale, judging it and writing the verdicts.

Several evaluators may run at once: a verdict is written only together with the end of the mark it answers, and only if
that mark is still the one that was read.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable

import sqlalchemy as sa

from central.clock import Clock
from central.ledger.boots import repair_boot
from central.ledger.doors import doubted, ripe
from central.ledger.gathering import gather_many
from central.ledger.why import verdict_row
from central.moments import local_date
from central.rules import evaluate
from central.store import marks, verdicts
from central.store import roster as rosters
from central.store.engine import Store
from central.store.marks import MarkedDay
from central.store.roster import Roster
from central.store.verdicts import DayRow

POLL_S = 0.2
"""Real time between two rounds that found nothing to do."""
BATCH = 200
"""Staff-days judged and written in one transaction."""
CATCH_UP_DAYS = 31
"""How many missed work dates an evaluator that was away opens by itself."""
_EVER_MS = -(2**62)

log = logging.getLogger(__name__)


class Ledger:
    """One evaluator's memory of what it has looked at; everything that matters is in the database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._roster: Roster | None = None
        self._opened: tuple[dt.date, int] | None = None
        self._passed_ms = _EVER_MS

    def step(self) -> int:
        """One round; returns how many verdicts and times were written, 0 when there was nothing to do."""
        done = self._repair()
        self._open_dates()
        self._mark_ripe()
        return done + self._judge()

    def settle(self) -> None:
        """Rounds until there is nothing left to do at this moment."""
        while self.step():
            pass

    def _repair(self) -> int:
        with self._store.read() as db:
            found = marks.stale_boots(db)
        return sum(repair_boot(self._store, mark, self._clock.now_ms()) for mark in found)

    def _open_dates(self) -> None:
        """Everybody employed gets a verdict from the beginning of the date on, tapped or not."""
        today = local_date(self._clock.now_ms())
        with self._store.read() as db:
            version = rosters.roster_version(db)
            if self._opened == (today, version):
                return
            missing = [(staff, on) for on in self._unopened(db, today) for staff in _unjudged(db, on)]
        if missing:
            with self._store.write() as db:
                marks.mark_days(db, missing, self._clock.now_ms())
        self._opened = (today, version)

    def _unopened(self, db: sa.Connection, today: dt.date) -> list[dt.date]:
        """Today, and the dates since the last one that was judged."""
        latest = verdicts.latest_date(db, today) or today
        first = max(min(latest + dt.timedelta(days=1), today), today - dt.timedelta(days=CATCH_UP_DAYS))
        return [first + dt.timedelta(days=n) for n in range((today - first).days + 1)]

    def _mark_ripe(self) -> None:
        """Time passing closes sessions; a door's news may close them, or raise and lift doubts."""
        now_ms = self._clock.now_ms()
        with self._store.read() as db:
            changed = marks.stale_doors(db)
            from_ms = _EVER_MS if changed else self._passed_ms
            days = set(ripe(db, self._current(db), verdicts.waiting(db, from_ms, now_ms)))
            if changed:
                days |= doubted(db, self._current(db), changed, now_ms)
        if days or changed:
            with self._store.write() as db:
                marks.mark_days(db, days, now_ms)
                for mark in changed:
                    marks.settle_door(db, mark)
        self._passed_ms = now_ms

    def _judge(self) -> int:
        with self._store.read() as db:
            stale = marks.stale_days(db, BATCH)
            if not stale:
                return 0
            roster, now_ms = self._current(db), self._clock.now_ms()
            rows, judged = _judged(db, roster, stale, now_ms)
        with self._store.write() as db:
            return verdicts.settle(db, judged, rows)

    def _current(self, db: sa.Connection) -> Roster:
        if self._roster is None or self._roster.version != rosters.roster_version(db):
            self._roster = rosters.load_roster(db)
        return self._roster


def _unjudged(db: sa.Connection, on: dt.date) -> list[str]:
    return verdicts.without_verdict(db, rosters.employed_on(db, on), on)


def _judged(
    db: sa.Connection, roster: Roster, stale: list[MarkedDay], now_ms: int
) -> tuple[list[DayRow], list[MarkedDay]]:
    """Verdicts of the marked days, and the marks they answer.

    A day with a punch whose time is not worked out yet keeps its mark; one of nobody known loses it.
    """
    known = gather_many(db, roster, ((m.staff, m.date) for m in stale), now_ms)
    rows, answered = [], []
    for mark in stale:
        day = known.get((mark.staff, mark.date))
        if day is not None and day.untimed:
            continue
        answered.append(mark)
        if day is not None:
            rows.append(verdict_row(day, evaluate(day.day), roster.doors, now_ms))
    return rows, answered


def run_evaluator(
    store: Store,
    clock: Clock,
    stop: threading.Event,
    *,
    tick: Callable[[], None] = lambda: None,
    failed: Callable[[], None] = lambda: None,
) -> None:
    """Rounds until `stop` is set. `tick` is called after each round, `failed` after one that raised."""
    ledger = Ledger(store, clock)
    while not stop.is_set():
        wait_s = POLL_S
        try:
            if ledger.step():
                wait_s = 0.0
        except Exception:
            log.exception("evaluator: a round failed; the next one starts in %s s", 1.0)
            failed()
            wait_s = 1.0
        tick()
        stop.wait(wait_s)
