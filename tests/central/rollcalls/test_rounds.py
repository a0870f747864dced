"""Rounds on both databases: opened once, said in any order and any number of times, ended once, never edited."""

import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from central.inspection import sign, view_of
from central.minutes import Signers
from central.observed import Disagreement, Kept, Reason, Saying
from central.rollcall import (
    Kind,
    Opening,
    Outcome,
    RollCallError,
    Said,
    asked_of_doors,
    decide_times,
    open_round,
    planned,
    say,
)
from central.store import open_store, rollcalls
from central.store.rollcalls import TimeRow
from central.store.roster import load_roster
from tests.central.ledger.office import DATE, Office, Station, at, made

TUESDAY = DATE + dt.timedelta(days=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def commune(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Four people: A tapped, B is on leave, C did not tap, D works at a door that says nothing."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('rounds') / 'office.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    with closing(open_store(url)) as store:
        store.upgrade()  # with the triggers
    with made(url) as office:
        office.unit("Y", "H")
        door, silent = office.door(), office.door("D-Y", "Y")
        for code in "ABC":
            office.person(code)
        office.person("D", "Y")
        office.leave("B")
        door.start("06:30")
        silent.start("06:30")
        silent.heartbeat("06:31")
        door.tap("em:A", "07:21")
        office.door_of_x = door  # type: ignore[attr-defined]
        door.heartbeat("07:45")
        office.clock.ms = at("07:45")
        yield office


def call(office: Office, key: str, unit: str = "X", kind: Kind = Kind.ROLL_CALL) -> int:
    about = ("đoàn", "QĐ 1", "state") if kind is Kind.INSPECTION else ()
    return open_round(office.store, office.clock, Opening(kind, unit, key, *about), "an")


def view(office: Office, number: int):
    with office.store.read() as db:
        return view_of(db, number, office.clock.ms)


def finish(office: Office, number: int, *sayings: Saying, by: str = "an", shown: int = 0) -> Outcome:
    return say(office.store, office.clock, number, Said(sayings, "finishing", shown, finish=True), by)


ALL = (Saying("A", True), Saying("B", False, Reason.LEAVE), Saying("C", False))


def test_who_opens_twice_is_given_the_same_round(commune: Office):
    number = call(commune, "opened-01")
    assert call(commune, "opened-01") == number
    assert call(commune, "opened-02") == number, "one roll call of a unit is open at a time"
    people = view(commune, number).people
    assert [(one.staff, one.state.value, one.due) for one in people] == [
        ("A", "in", True), ("B", "leave", False), ("C", "missing", True)
    ]  # fmt: skip
    finish(commune, number, *ALL)
    assert call(commune, "opened-03") != number
    finish(commune, call(commune, "opened-03"), *ALL)


def test_two_who_open_and_finish_at_the_same_moment_have_one_round_and_one_end(commune: Office):
    together = threading.Barrier(2)

    def walk(name: str) -> tuple[int, Outcome]:
        together.wait(30)
        number = call(commune, f"at-once-{name}")
        together.wait(30)
        return number, finish(commune, number, *ALL, by=name)

    with ThreadPoolExecutor(2) as people:
        found = list(people.map(walk, ("an", "binh")))
    assert len({number for number, _ in found}) == 1 and {outcome for _, outcome in found} == {Outcome.FINISHED}
    assert len(view(commune, found[0][0]).words) == 3


def test_sending_the_whole_list_twice_changes_nothing(commune: Office):
    number = call(commune, "twice-001")
    assert finish(commune, number, *ALL) is Outcome.FINISHED
    before = view(commune, number)
    assert finish(commune, number, *ALL) is Outcome.FINISHED
    after = view(commune, number)
    assert after.words == before.words and after.round.ended_ms == before.round.ended_ms
    assert len(after.words) == 3


def test_a_changed_mind_is_a_later_row_and_the_conflict_goes_with_it(commune: Office):
    number = call(commune, "mind-0001")
    finish(commune, number, Saying("A", False), *ALL[1:])
    (torn,) = view(commune, number).conflicts
    assert (torn.staff, torn.kind) == ("A", Disagreement.TAPPED_NOT_SEEN)
    commune.clock.ms += 1_000
    say(commune.store, commune.clock, number, Said([Saying("A", True)], "later-one", 99_999), "binh")
    found = view(commune, number)
    assert not found.conflicts
    assert [(w.by, w.saying.seen) for w in found.words if w.saying.staff == "A"] == [("an", False), ("binh", True)]


def test_a_tap_that_arrives_later_makes_the_disagreement_appear(commune: Office):
    number = call(commune, "late-0001")
    finish(commune, number, *ALL)
    assert not view(commune, number).conflicts
    door: Station = commune.door_of_x  # type: ignore[attr-defined]
    door.tap("em:C", "07:30")
    (torn,) = view(commune, number).conflicts
    assert (torn.staff, torn.fact.tap_ms) == ("C", at("07:30"))


def test_who_is_unknown_is_not_filled_in_and_nobody_says_anything_of_them_unasked(commune: Office):
    number = call(commune, "unknown-1", "Y")
    (person,) = view(commune, number).people
    assert person.state.value == "unknown"
    assert finish(commune, number) is Outcome.FINISHED
    found = view(commune, number)
    assert found.counts.not_looked == 1 and not found.words and not found.conflicts


def test_a_page_of_before_finishes_nothing_and_undoes_nothing(commune: Office):
    number = call(commune, "stale-001")
    say(commune.store, commune.clock, number, Said([Saying("A", False)], "binhs-tick", ago_ms=0), "binh")
    assert finish(commune, number, *ALL, shown=0) is Outcome.STALE
    found = view(commune, number)
    assert found.round.ended_ms is None and not found.last["A"].saying.seen
    assert finish(commune, number, Saying("A", False), *ALL[1:], shown=found.words[-1].number) is Outcome.FINISHED


TICKS = st.lists(st.tuples(st.sampled_from("ABC"), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=12)
@given(ticks=TICKS, data=st.data())
def test_ticks_kept_on_a_phone_may_come_in_any_order_and_often(commune: Office, ticks, data):
    """The last word is what was said last on the phone, and each tick is one row."""
    key = f"phone-{data.draw(st.integers(0, 10**12))}-{commune.clock.ms}"
    number = call(commune, key, kind=Kind.INSPECTION)
    commune.clock.ms += 60_000
    sent = [
        Said([Saying(staff, seen)], f"tick-{n}", ago_ms=10_000 - n * 1_000) for n, (staff, seen) in enumerate(ticks)
    ]
    for one in data.draw(st.permutations([*sent, *sent])):
        say(commune.store, commune.clock, number, one, "an")
    found = view(commune, number)
    assert len(found.words) == len(ticks)
    assert {s: w.saying.seen for s, w in found.last.items()} == dict(ticks)


def test_a_phone_cannot_say_that_it_looked_before_the_round_was_opened(commune: Office):
    number = call(commune, "early-0001", kind=Kind.INSPECTION)
    opened_ms = commune.clock.ms
    commune.clock.ms += 5_000
    say(commune.store, commune.clock, number, Said([Saying("A", True)], "tick-early", ago_ms=10**9), "an")
    assert view(commune, number).last["A"].said_ms == opened_ms


def test_nobody_edits_what_was_seen(commune: Office):
    number = call(commune, "edited-01", kind=Kind.INSPECTION)
    say(commune.store, commune.clock, number, Said([Saying("A", True)], "edited-tick", ago_ms=0), "an")
    sign(commune.store, commune.clock, number, Signers("a", "b", "c"), "an")
    for table in (rollcalls.ROUND, rollcalls.PERSON, rollcalls.WORD, rollcalls.END, rollcalls.MINUTES):
        key = next(iter(table.primary_key.columns))
        for statement in (sa.update(table).values({key.name: key}), sa.delete(table)):
            with pytest.raises(sa.exc.DBAPIError, match="only added"), commune.store.write() as db:
                db.execute(statement)


def test_an_inspection_asks_the_doors_of_the_unit_to_send_all_and_a_roll_call_asks_nobody(commune: Office):
    number, other = call(commune, "asking-01", kind=Kind.INSPECTION), call(commune, "asking-02")
    finish(commune, other, *ALL)
    with commune.store.read() as db:
        roster = load_roster(db)
        (asked,) = asked_of_doors(db, view(commune, number).round, roster)
        assert asked_of_doors(db, view(commune, other).round, roster) == []
    assert (asked.order.device, asked.order.operation, asked.order.by, asked.code) == (
        "device-d-x", "send_all", "an", None
    )  # fmt: skip


def test_what_cannot_be_opened_or_signed_is_refused_with_what_to_do(commune: Office):
    with pytest.raises(RollCallError, match="team"):
        open_round(commune.store, commune.clock, Opening(Kind.INSPECTION, "X", "refused-1"), "an")
    with pytest.raises(RollCallError, match="key"):
        open_round(commune.store, commune.clock, Opening(Kind.ROLL_CALL, "X", "short"), "an")
    number = call(commune, "refused-2")
    with pytest.raises(RollCallError, match="roll call"):
        sign(commune.store, commune.clock, number, Signers("a", "b", "c"), "an")
    with pytest.raises(RollCallError, match="three"):
        sign(commune.store, commune.clock, number, Signers("a", "", "c"), "an")
    finish(commune, number, *ALL)


def test_set_times_are_dated_rest_on_a_document_and_a_missed_one_is_reported(new_database):
    with made(new_database("times")) as office:
        office.person("A")
        row = TimeRow(0, "X", DATE, "13:45, 07:45", "78-KH/HU", "bi thu", 0)
        decide_times(office.store, office.clock, row)
        decide_times(office.store, office.clock, TimeRow(0, "X", TUESDAY, "", "79-KH/HU", "bi thu", 0))
        office.clock.ms = at("07:50")
        finish(office, call(office, "times-0001"), Saying("A", True))
        office.clock.ms = at("08:00", TUESDAY)
        with office.store.read() as db:
            found = planned(db, DATE - dt.timedelta(days=3), TUESDAY, office.clock.ms)
        assert [(one.date, one.set.at_min, one.set.kept, one.doc_no) for one in found] == [
            (DATE, 465, Kept.DONE, "78-KH/HU"), (DATE, 825, Kept.MISSED, "78-KH/HU")
        ]  # fmt: skip
        for times, match in (("quarter to eight", "HH:MM"), ("01:00 02:00 03:00 04:00 05:00", "four")):
            with pytest.raises(RollCallError, match=match):
                decide_times(office.store, office.clock, TimeRow(0, "X", DATE, times, "1", "an", 0))
        with pytest.raises(RollCallError, match="document"):
            decide_times(office.store, office.clock, TimeRow(0, "X", DATE, "07:45", "", "an", 0))
