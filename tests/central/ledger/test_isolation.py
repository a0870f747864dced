"""One fact that cannot be worked on stops nobody else: it is set aside, named, and tried again when it changes."""

import logging

import pytest
import sqlalchemy as sa

from central.ledger import Ledger, rounds
from central.ledger.boots import repair_boot
from central.store import accounts, faults, marks
from central.tables import DayVerdict, ScheduleRow
from edge.wire.events import ClockSet
from tests.central.ledger.office import DATE, NONE, NTP, Office, at

BEFORE_ALL_DATES_MIN = -(2**31) + 1
"""Minutes that no date of a calendar can lie before."""


def impossible_hours(office: Office) -> None:
    """Hours that somebody wrote past the import: no session can be made of them."""
    office.unit("Y", "H")
    row = ScheduleRow(unit="Y", weekdays=127, session="AM", start_min=BEFORE_ALL_DATES_MIN, end_min=720)
    office.add(row)


def mended_hours(office: Office) -> None:
    with office.store.write() as db:
        db.execute(sa.text("UPDATE schedule_row SET start_min = 450 WHERE unit = 'Y'"))
        db.execute(sa.text("UPDATE counter SET value = value + 1 WHERE name = 'roster'"))


def aside(office: Office) -> list[faults.Unjudged]:
    with office.store.read() as db:
        return faults.unjudged(db)


def stale(office: Office) -> list[str]:
    with office.store.read() as db:
        return [mark.staff for mark in marks.stale_days(db)]


@pytest.fixture
def spoilt(office: Office) -> Office:
    """Three people at 18:02 of a day without taps; the hours of one of them are impossible."""
    impossible_hours(office)
    door = office.door(unit="H")
    for staff, unit in (("an", "X"), ("binh", "Y"), ("chi", "X")):
        office.person(staff, unit)
    door.start("06:30")
    door.heartbeat("18:01")
    office.until("18:02")
    return office


def test_a_day_that_cannot_be_judged_is_set_aside_and_everybody_else_is_judged(spoilt: Office) -> None:
    assert spoilt.says("an") == spoilt.says("chi") == ["AM absent", "PM absent"]
    (one,) = aside(spoilt)
    assert one.said == f"day binh {DATE}"
    assert one.error.startswith("OverflowError: ")
    assert (one.since_ms, one.last_ms, one.attempts) == (at("18:02"), at("18:02"), 1)


def test_what_is_set_aside_is_not_tried_again_by_itself(spoilt: Office) -> None:
    assert stale(spoilt) == []
    assert spoilt.ledger.step() == 0
    assert [one.attempts for one in aside(spoilt)] == [1]


def test_it_is_counted(office: Office) -> None:
    impossible_hours(office)
    office.person("binh", "Y")
    counted = []
    Ledger(office.store, office.clock, aside=lambda: counted.append(1)).settle()
    assert counted == [1]


