"""One fact more, one verdict other: clocks, forks, lost events, closures, plans, and the order in which they come."""

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.errors import UnknownStaffError
from central.ledger import gather, run_evaluator
from central.store import marks, roster, verdicts
from edge.wire.events import ClockSet, Stop
from tests.central.ledger.office import DATE, NONE, NTP, Office, Station, at, made

DAY = ("07:36", "12:00", "13:28", "17:00")
LATE = ["AM present late 6", "PM present"]


def closing(office: Office, *doors: Station) -> None:
    """The day is over and everything has arrived."""
    for door in doors:
        door.heartbeat("18:01")
    office.until("18:02")


def test_a_clock_that_is_set_later_in_the_same_boot_repairs_the_day(office: Office) -> None:
    door, an = office.door(clock=NONE, ahead_ms=-5 * 86_400_000), office.person("an")
    door.start("06:30")
    for time in DAY:
        door.deliver(door.tap(an, time, deliver=False), received=at("17:30"))
    closing(office, door)
    assert office.says("an") != LATE
    door.clock, door.ahead_ms = NTP, 0
    door.say(ClockSet(None, at("18:05"), "ntp"), "18:05")
    office.until("18:06")
    assert office.says("an") == LATE
    assert {p["method"] for p in json.loads(office.day("an").why)["punches"]} == {"sync_point"}


def test_a_clock_set_by_hand_repairs_nothing(office: Office) -> None:
    door, an = office.door(clock=NONE), office.person("an")
    door.start("06:30")
    door.tap(an, "07:36")
    door.say(ClockSet(None, at("05:00"), "hand"), "07:40")
    office.until("07:41")
    assert {p["method"] for p in json.loads(office.day("an").why)["punches"]} == {"shifted"}


def test_a_tap_from_the_future_is_not_counted_and_its_day_needs_checking(office: Office) -> None:
    door, an = office.door(clock=NONE), office.person("an")
    door.start("06:30")
    kept = door.tap(an, "07:20", deliver=False)
    door.deliver(kept)
    door.clock = NTP
    door.say(ClockSet(None, at("16:00"), "ntp"), "07:21")
    closing(office, door)
    assert office.says("an") == ["AM incomplete needs_checking", "PM incomplete needs_checking"]
    assert office.sees("an").presence.state == "out"


