"""Facts of every kind, in any order, some of them twice, with rounds in between: one and the same verdicts."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.ledger.touched import days_of_badge, days_of_roster, days_of_slot, days_of_staff
from central.store import duty, marks, overtime, roster, verdicts
from central.store.same import lasting
from central.tables import Badge, CalendarDay, DutySlot, FieldDuty, Leave, ScheduleRow
from edge.wire.events import ClockSet
from tests.central.ledger.office import DATE, NONE, NTP, Office, Station, at, made

Fact = Callable[[Office], None]


def mark(office: Office, days: set[tuple[str, Any]]) -> None:
    with office.store.write() as db:
        marks.mark_days(db, days, office.clock.ms)


def planned(row: Any) -> Fact:
    """A leave or a field duty of one person, marked as an import marks it."""

    def store(office: Office) -> None:
        office.add(row())
        with office.store.read() as db:
            days = days_of_staff(db, [row().staff], DATE, DATE)
        mark(office, days)

    return store


def of_all(row: Any) -> Fact:
    """Hours or a calendar day: whoever they touch is marked."""

    def store(office: Office) -> None:
        with office.store.read() as db:
            before = roster.load_roster(db)
        office.add(row())
        with office.store.read() as db:
            days = days_of_roster(db, before, roster.load_roster(db), DATE, DATE)
        mark(office, days)

    return store


def handed_over(office: Office) -> None:
    """The badge of Dung is Bình's from noon on."""
    noon = at("12:30")
    with office.store.write() as db:
        db.execute(sa.text("UPDATE badge SET valid_to_ms = :ms WHERE staff = 'dung'"), {"ms": noon - 1})
    office.add(Badge(number="em:dung", staff="binh", valid_from_ms=noon))
    with office.store.read() as db:
        days = days_of_badge(db, "em:dung", noon, None)
    mark(office, days)


def rostered(office: Office) -> None:
    office.add(DutySlot(staff="chi", date=DATE, start_min=405, end_min=450, kind="reception", stand_in="an"))
    mark(office, days_of_slot("chi", DATE))


def tapped(door: Station, badge: str, times: str) -> list[Fact]:
    """Taps that are journalled now, in the order of time, and delivered whenever it is their turn."""
    sent = [door.tap(badge, time, deliver=False) for time in times.split()]
    return [lambda _, one=one: door.deliver(one, received=at("17:55")) for one in sent]  # type: ignore[misc]


def own_hours(session: str, start: int, end: int) -> ScheduleRow:
    row = ScheduleRow(unit="X", weekdays=1, session=session, start_min=start, end_min=end, doc_no="07/TB")
    row.valid_from = DATE
    return row


def facts(office: Office) -> list[Fact]:
    good, lost = office.door(unit="H"), office.door("D-LOST", unit="H", clock=NONE, ahead_ms=-86_400_000)
    office.unit("Y", "H")
    for staff, unit in (("an", "X"), ("binh", "X"), ("chi", "X"), ("dung", "Y"), ("giang", "Y")):
        office.person(staff, unit)
    good.start("06:00")
    lost.start("06:00")
    found = tapped(good, "em:an", "06:40 12:01 13:20 17:40") + tapped(lost, "em:binh", "07:37 12:00")
    found += tapped(good, "em:dung", "07:20 12:10 13:25 17:00")
    found += tapped(good, "em:giang", "07:20 12:05 13:25 17:44")
    lost.clock, lost.ahead_ms = NTP, 0
    synced = lost.sent(ClockSet(None, at("17:50"), "ntp"), at("17:50"))
    found += [lambda _: lost.deliver(synced), lambda _: good.heartbeat("18:30"), lambda _: lost.heartbeat("18:30")]
    found += [
        planned(lambda: Leave(staff="chi", date_from=DATE, date_to=DATE, half="AM", symbol="P")),
        planned(lambda: FieldDuty(staff="chi", date=DATE, session="PM")),
        of_all(lambda: own_hours("AM", 420, 700)),
        of_all(lambda: own_hours("PM", 810, 1020)),
        of_all(lambda: CalendarDay(date=DATE, kind="holiday", unit="X", session="PM", doc_no="08/TB")),
        handed_over,
        rostered,
    ]
    return found


def outcome(office: Office) -> list[Any]:
    """All that was found, without what names rows or the moment of judging."""
    with office.store.read() as db:
        days = verdicts.day_rows(db, DATE, DATE)
        slots = duty.duty_verdicts(db, DATE, DATE)
        late = overtime.proposals(db, DATE, DATE)
        assert marks.stale_days(db) == []
    told = [(d.staff, d.status, d.unit, d.recheck_ms, d.sessions, json.loads(d.why)["versions"]) for d in days]
    return [*told, *slots, *late]


def judged(url: str, arrange: Callable[[list[Fact]], list[Fact]], restless: Callable[[], bool]) -> list[Any]:
    with made(url) as office:
        for fact in arrange(facts(office)):
            fact(office)
            if restless():
                office.until("18:00")
        office.until("18:40")
        found = outcome(office)
        with office.store.read() as db:
            before = {(d.staff, d.date): (d.evaluated_ms, lasting(d.why)) for d in verdicts.day_rows(db, DATE, DATE)}
        office.ledger = type(office.ledger)(office.store, office.clock)
        for staff in ("an", "binh", "chi", "dung"):
            office.mark(staff)
        office.until("18:50")
        with office.store.read() as db:
            after = {(d.staff, d.date): (d.evaluated_ms, lasting(d.why)) for d in verdicts.day_rows(db, DATE, DATE)}
        assert after == before  # judging everybody again wrote nothing
        return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The verdicts when everything comes in its order, judged once."""
    folder: Path = tmp_path_factory.mktemp("expected")
    return judged(f"sqlite:///{folder / 'office.db'}", lambda found: found, lambda: False)


def test_the_week_of_these_facts_says_something_of_every_kind(expected: list[Any]) -> None:
    shown = " ".join(str(one) for one in expected)
    for word in ("leave", "holiday", "stood_in", "07/TB", "08/TB", "late", "ProposalLine"):
        assert word in shown, word


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_no_order_repetition_or_moment_of_judging_changes_what_is_found(
    tmp_path_factory: pytest.TempPathFactory, expected: list[Any], chance: random.Random
) -> None:
    def shuffled(found: list[Fact]) -> list[Fact]:
        taps = [fact for fact in found if fact not in (handed_over, rostered)][:12]
        again = found + chance.sample(taps, 3)  # what a door sends twice
        return chance.sample(again, len(again))

    folder: Path = tmp_path_factory.mktemp("order")
    url = f"sqlite:///{folder / 'office.db'}"
    assert judged(url, shuffled, lambda: chance.random() < 0.4) == expected
