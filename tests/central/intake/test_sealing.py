"""Forks, seals and holes (wire.md R3, R10, "Readable, chained, sealed")."""

import copy

import pytest

from edge.wire.events import Lost


def other_version(door, journal, seq):
    """The same journal with another badge at `seq`, as a copied or altered card would have written it."""
    other = copy.deepcopy(journal)
    other.lines = other.lines[: seq - 1]
    return door.punch(other, *("em:0000DEAD" for _ in journal.lines[seq - 1 :]))


@pytest.fixture
def journal(door):
    return door.punch(door.journal(), *(f"em:{n:08X}" for n in range(1, 6)))


FORKED = "SELECT seq FROM forked_event WHERE decided IS NULL ORDER BY seq"


def test_other_bytes_for_a_stored_seq_are_kept_beside_it_and_answered(central, door, journal):
    central.send(door, door.up(journal, 1, 4))
    (ack,) = central.send(door, door.up(other_version(door, journal, 3), 3, 6))
    assert (ack.watermark, ack.ranges) == (4, ((5, 6),))
    assert central.query(FORKED) == [(3,), (4,), (5,), (6,)]
    assert central.stored(journal) == journal.lines[:4]


def test_the_watermark_waits_while_a_fork_is_open(central, door, journal):
    central.send(door, door.up(journal, 1, 4), door.up(other_version(door, journal, 3), 3, 6))
    (ack,) = central.send(door, door.up(journal, 5, 6))
    assert (ack.watermark, ack.ranges) == (4, ((5, 6),))
    assert central.stored(journal) == journal.lines


def test_a_batch_that_does_not_link_opens_a_fork_there(central, door, journal):
    central.send(door, door.up(journal, 1, 3))
    (ack,) = central.send(door, door.up(other_version(door, journal, 3), 4, 6))
    assert (ack.watermark, ack.ranges) == (3, ((4, 6),))
    assert central.query(FORKED) == [(4,), (5,), (6,)]


def test_a_gap_that_closes_on_other_bytes_opens_a_fork(central, door, journal):
    central.send(door, door.up(other_version(door, journal, 3), 4, 6))
    (ack,) = central.send(door, door.up(journal, 1, 3))
    assert (ack.watermark, ack.ranges) == (3, ((4, 6),))
    assert central.query(FORKED) == [(4,), (5,), (6,)]


def test_a_seal_covers_what_is_stored_and_linked(central, door, journal):
    central.send(door, door.up(journal, sealed=True))
    assert central.journal(journal, "sealed_seq") == 6
    assert central.query("SELECT seq FROM seal") == [(6,)]


def test_a_seal_waits_for_the_events_it_covers(central, door, journal):
    central.send(door, door.up(journal, 4, 6, sealed=True))
    assert central.journal(journal, "sealed_seq") == 0
    central.send(door, door.up(journal, 1, 3))
    assert central.journal(journal, "sealed_seq") == 6


def test_a_seal_covers_the_ancestors(central, door, journal):
    child = door.journal(journal)
    grandchild = door.journal(child)
    central.send(door, door.up(journal), door.up(child), door.up(grandchild, sealed=True))
    central.send(door, door.beat(grandchild), channel="hb")
    assert [central.journal(j, "sealed_seq") for j in (journal, child, grandchild)] == [6, 1, 1]


def test_a_seal_covers_an_ancestor_that_comes_later(central, door, journal):
    child = door.journal(journal)
    central.send(door, door.up(child, sealed=True), door.up(journal))
    assert central.journal(journal, "sealed_seq") == 6


def test_a_seal_of_another_key_covers_nothing(central, door, make_door, journal):
    forger = make_door(door.device)
    central.send(door, forger.up(journal, sealed=True))
    assert central.journal(journal, "sealed_seq") == 0
    assert central.query("SELECT code FROM quarantine") == [("signature",)]
    assert central.stored(journal) == journal.lines


@pytest.mark.parametrize("order", ["right first", "wrong first"])
def test_a_seal_decides_a_fork(central, door, journal, order):
    right, wrong = door.up(journal), door.up(other_version(door, journal, 3), 3, 6)
    start = door.up(journal, 1, 2)
    central.send(door, *((right, wrong) if order == "right first" else (start, wrong, right)))
    central.send(door, door.beat(journal), channel="hb")
    assert central.stored(journal) == journal.lines
    assert central.query(FORKED) == []
    assert (central.journal(journal, "watermark"), central.journal(journal, "sealed_seq")) == (6, 6)
    assert central.query("SELECT code FROM quarantine") == [("contradicts_seal",)]


def test_bytes_that_contradict_a_seal_go_and_the_range_is_asked_again(central, door, journal):
    central.send(door, door.up(journal, 1, 2, sealed=True), door.up(other_version(door, journal, 3), 3, 6))
    (ack,) = [a for a in central.send(door, door.beat(journal), channel="hb") if a.resend]
    assert (ack.watermark, ack.resend.first, ack.resend.last) == (2, 3, 6)
    assert central.stored(journal) == journal.lines[:2]
    (ack,) = central.send(door, door.up(journal, 3, 6))
    assert ack.watermark == 6
    assert central.journal(journal, "sealed_seq") == 6


