"""Claims on either database, and two who come at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from central.enrol import RegistryError, list_devices
from central.keys import encode_key
from central.store import Store, open_store
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
    secret = open_slot(store, DOOR, None, "gate", NOW_MS, 1)
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
        secret = open_slot(store, DOOR, None, "", NOW_MS, 1)

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
        secret = open_slot(store, code, None, "", NOW_MS, 1)
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
        secret = open_slot(store, code, None, "", NOW_MS, 1)
        begin(store, secret, request(station), NOW_MS)
        if code == "D-1":
            confirm(store, authority, code, shown(store, authority), NOW_MS, NOW_MS)
        else:
            with pytest.raises(RegistryError, match="registered already, as D-1"):
                confirm(store, authority, code, shown(store, authority), NOW_MS, NOW_MS)
    assert [slot.state for slot in slots(store, authority, NOW_MS)] == ["confirmed", "asks"]


def test_a_slot_names_a_door_and_a_unit_that_there_is(store, authority):
    with pytest.raises(LookupError, match="X99"):
        open_slot(store, DOOR, "X99", "", NOW_MS, 1)
    with pytest.raises(ConfirmError, match="needs a code"):
        open_slot(store, " ", None, "", NOW_MS, 1)
    assert slots(store, authority, NOW_MS) == []
