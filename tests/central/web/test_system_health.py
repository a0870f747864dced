"""The system's health page: each part has a state in words, and what to do wherever somebody is needed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from central.health import Liveness
from central.moments import DAY_MS
from central.settings import BackupSettings, Settings, WebSettings
from central.store import collected, fleet
from central.store.faults import Unjudged
from central.store.quarantine import Held, hold
from central.web.app import Pages
from central.web.system_health import CHECKS, Check, Seen, checks, counts, look
from central.web.texts import LANGUAGES
from deploy.broker import free_port
from tests.central.ledger.office import HandClock, Office, at, made
from tests.visitor import Visitor

NOW_MS = at("12:00")


@pytest.fixture
def office(new_database: Callable[[str], str]) -> Iterator[Office]:
    with made(new_database("health")) as found:
        yield found


def seen(office: Office, folder: str = "", health: Liveness | None = None) -> Seen:
    with office.store.read() as db:
        return look(db, NOW_MS, NOW_MS, health or Liveness(HandClock(NOW_MS)), folder)


def parts(found: Seen, language: str = "en") -> dict[str, Check]:
    return {one.key: one for one in checks(found, language)}


def state(found: Seen, key: str) -> str:
    one = parts(found)[key]
    assert bool(one.todo) is (one.state != "ok"), "whoever is needed is told what to do, and nobody else"
    return one.state


def test_a_new_office_is_well_or_unknown_and_never_bad(office: Office):
    found = parts(seen(office))
    assert set(found) == set(CHECKS)
    assert {key for key, one in found.items() if one.state != "ok"} == {"intake", "doors", "heads", "backups"}
    assert {one.state for one in found.values()} == {"ok", "unknown"}


def test_a_fork_a_hole_and_a_backlog_name_their_doors_and_come_first(office: Office):
    door = office.door()
    door.start("07:00")
    lost = door.tap("em:an", "07:25")
    office.fork(door.tap("em:an", "07:30"), "07:31", "em:an")
    office.lose(lost)
    now = seen(office)
    late = replace(now.known.accounts[door.device], to_come=3)
    found = parts(replace(now, known=replace(now.known, accounts={door.device: late})))
    assert [found[key].state for key in ("forks", "gaps", "backlog")] == ["bad", "look", "look"]
    assert {found[key].devices for key in ("forks", "gaps", "backlog")} == {("D-X",)}
    assert next(iter(found.values())).state == "bad" and list(found.values())[-1].state == "ok"


def test_intake_is_well_only_while_a_collector_says_so(office: Office):
    for ago_ms, expected in ((10_000, "ok"), (600_000, "bad")):
        assert state(replace(seen(office), collected_ms=NOW_MS - ago_ms), "intake") == expected
    with office.store.write() as db:
        collected.collected_until(db, NOW_MS - 5_000)
    assert state(seen(office), "intake") == "ok"


def test_a_silent_loop_is_bad_and_one_that_failed_needs_a_look(office: Office):
    health = Liveness(HandClock(NOW_MS))
    health.failed("judging")
    assert state(seen(office, health=health), "loops") == "look"
    assert state(replace(seen(office), silent={"board": 30.0}), "loops") == "bad"


def test_quarantine_tells_codes_and_evidence_is_bad(office: Office):
    def held(code: str) -> Held:
        return Held("dd/1/door-0009/up", "door-0009", code, "?", code.encode(), NOW_MS)

    with office.store.write() as db:
        hold(db, [held("unregistered")])
    assert state(seen(office), "quarantine") == "look"
    with office.store.write() as db:
        hold(db, [held("contradicts_seal")])
    one = parts(seen(office))["quarantine"]
    assert (one.state, one.said) == ("bad", "1 contradicts_seal; 1 unregistered")


def test_what_could_not_be_judged_is_named(office: Office):
    aside = Unjudged("day", "an", "2026-03-16", 1, "ZeroDivisionError", NOW_MS, NOW_MS, 3)
    one = parts(replace(seen(office), unjudged=(aside,)))["unjudged"]
    assert (one.state, one.said) == ("bad", "1 set aside: day an 2026-03-16: ZeroDivisionError")
    assert state(replace(seen(office), days_left=5_001), "judging") == "look"


def test_a_clock_that_knows_no_time_and_a_certificate_near_its_end_name_the_door(office: Office):
    door = office.door()
    door.start("07:00")
    word = {
        "device": door.device, "heard_ms": NOW_MS, "delivered_until_ms": NOW_MS, "online": True, "connection": 1,
        "clock": "none", "cfg": 1, "version": "1", "report": "{}",
    }  # fmt: skip
    with office.store.write() as db:
        fleet.save_words(db, [word])
    found = seen(office)
    assert parts(found)["clocks"].devices == ("D-X",)
    for days, expected in ((200, "ok"), (12, "look"), (-1, "bad")):
        assert state(replace(found, known=replace(found.known, days={door.device: days})), "certificates") == expected


def test_backups_are_as_old_as_the_newest_files_name_says(office: Office, tmp_path: Path):
    assert "no folder is set" in parts(seen(office))["backups"].said
    assert state(seen(office, str(tmp_path / "nowhere")), "backups") == "bad"
    (tmp_path / "diemdanh-mai.age").touch()
    (tmp_path / "diemdanh-20180316T010203Z.age").touch()
    found = seen(office, str(tmp_path))
    assert found.backup_ms == 1_521_162_123_000
    for days, expected in ((1, "ok"), (2, "look"), (4, "bad")):
        assert state(replace(found, backup_ms=NOW_MS - days * DAY_MS), "backups") == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_every_state_in_words_with_a_sign(office: Office, language: str):
    port, clock = free_port(), HandClock(NOW_MS)
    settings = Settings(backup=BackupSettings("/nowhere"))
    pages = Pages(WebSettings(port=port), office.store, clock, Liveness(clock), settings)
    pages.start()
    try:
        text = Visitor(f"http://127.0.0.1:{port}").get(f"/health?lang={language}").text
    finally:
        pages.stop()
    assert text.count('class="check h-') == len(CHECKS) == text.count("</span></h2>")
    words = [word for _, _, word, _ in counts(checks(seen(office), language), language)]
    assert all(word in text for word in words) and "/nowhere" in text
