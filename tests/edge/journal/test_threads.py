"""One thread appends while others read, acknowledge, ask again and save."""

import threading
import time
from collections.abc import Callable

from edge.journal import Journal
from edge.wire.ack import Ack
from edge.wire.chain import chain_start, links

SECONDS = 1.5


class Follower:
    """Reads and acknowledges everything as it comes, as the uplink does."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.seen = journal, list[bytes]()
        self.after, self.first = chain_start("door-0001", journal.journal), 1

    def step(self) -> None:
        if self.first > self.journal.tip().seq:
            return
        slice_ = self.journal.read(self.journal.journal, self.first, self.journal.head)
        assert slice_.before == self.after
        self.seen += slice_.lines
        self.after, self.first = links(self.after, slice_.lines)[-1], slice_.last + 1
        self.journal.apply(Ack(self.journal.journal, self.first - 1))
        self.journal.open_journals()


def repeat(step: Callable[[], object], ended: threading.Event, failures: list[Exception]) -> threading.Thread:
    """A thread that steps until `ended`; what it raises fails the test."""

    def run() -> None:
        try:
            while not ended.wait(0.0005):
                step()
        except Exception as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_readers_see_every_event_once_and_in_order_while_the_owner_appends(make_bench):
    bench = make_bench(segment_bytes=8000, ring_events=200)
    journal = bench.open()
    ended, failures = threading.Event(), list[Exception]()
    follower = Follower(journal)
    keeping = [journal.save, lambda: journal.recent(3), journal.oldest_unacked_stamp]
    threads = [repeat(step, ended, failures) for step in (follower.step, *keeping)]
    lines = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        lines += bench.tap(journal, len(lines))
    ended.set()
    for thread in threads:
        thread.join(30)
    assert not failures
    while follower.first <= journal.head:
        follower.step()
    assert follower.seen[1:] == lines and len(lines) > 50


def test_a_slow_sync_holds_up_no_reader(bench):
    journal = bench.open()
    bench.tap(journal, 1)
    entered, release = threading.Event(), threading.Event()

    def slow(fd: int) -> None:
        entered.set()
        assert release.wait(30)

    bench.sync = slow
    owner = threading.Thread(target=bench.tap, args=(journal, 2))
    owner.start()
    assert entered.wait(30)
    try:
        assert journal.tip().seq == 2
        assert journal.read(journal.journal, 1, 9).last == 2
        journal.apply(Ack(journal.journal, 2))
        assert journal.pending(journal.journal) == ()
        journal.save()
    finally:
        release.set()
        owner.join(30)
    assert journal.tip().seq == 3
