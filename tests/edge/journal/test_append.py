"""Appending, reading, acknowledging and restarting, with a healthy disk."""

import os
from pathlib import Path

import pytest

from edge.journal import JournalError
from edge.wire.ack import Ack
from edge.wire.batch import MAX_EVENTS
from edge.wire.chain import chain_start, link, links
from edge.wire.events import Parent, Punch, Raw, Start, decode_event
from edge.wire.text import WireError

DEVICE = "door-0001"


def test_the_first_event_of_the_first_journal_is_a_start_without_parent(bench):
    journal = bench.open()
    slice_ = journal.read(journal.journal, 1, 1)
    assert decode_event(slice_.lines[0]).body == Start("boot-1", "0.1", None)
    assert (slice_.boot, slice_.first, slice_.before) == ("boot-1", 1, chain_start(DEVICE, journal.journal))
    assert journal.damage.healthy


def test_a_restart_begins_a_journal_that_names_the_last_one_with_its_end(bench):
    first = bench.open()
    bench.tap(first, 1, 2)
    first.close()
    second = bench.open(boot="boot-2")
    start = decode_event(second.read(second.journal, 1, 1).lines[0]).body
    assert start == Start("boot-2", "0.1", Parent(first.journal, 3, first.hash))
    assert second.journal != first.journal
    assert second.read(first.journal, 1, 9).boot == "boot-1"


def test_what_append_returns_is_what_is_kept_and_the_chain_runs_through_it(bench):
    journal = bench.open()
    before = journal.hash
    written = journal.append(bench.punch(7), bench.stamp(5))
    assert written.seq == 2 == journal.head and written.journal == journal.journal
    assert written.hash == link(before, written.line) == journal.hash == journal.tip().hash
    slice_ = journal.read(journal.journal, 2, 2)
    assert (slice_.lines, slice_.before) == ((written.line,), before)


def test_the_event_is_synced_after_it_is_written_and_before_append_returns(bench):
    journal = bench.open()
    seen = []
    bench.sync = lambda fd: (os.fdatasync(fd), seen.append((bench.folder / "00000001.seg").read_bytes()))
    (line,) = bench.tap(journal, 1)
    assert len(seen) == 1 and line in seen[0], "one sync, and the line was in the file when it happened"
    with pytest.raises(LookupError):
        bench.sync = lambda fd: journal.read(journal.journal, 3, 3)  # not offered before it is durable
        bench.tap(journal, 2)


def test_an_event_that_the_wire_cannot_carry_is_refused_and_leaves_no_gap(bench):
    journal = bench.open()
    with pytest.raises(WireError):
        journal.append(Raw("x", {"text": "a" * 5000}), bench.stamp(1))
    assert journal.append(bench.punch(1), bench.stamp(2)).seq == 2


def test_vietnamese_text_comes_back_byte_for_byte(bench):
    journal = bench.open()
    written = journal.append(Punch("em:00000001", "cửa chính", ("đã biết",)), bench.stamp(1))
    bench.crash(journal)
    again = bench.open()
    assert again.read(journal.journal, 2, 2).lines == (written.line,)


def test_a_read_is_at_most_one_batch_and_goes_on_over_segments(make_bench):
    bench = make_bench(segment_bytes=5000)
    journal = bench.open()
    lines = [journal.read(journal.journal, 1, 1).lines[0], *bench.tap(journal, *range(300))]
    assert len(list(bench.folder.glob("*.seg"))) > 10
    read, first = [], 1
    while first <= journal.head:
        slice_ = journal.read(journal.journal, first, journal.head)
        assert 1 <= len(slice_.lines) <= MAX_EVENTS and sum(map(len, slice_.lines)) < 16_384
        read += slice_.lines
        first = slice_.last + 1
    assert read == lines
    assert len(journal.read(journal.journal, 1, 300).lines) > 50


def test_a_journal_or_seq_that_is_not_there_is_a_lookup_error(bench):
    journal = bench.open()
    for name, seq in ((journal.journal, 2), (journal.journal, 0), ("0" * 16, 1)):
        with pytest.raises(LookupError):
            journal.read(name, seq, seq + 5)


