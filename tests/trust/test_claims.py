"""Claims on either database, and two who come at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from central.clock import SystemClock
from central.enrol import RegistryError, list_devices, revoke_device
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.keys import encode_key
from central.store import Store, open_store
from central.store.claims import Slot
from central.store.trust import certificates
from central.trust.authority import Authority, Request, open_authority
from central.trust.enrolling import (
    Begun,
    ConfirmError,
    NotLetInError,
    Refusal,
    begin,
    confirm,
    open_slot,
    renew,
    slots,
)
from tests.central.intake.conftest import Door
from tests.trust.conftest import NOW_MS

DOOR = "D-X01"


@pytest.fixture
def store(new_database) -> Iterator[Store]:
    with closing(open_store(new_database("central"))) as made:
        made.upgrade()
        yield made


@pytest.fixture
def authority(tmp_path) -> Authority:
    return open_authority(tmp_path / "ca.pem", NOW_MS)


def request(door: Door) -> Request:
    return Request(door.device, door.key.public_key().public_bytes_raw())


def shown(store: Store, authority: Authority) -> str:
    return slots(store, authority, NOW_MS)[-1].digits


def test_a_claim_goes_its_way_on_either_database(store, authority):
    station = Door()
    secret = open_slot(store, Slot(DOOR, None, "gate"), NOW_MS, 1)
    assert begin(store, secret, request(station), NOW_MS) == Begun(DOOR, None)
    assert begin(store, secret, request(station), NOW_MS + 1) == Begun(DOOR, None)
    assert confirm(store, authority, DOOR, shown(store, authority), NOW_MS, 7) == []
    certificate = begin(store, secret, request(station), NOW_MS).certificate
    assert certificate is not None and certificate.device == station.device
    assert renew(store, authority, request(station), NOW_MS) == certificate
    (row,) = list_devices(store)
    assert (row.code, row.id, row.key, row.registered_ms) == (DOOR, station.device, encode_key(request(station).key), 7)


def test_of_two_stations_that_come_at_once_with_one_claim_one_is_first(store, authority):
    for _ in range(8):
        secret = open_slot(store, Slot(DOOR), NOW_MS, 1)

        def ask(door: Door, secret: bytes = secret) -> str:
            try:
                begin(store, secret, request(door), NOW_MS)
            except NotLetInError as refused:
                return refused.refusal
            return "waiting"

        with ThreadPoolExecutor(4) as threads:
            said = sorted(threads.map(ask, [Door() for _ in range(4)]))
        assert said == [Refusal.USED] * 3 + ["waiting"]


def test_of_two_people_who_confirm_at_once_one_does(store, authority):
    for number in range(5):
        code, station = f"D-{number}", Door()
        secret = open_slot(store, Slot(code), NOW_MS, 1)
        begin(store, secret, request(station), NOW_MS)
        digits = shown(store, authority)

        def say(_: int, code: str = code, digits: str = digits) -> str:
            try:
                confirm(store, authority, code, digits, NOW_MS, NOW_MS)
            except (ConfirmError, RegistryError) as refused:
                return str(refused)
            return "let in"

        with ThreadPoolExecutor(2) as threads:
            said = list(threads.map(say, range(2)))
        assert said.count("let in") == 1, said
        assert len(list_devices(store)) == number + 1


def test_a_station_of_another_door_is_not_let_in_twice(store, authority):
    station = Door()
    for code in ("D-1", "D-2"):
        secret = open_slot(store, Slot(code), NOW_MS, 1)
        begin(store, secret, request(station), NOW_MS)
        if code == "D-1":
            confirm(store, authority, code, shown(store, authority), NOW_MS, NOW_MS)
        else:
            with pytest.raises(RegistryError, match="registered already, as D-1"):
                confirm(store, authority, code, shown(store, authority), NOW_MS, NOW_MS)
    assert [slot.state for slot in slots(store, authority, NOW_MS)] == ["confirmed", "asks"]


def test_a_slot_names_a_door_and_a_unit_that_there_is(store, authority):
    with pytest.raises(LookupError, match="X99"):
        open_slot(store, Slot(DOOR, "X99"), NOW_MS, 1)
    with pytest.raises(ConfirmError, match="needs a code"):
        open_slot(store, Slot(" "), NOW_MS, 1)
    assert slots(store, authority, NOW_MS) == []


def _with_a_station(store: Store, authority: Authority, slot: Slot) -> Door:
    station = Door()
    secret = open_slot(store, slot, NOW_MS, 1)
    begin(store, secret, request(station), NOW_MS)
    confirm(store, authority, slot.door, shown(store, authority), NOW_MS, NOW_MS)
    return station


def test_a_broken_station_gives_way_and_its_hole_stays_visible(store, authority):
    old = _with_a_station(store, authority, Slot(DOOR, None, "gate"))
    journal = old.punch(old.journal(at=NOW_MS), "em:00000001", "em:00000002", at=NOW_MS)
    collector = Collector(store, SystemClock())
    collector.process([Message(f"dd/1/{old.device}/up", old.up(journal, 1, 2), NOW_MS)])
    collector.process([Message(f"dd/1/{old.device}/hb", old.beat(journal, at=NOW_MS, seal=False), NOW_MS)])

    with pytest.raises(ConfirmError, match=f"{DOOR} has a station .{old.device}.; --replace lets another"):
        open_slot(store, Slot(DOOR), NOW_MS, 1)
    new = _with_a_station(store, authority, Slot(DOOR, replaces=True))
    third = _with_a_station(store, authority, Slot(DOOR, replaces=True))

    rows = {row.id: row for row in list_devices(store)}
    assert (rows[old.device].code, rows[old.device].revoked_ms) == ("D-X01~1", NOW_MS)
    # The second had sent nothing: nothing of it has to be kept.
    assert new.device not in rows
    assert (rows[third.device].code, rows[third.device].location) == (DOOR, "gate")
    with store.read() as db:
        journals = db.exec_driver_sql("SELECT device, watermark, known_head FROM journal").all()
        assert [tuple(row) for row in journals] == [(old.device, 2, 3)]
        assert {row.device for row in certificates(db) if row.revoked_ms is None} == {third.device}
    with pytest.raises(NotLetInError, match="revoked"):
        renew(store, authority, request(old), NOW_MS)


def test_a_revoked_doors_place_is_taken_by_another_station_when_that_is_said(store, authority):
    old = _with_a_station(store, authority, Slot(DOOR))
    journal = old.journal(at=NOW_MS)
    Collector(store, SystemClock()).process([Message(f"dd/1/{old.device}/up", old.up(journal), NOW_MS)])
    revoke_device(store, DOOR, 5)
    with pytest.raises(ConfirmError, match="--replace"):
        open_slot(store, Slot(DOOR), NOW_MS, 1)
    new = _with_a_station(store, authority, Slot(DOOR, replaces=True))
    rows = {row.id: row for row in list_devices(store)}
    assert rows[new.device].code == DOOR and rows[old.device].revoked_ms == 5, "the first revocation stays"