def test_its_traceback_is_logged_once(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    impossible_hours(office)
    office.person("binh", "Y")
    with caplog.at_level(logging.INFO):
        office.until("07:00")
        office.mark("binh")
        office.until("07:01")
    told = [record for record in caplog.records if "set aside" in record.getMessage()]
    assert [record.exc_info is not None for record in told] == [True, False]
    assert "attempt 2" in told[1].getMessage()


def test_it_is_tried_again_when_its_facts_change(spoilt: Office) -> None:
    spoilt.mark("binh")
    spoilt.until("18:03")
    (one,) = aside(spoilt)
    assert (one.attempts, one.since_ms, one.last_ms) == (2, at("18:02"), at("18:03"))
    mended_hours(spoilt)
    spoilt.mark("binh")
    spoilt.until("18:04")
    assert aside(spoilt) == []
    assert spoilt.says("binh") == ["AM absent"]


def test_it_is_tried_again_when_an_evaluator_starts(spoilt: Office) -> None:
    mended_hours(spoilt)
    spoilt.until("18:03")
    assert len(aside(spoilt)) == 1
    Ledger(spoilt.store, spoilt.clock).settle()
    assert aside(spoilt) == []
    assert spoilt.says("binh") == ["AM absent"]


def test_a_whole_batch_of_bad_days_does_not_hold_up_those_behind_it(office: Office) -> None:
    impossible_hours(office)
    for n in range(30):
        office.person(f"bad{n:02}", "Y")
    office.person("an")
    office.until("07:00")
    assert len(aside(office)) == 30
    assert office.says("an") == ["AM pending", "PM pending"]


def break_the_seal(db: sa.Connection) -> None:
    """As somebody with every right does who alters a line: the trigger that refuses it is taken away."""
    db.execute(
        sa.text("DROP TRIGGER IF EXISTS event_no_update" + (" ON event" if db.dialect.name == "postgresql" else ""))
    )


def test_a_boot_that_cannot_be_timed_is_set_aside_and_other_doors_are_timed(office: Office) -> None:
    bad, door = office.door("D-BAD", unit="H", clock=NONE), office.door(clock=NONE)
    an = office.person("an")
    for station in (bad, door):
        station.start("06:30")
        station.clock = NTP
        station.say(ClockSet(None, at("06:31"), "ntp"), "06:31")
        station.clock = NONE
    with office.store.write() as db:
        break_the_seal(db)
        unreadable = sa.text("UPDATE event SET line = :line WHERE kind = 'clock' AND journal_id = :id")
        db.execute(unreadable, {"line": b"{", "id": bad.journal_id})
    door.tap(an, "07:20")
    office.until("07:21")
    assert office.day("an").sessions[0].in_ms == at("07:20")
    assert [one.said for one in aside(office)] == [f"boot {bad.device} {bad.boot}"]
    with office.store.read() as db:
        assert accounts.accounts(db)[bad.device].findings == ("unjudged",)
        assert accounts.accounts(db)[door.device].findings == ()


def test_the_people_of_a_boot_without_times_hold_up_nobody_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "BATCH", 2)
    bad, door = office.door("D-BAD", unit="H", clock=NONE), office.door()
    for staff in ("an", "binh", "chi", "dung"):
        office.person(staff)
    bad.start("06:30")
    door.start("06:30")
    office.until("06:31")
    bad.clock = NTP
    bad.say(ClockSet(None, at("06:32"), "ntp"), "06:32")
    bad.clock = NONE
    with office.store.write() as db:
        break_the_seal(db)
        unreadable = sa.text("UPDATE event SET line = :line WHERE kind = 'clock' AND journal_id = :id")
        line = db.execute(sa.text("SELECT line FROM event WHERE kind = 'clock'")).scalar_one()
        db.execute(unreadable, {"line": b"{", "id": bad.journal_id})
    for staff in ("an", "binh", "chi"):
        bad.tap(f"em:{staff}", "07:20")
        office.mark(staff)
    office.until("07:21")
    door.tap("em:dung", "07:22")
    office.until("07:23")
    assert office.day("dung").sessions[0].in_ms == at("07:22")
    with office.store.write() as db:
        db.execute(unreadable, {"line": line, "id": bad.journal_id})
        marks.mark_boots(db, [(bad.device, bad.boot)])
    office.until("07:24")
    assert aside(office) == []
    assert office.day("an").sessions[0].in_ms == at("07:20")


def test_an_account_that_cannot_be_read_is_written_anew(office: Office) -> None:
    door = office.door()
    office.person("an")
    office.person("binh")
    door.start("06:30")
    office.until("07:00")
    with office.store.write() as db:
        table = DayVerdict.__table__  # type: ignore[attr-defined]
        db.execute(sa.update(table).where(table.c.staff == "an").values(why="{"))
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an") == office.says("binh") == ["AM absent", "PM absent"]


def test_a_database_that_is_gone_sets_nothing_aside(office: Office) -> None:
    office.person("an")
    office.until("06:30")
    office.mark("an")
    with office.store.write() as db:
        db.execute(sa.text("ALTER TABLE session_verdict RENAME TO moved_away"))
    with pytest.raises(sa.exc.DBAPIError):
        office.ledger.step()
    with office.store.write() as db:
        db.execute(sa.text("ALTER TABLE moved_away RENAME TO session_verdict"))
    assert aside(office) == []
    assert stale(office) == ["an"]


def test_repairing_says_how_many_times_it_changed(office: Office) -> None:
    door = office.door(clock=NONE)
    door.start("06:30")
    with office.store.read() as db:
        (mark,) = marks.stale_boots(db)
    assert repair_boot(office.store, mark, at("06:31")) == 1
