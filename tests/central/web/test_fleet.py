"""What the devices' pages say of doors that are well, silent, in trouble or unknown, and what is to be done."""

from collections.abc import Callable, Iterator

import pytest

from central.presence import DoorNow
from central.store import fleet, history
from central.trust.enrolling import Progress
from central.web.device_story import story_of
from central.web.fleet import Known, known_devices, line_of, state_of, units_of
from central.web.slots import slot_cards
from central.web.texts import LANGUAGES
from tests.central.ledger.office import Office, Station, at, made

HOUR_MS = 3_600_000
NOW_MS = at("12:00")


@pytest.fixture
def office(new_database: Callable[[str], str]) -> Iterator[Office]:
    with made(new_database("fleet")) as found:
        yield found


def seen(office: Office, code: str) -> tuple[Known, DoorNow]:
    with office.store.read() as db:
        known = known_devices(db, NOW_MS, NOW_MS)
    return known, next(door for door in known.doors if door.code == code)


def speaks(office: Office, door: Station, time: str) -> None:
    """A connected station has delivered everything until then."""
    word = {
        "device": door.device,
        "heard_ms": at(time),
        "delivered_until_ms": at(time),
        "online": True,
        "connection": 1,
    }
    with office.store.write() as db:
        fleet.save_words(db, [word | {"connection": 1, "clock": "ntp", "cfg": 1, "version": "1", "report": "{}"}])


def state(office: Office, code: str = "D-X") -> str:
    known, door = seen(office, code)
    return state_of(door, known)


def test_a_door_that_was_never_heard_is_unknown_and_never_silent(office: Office):
    office.door()
    assert state(office) == "unknown"


def test_a_door_without_a_sign_of_life_is_silent(office: Office):
    door = office.door()
    door.start("07:00")
    door.heartbeat("07:30")
    assert state(office) == "silent"


def test_a_door_that_speaks_works_and_one_with_a_finding_needs_a_look(office: Office):
    door = office.door()
    door.start("07:00")
    tapped = door.tap("em:an", "07:25")
    speaks(office, door, "11:59")
    assert state(office) == "live"
    office.lose(tapped)
    assert state(office) == "trouble"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_door_in_trouble_says_what_to_do_what_was_lost_and_what_it_reported(office: Office, language: str):
    door = office.door()
    door.start("07:00")
    lost = door.tap("em:an", "07:25")
    office.fork(door.tap("em:an", "07:30"), "07:31", "em:an")
    office.close_door(door, "08:00", "09:00")
    door.heartbeat("11:59")
    office.lose(lost)
    known, here = seen(office, "D-X")
    with office.store.read() as db:
        story = story_of(db, here, known, language)
        (run,) = history.runs(db, door.device, 5)
    assert story["todo"] and len(story["open"]) == 3
    assert [one.kind for one in story["remarks"]] == ["start"]
    assert story["runs"][0].journal == run.journal
    assert line_of(known, here, NOW_MS, language).remark


def test_units_that_need_somebody_come_first(office: Office):
    office.unit("A", "H")
    well, silent = office.door("D-A", "A"), office.door("D-X", "X")
    for door, last in ((well, "11:59"), (silent, "07:30")):
        door.start("07:00")
        speaks(office, door, last)
    with office.store.read() as db:
        units = units_of(known_devices(db, NOW_MS, NOW_MS), NOW_MS, "en")
    assert [(unit.code, unit.live) for unit in units] == [("X", 0), ("A", 1)]


def slot(state: str, door: str = "D-X", opened_ms: int = NOW_MS) -> Progress:
    return Progress(door, state, "123456", "device", opened_ms, opened_ms + 24 * HOUR_MS)


def test_slots_show_digits_only_while_they_are_to_be_compared_and_go_when_they_are_old():
    def tones(*found: Progress, live: bool | None = None, later: int = 0) -> list[tuple[str, str]]:
        doors = {} if live is None else {"D-X": live}
        return [(card.tone, card.digits) for card in slot_cards(found, doors, NOW_MS + later, "en")]

    assert tones(slot("open")) == [("waits", "")]
    assert tones(slot("asks")) == [("asks", "123456")]
    assert tones(slot("confirmed")) == tones(slot("enrolled")) == [("waits", "")]
    assert tones(slot("speaking"), live=True) == [("live", "")]
    assert tones(slot("speaking"), live=False) == []
    assert tones(slot("taken back"), slot("open")) == [("waits", "")], "the newest of a door"
    assert tones(slot("expired"), later=25 * HOUR_MS) == [("ended", "")]
    assert tones(slot("expired"), slot("speaking", "D-Y"), later=60 * HOUR_MS) == []