def test_acknowledgements_only_raise_and_never_pass_the_head(bench):
    journal = bench.open()
    bench.tap(journal, *range(9))
    journal.apply(Ack(journal.journal, 3, ((5, 6), (9, 99))))
    assert journal.pending(journal.journal) == ((4, 4), (7, 8))
    journal.apply(Ack(journal.journal, 1))
    journal.apply(Ack("f" * 16, 7))
    assert journal.pending(journal.journal) == ((4, 4), (7, 8))
    journal.apply(Ack(journal.journal, 2**53 - 1))
    bench.tap(journal, 10)
    assert journal.pending(journal.journal) == ((11, 11),)
    (said,) = journal.open_journals()
    assert (said.low, said.head, said.acked) == (1, 11, 10)


def test_acknowledged_journals_are_closed_and_the_current_one_is_always_listed_last(bench):
    names = []
    for _ in range(4):
        journal = bench.open()
        names.append(journal.journal)
        journal.close()
    journal = bench.open()
    journal.apply(Ack(names[1], 1))
    journal.apply(Ack(journal.journal, 1))
    assert [said.journal for said in journal.open_journals()] == [names[0], names[2], names[3], journal.journal]


def test_acknowledgements_survive_a_restart_once_saved_and_cost_duplicates_when_not(bench):
    first = bench.open()
    bench.tap(first, 1, 2, 3)
    first.apply(Ack(first.journal, 2))
    first.save()
    first.apply(Ack(first.journal, 4))
    bench.crash(first)
    second = bench.open()
    assert second.pending(first.journal) == ((3, 4),)
    bench.crash(second)
    (bench.folder / "acks").unlink()
    third = bench.open()
    assert third.pending(first.journal) == ((1, 4),) and third.damage.lost_events == 0


def test_central_can_ask_again_for_what_it_had_acknowledged(bench):
    first = bench.open()
    bench.tap(first, *range(5))
    first.close()
    second = bench.open()
    second.apply(Ack(first.journal, 6))
    assert second.pending(first.journal) == ()
    assert second.reopen(first.journal, 3, 4) == ()
    assert second.pending(first.journal) == ((3, 4),)
    assert second.open_journals()[0].journal == first.journal
    assert second.reopen(first.journal, 5, 9) == ((7, 9),), "a closed journal's end is known: more than that is gone"
    assert second.reopen(second.journal, 1, 2**53 - 1) == (), "what the current journal may yet write is not lost"
    assert second.reopen("e" * 16, 4, 8) == ((4, 8),)


def test_the_hashes_around_a_hole_are_told_as_far_as_they_are_known(bench):
    first = bench.open()
    lines = [first.read(first.journal, 1, 1).lines[0], *bench.tap(first, 1, 2, 3)]
    chain = [chain_start(DEVICE, first.journal), *links(chain_start(DEVICE, first.journal), lines)]
    first.close()
    second = bench.open()
    assert second.around(first.journal, 1, 2) == (chain[0], chain[2])
    assert second.around(first.journal, 3, 4) == (chain[2], chain[4]), "the child's start names the last hash"
    assert second.around(first.journal, 7, 8) == (None, None)
    assert second.around("e" * 16, 1, 3) == (chain_start(DEVICE, "e" * 16), None)


def test_the_newest_events_over_all_journals_are_there_for_the_repeat_guard(bench):
    first = bench.open()
    bench.tap(first, 1, 2)
    first.close()
    second = bench.open()
    bench.tap(second, 3)
    kinds = [(event.kind, getattr(event.body, "badge", None)) for event in second.recent(4)]
    assert kinds == [("punch", "em:00000001"), ("punch", "em:00000002"), ("start", None), ("punch", "em:00000003")]
    assert len(second.recent(99)) == 5 and second.recent(0) == ()


def test_the_oldest_unacknowledged_stamp_is_of_the_oldest_journal(bench):
    first = bench.open()
    bench.tap(first, 11, 12)
    first.close()
    second = bench.open()
    second.apply(Ack(first.journal, 1))
    assert second.oldest_unacked_stamp() == bench.stamp(11)
    second.apply(Ack(first.journal, 3))
    second.apply(Ack(second.journal, 1))
    assert second.oldest_unacked_stamp() is None


def test_a_folder_belongs_to_one_process_at_a_time(bench):
    journal = bench.open()
    with pytest.raises(JournalError, match="in use by another process"):
        bench.open()
    journal.close()
    bench.open()


def test_a_closed_journal_refuses_to_append_and_closes_twice(bench):
    journal = bench.open()
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        bench.tap(journal, 1)


def test_a_folder_that_cannot_be_written_is_a_clear_error(make_bench, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(JournalError, match="cannot be used"):
        make_bench(tmp_path / "file" / "journal").open()
