"""Intake: stored once, acknowledged after the commit, whatever arrives (wire.md R2, R3, R4, R8, R9)."""

from collections.abc import Callable

import pytest

from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.intaking.registry import Registry, Unwelcome
from edge.wire.events import Clock, ClockSet, Raw
from tests.central.intake.conftest import acks


def test_a_batch_is_stored_and_acknowledged_up_to_its_last_seq(central, door):
    journal = door.punch(door.journal(), "em:00000001", "em:00000002")
    (ack,) = central.send(door, door.up(journal))
    assert (ack.journal, ack.watermark, ack.ranges, ack.refused) == (journal.name, 3, (), ())
    assert central.stored(journal) == journal.lines


def test_the_same_batch_twice_changes_nothing(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    first, second = central.send(door, door.up(journal), door.up(journal))
    assert first.watermark == second.watermark == 2
    assert central.stored(journal) == journal.lines
    assert central.collector.health.duplicates == 2


def test_what_comes_out_of_order_is_answered_as_a_range_and_joined_when_the_gap_closes(central, door):
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(8)))
    early, gap = central.send(door, door.up(journal, 6, 9), door.up(journal, 1, 5))
    assert (early.watermark, early.ranges) == (0, ((6, 9),))
    assert (gap.watermark, gap.ranges) == (9, ())


def test_several_batches_of_one_journal_in_one_group_get_one_answer(central, door):
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(8)))
    batches = [(door, "up", door.up(journal, n, n)) for n in (4, 2, 1, 3, 2, 9, 5)]
    (out,) = central.process(batches)
    assert out.topic == f"dd/1/{door.device}/ack"
    assert b'"watermark":5' in out.payload and b"[[9,9]]" in out.payload


def test_a_punch_with_a_synchronised_stamp_has_its_time_at_once(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, door.up(journal))
    assert central.query("SELECT time_ms - utc_ms, method, badge FROM event WHERE kind = 'punch'") == [
        (0, "own", "em:00000001")
    ]


def test_a_stamp_from_the_future_is_stored_and_set_aside(central, door):
    journal = door.punch(door.journal(), "em:00000001", at=central.clock.ms + 600_000)
    central.send(door, door.up(journal))
    assert central.query("SELECT set_aside FROM event WHERE kind = 'punch'") == [(1,)]


def test_events_without_a_time_wait_for_their_boot(central, door):
    journal = door.punch(door.journal(), "em:00000001", clock=Clock.NONE)
    central.send(door, door.up(journal))
    assert central.query("SELECT time_ms FROM event WHERE kind = 'punch'") == [(None,)]
    assert (door.device, journal.boot) in central.query("SELECT device, boot FROM stale_boot")


