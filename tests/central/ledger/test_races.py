"""Several evaluators, and facts that arrive while one of them is judging."""

import threading

from central.ledger import Ledger
from central.ledger.rounds import _judged
from central.store import marks, roster, verdicts
from central.store.marks import MarkedDay
from central.store.verdicts import DayRow
from tests.central.ledger.office import DATE, Office, at


def looked_at(office: Office) -> tuple[list[DayRow], list[MarkedDay]]:
    """What an evaluator has worked out and not written yet."""
    with office.store.read() as db:
        return _judged(db, roster.load_roster(db), marks.stale_days(db), office.clock.ms)


def written(office: Office, work: tuple[list[DayRow], list[MarkedDay]]) -> int:
    with office.store.write() as db:
        return verdicts.settle(db, work[1], work[0])


def test_what_another_evaluator_settled_is_not_overwritten_with_older_facts(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    office.mark("an")
    slow = looked_at(office)
    door.tap(an, "07:20")
    assert written(office, looked_at(office)) == 1
    assert written(office, slow) == 0
    assert office.day("an").sessions[0].in_ms == at("07:20")


def test_a_mark_made_anew_is_not_the_one_that_somebody_still_works_on(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    office.mark("an")
    slow = looked_at(office)
    assert written(office, looked_at(office)) == 1
    door.tap(an, "07:20")
    assert written(office, slow) == 0
    with office.store.read() as db:
        assert [m.staff for m in marks.stale_days(db)] == ["an"]


def test_a_punch_whose_time_is_not_worked_out_yet_keeps_its_day_from_being_judged(office: Office) -> None:
    from edge.wire.events import Clock

    door, an = office.door(clock=Clock.NONE), office.person("an")
    door.start("06:30")
    door.tap(an, "07:20")
    office.mark("an")
    rows, answered = looked_at(office)
    assert (rows, answered) == ([], [])


def test_two_evaluators_together_leave_no_mark_and_the_same_verdicts_as_one(office: Office) -> None:
    door = office.door()
    codes = [f"p{n}" for n in range(12)]
    badges = [office.person(code) for code in codes]
    door.start("06:30")
    office.until("06:31")
    both = [Ledger(office.store, office.clock) for _ in range(2)]
    stop = threading.Event()

    def rounds(ledger: Ledger) -> None:
        while not stop.is_set():
            ledger.step()

    threads = [threading.Thread(target=rounds, args=(ledger,)) for ledger in both]
    for thread in threads:
        thread.start()
    for badge in badges:
        door.tap(badge, "07:20")
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    office.until("07:30")
    with office.store.read() as db:
        assert marks.stale_days(db) == []
        found = verdicts.day_rows(db, DATE, DATE)
    assert [(row.staff, row.sessions[0].in_ms) for row in found] == [(code, at("07:20")) for code in sorted(codes)]