def test_nothing_counts_as_delivered_after_stored_events_were_taken_away(central, door, journal):
    wrong = other_version(door, journal, 3)
    central.send(door, door.up(wrong))
    central.send(door, door.beat(wrong, seal=False), channel="hb")
    assert central.query("SELECT delivered_until_ms IS NULL FROM device_state") == [(0,)]
    central.send(door, door.beat(journal), channel="hb")
    assert central.query("SELECT delivered_until_ms FROM device_state") == [(None,)]


def test_other_bytes_below_a_seal_are_no_fork(central, door, journal):
    central.send(door, door.up(journal, sealed=True), door.up(other_version(door, journal, 3), 3, 6))
    assert central.query(FORKED) == []
    assert central.query("SELECT code FROM quarantine") == [("contradicts_seal",)]
    assert central.journal(journal, "watermark") == 6


def test_the_watermark_passes_what_the_device_says_is_lost(central, door, journal):
    child = door.write(door.journal(journal), Lost(journal.name, 3, 4, journal.hashes[2], journal.hashes[4]))
    central.send(door, door.up(journal, 1, 2), door.up(journal, 5, 6))
    assert central.journal(journal, "watermark") == 2
    central.send(door, door.up(child))
    assert central.journal(journal, "watermark") == 6
    assert central.query("SELECT first_seq, last_seq, source FROM lost_span") == [(3, 4, "device")]


def test_the_order_of_a_loss_and_its_neighbours_does_not_matter(central, door, journal):
    child = door.write(door.journal(journal), Lost(journal.name, 3, 4, None, None))
    central.send(door, door.up(child), door.up(journal, 5, 6), door.up(journal, 1, 2))
    assert central.journal(journal, "watermark") == 6


def test_a_lost_tail_completes_the_parent(central, door, journal):
    child = door.write(door.journal(journal), Lost(journal.name, 5, 6, None, None))
    central.send(door, door.up(journal, 1, 4), door.up(child))
    central.send(door, door.beat(child), channel="hb")
    assert central.query("SELECT delivered_until_ms IS NULL FROM device_state") == [(0,)]


def test_two_children_of_one_parent_after_each_other_are_rolled_back_storage(central, door, journal):
    first = door.punch(door.journal(journal), "em:00000001")
    second = door.punch(door.journal(journal, at=first_end(first) + 60_000, named=3), "em:00000002")
    central.send(door, door.up(journal), door.up(first), door.up(second))
    assert central.journal(second, "findings") == "branched rolled_back"
    assert central.query(FORKED) == []


def test_two_children_of_one_parent_at_the_same_time_are_a_copied_card(central, door, journal):
    first = door.punch(door.journal(journal), *(f"em:{n:08X}" for n in range(30)))
    second = door.punch(door.journal(journal, at=first_end(journal)), "em:00000002")
    central.send(door, door.up(journal), door.up(first), door.up(second))
    assert "copied" in str(central.journal(second, "findings"))
    assert central.query(FORKED) == [(1,), (2,)]
    door.punch(second, "em:00000003")
    central.send(door, door.up(second, 3))
    assert central.query(FORKED) == [(1,), (2,), (3,)]
    assert central.journal(second, "watermark") == 3


def test_a_copied_card_is_found_when_the_overlap_shows_later(central, door, journal):
    first = door.punch(door.journal(journal), *(f"em:{n:08X}" for n in range(30)))
    second = door.punch(door.journal(journal, at=first_end(journal)), "em:00000002")
    central.send(door, door.up(journal), door.up(first, 1, 2), door.up(second))
    central.send(door, door.up(first, 3))
    assert central.journal(second, "findings") == "branched copied"
    assert central.query(FORKED) == [(1,), (2,)], "all that the second one brought is in doubt"


def test_a_copied_card_is_found_when_both_starts_come_in_one_group(central, door, journal):
    """As when both stations are switched on together: neither row names its parent before the group is stored."""
    first = door.punch(door.journal(journal), *(f"em:{n:08X}" for n in range(30)))
    second = door.punch(door.journal(journal, at=first_end(journal)), "em:00000002")
    central.send(door, door.up(journal))
    central.process([(door, "up", door.up(j, 1, 1)) for j in (first, second)])
    assert central.journal(first, "findings") == central.journal(second, "findings").split()[0] == "branched"
    central.send(door, door.up(first, 2), door.up(second, 2))
    assert (central.journal(first, "findings"), central.journal(second, "findings")) == ("branched", "branched copied")
    assert central.query(FORKED) == [(1,), (2,)]


def test_events_beyond_the_end_that_a_child_names_are_in_doubt(central, door, journal):
    child = door.journal(journal, named=4)
    central.send(door, door.up(journal), door.up(child))
    assert central.journal(journal, "findings") == "lost_writes"
    assert central.query(FORKED) == [(5,), (6,)]
    assert central.journal(journal, "watermark") == 6


def test_a_later_child_that_names_the_true_end_lifts_the_doubt(central, door, journal):
    rolled_back = door.journal(journal, named=4)
    true_child = door.journal(journal)
    central.send(door, door.up(journal), door.up(rolled_back), door.up(true_child))
    assert central.query(FORKED) == []


def first_end(written):
    """When the last event of a journal was stamped."""
    return 1_773_619_200_000 + written.head * 1000
