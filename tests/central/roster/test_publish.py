"""What a door is told: its people, today's and tomorrow's boundaries, and nothing twice."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.calendars.deciding import NewDay, add, withdraw
from central.clock import Clock
from central.enrol import add_device
from central.keys import load_key, verifier
from central.roster.imports import import_office
from central.roster.publish import Outbox, Publication, Publisher
from central.store import Store, fleet, open_store
from central.workdays import CalendarKind
from edge.wire.config import Config, RosterEntry, decode_config
from edge.wire.text import MAX_INT

OFFICE = Path(__file__).parents[3] / "deploy" / "office"
LOCAL = dt.timezone(dt.timedelta(hours=7))


class Hands:
    """A clock that stands where it is put."""

    def __init__(self, at: str) -> None:
        self.ms = at_ms(at)

    def now_ms(self) -> int:
        return self.ms

    def mono_s(self) -> float:
        return self.ms / 1000


def at_ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp() * 1000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path / 'central.db'}")
    found.upgrade()
    import_office(found, Hands("2018-11-12T06:00"), OFFICE)
    yield found
    found.close()


@pytest.fixture
def station(store: Store, tmp_path: Path) -> str:
    """A station registered for the door of commune X03."""
    key = load_key(tmp_path / "station.pem").public_text
    add_device(store, "D-X03", "d0123456789abcdef", key, None, "", 0)
    return "d0123456789abcdef"


def published(store: Store, clock: Clock, folder: Path) -> dict[str, Config]:
    key = load_key(folder / "central.pem")
    found = [decode_config(one.payload, verifier(key.public_text)) for one in Publisher(store, clock, key.sign).due()]
    return {config.device: config for config in found}


def entry(config: Config, name: str) -> RosterEntry:
    return next(e for e in config.roster if e.name == name)


def shown(entry: RosterEntry) -> list[str]:
    """Each session: from when a tap counts, when it begins, after when the door says late, the plan."""

    def local(ms: int | None) -> str:
        return "-" if ms is None else f"{dt.datetime.fromtimestamp(ms / 1000, LOCAL):%d %H:%M}"

    return [
        f"{b.session} {local(b.counts_from_ms)} {local(b.due_from_ms)} {local(b.late_after_ms)} {b.plan or '-'}"
        for b in entry.sessions
    ]


def test_a_door_knows_its_peoples_boundaries_of_today_and_tomorrow(store: Store, station: str, tmp_path: Path):
    config = published(store, Hands("2018-11-12T06:00"), tmp_path)[station]
    own = [e for e in config.roster if e.sessions]
    assert config.unit == "Xã Khê Hoàn"
    assert len(own) == 21
    assert shown(entry(config, own[0].name)) or own
    ordinary = next(e for e in own if all(b.plan is None for b in e.sessions))
    assert shown(ordinary) == [
        "AM 12 00:00 12 07:30 12 07:35 -",
        "PM 12 12:45 12 13:30 12 13:35 -",
        "AM 13 00:00 13 07:30 13 07:35 -",
        "PM 13 12:45 13 13:30 13 13:35 -",
    ]


def test_a_planned_session_has_no_late_moment(store: Store, station: str, tmp_path: Path):
    config = published(store, Hands("2018-11-12T06:00"), tmp_path)[station]
    lines = [line for e in config.roster for line in shown(e)]
    assert "AM 12 00:00 12 07:30 - field_duty" in lines


def test_a_visitor_is_known_by_name_but_not_judged(store: Store, station: str, tmp_path: Path):
    config = published(store, Hands("2018-11-12T06:00"), tmp_path)[station]
    assert entry(config, "Trần Minh Lực").sessions == ()


def test_a_blocked_badge_is_told_as_blocked(store: Store, station: str, tmp_path: Path):
    config = published(store, Hands("2018-11-12T06:00"), tmp_path)[station]
    assert next(e.state for e in config.roster if e.badge == "em:BEEF0002") == "blocked"


def test_nothing_is_published_twice(store: Store, station: str, tmp_path: Path):
    clock, key = Hands("2018-11-12T06:00"), load_key(tmp_path / "central.pem")
    publisher = Publisher(store, clock, key.sign)
    assert publisher.due()
    assert publisher.due() == []
    assert Publisher(store, clock, key.sign).due() == []


def test_the_next_date_is_published_with_a_higher_version(store: Store, station: str, tmp_path: Path):
    first = published(store, Hands("2018-11-12T06:00"), tmp_path)[station]
    second = published(store, Hands("2018-11-13T00:00"), tmp_path)[station]
    assert second.version > first.version


def test_a_birth_with_an_older_version_is_answered(store: Store, station: str, tmp_path: Path):
    clock, key = Hands("2018-11-12T06:00"), load_key(tmp_path / "central.pem")
    publisher = Publisher(store, clock, key.sign)
    publisher.due()
    (sent,) = publisher.for_birth(station, 0)
    version = decode_config(sent.payload, verifier(key.public_text)).version
    assert publisher.for_birth(station, version) == []
    (raised,) = publisher.for_birth(station, version + 10_000_000)  # a backup of the database was restored
    assert decode_config(raised.payload, verifier(key.public_text)).version == version + 10_000_001
    assert publisher.for_birth("d-unknown", 0) == []


def test_a_birth_that_names_the_last_version_there_can_be_is_left_alone(store: Store, station: str, tmp_path: Path):
    clock, key = Hands("2018-11-12T06:00"), load_key(tmp_path / "central.pem")
    publisher = Publisher(store, clock, key.sign)
    publisher.due()
    assert publisher.for_birth(station, MAX_INT) == []
    assert decode_config(publisher.for_birth(station, 0)[0].payload, verifier(key.public_text)).version < MAX_INT


def test_what_a_killed_process_saved_and_did_not_publish_is_published_by_the_next(
    store: Store, station: str, tmp_path: Path
):
    clock, key = Hands("2018-11-12T06:00"), load_key(tmp_path / "central.pem")
    saved = {one.device: one for one in Publisher(store, clock, key.sign).due()}
    with store.write() as db:
        fleet.save_words(db, [{"device": station, "heard_ms": clock.ms, "cfg": 0}])
    following = Publisher(store, clock, key.sign)
    assert following.due() == [saved[station]]
    assert following.due() == []


def test_only_the_newest_configuration_of_a_door_waits_for_a_connection():
    sent: list[Publication] = []
    connected = False

    def publish(one: Publication) -> bool:
        return connected and not sent.append(one)

    outbox = Outbox(publish)
    outbox.send([Publication("d-1", b"old"), Publication("d-2", b"other")])
    outbox.send([Publication("d-1", b"new")])
    connected = True
    outbox.send([])
    outbox.send([])
    assert sent == [Publication("d-2", b"other"), Publication("d-1", b"new")]


def test_a_birth_that_intake_heard_is_answered_in_the_next_round(store: Store, station: str, tmp_path: Path):
    publisher = Publisher(store, Hands("2018-11-12T06:00"), load_key(tmp_path / "central.pem").sign)
    publisher.due()
    publisher.born(station, 0)
    assert publisher.due() == publisher.for_birth(station, 0)
    assert publisher.due() == []


def test_what_was_saved_before_a_round_failed_is_published_by_the_next(store: Store, station: str, tmp_path: Path):
    publisher = Publisher(store, Hands("2018-11-12T06:00"), load_key(tmp_path / "central.pem").sign)
    with store.write() as db:
        db.exec_driver_sql("ALTER TABLE device_state RENAME TO hidden")
    with pytest.raises(sa.exc.OperationalError):
        publisher.due()
    with store.write() as db:
        db.exec_driver_sql("ALTER TABLE hidden RENAME TO device_state")
    assert [one.device for one in publisher.due()].count(station) == 1


def told(publisher: Publisher, folder: Path) -> dict[str, Config]:
    """The door's code -> what `due` publishes now."""
    key = load_key(folder / "central.pem")
    return {c.door: c for c in (decode_config(one.payload, verifier(key.public_text)) for one in publisher.due())}


