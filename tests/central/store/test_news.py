"""An evaluator hears at once what another process commits, on either database."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.clock import SystemClock
from central.enrol import add_device
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.keys import CentralKey
from central.store import Store, marks, news, open_store
from central.store.news import News
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import chain_start
from edge.wire.events import Clock, Event, Stamp, Start, encode_event
from tests.waiting import until

DATE = dt.date(2026, 3, 16)
NOW_MS = 1_773_619_200_000
DEVICE, JOURNAL = "door-one", "00000000000000a1"


@pytest.fixture
def url(new_database: Callable[[str], str]) -> str:
    found = new_database("news")
    store = open_store(found)
    store.upgrade()
    store.close()
    return found


@pytest.fixture
def stores(url: str) -> Iterator[tuple[Store, Store]]:
    """Two processes' ways to one database."""
    both = open_store(url), open_store(url)
    yield both
    for store in both:
        store.close()


@contextmanager
def listening(store: Store, heard: Callable[[], object]) -> Iterator[None]:
    stop = threading.Event()

    def loop() -> None:
        with closing(News(store, heard)) as line:
            while not stop.is_set():
                line.listen(stop)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def mark(store: Store) -> None:
    with store.write() as db:
        marks.mark_days(db, [("an", DATE)], 1)
        news.tell(db)


def test_what_another_process_commits_is_heard(stores: tuple[Store, Store]) -> None:
    mine, theirs = stores
    heard: list[int] = []
    with listening(mine, lambda: heard.append(1)):
        until(lambda: bool(heard))  # what was committed before is news
        for _ in range(3):
            before = len(heard)
            mark(theirs)
            until(lambda before=before: len(heard) > before, 5)


def test_what_is_not_committed_is_not_heard(stores: tuple[Store, Store]) -> None:
    mine, theirs = stores
    heard: list[int] = []
    with listening(mine, lambda: heard.append(1)):
        until(lambda: bool(heard))
        before = len(heard)
        with pytest.raises(ValueError, match="never"), theirs.write() as db:
            marks.mark_days(db, [("an", DATE)], 1)
            news.tell(db)
            raise ValueError("never")
        mark(theirs)
        until(lambda: len(heard) > before)
        threading.Event().wait(0.05)
        assert len(heard) == before + 1


def test_an_intake_in_another_process_wakes_the_listener(stores: tuple[Store, Store]) -> None:
    mine, theirs = stores
    add_device(theirs, "D-1", DEVICE, CentralKey(Ed25519PrivateKey.generate()).public_text, None, "", NOW_MS)
    collector = Collector(theirs, SystemClock())
    line = encode_event(Event(1, Stamp(1000, NOW_MS, Clock.NTP, 0), Start("boot", "1", None)))
    batch = Batch(DEVICE, JOURNAL, "boot", 1, chain_start(DEVICE, JOURNAL), None, (line,))
    woken = threading.Event()
    with listening(mine, woken.set):
        assert woken.wait(30)
        woken.clear()
        collector.process([Message(f"dd/1/{DEVICE}/up", encode_batch(batch), NOW_MS)])
        assert woken.wait(5)


def test_a_connection_that_breaks_is_an_error_once_and_is_made_anew(url: str, database: str) -> None:
    if database == "sqlite":
        return  # a file has no connection that somebody else could end
    store, heard = open_store(url), list[int]()
    stop = threading.Event()
    with closing(News(store, lambda: heard.append(1))) as line:
        line.listen(stop)
        with store.write() as db:
            db.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            )
        with pytest.raises(Exception, match=r"terminat|closed|connection"):
            for _ in range(10):
                line.listen(stop)
        before = len(heard)
        line.listen(stop)
        assert len(heard) > before
    store.close()
