"""Births, wills and heartbeats: what devices say of themselves (wire.md, topics `st` and `hb`, "Coverage", R7)."""

from central.intaking.taking import Birth
from edge.wire.events import Clock


def test_a_birth_is_answered_for_every_journal_it_lists(central, door):
    old = door.journal()
    new = door.journal(old)
    answers = central.send(door, door.birth(new, door.open(old, 0), door.open(new, 0)), channel="st")
    assert {(a.journal, a.watermark) for a in answers} == {(old.name, 0), (new.name, 0)}


def test_a_birth_tells_which_configuration_the_device_has(central, door):
    births = []
    central.collector.on_birth = births.append
    central.send(door, door.birth(door.journal()), channel="st")
    assert births == [Birth(door.device, 7)]


def test_a_word_with_a_wrong_signature_goes_to_quarantine(central, door, make_door):
    forger = make_door(door.device)
    assert central.send(door, forger.beat(forger.journal()), channel="hb") == []
    assert central.query("SELECT code FROM quarantine") == [("signature",)]
    assert central.query("SELECT count(*) FROM journal") == [(0,)]


def test_a_will_of_the_newest_session_takes_the_device_off_line(central, door):
    journal = door.journal()
    central.send(door, door.birth(journal), door.birth(journal, online=False), channel="st")
    assert central.query("SELECT online FROM device_state") == [(0,)]


def test_a_late_will_of_an_older_session_is_ignored(central, door):
    old = door.journal()
    new = door.journal(old)
    late = door.birth(old, online=False)
    central.send(door, door.birth(old), door.birth(new), late, channel="st")
    assert central.query("SELECT online, journal FROM device_state") == [(1, new.name)]


def test_a_late_birth_of_an_older_connection_is_ignored(central, door):
    journal = door.journal()
    central.send(door, door.birth(journal, connection=2), door.birth(journal, connection=1), channel="st")
    assert central.query("SELECT connection FROM device_state") == [(2,)]


def test_a_heartbeat_with_everything_stored_moves_what_is_delivered(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    central.send(door, door.beat(journal, at=central.clock.ms - 300), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(central.clock.ms - 301,)]
    assert central.journal(journal, "proven_utc_ms") == central.clock.ms
    assert [row[0] for row in central.query("SELECT device FROM stale_door")] == [door.device]


def test_what_is_delivered_is_never_later_than_the_receipt(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    central.send(door, door.beat(journal, at=central.clock.ms + 3_600_000), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(central.clock.ms,)]


def test_a_heartbeat_without_a_synchronised_clock_proves_less(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    central.send(door, door.beat(journal, clock=Clock.NONE), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(central.clock.ms - 120_000,)]


def test_nothing_is_delivered_while_an_open_journal_goes_further_than_what_is_stored(central, door):
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, door.up(journal, 1, 1))
    central.send(door, door.beat(journal, door.open(journal, 1)), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(None,)]


def test_a_heartbeat_that_could_not_list_all_its_journals_proves_nothing(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    central.send(door, door.beat(journal, more=1), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(None,)]


def test_a_heartbeat_of_a_door_whose_disk_is_full_proves_nothing(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    central.send(door, door.beat(journal, faults=("disk_full",)), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(None,)]
    assert central.journal(journal, "proven_utc_ms") is None
    central.send(door, door.beat(journal, faults=("refused_unreadable",)), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") != [(None,)]


def test_a_heartbeat_that_does_not_list_its_own_journal_proves_nothing(central, door):
    journal, other = door.punch(door.journal(), "em:1"), door.journal()
    central.send(door, door.up(other))
    central.send(door, door.beat(journal, door.open(other), seal=False), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(None,)]


def test_nothing_is_delivered_while_a_parent_is_not_stored_up_to_its_named_end(central, door):
    parent = door.punch(door.journal(), "em:00000001")
    child = door.journal(parent)
    central.send(door, door.up(child), door.up(parent, 1, 1))
    central.send(door, door.beat(child), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(None,)]
    central.send(door, door.up(parent, 2))
    central.send(door, door.beat(child), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(central.clock.ms - 1,)]


def test_what_the_device_thinks_acknowledged_and_central_does_not_have_is_asked_for(central, door):
    journal = door.punch(door.journal(), "em:00000001", "em:00000002")
    central.send(door, door.birth(journal, door.open(journal, 0)), channel="st")
    answers = central.send(door, door.beat(journal, door.open(journal, 2)), channel="hb")
    assert spans(answers) == {journal.name: (1, 2)}


def test_what_is_listed_as_still_to_come_is_not_asked_for(central, door):
    journal = door.punch(door.journal(), "em:00000001", "em:00000002")
    central.send(door, door.birth(journal, door.open(journal, 0)), channel="st")
    assert spans(central.send(door, door.beat(journal, door.open(journal, 0)), channel="hb")) == {}


def test_a_closed_journal_that_a_start_names_is_asked_for(central, door):
    parent = door.punch(door.journal(), "em:00000001")
    child = door.journal(parent)
    central.send(door, door.birth(child), channel="st")
    central.send(door, door.up(child))
    assert spans(central.send(door, door.beat(child), channel="hb")) == {parent.name: (1, 2)}


def test_only_the_hole_is_asked_for(central, door):
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(9)))
    central.send(door, door.up(journal, 1, 3), door.up(journal, 6, 8))
    central.send(door, door.birth(journal), channel="st")
    assert spans(central.send(door, door.beat(journal), channel="hb")) == {journal.name: (4, 5)}


def test_a_heartbeat_that_lags_behind_is_told_the_watermark(central, door):
    journal = door.journal()
    central.send(door, door.birth(journal, door.open(journal, 0)), channel="st")
    central.send(door, door.up(journal))
    (ack,) = central.send(door, door.beat(journal, door.open(journal, 0)), channel="hb")
    assert (ack.watermark, ack.resend) == (1, None)
    assert central.send(door, door.beat(journal), channel="hb") == []


def test_a_database_of_yesterday_gets_everything_back_without_a_person(central, make_central, door, copy_database):
    parent = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(5)))
    central.send(door, door.up(parent, 1, 3))
    central.store.close()
    yesterday = copy_database("central", "yesterday")
    child = door.punch(door.journal(parent), "em:00000009")
    central.send(door, door.up(parent, 4), door.up(child))
    restored = make_central(yesterday)
    for _ in range(5):
        for ack in restored.send(door, door.beat(child), channel="hb"):
            written = {parent.name: parent, child.name: child}[ack.resend.journal]
            restored.send(door, door.up(written, ack.resend.first, ack.resend.last))
    assert restored.stored(parent) == parent.lines
    assert restored.stored(child) == child.lines
    assert restored.send(door, door.beat(child), channel="hb") == []


def spans(answers):
    """What is asked for, by journal."""
    return {ack.resend.journal: (ack.resend.first, ack.resend.last) for ack in answers if ack.resend}
