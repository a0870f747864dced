"""Several evaluators, and facts that arrive while one of them is judging."""

import threading

from central.ledger import Ledger
from central.ledger.rounds import Looked
from central.store import marks, roster, verdicts
from tests.central.ledger.office import DATE, Office, at


def looked_at(office: Office, ledger: Ledger | None = None) -> Looked:
    """What an evaluator has worked out and not written yet."""
    with office.store.read() as db:
        stale, now = marks.stale_days(db), roster.load_roster(db)
    return (ledger or office.ledger).look(now, stale)


def written(office: Office, looked: Looked) -> int:
    return office.ledger.write(looked)


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
    looked = looked_at(office)
    assert (looked.judged, looked.answered, [m.staff for m in looked.untimed]) == ((), (), ["an"])


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


def test_a_doors_news_between_the_judging_and_the_writing_of_two_evaluators_leaves_nothing_pending(
    office: Office,
) -> None:
    """The slow one judged before the heartbeat; the quick one took the heartbeat before the slow one had written."""
    door = office.door()
    office.person("an")
    door.start("06:30")
    office.until("06:31")
    office.clock.ms = at("18:02")
    slow, quick = Ledger(office.store, office.clock), Ledger(office.store, office.clock)
    slow.settle()
    assert office.says("an") == ["AM pending", "PM pending"]
    with office.store.write() as db:
        db.exec_driver_sql("DELETE FROM session_verdict")
        db.exec_driver_sql("DELETE FROM day_verdict")
    office.mark("an")
    work = looked_at(office, slow)
    door.heartbeat("18:01")
    with office.store.write() as db:  # the quick one's look at the waiting verdicts finds none and answers the door
        for mark in marks.stale_doors(db):
            marks.settle_door(db, mark)
    quick._mark_ripe()
    assert slow.write(work) == 1
    assert office.says("an") == ["AM pending", "PM pending"]
    slow.settle()
    assert office.says("an") == ["AM absent", "PM absent"]
    assert slow.step() == quick.step() == 0
