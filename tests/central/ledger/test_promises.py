"""What the ledger promises, end to end: facts in a real database, verdicts out."""

import datetime as dt
import json
from pathlib import Path

from central.enrol import add_device
from central.keys import load_key
from central.ledger.rounds import Ledger
from central.ledger.why import waited_for
from tests.central.ledger.office import DATE, NONE, Office


def test_a_day_goes_from_pending_to_its_verdict(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    office.until("07:00")
    assert office.says("an") == ["AM pending", "PM pending"]
    for time in ("07:36", "12:00", "13:28", "16:50"):
        door.tap(an, time)
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an") == ["AM present late 6", "PM present early_leave 10"]
    assert office.day("an").recheck_ms is None


def test_a_punch_that_arrives_after_absent_repairs_the_day(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    kept = [door.tap(an, time, deliver=False) for time in ("07:20", "17:01")]
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an") == ["AM absent", "PM absent"]
    for sent in kept:
        door.deliver(sent, received=office.clock.ms)
    office.until("18:03")
    assert office.says("an") == ["AM incomplete missing_out", "PM incomplete missing_in"]


def test_nobody_is_absent_before_the_doors_have_delivered_past_the_close(office: Office) -> None:
    door = office.door()
    office.person("an")
    door.start("06:30")
    door.heartbeat("13:29")
    office.until("13:40")
    assert office.says("an") == ["AM pending", "PM pending"]
    door.heartbeat("13:41")
    office.until("13:42")
    assert office.says("an") == ["AM absent", "PM pending"]


def test_a_door_that_never_delivered_keeps_everything_pending(office: Office) -> None:
    office.door()
    office.person("an")
    office.until("23:00")
    assert office.says("an") == ["AM pending", "PM pending"]
    reason = json.loads(office.day("an").why)["sessions"][0]["reasons"][0]
    assert reason["cause"] == "undelivered"
    assert reason["doors"] == ["D-X"]


def test_an_offline_second_door_keeps_late_pending_until_it_has_delivered(office: Office) -> None:
    first, second, an = office.door("D-1"), office.door("D-2"), office.person("an")
    first.start("06:30")
    second.start("06:30")
    second.heartbeat("07:10")
    first.tap(an, "07:40")
    first.heartbeat("07:45")
    office.until("07:46")
    assert office.says("an") == ["AM pending", "PM pending"]
    assert office.sees("an").presence.state == "in"
    second.heartbeat("07:47")
    office.until("07:48")
    assert office.says("an")[0] == "AM pending late 10"
    assert office.sees("an").presence.state == "late"


def test_a_door_without_power_in_the_rush_accuses_nobody(office: Office) -> None:
    door, an, binh = office.door(), office.person("an"), office.person("binh")
    door.start("06:30")
    door.heartbeat("07:10")
    door.start("07:40")
    door.tap(an, "07:41")
    door.tap(an, "12:00")
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an")[0] == "AM present needs_checking 11"
    assert office.says(binh.removeprefix("em:"))[0] == "AM incomplete needs_checking"
    reason = json.loads(office.day("an").why)["sessions"][0]["reasons"][0]
    assert reason["cause"] == "doors_down"
    assert reason["withheld"] == "late"
    assert reason["doors"] == ["D-X"]


def test_the_door_that_stays_open_beside_it_changes_that(office: Office) -> None:
    dark, light, an = office.door("D-1"), office.door("D-2"), office.person("an")
    dark.start("06:30")
    light.start("06:30")
    dark.heartbeat("07:10")
    dark.start("07:40")
    dark.tap(an, "07:41")
    dark.tap(an, "12:00")
    for door in (dark, light):
        door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an")[0] == "AM present late 11"


def test_a_reader_lost_for_the_morning_accuses_nobody(office: Office) -> None:
    from edge.wire.events import Fault, Ok

    door = office.door()
    office.person("an")
    door.start("06:30")
    door.say(Fault("reader_lost", "main"), "06:50")
    door.heartbeat("07:45")
    office.until("07:46")
    assert office.sees("an").presence.why == "doors_down"
    door.say(Ok("reader_lost", "main", door.uptime("06:50")), "12:20")
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an") == ["AM incomplete needs_checking", "PM absent"]


def test_a_clock_that_nobody_knows_makes_nobody_late(office: Office) -> None:
    door, an = office.door(clock=NONE, ahead_ms=-86_400_000 * 300), office.person("an")
    door.start("06:30", deliver=False)
    kept = [door.tap(an, time, deliver=False) for time in ("07:20", "12:00")]
    for sent in kept:
        door.deliver(sent, received=office.clock.ms + 8 * 3_600_000)
    door.heartbeat("18:01")
    office.until("18:02")
    lines = office.says("an")
    assert all("needs_checking" in line for line in lines), lines
    assert not any(word in line for line in lines for word in ("late", "early_leave", "absent"))


def test_a_mark_made_while_its_day_is_judged_survives(office: Office) -> None:
    from central.store import marks, roster

    door, an = office.door(), office.person("an")
    door.start("06:30")
    office.mark("an")
    with office.store.read() as db:
        stale, now = marks.stale_days(db), roster.load_roster(db)
    looked = office.ledger.look(now, stale)
    door.tap(an, "07:20")
    assert office.ledger.write(looked) == 0
    with office.store.read() as db:
        assert [m.staff for m in marks.stale_days(db)] == ["an"]
    office.until("07:21")
    assert office.day("an").sessions[0].in_ms is not None


def test_everybody_employed_has_a_verdict_from_the_beginning_of_the_date(office: Office) -> None:
    office.door()
    office.person("an")
    office.person("binh")
    office.until("00:01")
    assert office.day("an").status == "pending"
    assert office.day("binh").date == DATE


def test_a_tap_dated_ahead_hides_no_date_from_an_evaluator_that_was_away(office: Office) -> None:
    door, an = office.door(), office.person("an")
    office.person("binh")
    door.start("06:30")
    door.ahead_ms = 2 * 86_400_000
    door.tap(an, "07:00")
    office.until("07:01")
    office.ledger = Ledger(office.store, office.clock)
    office.until("08:00", DATE + dt.timedelta(days=3))
    for days in range(1, 4):
        assert office.day("binh", DATE + dt.timedelta(days=days)).status == "pending"


def test_a_door_that_gets_its_station_is_waited_for_at_once(office: Office, tmp_path: Path) -> None:
    office.door("D-NEW")
    office.person("an")
    office.until("07:00")
    key = load_key(tmp_path / "station.pem").public_text
    add_device(office.store, "D-LATER", "station-0001", key, "X", "", office.clock.ms)
    office.mark("an")
    office.until("07:01")
    assert "station-0001" in waited_for(office.day("an").why)
