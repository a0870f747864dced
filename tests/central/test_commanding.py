"""Commands to stations: given by somebody, kept and audited, sent until they are answered or expire."""

import pytest

from central.commanding import AGAIN_MS, VALID_MS, Commander, CommandError, command_station
from central.enrol import add_device, revoke_device
from central.errors import CentralError
from central.keys import load_key
from central.store import audit, open_store, orders
from central.store.audit import Deed, acting
from central.store.decisions import Answered, keep_results
from central.web.device_orders import checks_of, orders_of
from edge.wire.command import decode_command
from tests.central.ledger.office import HandClock

NOW_MS = 1_800_000_000_000


@pytest.fixture
def key(tmp_path):
    return load_key(tmp_path / "key.pem")


@pytest.fixture
def store(new_database, key):
    store = open_store(new_database("commands"))
    store.upgrade()
    add_device(store, "D-1", "door-0001", key.public_text, None, "cổng", 5)
    yield store
    store.close()


def give(store, operation="identify", id_="c1", now_ms=NOW_MS, **arguments):
    with acting(Deed("technician", f"device {operation}", "", "web ::1")):
        return command_station(store, "D-1", operation, arguments, "technician", id_, now_ms)


def told(store, now_ms=NOW_MS, language="en"):
    with store.read() as db:
        return orders_of(db, "door-0001", now_ms, language)


def answer(store, id_, code="done", detail="", at_ms=NOW_MS + 2_000):
    with store.write() as db:
        keep_results(db, [Answered("door-0001", id_, code, detail, at_ms)])


def test_a_command_is_signed_sent_again_and_ends_with_its_answer_or_its_time(store, key):
    clock = HandClock(NOW_MS)
    commander = Commander(store, clock, key.sign)
    assert commander.due() == []
    give(store, "reader_mode", reader="door", mode="enrol", seconds="60", lang="vi")
    (sending,) = commander.due()
    command = decode_command(sending.payload, key.verify)
    assert (sending.device, command.device, command.id) == ("door-0001", "door-0001", "c1")
    assert (command.operation, command.expires_ms) == ("reader_mode", NOW_MS + VALID_MS)
    assert dict(command.arguments) == {"reader": "door", "mode": "enrol", "seconds": "60"}
    assert commander.due() == [], "it was sent a moment ago"
    clock.ms += AGAIN_MS
    assert commander.due() == [sending], "the same bytes: the station does it once"
    give(store, "identify", "c2", clock.ms)
    answer(store, "c1")
    assert [decode_command(one.payload, key.verify).id for one in commander.due()] == ["c2"]
    clock.ms += VALID_MS
    assert commander.due() == Commander(store, clock, key.sign).due() == []


def test_who_commanded_what_stands_in_the_audit_log(store):
    give(store)
    with store.read() as db:
        (row,) = audit.search(db, None, None, "technician", "door_decision")
        (one,) = orders.given(db, "door-0001", 5)
    assert (row.action, row.origin) == ("device identify", "web ::1")
    assert (one.order.id, one.order.by, one.order.operation, one.code) == ("c1", "technician", "identify", None)


@pytest.mark.parametrize(
    ("operation", "arguments", "problem"),
    [
        ("shell", {}, "'shell' is none of"),
        ("doctor", {"lang": "fr"}, "lang: 'fr'"),
        ("reader_mode", {"reader": "", "mode": "info", "seconds": "5"}, "reader"),
        ("reader_mode", {"reader": "do\0or", "mode": "info", "seconds": "5"}, "reader"),
        ("reader_mode", {"reader": "x" * 33, "mode": "info", "seconds": "5"}, "reader"),
        ("reader_mode", {"reader": "door", "mode": "open", "seconds": "5"}, "mode: 'open'"),
        ("reader_mode", {"reader": "door", "mode": "info", "seconds": "601"}, "seconds: '601'"),
        ("reader_mode", {"reader": "door", "mode": "info", "seconds": "٣"}, "seconds"),
        ("reader_mode", {}, "reader"),
    ],
)
def test_what_is_not_in_the_fixed_list_is_not_given(store, operation, arguments, problem):
    with pytest.raises(CommandError, match=problem):
        give(store, operation, **arguments)
    assert told(store)["orders"] == []


def test_a_door_without_a_station_takes_none(store):
    revoke_device(store, "D-1", 9)
    with pytest.raises(CommandError, match="no station"):
        give(store)
    with pytest.raises(CentralError):
        command_station(store, "D-9", "identify", {}, "x", "c1", NOW_MS)


def test_the_page_shows_what_awaits_an_answer_what_was_done_and_what_came_too_late(store):
    for number, operation in enumerate(("identify", "send_all", "restart"), 1):
        give(store, operation, f"c{number}")
    answer(store, "c1", detail="the amber light blinked")
    answer(store, "c2", "unknown_operation", "this version has no send_all")
    now = told(store, NOW_MS + 5_000)
    assert [(one.state, one.sign) for one in now["orders"]] == [("waits", "…"), ("failed", "✕"), ("done", "✓")]
    assert (now["orders"][2].detail, now["awaits"]) == ("the amber light blinked", True)
    later = told(store, NOW_MS + VALID_MS + 1)
    assert (later["orders"][0].state, later["awaits"]) == ("failed", False)
    assert "ten minutes" in later["orders"][0].answer
    assert told(store, language="vi")["orders"][0].what == "Khởi động lại"


def test_what_the_doctor_found_last_stays_with_its_age(store):
    give(store, "doctor", "old", lang="vi")
    answer(store, "old", detail="pass 1 2 | fail 18 power: Điện áp đang thấp. -> Thay nguồn 5 V 3 A.")
    for number in range(9):
        give(store, "identify", f"c{number}")
    give(store, "doctor", "new", lang="vi")
    found = told(store, NOW_MS + 3_600_000 + 2_000)
    assert found["checkup_age"] == "1 h"
    assert [(one.number, one.word, one.title) for one in found["checkup"]] == [
        (18, "broken", "Voltage"), (1, "well", "Computer and system"), (2, "well", "Path of the readers"),
    ]  # fmt: skip
    assert (found["checkup"][0].said, found["checkup"][0].next) == ("Điện áp đang thấp.", "Thay nguồn 5 V 3 A.")


@pytest.mark.parametrize(
    "detail", ["", "well done", "fail", "fail x y: z", "pass x | warn 99999 ?", "|||", "fail 18", "a" * 500]
)
def test_whatever_a_station_answers_is_shown_or_left_out(detail):
    assert len(checks_of(detail, "vi")) == (1 if detail == "fail 18" else 0)


def test_a_check_that_this_version_does_not_know_is_shown_by_its_code():
    (one,) = checks_of("warn 77 moon: It is full.", "en")
    assert (one.title, one.said, one.sign) == ("moon", "It is full.", "!")
