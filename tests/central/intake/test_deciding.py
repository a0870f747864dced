"""What a person decides by a document: which version counts, what will not come. Traced, and the days marked."""

from dataclasses import replace

import pytest

from central.intaking.deciding import DecisionError, Document, decide_fork, declare_lost
from central.store import decisions
from edge.wire.command import Result, encode_result
from edge.wire.events import Parent, Start

DOC = Document("12/QĐ", "Chánh văn phòng", 5)
BADGES = ("em:00000001", "em:00000002", "em:00000003")


@pytest.fixture
def forked(central, door):
    """A journal whose last two events came in two versions, and the journal with the others."""
    journal = door.punch(door.journal(), *BADGES)
    other = replace(journal, lines=journal.lines[:2])
    door.punch(other, "em:0000000A", "em:0000000B")
    central.send(door, door.up(journal), door.up(other))
    return journal, other


def open_forks(central, door):
    with central.store.read() as db:
        return decisions.open_forks(db, [door.device])


def marked(central) -> set[object]:
    return {row[0] for row in central.query("SELECT staff FROM stale_day")}


def hold_badges(central, *badges: str) -> None:
    with central.store.write() as db:
        for badge in badges:
            columns = "(code, full_name, name_sort, name_search, category)"
            db.exec_driver_sql(f"INSERT INTO staff {columns} VALUES ('S{badge[-1]}', 'A', 'a', 'a', '')")  # noqa: S608
            db.exec_driver_sql(f"INSERT INTO badge (number, staff, state) VALUES ('{badge}', 'S{badge[-1]}', 'active')")  # noqa: S608


def test_the_stored_version_is_kept(central, door, forked):
    journal, _ = forked
    assert [(f.first, f.last, f.doubted) for f in open_forks(central, door)] == [(3, 4, False)]
    assert decide_fork(central.store, door.device, journal.name, "stored", DOC) == 4
    assert central.stored(journal) == journal.lines
    assert open_forks(central, door) == []
    assert central.query("SELECT DISTINCT decided FROM forked_event") == [("12/QĐ",)]


def test_the_other_version_is_taken(central, door, forked):
    journal, other = forked
    (fork,) = open_forks(central, door)
    assert fork.tips == (other.hashes[4].hex(),)
    assert decide_fork(central.store, door.device, journal.name, fork.tips[0][:12], DOC) == 4
    assert central.stored(journal) == other.lines
    assert open_forks(central, door) == []


def test_what_followed_the_version_that_does_not_count_goes_with_it(central, door):
    journal = door.punch(door.journal(), *BADGES)
    other = replace(journal, lines=journal.lines[:2])
    door.punch(other, "em:0000000A")
    central.send(door, door.up(journal), door.up(other))
    (fork,) = open_forks(central, door)
    assert decide_fork(central.store, door.device, journal.name, fork.tips[0], DOC) == 3
    assert central.stored(journal) == other.lines
    door.punch(other, "em:0000000B")
    assert central.send(door, door.up(other, 4))[0].watermark == 4
    assert open_forks(central, door) == []


def test_a_version_that_was_decided_against_opens_nothing_when_it_is_sent_again(central, door, forked):
    journal, other = forked
    decide_fork(central.store, door.device, journal.name, "stored", DOC)
    (ack,) = central.send(door, door.up(other))
    assert ack.watermark == 4
    assert open_forks(central, door) == []
    door.punch(journal, "em:00000004")
    assert central.send(door, door.up(journal, 5))[0].watermark == 5


def test_the_days_of_both_versions_are_marked_and_the_decision_is_traced(central, door, forked):
    journal, _ = forked
    hold_badges(central, "em:00000002", "em:0000000A", "em:00000009")
    decide_fork(central.store, door.device, journal.name, open_forks(central, door)[0].tips[0], DOC)
    assert marked(central) == {"S2", "SA"}
    with central.store.read() as db:
        (trace,) = decisions.decisions(db, [door.device])
    assert (trace.what, trace.doc_no, trace.by) == ("fork", "12/QĐ", "Chánh văn phòng")
    assert journal.name in trace.detail