def test_a_fork_counts_in_the_persons_favour_and_needs_checking(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    sent = [door.tap(an, time) for time in DAY]
    closing(office, door)
    assert office.says("an") == LATE
    office.fork(sent[0], "07:25", an)
    office.until("18:03")
    assert office.says("an") == ["AM present needs_checking", "PM present"]


def test_a_version_without_a_time_leaves_every_session_it_may_touch_to_be_checked(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    sent = door.tap(an, "07:36")
    closing(office, door)
    office.fork(sent, None, an)
    office.until("18:03")
    assert "needs_checking" in office.says("an")[0]


def test_between_the_neighbours_of_lost_events_nobody_is_accused(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    door.tap("em:nobody", "07:00")
    lost = door.tap(an, "07:25", deliver=False)
    door.tap("em:nobody", "07:50")
    door.tap(an, "12:00")
    office.lose(lost)
    closing(office, door)
    assert office.says("an")[0] == "AM incomplete needs_checking"


def test_a_documented_closure_ends_the_waiting_and_accuses_nobody(office: Office) -> None:
    door = office.door()
    office.person("an")
    door.start("06:30")
    door.heartbeat("06:50")
    office.until("18:10")
    assert office.says("an") == ["AM pending", "PM pending"]
    office.close_door(door, "06:45", "18:05")
    office.until("18:11")
    assert office.says("an") == ["AM incomplete needs_checking", "PM incomplete needs_checking"]


def test_an_ordered_stop_says_so_on_the_board(office: Office) -> None:
    from central.ledger import doors_now

    door = office.door()
    door.start("06:30")
    door.say(Stop("update"), "06:50")
    door.start("07:00")
    door.heartbeat("07:01")
    with office.store.read() as db:
        assert [(d.code, d.state, d.reason) for d in doors_now(db, at("06:55"))] == [("D-X", "down", "stopped")]
        assert [(d.state, d.data_age_s) for d in doors_now(db, at("07:02"))] == [("current", 60)]
        assert [d.state for d in doors_now(db, at("07:05"))] == ["old_data"]


def test_delivery_that_is_withdrawn_takes_the_accusation_back(office: Office) -> None:
    import sqlalchemy as sa

    door = office.door()
    office.person("an")
    door.start("06:30")
    closing(office, door)
    assert office.says("an") == ["AM absent", "PM absent"]
    with office.store.write() as db:
        db.execute(sa.text("UPDATE device_state SET delivered_until_ms = NULL"))
        marks.mark_door(db, door.device, at("06:30"))
    office.until("18:03")
    assert office.says("an") == ["AM pending", "PM pending"]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (lambda o: o.leave("an"), ["AM leave", "PM leave"]),
        (lambda o: o.leave("an", "AM"), ["AM leave", "PM absent"]),
        (lambda o: o.leave("an", None, "CT"), ["AM trip", "PM trip"]),
        (lambda o: o.leave("an", None, "H"), ["AM study", "PM study"]),
        (lambda o: o.field_duty("an", "PM"), ["AM absent", "PM field_duty"]),
        (lambda o: o.holiday(), ["AM holiday", "PM holiday"]),
    ],
)
def test_plans_are_read_from_their_tables(office: Office, plan: Callable[[Office], None], expected: list[str]) -> None:
    door = office.door()
    office.person("an")
    plan(office)
    door.start("06:30")
    closing(office, door)
    assert office.says("an") == expected


def test_a_door_used_in_the_last_thirty_days_is_waited_for_and_an_older_one_is_not(office: Office) -> None:
    import datetime as dt

    own, near, far, an = office.door(), office.door("D-N", "H"), office.door("D-F", "H"), office.person("an")
    own.start("06:30")
    near.start("06:30", DATE - dt.timedelta(days=60))
    far.start("06:30", DATE - dt.timedelta(days=60))
    near.tap(an, "08:00", DATE - dt.timedelta(days=30))
    far.tap(an, "08:00", DATE - dt.timedelta(days=31))
    closing(office, own)
    assert office.says("an") == ["AM pending", "PM pending"]
    assert [w["code"] for w in json.loads(office.day("an").why)["waited"]] == ["D-N", "D-X"]
    near.heartbeat("18:01")
    office.until("18:03")
    assert office.says("an") == ["AM absent", "PM absent"]


def test_somebody_at_another_workplace_is_judged_by_its_doors_and_listed_at_home(office: Office) -> None:
    office.unit("Y", "H")
    home, work = office.door("D-X", "X"), office.door("D-Y", "Y")
    office.person("an", "X", workplace="Y")
    home.start("06:30")
    work.start("06:30")
    work.heartbeat("07:00")
    work.start("07:50")
    closing(office, home, work)
    assert office.says("an")[0] == "AM incomplete needs_checking"
    assert office.day("an").unit == "X"
    assert json.loads(office.day("an").why)["office_doors"] == ["D-Y"]


def test_an_office_without_a_door_accuses_nobody(office: Office) -> None:
    office.person("an")
    office.until("23:00")
    assert office.says("an") == ["AM incomplete needs_checking", "PM incomplete needs_checking"]


def test_rows_are_ordered_and_those_of_a_unit_hold_everything_below_it(office: Office) -> None:
    office.unit("Y", "H")
    office.door()
    office.person("binh", "Y")
    office.person("an", "X")
    office.until("07:00")
    with office.store.read() as db:
        rows = verdicts.verdict_rows(db, DATE, DATE)
        assert [(r.staff, r.session) for r in rows] == [("an", "AM"), ("an", "PM"), ("binh", "AM"), ("binh", "PM")]
        assert {r.staff for r in verdicts.verdict_rows(db, DATE, DATE, "Y")} == {"binh"}
        assert {r.staff for r in verdicts.day_rows(db, DATE, DATE, "H")} == {"an", "binh"}
        assert roster.units_below(db, "H", DATE) == {"H", "X", "Y"}


def test_asking_for_nobody_known_says_so(office: Office) -> None:
    with office.store.read() as db, pytest.raises(UnknownStaffError, match="import"):
        gather(db, "nobody", DATE, at("08:00"))


def test_a_mark_for_nobody_known_goes_away(office: Office) -> None:
    office.mark("nobody")
    office.until("07:00")
    with office.store.read() as db:
        assert marks.stale_days(db) == []


def test_the_board_lists_units_with_leaders_first_and_the_doors_they_are_expected_at(office: Office) -> None:
    door, an = office.door(), office.person("an", rank=5)
    office.person("head", rank=0)
    door.start("06:30")
    door.tap(an, "07:20")
    door.heartbeat("07:40")
    office.until("07:41")
    (unit,) = office.board()
    assert (unit.unit, unit.name) == ("X", "Xã X")
    assert [(r.staff, r.presence.state, r.door, r.data_age_s) for r in unit.rows] == [
        ("head", "missing", None, 60),
        ("an", "in", "D-X", 60),
    ]
    assert [(d.code, d.state) for d in unit.doors] == [("D-X", "current")]
    assert office.board("X") == (unit,)
    assert office.board("Y") == ()


def test_the_evaluator_goes_on_after_a_round_that_failed(office: Office) -> None:
    import sqlalchemy as sa

    office.door()
    office.person("an")
    with office.store.write() as db:
        db.execute(sa.text("ALTER TABLE stale_day RENAME TO hidden"))
    stop, broken, ticked = threading.Event(), threading.Event(), threading.Event()
    loop = threading.Thread(
        target=run_evaluator,
        args=(office.store, office.clock, stop),
        kwargs={"failed": broken.set, "tick": ticked.set},
    )
    loop.start()
    try:
        assert broken.wait(10)
        with office.store.write() as db:
            db.execute(sa.text("ALTER TABLE hidden RENAME TO stale_day"))
        for _ in range(100):
            with office.store.read() as db:
                if verdicts.day_row(db, "an", DATE):
                    break
            ticked.clear()
            assert ticked.wait(10)
        assert office.day("an").status == "pending"
    finally:
        stop.set()
        loop.join(10)
    assert not loop.is_alive()


TAPS = [("an", "07:36"), ("an", "12:00"), ("an", "13:28"), ("an", "17:00"), ("binh", "07:20"), ("binh", "17:01")]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_facts_never_matter(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    folder: Path = tmp_path_factory.mktemp("order")
    with made(f"sqlite:///{folder / 'office.db'}") as office:
        door = office.door()
        for staff in ("an", "binh"):
            office.person(staff)
        facts = [door.start("06:30", deliver=False)]
        facts += [door.tap(f"em:{staff}", time, deliver=False) for staff, time in sorted(TAPS, key=lambda t: t[1])]
        facts += facts[2:4]
        chance.shuffle(facts)
        for sent in facts:
            door.deliver(sent)
            if chance.random() < 0.3:
                office.until(chance.choice(("07:00", "12:30", "18:30")))
        door.heartbeat("18:01")
        office.until("18:40")
        assert office.says("an") == LATE
        assert office.says("binh") == ["AM incomplete missing_out", "PM incomplete missing_in"]