def test_a_day_off_of_tomorrow_reaches_the_doors_in_its_scope_and_its_undo_too(
    store: Store, station: str, tmp_path: Path
):
    clock = Hands("2018-11-12T06:00")
    publisher = Publisher(store, clock, load_key(tmp_path / "central.pem").sign)
    everybody = told(publisher, tmp_path)
    decided = add(store, clock, NewDay(dt.date(2018, 11, 13), CalendarKind.HOLIDAY, "X03", "1/QĐ"), "An")
    (changed,) = [c for c in told(publisher, tmp_path).values() if c.device == station]
    own = next(e for e in changed.roster if e.sessions and all(b.plan is None for b in e.sessions[:2]))
    assert shown(own)[2:] == ["AM 13 00:00 13 07:30 - holiday", "PM 13 12:45 13 13:30 - holiday"]
    withdraw(store, clock, decided.days[0], "An", "nhầm")
    (undone,) = [c for c in told(publisher, tmp_path).values() if c.device == station]
    before = next(c for c in everybody.values() if c.device == station)
    assert undone.roster == before.roster
    assert (before.policy, changed.policy, undone.policy) == (
        (),
        (("calendar_version", 1),),
        (("calendar_version", 2),),
    )


def test_a_day_far_ahead_is_told_to_the_doors_that_it_binds_and_to_no_other(store: Store, tmp_path: Path):
    clock = Hands("2018-12-25T06:00")
    publisher = Publisher(store, clock, load_key(tmp_path / "central.pem").sign)
    publisher.due()
    assert publisher.due() == []
    add(store, clock, NewDay(dt.date(2019, 1, 2), CalendarKind.SWAPPED_OFF, "X03", "1/QĐ"), "An")
    assert [c.unit for c in told(publisher, tmp_path).values()] == ["Xã Khê Hoàn"]
    add(store, clock, NewDay(dt.date(2019, 1, 3), CalendarKind.SWAPPED_OFF, "H", "2/QĐ"), "An")
    assert len(publisher.due()) == 25


def test_a_door_of_a_merged_commune_shows_the_new_ones_name_and_people(store: Store, station: str, tmp_path: Path):
    config = published(store, Hands("2025-07-01T06:00"), tmp_path)[station]
    before = published(store, Hands("2025-06-30T06:00"), tmp_path)[station]
    assert (before.unit, config.unit) == ("Xã Khê Hoàn", "Xã Tân Khê")
