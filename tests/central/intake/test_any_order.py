"""Whatever the order, the cuts, the repetitions and the losses on the way: the same rows, watermark and answers."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.wire.events import Clock, ClockSet, Fault, Lost, Ok
from edge.wire.status import OpenJournal


@dataclass
class Story:
    """Three journals of one door, with a hole in the second, and what a central that took all of it in order holds."""

    journals: list
    sent: dict


def tell(door):
    first = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(8)))
    second = door.journal(first)
    door.write(second, Fault("reader_lost", "r1"), Ok("reader_lost", "r1", 5), clock=Clock.NONE)
    door.punch(second, "em:00000001", "em:00000002", clock=Clock.NONE)
    door.write(second, ClockSet(None, 1_773_619_200_000, "ntp"))
    door.punch(second, "em:00000003", "em:00000004")
    third = door.write(door.journal(second), Lost(second.name, 4, 5, second.hashes[3], second.hashes[5]))
    return Story([first, second, third], {first.name: {*range(1, 10)}, third.name: {1, 2}})


def batches(door, story, cuts):
    """Every event that exists, cut at random places; the lost seqs 4 and 5 of the second journal never come."""
    found = []
    for journal in story.journals:
        low = 1
        for seq in range(1, journal.head + 1):
            if journal is story.journals[1] and seq in (4, 5):
                low = seq + 1
            elif cuts.random() < 0.4 or seq == journal.head or (journal is story.journals[1] and seq == 3):
                found.append(door.up(journal, low, seq, sealed=cuts.random() < 0.3))
                low = seq + 1
    return found


@pytest.fixture
def kept(central):
    """What central holds of a door, apart from the names of its journals."""

    def look(door, story):
        return [
            (
                central.query(
                    "SELECT watermark, watermark_hash, known_head, top_seq, named_seq, forked_from, doubt_from, "
                    "findings, parent_seq, started FROM journal WHERE journal = :j",
                    j=journal.name,
                ),
                central.query(
                    "SELECT seq, kind, line, hash, uptime_ms, utc_ms, clock, received_ms, badge, time_ms, method "
                    "FROM event WHERE journal_id = (SELECT id FROM journal WHERE journal = :j) ORDER BY seq",
                    j=journal.name,
                ),
                central.query(
                    "SELECT first_seq, last_seq, before_hash, after_hash FROM lost_span "
                    "WHERE journal_id = (SELECT id FROM journal WHERE journal = :j)",
                    j=journal.name,
                ),
            )
            for journal in story.journals
        ]

    return look


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), repeats=st.integers(0, 4), group=st.integers(1, 5))
def test_the_same_events_end_up_stored_whatever_happens_on_the_way(central, make_door, kept, seed, repeats, group):
    chance = random.Random(seed)  # noqa: S311
    door = make_door()
    central.register(door)
    story = tell(door)
    way = batches(door, story, chance)
    for _ in range(repeats):
        way += batches(door, story, chance)
    chance.shuffle(way)
    lost = [payload for payload in way if chance.random() < 0.3]
    way = [payload for payload in way if payload not in lost] + lost  # what was lost on the way is sent again
    messages = [(door, "up", payload) for payload in way]
    for start in range(0, len(messages), group):
        central.process(messages[start : start + group])
    held = kept(door, story)
    for (row, events, _), journal in zip(held, story.journals, strict=True):
        gone = (4, 5) if journal is story.journals[1] else ()
        assert [bytes(e[2]) for e in events] == [x for seq, x in enumerate(journal.lines, 1) if seq not in gone]
        assert (row[0][0], bytes(row[0][1])) == (journal.head, journal.hashes[-1])
    assert central.query("SELECT count(*) FROM forked_event") == [(0,)]
    again = central.process(messages)
    assert all(b'"ranges":[],"refused":[],"resend":null' in out.payload for out in again)
    assert kept(door, story) == held
    current = story.journals[-1]
    assert central.send(door, door.beat(current, OpenJournal(current.name, 1, 2, 2)), channel="hb") == []
    (state,) = central.query("SELECT delivered_until_ms FROM device_state WHERE device = :d", d=door.device)
    assert state[0] is not None
    assert central.collector.health.poisoned == 0


def test_seals_in_any_order_cover_every_journal(central, door):
    story = tell(door)
    for journal in reversed(story.journals):
        gaps = journal is story.journals[1]
        spans = [(6, journal.head), (1, 3)] if gaps else [(1, journal.head)]
        central.send(door, *(door.up(journal, *span, sealed=True) for span in spans))
    assert [central.journal(j, "sealed_seq") for j in story.journals] == [j.head for j in story.journals]