def test_events_of_a_copied_card_may_be_accepted(central, door):
    first = door.journal()
    one, two = door.journal(first), door.journal(first)
    door.punch(one, *BADGES), door.punch(two, *BADGES)
    central.send(door, door.up(first), door.up(one), door.up(two))
    (doubt,) = open_forks(central, door)
    assert doubt.doubted and doubt.tips == ()
    decide_fork(central.store, door.device, doubt.journal, "stored", DOC)
    assert open_forks(central, door) == []


@pytest.mark.parametrize("keep", ["ffffffffffff", "ab", ""])
def test_a_version_that_is_not_there_cannot_be_taken(central, door, forked, keep):
    with pytest.raises(DecisionError, match="names 0 versions"):
        decide_fork(central.store, door.device, forked[0].name, keep, DOC)


def test_without_a_fork_there_is_nothing_to_decide(central, door):
    journal = door.journal()
    central.send(door, door.up(journal))
    with pytest.raises(DecisionError, match="no open fork"):
        decide_fork(central.store, door.device, journal.name, "stored", DOC)
    with pytest.raises(DecisionError, match="no journal"):
        decide_fork(central.store, door.device, "0" * 16, "stored", DOC)


def test_seqs_that_will_not_come_are_declared_lost_and_the_watermark_passes_them(central, door):
    journal = door.punch(door.journal(), *BADGES)
    central.send(door, door.up(journal, 1, 1), door.up(journal, 4))
    assert declare_lost(central.store, door.device, journal.name, 2, 3, DOC) == 4
    assert central.query("SELECT source, doc_no FROM lost_span") == [("person", "12/QĐ")]
    assert central.query("SELECT device FROM stale_door") == [(door.device,)]


@pytest.mark.parametrize(
    ("first", "last", "said"), [(1, 2, "seq 1"), (3, 9, "from 1 to 4"), (3, 2, "3 to 2"), (0, 2, "0 to 2")]
)
def test_only_what_is_missing_can_be_lost(central, door, first, last, said):
    journal = door.punch(door.journal(), *BADGES)
    central.send(door, door.up(journal, 1, 1), door.up(journal, 4))
    with pytest.raises(DecisionError, match=said):
        declare_lost(central.store, door.device, journal.name, first, last, DOC)
    assert central.query("SELECT count(*) FROM lost_span") == [(0,)]


def test_a_parent_that_names_absurdly_many_events_can_be_declared_lost(central, door):
    parent, journal = door.journal(), door.journal()
    named = Start("b", "1", Parent(parent.name, 2**53 - 1, bytes(32)))
    started = door.write(replace(journal, lines=[]), named)
    central.send(door, door.up(parent), door.up(started))
    assert declare_lost(central.store, door.device, parent.name, 2, 2**53 - 1, DOC) == 2**53 - 1


def test_the_first_answer_to_a_command_is_kept(central, door):
    for code in ("done", "failed"):
        central.send(door, encode_result(Result(door.device, "c1", code, "ok")), channel="res")
    with central.store.read() as db:
        (found,) = decisions.results(db, [door.device])
    assert (found.command, found.code, found.detail) == ("c1", "done", "ok")


def test_answers_that_cannot_be_are_quarantined(central, door, make_door):
    strange = make_door()
    central.send(door, encode_result(Result(strange.device, "c1", "done")), channel="res")
    central.send(door, b"no result", channel="res")
    central.send(strange, encode_result(Result(strange.device, "c1", "done")), channel="res")
    codes = {row[0] for row in central.query("SELECT code FROM quarantine")}
    assert codes == {"unreadable", "unregistered"}
    assert central.query("SELECT count(*) FROM command_result") == [(0,)]
