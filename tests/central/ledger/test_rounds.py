"""A round does what is new, at once, and nothing twice."""

import datetime as dt
import threading

import pytest

from central.ledger import Ledger, rounds, run_evaluator
from central.store import marks, roster, verdicts
from tests.central.ledger.office import DATE, Office, at


def written(office: Office) -> list[object]:
    """Every verdict as it is stored, the moment of judging included."""
    with office.store.read() as db:
        return [*verdicts.day_rows(db, DATE, DATE)]


def test_a_second_round_writes_nothing(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    door.tap(an, "07:36")
    door.heartbeat("18:01")
    office.until("18:02")
    before = written(office)
    office.clock.ms += 60_000
    assert office.ledger.step() == 0
    assert written(office) == before


def test_a_day_judged_again_with_the_same_verdict_is_not_written_again(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    for time in ("07:36", "12:00", "13:28", "17:00"):
        door.tap(an, time)
    door.heartbeat("18:01")
    office.until("18:02")
    before = written(office)
    office.mark("an")
    door.heartbeat("18:10")
    office.until("18:11")
    with office.store.read() as db:
        assert marks.stale_days(db) == []
    assert written(office) == before


def test_the_days_of_the_newest_date_are_judged_first(office: Office) -> None:
    office.person("an")
    office.person("binh")
    yesterday = DATE.fromordinal(DATE.toordinal() - 1)
    with office.store.write() as db:
        marks.mark_days(db, [("an", yesterday), ("binh", yesterday)], 1)
        marks.mark_days(db, [("an", DATE)], 2)
    with office.store.read() as db:
        assert [(m.staff, m.date) for m in marks.stale_days(db, 2)] == [("an", DATE)]


def test_many_stale_days_are_judged_person_by_person_a_month_at_a_time(office: Office) -> None:
    dates = [DATE - dt.timedelta(days=n) for n in range(33)]
    staff = [f"p{n:02}" for n in range(60)]
    with office.store.write() as db:
        marks.mark_days(db, [(code, on) for code in staff for on in dates], 1)
    with office.store.read() as db:
        found = [(m.staff, m.date) for m in marks.stale_days(db, 500, 62)]
        back = [(m.staff, m.date) for m in marks.stale_days(db, 500, 62, backwards=True)]
    assert found == [(code, on) for code in staff[:2] for on in sorted(dates[:31])]
    assert back == [(code, on) for code in reversed(staff[-2:]) for on in dates[:31]]


def test_of_many_stale_days_two_evaluators_take_different_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BATCH", 2)
    monkeypatch.setattr(rounds, "BULK", 4)
    staff = ["an", "binh", "chi"]
    for code in staff:
        office.person(code)
    one, other = Ledger(office.store, office.clock), Ledger(office.store, office.clock)
    one.settle()
    other.settle()
    dates = [DATE - dt.timedelta(days=n) for n in range(4)]
    with office.store.write() as db:
        marks.mark_days(db, [(code, on) for code in staff for on in dates], 1)
    with office.store.read() as db:
        overtaken = other.look(roster.load_roster(db), marks.stale_days(db, 2, 4))
    assert one.step() == 4
    assert other.write(overtaken) == 0
    assert other.step() == 4
    with office.store.read() as db:
        assert {mark.staff for mark in marks.stale_days(db)} == {"binh"}


def test_an_evaluator_that_is_woken_does_not_wait_for_its_next_look(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    office.until("06:31")
    stop, wake, ticked = threading.Event(), threading.Event(), threading.Event()
    loop = threading.Thread(
        target=run_evaluator,
        args=(office.store, office.clock, stop),
        kwargs={"wake": wake, "poll_s": 3600.0, "tick": ticked.set},
    )
    loop.start()
    try:
        assert ticked.wait(30)
        for n in range(3):
            door.tap(an, f"07:2{n}")
            wake.set()
        seen = False
        for _ in range(100):
            with office.store.read() as db:
                row = verdicts.day_row(db, "an", DATE)
                seen = row is not None and row.sessions[0].in_ms == at("07:20") and not marks.stale_days(db)
            if seen:
                break
            ticked.clear()
            ticked.wait(0.2)
        assert seen
    finally:
        stop.set()
        wake.set()
        loop.join(30)
    assert not loop.is_alive()
