"""The evaluator: rounds of repairing times, finding what is stale, judging it and writing the verdicts.

Several evaluators may run at once: a verdict is written only together with the end of the mark it answers, and only if
that mark is still the one that was read. One fact that cannot be judged stops nobody else (`isolation`).
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.garbage import no_search_for_garbage
from central.ledger.boots import repair_boot
from central.ledger.doors import doubted, overtaken, ripe
from central.ledger.duties import Duty, duty_rows, gather_duty
from central.ledger.gathering import Known, gather_many
from central.ledger.isolation import Isolation
from central.ledger.places import Places
from central.ledger.settling import Judgement, settle
from central.ledger.why import Accounts
from central.moments import local_date, ms_of
from central.rules import evaluate
from central.rules.overtime import overtime
from central.store import duty, faults, marks, verdicts
from central.store import roster as rosters
from central.store.duty import DutyRow
from central.store.engine import Store
from central.store.marks import MarkedBoot, MarkedDay, MarkedDoor
from central.store.overtime import OvertimeRow
from central.store.roster import Roster
from central.store.verdicts import DayRow, Key, Waiting

POLL_S = 0.2
"""Real time between two rounds that found nothing to do, where nobody wakes the evaluator."""
BATCH = 500
"""Staff-days judged and written in one transaction."""
BULK = 1_000
"""The same where there are many."""
CATCH_UP_DAYS = 31
"""How many missed work dates an evaluator that was away opens by itself."""
WAITS_FOR_TIME = "a punch of this day waits for its time to be worked out"
_EVER_MS = -(2**62)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Looked:
    """What an evaluator has worked out and not written yet, and the marks that this answers. untimed: the marks of days
    with a punch whose time is not worked out yet, so that they cannot be judged."""

    judged: tuple[Judgement, ...]
    answered: tuple[MarkedDay, ...]
    untimed: tuple[MarkedDay, ...] = ()


class Ledger:
    """One evaluator's memory of what it has looked at; everything that matters is in the database.

    aside: called for everything that cannot be judged and is set aside.
    """

    def __init__(self, store: Store, clock: Clock, aside: Callable[[], None] = lambda: None) -> None:
        self._store, self._clock = store, clock
        self._roster: Roster | None = None
        self._places: Places | None = None
        self._accounts = Accounts({})
        self._backwards = False
        self._opened: tuple[dt.date, int] | None = None
        self._passed_ms = _EVER_MS
        self._isolation = Isolation(store, clock, aside)
        self._started = False
        self._late: dict[Key, Waiting] = {}
        self._untimed: list[MarkedDay] = []

    def step(self) -> int:
        """One round; returns how many marks were answered and times written, 0 when there was nothing to do."""
        if not self._started:
            self._start()
        calm = self._calm()
        if calm is not None:
            return self._judge_these(calm) + self._look_again()
        done = self._repair()
        self._open_dates()
        self._mark_ripe()
        return done + self._judge() + self._look_again()

    def settle(self) -> None:
        """Rounds until there is nothing left to do at this moment."""
        while self.step():
            pass

    def _start(self) -> None:
        """A new evaluator may be a mended one: what was set aside is tried once more."""
        with self._store.write() as db:
            faults.retry_all(db)
        self._started = True

    def _calm(self) -> list[MarkedDay] | None:
        """The marked days where nothing comes before them, else None: a punch's verdict waits for nothing more."""
        now_ms = self._clock.now_ms()
        with self._store.read() as db:
            seen = marks.glance(db)
            self._isolation.known_aside = seen.aside
            known = self._roster is not None and self._roster.version == seen.roster
            if seen.boots or seen.doors or not known:
                return None
            if self._opened != (local_date(now_ms), seen.roster) or _waiting(db, self._passed_ms, now_ms):
                return None
            self._passed_ms = now_ms
            return marks.stale_days(db, BATCH, BULK, backwards=self._backwards)

    def _repair(self) -> int:
        with self._store.read() as db:
            found = marks.stale_boots(db)
        return self._isolation.run(found, self._repair_these)

    def _repair_these(self, found: Sequence[MarkedBoot]) -> int:
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
            roster, changed = self._current(db), marks.stale_doors(db)
            waiting = _waiting(db, _EVER_MS if changed else self._passed_ms, now_ms)
            days = self._isolation.sift(waiting, lambda found: ripe(db, roster, found), _day_of)
        if days:
            with self._store.write() as db:
                marks.mark_days(db, days, now_ms)
        self._isolation.run(changed, lambda found: self._hear(roster, found, now_ms))
        self._passed_ms = now_ms

    def _look_again(self) -> int:
        """Mark those verdicts just written whose news came before they could be seen; returns how many.

        Only now, when the verdicts are stored: a tap past the grace waits for its door's word, and few are overtaken.
        """
        roster, now_ms = self._roster, self._clock.now_ms()
        if roster is None or not self._late:
            return 0
        with self._store.read() as db:
            days = overtaken(db, roster, self._late.values(), now_ms)
        if days:
            with self._store.write() as db:
                marks.mark_days(db, days, now_ms)
        self._late.clear()
        return len(days)

    def _hear(self, roster: Roster, changed: Sequence[MarkedDoor], now_ms: int) -> int:
        """Mark what these doors' news may change, and answer the doors' marks."""
        with self._store.read() as db:
            days = doubted(db, roster, changed, now_ms)
        with self._store.write() as db:
            marks.mark_days(db, days, now_ms)
            for mark in changed:
                marks.settle_door(db, mark)
        return len(changed)

    def _judge(self) -> int:
        with self._store.read() as db:
            stale = marks.stale_days(db, BATCH, BULK, backwards=self._backwards)
            self._current(db)
        return self._judge_these(stale)

    def _judge_these(self, stale: Sequence[MarkedDay]) -> int:
        roster = self._roster
        if roster is None or not stale:
            return 0
        with no_search_for_garbage():
            done = self._isolation.run(stale, lambda found: self.write(self.look(roster, found)))
        return done + self._leave_untimed()

    def look(self, roster: Roster, stale: Sequence[MarkedDay]) -> Looked:
        """Judge marked days, and write nothing yet.

        A day with a punch whose time is not worked out yet keeps its mark; one of nobody known loses it.
        """
        now_ms = self._clock.now_ms()
        with self._store.read() as db:
            places = self._places_of(roster)
            known = gather_many(db, roster, ((m.staff, m.date) for m in stale), now_ms, places=places)
            duties = gather_duty(db, roster, known.keys(), known, now_ms)
        judged, answered, untimed = [], [], []
        for mark in stale:
            key = (mark.staff, mark.date)
            day, slots = known.get(key), duties.get(key, [])
            if day is not None and (day.untimed or any(slot.untimed for slot in slots)):
                untimed.append(mark)
                continue
            answered.append(mark)
            if day is not None:
                judged.append(_judgement(day, slots, self._accounts, now_ms))
        return Looked(tuple(judged), tuple(answered), tuple(untimed))

    def write(self, looked: Looked) -> int:
        """Write what was looked at; returns how many marks this answered.

        A verdict that waits for an instant which this evaluator has passed already is looked at once more: the news it
        waits for may have come, and been taken by another evaluator, before it could be seen.
        """
        now_ms = self._clock.now_ms()
        settled = self._store.repeat(lambda db: settle(db, looked.answered, looked.judged, now_ms))
        if settled.answered < len(looked.answered):
            self._backwards = not self._backwards  # somebody else is at these: of a bulk, each takes another end
        written: list[DayRow | DutyRow] = [*settled.changed, *settled.duties]
        for row in written:
            if row.recheck_ms is not None and row.recheck_ms < self._passed_ms:
                self._late[row.staff, row.date] = Waiting(row.staff, row.date, row.recheck_ms, row.why)
        self._untimed += looked.untimed
        return settled.answered

    def _leave_untimed(self) -> int:
        """Where a boot is set aside, days that wait for its times may wait for long: they must not fill every batch.
        Working out the boot's times marks them anew."""
        untimed, self._untimed = self._untimed, []
        if not untimed or not self._isolation.known_aside:
            return 0
        now_ms = self._clock.now_ms()
        with self._store.write() as db:
            for mark in untimed:
                faults.set_aside(db, mark, WAITS_FOR_TIME, now_ms)
        return len(untimed)

    def _places_of(self, roster: Roster) -> Places:
        if self._places is None or self._places.roster is not roster:
            self._places, self._accounts = Places(roster), Accounts(roster.doors)
        return self._places

    def _current(self, db: sa.Connection) -> Roster:
        if self._roster is None or self._roster.version != rosters.roster_version(db):
            self._roster = rosters.load_roster(db)
        return self._roster


