"""What a device says of itself and cannot be: harmless, and shown."""

from dataclasses import replace

from edge.wire.batch import decode_batch, encode_batch
from edge.wire.events import Lost, Parent, Start
from edge.wire.notes import Seal
from edge.wire.status import OpenJournal

ABSURD = 2**53 - 1


def seal_of(door, written, seq: int) -> bytes:
    """A seal as the device's key signs it, whatever it says."""
    return Seal(door.device, written.name, seq, bytes(32), 1).encode(door.key.sign)


def with_seal(door, written, note: bytes) -> bytes:
    return encode_batch(replace(decode_batch(door.up(written)), seal=note))


def test_a_seal_of_an_absurd_seq_stops_no_later_seal(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, with_seal(door, journal, seal_of(door, journal, ABSURD)))
    assert central.journal(journal, "findings") == "absurd_seq"
    assert central.journal(journal, "waiting_seal_seq") is None
    central.send(door, door.beat(journal), channel="hb")
    assert central.journal(journal, "sealed_seq") == 2


def test_a_seal_far_ahead_of_what_is_stored_does_not_stop_those_of_what_is(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, with_seal(door, journal, seal_of(door, journal, 900)))
    assert central.journal(journal, "waiting_seal_seq") == 900
    central.send(door, door.beat(journal), channel="hb")
    assert central.journal(journal, "sealed_seq") == 2


def test_an_absurd_head_is_not_asked_for_and_shown(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, door.up(journal))
    (ack,) = central.send(door, door.birth(journal, OpenJournal(journal.name, 1, ABSURD, ABSURD)), channel="st")
    assert ack.resend is None
    assert central.journal(journal, "known_head") == 2
    assert central.journal(journal, "findings") == "absurd_seq"


def test_a_head_that_was_too_high_is_forgotten_when_the_station_says_a_lower_one(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, door.up(journal))
    (asked,) = central.send(door, door.beat(journal, OpenJournal(journal.name, 1, 500, 500), seal=False), channel="hb")
    assert (asked.resend.first, asked.resend.last) == (3, 500)
    assert central.send(door, door.beat(journal), channel="hb") == []
    assert central.journal(journal, "known_head") == 2


def test_a_parent_of_absurd_length_is_not_asked_for(central, door):
    journal = door.journal()
    parent = door.journal()
    started = door.write(
        replace(journal, name="f" * 16, lines=[]), Start("b", "1", Parent(parent.name, ABSURD, bytes(32)))
    )
    central.send(door, door.up(parent), door.up(started))
    assert central.journal(parent, "findings") == "absurd_seq"
    acks = central.send(door, door.birth(started), channel="st")
    assert all(ack.resend is None for ack in acks)


def test_events_that_lie_absurdly_far_ahead_are_quarantined_and_refused(central, door):
    journal = door.journal()
    line = journal.lines[0].replace(b'"seq":1,', b'"seq":%d,' % ABSURD)
    batch = replace(decode_batch(door.up(journal)), first=ABSURD, lines=(line,))
    (ack,) = central.send(door, encode_batch(batch))
    assert [(r.first, r.code) for r in ack.refused] == [(ABSURD, "unreadable")]
    assert central.query("SELECT code FROM quarantine") == [("implausible",)]
    (ack,) = central.send(door, door.up(journal))
    assert ack.watermark == 1


def test_a_journal_can_lose_only_what_came_before(central, door):
    journal = door.journal()
    door.write(journal, Lost(journal.name, 1, ABSURD, None, None))
    door.punch(journal, "em:00000001")
    central.send(door, door.up(journal, 2, 2))
    (ack,) = central.send(door, door.up(journal, 3))
    assert ack.watermark == 3
    door.punch(journal, "em:00000002")
    (ack,) = central.send(door, door.up(journal, 4))
    assert ack.watermark == 4
    assert central.stored(journal) == journal.lines[1:]


def test_a_loss_beyond_every_event_is_not_taken(central, door):
    old, journal = door.journal(), door.journal()
    door.write(journal, Lost(old.name, ABSURD - 1, ABSURD, None, None))
    central.send(door, door.up(old), door.up(journal))
    assert central.query("SELECT count(*) FROM lost_span") == [(0,)]
    assert central.journal(old, "watermark") == 1


def test_a_word_of_any_earlier_run_is_older(central, door):
    first = door.journal()
    second = door.journal(first)
    third = door.journal(second)
    central.send(door, door.up(first), door.up(second), door.up(third))
    central.send(door, door.birth(third), channel="st")
    assert central.send(door, door.birth(first), channel="st") == []
    assert central.query("SELECT journal FROM device_state") == [(third.name,)]


def test_a_line_that_leads_back_to_itself_ends(central, door):
    one, other = door.journal(), door.journal()
    one.lines.clear(), other.lines.clear()
    door.write(one, Start("b", "1", Parent(other.name, 1, bytes(32))))
    door.write(other, Start("b", "1", Parent(one.name, 1, bytes(32))))
    third = door.journal()
    central.send(door, door.up(one), door.up(other), door.up(third))
    central.send(door, door.birth(one), channel="st")
    assert central.send(door, door.birth(third), channel="st") != []


def test_every_unreadable_line_of_a_batch_is_refused_in_one_answer(central, door):
    """Otherwise a device would send the rest again each minute, for ever."""
    journal = door.journal()
    door.punch(journal, *(f"em:{n:08X}" for n in range(90)))
    for seq in range(2, 91, 2):
        journal.lines[seq - 1] = b"no event"
    (ack,) = central.send(door, door.up(journal))
    refused = {seq for r in ack.refused for seq in range(r.first, r.last + 1)}
    assert len(ack.refused) <= 32 and refused >= set(range(2, 91, 2))
    assert (ack.watermark, ack.ranges[0]) == (1, (3, 3))
    ((problem,),) = central.query("SELECT problem FROM quarantine")
    assert problem.startswith("seq 2: ") and problem.endswith("(45 lines)")
