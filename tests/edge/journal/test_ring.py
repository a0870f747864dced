"""What acknowledged events and restarts may take of the disk."""

from pathlib import Path

from edge.wire.ack import Ack


def taken(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_acknowledged_events_are_dropped_by_whole_old_segments_beyond_the_ring(make_bench):
    bench = make_bench(segment_bytes=4000, ring_events=50)
    journal = bench.open()
    for number in range(200):
        bench.tap(journal, number)
        journal.apply(Ack(journal.journal, journal.head))
        journal.save()
    kept = journal.head - journal.open_journals()[0].low + 1
    assert 50 - 10 <= kept <= 50, "whole segments go, and only as many as needed"
    assert taken(bench.folder) < 60 * 500 + 3 * 4000
    assert journal.read(journal.journal, journal.head - 35, journal.head).lines, "asked again, the ring has them"
    assert journal.reopen(journal.journal, 1, 3) == ((1, 3),), "dropped: to be said lost if central asks"


def test_the_ring_never_drops_what_central_has_not_acknowledged(make_bench):
    bench = make_bench(segment_bytes=4000, ring_events=10)
    journal = bench.open()
    bench.tap(journal, *range(100))
    journal.apply(Ack(journal.journal, 0, ((1, 40), (60, 101))))
    journal.save()
    assert journal.pending(journal.journal) == ((41, 59),)
    assert list(journal.read(journal.journal, 41, 59).lines)
    first = journal.open_journals()[0].low
    assert 30 < first <= 41
    bench.crash(journal)
    again = bench.open()
    assert again.damage.healthy, "what the ring has dropped is not damage"
    assert again.pending(journal.journal) == ((41, 59),)


def test_a_journal_dropped_whole_is_remembered_while_its_child_names_it(make_bench):
    bench = make_bench(segment_bytes=1000, ring_events=4)
    for _ in range(6):
        journal = bench.open()
        bench.tap(journal, 1, 2, 3)
        for opened in journal.open_journals():
            journal.apply(Ack(opened.journal, opened.head))
        journal.close()
    last = bench.open()
    assert last.damage.healthy and last.damage.events <= 8
    assert (bench.folder / "acks").read_text().count("journal") < 6


def test_a_lost_state_file_after_the_ring_has_dropped_events_accuses_nothing(make_bench):
    bench = make_bench(segment_bytes=1000, ring_events=4)
    journal = bench.open()
    bench.tap(journal, *range(20))
    journal.apply(Ack(journal.journal, 21))
    journal.close()
    (bench.folder / "acks").unlink()
    again = bench.open()
    assert again.damage.lost_events == 0 and again.damage.unclaimed_events >= 15
    assert again.pending(journal.journal)[0][1] == 21


def test_a_hundred_restarts_share_segments_and_take_little_room(bench):
    before = None
    for number in range(100):
        journal = bench.open()
        bench.tap(journal, number)
        journal.close()
        before = before or taken(bench.folder)
    assert len(list(bench.folder.glob("*.seg"))) == 1
    again = bench.open()
    assert len(again.open_journals()) == 101
    assert taken(bench.folder) < 3 * 262_144


def test_the_next_segment_is_ready_before_it_is_needed_and_is_the_one_that_is_used(make_bench):
    bench = make_bench(segment_bytes=4000)
    journal = bench.open()
    bench.tap(journal, *range(5))
    journal.save()
    ready = (bench.folder / "next").stat()
    assert ready.st_size == 4000
    bench.tap(journal, *range(6))
    assert (bench.folder / "00000002.seg").stat().st_ino == ready.st_ino
    assert (bench.folder / "00000001.seg").stat().st_size < 4000, "the old one holds no zeros"
    assert (bench.folder / "00000002.seg").stat().st_blocks * 512 >= 4000, "its room is allocated"


def test_room_prepared_before_a_crash_is_used_after_it_and_checked_first(make_bench):
    bench = make_bench(segment_bytes=4000)
    journal = bench.open()
    bench.tap(journal, *range(6))
    journal.save()
    bench.crash(journal)
    ready = bench.folder / "next"
    inode = ready.stat().st_ino
    again = bench.open()
    assert ready.stat().st_ino == inode
    bench.crash(again)
    ready.write_bytes(b"\0" * 3000 + b"x" + b"\0" * 999)
    third = bench.open()
    assert not ready.exists() or not ready.read_bytes().strip(b"\0")
    bench.tap(third, *range(20))


def test_state_files_begun_and_not_finished_do_no_harm(bench):
    journal = bench.open()
    bench.crash(journal)
    for name in ("acks.tmp", "next.tmp", "notes.txt"):
        (bench.folder / name).write_bytes(b"half")
    assert bench.open().damage.healthy


def test_segments_that_are_wholly_acknowledged_are_not_read_at_the_start_and_still_there_when_asked(make_bench):
    bench = make_bench(segment_bytes=2000)
    journal = bench.open()
    lines = [journal.read(journal.journal, 1, 1).lines[0], *bench.tap(journal, *range(60))]
    journal.apply(Ack(journal.journal, 61))
    journal.close()
    third = bench.folder / "00000003.seg"
    content = bytearray(third.read_bytes())
    content[content.index(b'"badge":"em') + 12] ^= 1
    third.write_bytes(content)
    again = bench.open()
    assert (again.damage.events, again.damage.healthy) == (61, True)
    assert again.reopen(journal.journal, 1, 61) == ()
    offered: dict[int, bytes] = {}
    while len(offered) < 60:
        first, last = next(span for span in again.pending(journal.journal) if span[1] > max(offered, default=0))
        slice_ = again.read(journal.journal, max(first, max(offered, default=0) + 1), last)
        offered |= dict(enumerate(slice_.lines, slice_.first))
    gone = sorted(set(range(1, 62)) - set(offered))
    assert len(gone) == 1 and all(offered[seq] == lines[seq - 1] for seq in offered)
    assert again.reopen(journal.journal, 1, 61) == ((gone[0], gone[0]),)
    bench.crash(again)
    third_start = bench.open()
    assert third_start.damage.healthy, "what is acknowledged and saved is not looked into"


def test_a_loss_that_was_said_is_not_said_again_although_the_event_that_said_it_is_dropped(make_bench):
    bench = make_bench(segment_bytes=1000, ring_events=8)
    journal = bench.open()
    bench.tap(journal, *range(6))
    journal.close()
    (bench.folder / "00000002.seg").unlink()
    second = bench.open()
    assert second.damage.losses == 1
    bench.tap(second, *range(30))
    second.apply(Ack(second.journal, second.head))
    second.close()
    third = bench.open()
    assert third.pending(journal.journal)[0][0] == 1 and third.damage.lost_events == 0


def test_what_the_ring_let_go_is_never_called_lost_when_the_state_file_is_gone(make_bench):
    bench = make_bench(segment_bytes=1200, ring_events=4)
    for _ in range(4):
        bench.crash(bench.open())  # never acknowledged: these segments stay
    journal = bench.open()
    bench.tap(journal, *range(6))
    journal.apply(Ack(journal.journal, journal.head))
    bench.crash(journal)
    for _ in range(6):
        later = bench.open()
        later.apply(Ack(journal.journal, journal.head))
        later.save()
        bench.crash(later)
    numbers = sorted(int(path.stem) for path in bench.folder.glob("*.seg"))
    assert numbers[-1] - numbers[0] + 1 > len(numbers), "the ring let go of a segment in the middle"
    (bench.folder / "acks").unlink()
    for _ in range(3):
        again = bench.open()
        assert again.damage.lost_events == 0
        bench.crash(again)
