"""From the commit of a punch to the commit of its verdict, as `run` does it: an evaluator in a thread of its own, woken
by the collector's commit, and the log folded beside both. `LEDGER_DB=postgresql` for a PostgreSQL of its own.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from central.clock import SystemClock
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.ledger import run_evaluator
from central.processes import FOLD_S
from central.store import Store, marks, open_store
from central.store.checkpoints import Checkpoints
from central.store.news import News
from edge.wire.batch import Batch, encode_batch
from edge.wire.events import Clock, Event, Stamp, encode_event
from edge.wire.topics import Channel, topic
from tests.bench.disk import BareDisk
from tests.bench.doors import JOURNAL, device_name, punch
from tests.bench.ground import BenchError, folder
from tests.bench.history import History, doors_of, make_history
from tests.bench.ledger import databases
from tests.bench.rows import Row, at_most, median, percentile, told

PUNCH_MS = 20.0
APART_S = 0.02
"""Between two taps: fifty people a second, so that a run of a thousand meets every second's checkpoint."""
VERDICT_S = 30.0
PAGES = 20 * 4096
"""What a verdict's commit writes, more or less."""
WARM = 10
"""The first ones fill caches."""


T = TypeVar("T", Checkpoints, News)


class Watched(Store):
    """A store that remembers when each of its write transactions was committed."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine, SystemClock().now_ms)
        self.committed: deque[float] = deque()
        self.cpu_s = 0.0
        self.arrived = threading.Condition()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with super().write() as db:
            yield db
        with self.arrived:
            self.committed.append(time.perf_counter())
            self.cpu_s = time.thread_time()
            self.arrived.notify()

    def next_commit(self) -> float:
        """When the next one was committed. Raises BenchError."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.committed, VERDICT_S):
                raise BenchError(f"no verdict within {VERDICT_S:.0f} s")
            return self.committed.popleft()


def one_punch(*, quick: bool) -> list[Row]:
    """Woken by the collector of the same process, then by hearing of another process's commit."""
    punches, staff, taps = (2_000, 60, 5) if quick else (2_000_000, 1_000, 1_000)
    with databases() as url, folder("punch") as place:
        history = make_history(url(place, "punch"), place, punches, staff)
        history.store.close()
        ground = Ground(history, place)
        own, bare, cpu_ms = ground.measure(taps, heard=False)
        heard, _, _ = ground.measure(taps // 5, heard=True)
    disk = f"the disk: a bare write and fsync takes {median(bare):.1f}, p99 {percentile(bare, 0.99):.1f} ms"
    return [
        at_most("punch_p99", percentile(own, 0.99), "ms", PUNCH_MS, f"queries of one day, one fsync; {disk}"),
        told("punch_median", median(own), "ms", f"{len(own)} taps among {history.punches} punches"),
        told("punch_worst", max(own), "ms"),
        told("punch_cpu", cpu_ms, "ms CPU", "of the evaluator, its looks for more included"),
        told("punch_bare_median", median(bare), "ms", f"{PAGES // 1024} KiB written and fsynced after each tap"),
        told("punch_bare_p99", percentile(bare, 0.99), "ms", "the same"),
        told(
            "punch_heard_median", median(heard), "ms", "the collector in another process: hearing of its commit first"
        ),
        told("punch_heard_p99", percentile(heard, 0.99), "ms", "the same"),
    ]


class Ground:
    """A history, and people who tap one after the other."""

    def __init__(self, history: History, place: Path) -> None:
        self._history, self._place, self._clock = history, place, SystemClock()
        self._tapped, self._committed_s = 0, 0.0

    def measure(self, taps: int, *, heard: bool) -> tuple[list[float], list[float], float]:
        """Milliseconds of each tap and of each bare write, and the evaluator's CPU milliseconds a tap."""
        stop, wake = threading.Event(), threading.Event()
        store, mine = (open_store(self._history.url, folded=True) for _ in range(2))
        watched = Watched(store.engine)
        with ExitStack() as running:
            running.callback(mine.close)
            running.callback(store.close)
            disk = running.enter_context(closing(BareDisk(self._place / "bare", PAGES)))
            if store.sqlite:
                running.enter_context(_loop(stop, Checkpoints(store), Checkpoints.fold, FOLD_S))
            if heard:
                running.enter_context(_loop(stop, News(store, wake.set), lambda news: news.listen(stop), 0.0))
            running.enter_context(_evaluator(watched, self._clock, stop, wake))
            self._settled(mine)
            watched.committed.clear()
            collector = Collector(mine, self._clock, committed=lambda: self._told(None if heard else wake))
            found, bare = list[float](), list[float]()
            cpu_s = 0.0
            for number in range(taps + WARM):
                if number == WARM:
                    cpu_s = watched.cpu_s
                spent = self._tap(collector, mine, watched)
                if number >= WARM:
                    found.append(spent)
                    bare.append(disk.write())
                stop.wait(APART_S)
            return found, bare, (watched.cpu_s - cpu_s) * 1000 / taps

    def _settled(self, store: Store) -> None:
        """Wait until everybody's day of today is judged."""
        end = time.monotonic() + 300
        while True:
            with store.read() as db:
                judged = db.execute(sa.text("SELECT count(*) FROM day_verdict")).scalar_one()
                if judged >= self._history.staff and not marks.days_left(db):
                    return
            if time.monotonic() > end:
                raise BenchError("the office's day was not judged within 300 s")
            time.sleep(0.2)

    def _told(self, wake: threading.Event | None) -> None:
        self._committed_s = time.perf_counter()
        if wake is not None:
            wake.set()

    def _tap(self, collector: Collector, store: Store, watched: Watched) -> float:
        """Milliseconds from the commit of the next person's tap to that of the verdict."""
        person = self._tapped % self._history.staff
        device = device_name(person % doors_of(self._history.staff))
        self._tapped += 1
        seq, before = self._head(store, device)
        now_ms = self._clock.now_ms()
        line = encode_event(Event(seq + 1, Stamp(now_ms, now_ms, Clock.NTP, 1), punch(person)))
        payload = encode_batch(Batch(device, JOURNAL, "boot", seq + 1, before, now_ms, (line,)))
        collector.process([Message(topic(device, Channel.UP), payload, now_ms)])
        while True:
            judged_s = watched.next_commit()
            with store.read() as db:
                if not marks.days_left(db):
                    return (judged_s - self._committed_s) * 1000

    def _head(self, store: Store, device: str) -> tuple[int, bytes]:
        query = sa.text("SELECT watermark, watermark_hash FROM journal WHERE device = :device")
        with store.read() as db:
            row = db.execute(query, {"device": device}).one()
            return int(row[0]), bytes(row[1])


@contextmanager
def _loop(stop: threading.Event, line: T, work: Callable[[T], object], pause_s: float) -> Iterator[None]:
    """A thread that works until `stop`, as `central.processes` has them."""

    def rounds() -> None:
        with closing(line):
            while not stop.is_set():
                work(line)
                stop.wait(pause_s)

    yield from _running(stop, threading.Thread(target=rounds))


@contextmanager
def _evaluator(store: Store, clock: SystemClock, stop: threading.Event, wake: threading.Event) -> Iterator[None]:
    yield from _running(stop, threading.Thread(target=run_evaluator, args=(store, clock, stop), kwargs={"wake": wake}))


def _running(stop: threading.Event, thread: threading.Thread) -> Iterator[None]:
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