def test_a_set_clock_lets_the_boot_be_worked_out_again(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    (before,) = central.query("SELECT version FROM stale_boot")
    door.write(journal, ClockSet(None, 1, "ntp"))
    central.send(door, door.up(journal, 2))
    (after,) = central.query("SELECT version FROM stale_boot")
    assert after > before


def test_an_unknown_kind_is_stored_raw(central, door):
    journal = door.write(door.journal(), Raw("hologram", {"depth": 3}))
    (ack,) = central.send(door, door.up(journal))
    assert ack.watermark == 2
    assert central.query("SELECT kind FROM event WHERE seq = 2") == [("hologram",)]


def test_events_of_an_unregistered_device_are_refused_and_come_in_when_it_is_registered(central, make_door):
    stranger = make_door()
    journal = stranger.punch(stranger.journal(), "em:00000001")
    (ack,) = central.send(stranger, stranger.up(journal))
    assert [(r.first, r.last, r.code) for r in ack.refused] == [(1, 2, "unregistered")]
    assert central.stored(journal) == []
    central.clock.ms += 5_000
    central.register(stranger)
    assert central.stored(journal) == journal.lines
    assert central.query("SELECT DISTINCT received_ms FROM event") == [(central.clock.ms - 5_000,)]


class Interrupted(Registry):
    """Somebody does something else while messages are sorted, once."""

    def __init__(self, meanwhile: list[Callable[[], object]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def unwelcome(self, device: str) -> Unwelcome | None:
        found = super().unwelcome(device)
        if self._meanwhile:
            self._meanwhile.pop()()
        return found


def test_what_is_sorted_while_its_device_is_registered_is_stored_and_not_left_in_quarantine(central, make_door):
    stranger = make_door()
    journal = stranger.punch(stranger.journal(), "em:00000001")
    registry = Interrupted([lambda: central.register(stranger)])
    collector = Collector(central.store, central.clock, registry=registry)
    up = Message(f"dd/1/{stranger.device}/up", stranger.up(journal), central.clock.ms)
    (ack,) = acks(collector.process([up]))
    assert (ack.watermark, ack.refused) == (2, ())
    assert central.stored(journal) == journal.lines
    assert central.query("SELECT code FROM quarantine") == []


def test_a_heartbeat_after_registration_asks_for_what_was_held_back(central, make_door):
    stranger = make_door()
    journal = stranger.punch(stranger.journal(), "em:00000001")
    central.register(stranger)
    (ack,) = central.send(stranger, stranger.beat(journal, stranger.open(journal, 0)), channel="hb")
    assert (ack.resend.journal, ack.resend.first, ack.resend.last) == (journal.name, 1, 2)


def test_heartbeats_of_a_stranger_take_one_row(central, make_door):
    stranger = make_door()
    journal = stranger.journal()
    central.send(stranger, stranger.beat(journal), stranger.beat(journal, at=1), channel="hb")
    assert central.query("SELECT code, times FROM quarantine") == [("unregistered", 2)]


def test_a_batch_that_is_sent_again_and_again_takes_one_row_in_quarantine(central, make_door):
    stranger = make_door()
    journal = stranger.punch(stranger.journal(), "em:00000001")
    batch = stranger.up(journal)
    central.send(stranger, *(batch.replace(b'"sent_ms":1773', b'"sent_ms":%d' % n) for n in range(1773, 1783)))
    assert central.query("SELECT code, times FROM quarantine") == [("unregistered", 10)]
    central.send(stranger, batch.replace(b'"sent_ms":1773', b'"sent_ms":1783').replace(b"00000001", b"00000002"))
    assert central.query("SELECT count(*) FROM quarantine") == [(2,)]


def test_an_unreadable_line_loses_only_its_own_seq(central, door):
    journal = door.punch(door.journal(), "em:00000001", "em:00000002", "em:00000003")
    journal.lines[1] = b'{"seq":2,"kind":"punch"'
    (ack,) = central.send(door, door.up(journal))
    assert (ack.watermark, ack.ranges) == (1, ((3, 4),))
    assert [(r.first, r.last, r.code) for r in ack.refused] == [(2, 2, "unreadable")]
    assert central.query("SELECT code FROM quarantine") == [("unreadable",)]


@pytest.mark.parametrize("change", [lambda p: p[:40], lambda p: p + b"\n{}", lambda p: b"\xff" + p, lambda p: b""])
def test_an_unreadable_message_goes_to_quarantine_with_its_bytes(central, door, change):
    payload = change(door.up(door.journal()))
    central.send(door, payload)
    assert central.query("SELECT code, payload FROM quarantine") == [("unreadable", payload)]


def test_a_batch_on_the_topic_of_another_device_is_not_taken(central, door, make_door):
    other = make_door()
    central.register(other)
    journal = door.journal()
    assert central.send(other, door.up(journal)) == []
    assert central.stored(journal) == []


def test_ten_thousand_malformed_messages_do_not_keep_a_good_one_out(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    good = door.up(journal)
    bad = [(door, "up", good[: n % len(good)] + bytes([n % 251]) * (n % 7 + 1)) for n in range(10_000)]
    for start in range(0, len(bad), 200):
        central.process(bad[start : start + 200])
    (ack,) = central.send(door, good)
    assert ack.watermark == 2
    assert central.stored(journal) == journal.lines


def test_a_seq_that_its_line_contradicts_is_not_taken(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    journal.lines.reverse()
    central.send(door, door.up(journal))
    assert central.stored(journal) == []


def test_a_lost_acknowledgement_costs_one_duplicate(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))  # the answer is dropped
    (ack,) = central.send(door, door.up(journal))
    assert (ack.watermark, central.collector.health.duplicates, len(central.stored(journal))) == (1, 1, 1)


def test_the_earliest_receipt_stays(central, door):
    journal = door.journal()
    central.clock.ms += 1000
    central.send(door, door.up(journal))
    central.clock.ms -= 1000
    central.send(door, door.up(journal))
    assert central.query("SELECT received_ms FROM event") == [(central.clock.ms,)]


def test_a_punch_makes_the_day_of_everybody_who_held_the_badge_stale(central, door):
    with central.store.write() as db:
        columns = "(code, full_name, name_sort, name_search, category)"
        db.exec_driver_sql(f"INSERT INTO staff {columns} VALUES ('S1','A','a','a',''), ('S2','B','b','b','')")  # noqa: S608
        db.exec_driver_sql(
            "INSERT INTO badge (number, staff, state) VALUES ('em:00000001','S1','lost'),('em:00000001','S2','active')"
        )
        db.exec_driver_sql(
            "INSERT INTO counter VALUES ('roster', 1) ON CONFLICT(name) DO UPDATE SET value = counter.value + 1"
        )
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, door.up(journal))
    days = [(s, str(day)) for s, day in central.query("SELECT staff, date FROM stale_day ORDER BY staff, date")]
    assert days == [("S1", "2026-03-16"), ("S2", "2026-03-16")]


def test_a_start_marks_the_door(central, door):
    central.send(door, door.up(door.journal()))
    assert [row[0] for row in central.query("SELECT device FROM stale_door")] == [door.device]


def test_oversized_messages_are_cut_in_quarantine(central, door):
    central.send(door, encode_batch_of(200_000))
    ((code, size),) = central.query("SELECT code, length(payload) FROM quarantine")
    assert (code, size) == ("oversized", 65536)


def encode_batch_of(size: int) -> bytes:
    return b"x" * size
