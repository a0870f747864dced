"""Quarantine has room for so much: the oldest go, are counted, and nothing that a door recorded is lost by it."""

from central.store import quarantine
from central.store.quarantine import Bounds, Held, hold

SMALL = Bounds(device_rows=10, device_bytes=1000, rows=20, bytes=3000)


def held(number: int, device: str | None = "door-x", *, code: str = "unreadable", size: int = 10) -> Held:
    return Held("dd/1/x/up", device, code, "", b"%06d" % number + b"x" * (size - 6), number)


def keep(central, *messages: Held) -> list[int]:
    """What is left, by its receipt, after these came one by one."""
    with central.store.write() as db:
        for message in messages:
            hold(db, [message], SMALL)
    return [row[0] for row in central.query("SELECT received_ms FROM quarantine ORDER BY received_ms")]


def test_of_one_device_the_oldest_go_when_there_are_too_many(central):
    assert keep(central, *(held(n) for n in range(11))) == list(range(2, 11))
    with central.store.read() as db:
        assert quarantine.dropped(db) == 2


def test_of_one_device_the_oldest_go_when_they_are_too_large(central):
    assert keep(central, *(held(n, size=300) for n in range(4))) == [1, 2, 3]


def test_over_all_devices_the_oldest_go(central):
    assert keep(central, *(held(n, f"door-{n % 5}") for n in range(21))) == list(range(3, 21))


def test_messages_of_no_device_are_bounded_as_well(central):
    assert keep(central, *(held(n, None) for n in range(11))) == list(range(2, 11))


def test_what_was_released_goes_before_what_waits(central):
    keep(central, *(held(n, code="unregistered") for n in range(5)))
    with central.store.write() as db:
        assert len(quarantine.release(db, "door-x", "unregistered", 9)) == 5
    keep(central, *(held(n) for n in range(5, 10)))
    assert keep(central, held(10)) == [2, 3, 4, *range(5, 11)]


def test_evidence_never_goes(central):
    evidence = [held(n, code="contradicts_seal") for n in range(12)]
    assert keep(central, *evidence, *(held(n) for n in range(12, 23))) == [*range(12), *range(14, 23)]


def test_events_of_a_door_that_was_dropped_come_once_it_is_registered(central, make_door):
    door = make_door()
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(12)))
    for seq in range(1, 14):
        central.send(door, door.up(journal, seq, seq))
    with central.store.write() as db:
        hold(db, [held(99, door.device)], SMALL)
    central.register(door)
    assert len(central.stored(journal)) < 13
    (asked,) = central.send(door, door.beat(journal, door.open(journal, 0)), channel="hb")
    central.send(door, door.up(journal, asked.resend.first, asked.resend.last))
    assert central.stored(journal) == journal.lines