def _judgement(day: Known, slots: Sequence[Duty], accounts: Accounts, now_ms: int) -> Judgement:
    verdict = evaluate(day.day)
    row = accounts.row(day, verdict, now_ms)
    late = overtime(verdict, policy=day.day.policy)
    proposal = None if late is None else OvertimeRow(row.staff, row.date, late.minutes, ms_of(late.until), now_ms)
    return Judgement(row, duty_rows(slots, row.unit, now_ms), proposal)


def _waiting(db: sa.Connection, from_ms: int, before_ms: int) -> list[Waiting]:
    return verdicts.waiting(db, from_ms, before_ms) + duty.waiting(db, from_ms, before_ms)


def _day_of(waiting: Waiting) -> Key:
    return waiting.staff, waiting.date


def _unjudged(db: sa.Connection, on: dt.date) -> list[str]:
    return verdicts.without_verdict(db, rosters.employed_on(db, on), on)


def run_evaluator(
    store: Store,
    clock: Clock,
    stop: threading.Event,
    *,
    wake: threading.Event | None = None,
    poll_s: float = POLL_S,
    tick: Callable[[], None] = lambda: None,
    failed: Callable[[], None] = lambda: None,
    aside: Callable[[], None] = lambda: None,
) -> None:
    """Rounds until `stop` is set. `wake`: set by whoever stored new facts in this process, so that nobody waits for the
    next look. `tick` is called after each round, `failed` after one that raised, `aside` for what is set aside."""
    ledger, woken = Ledger(store, clock, aside), wake or threading.Event()
    while not stop.is_set():
        wait_s = poll_s
        woken.clear()  # before the round: what is stored during it is seen by the next one
        try:
            if ledger.step():
                wait_s = 0.0
        except Exception:
            log.exception("evaluator: a round failed; the next one starts in %s s", 1.0)
            failed()
            stop.wait(1.0)
        tick()
        woken.wait(wait_s)
