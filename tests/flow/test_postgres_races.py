"""What PostgreSQL lets happen at once, and SQLite never does: in threads, on one server, again and again."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.clock import SystemClock
from central.enrol import add_device
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.keys import CentralKey
from central.ledger import Ledger
from central.store import Store, marks, open_store
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import chain_start, links
from edge.wire.events import Clock, Event, Punch, Stamp, Start, encode_event
from tests.central.ledger.office import DATE, at, made
from tests.postgres import Cluster

NOW_MS = 1_773_619_200_000
PEOPLE = 60


@pytest.fixture
def url(postgres: Cluster) -> Iterator[str]:
    found = postgres.database()
    yield found
    postgres.drop(found)


def at_once(*work: Callable[[], object]) -> None:
    """Run all of them in threads, from one moment on; whatever one of them raises is raised here."""
    begin = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        begin.wait(30)
        one()

    with ThreadPoolExecutor(len(work)) as threads:
        for future in [threads.submit(run, one) for one in work]:
            future.result(120)


def test_a_transaction_that_has_to_make_way_is_done_again(url: str) -> None:
    store = open_store(url)
    with store.write() as db:
        db.execute(sa.text("INSERT INTO counter (name, value) VALUES ('a', 0), ('b', 0)"))
    held = threading.Barrier(2)
    tries: list[str] = []

    def add(*names: str) -> None:
        def both(db: sa.Connection) -> None:
            tries.append(names[0])
            for name in names:
                db.execute(sa.text("UPDATE counter SET value = value + 1 WHERE name = :name"), {"name": name})
                if name == names[0] and len(tries) <= 2:
                    held.wait(30)  # each holds what the other one wants

        store.repeat(both)

    at_once(lambda: add("a", "b"), lambda: add("b", "a"))
    with store.read() as db:
        assert db.execute(sa.text("SELECT value FROM counter ORDER BY name")).scalars().all() == [2, 2]
    # Once is enough, unless the one that makes way is back before the other one was woken.
    assert 3 <= len(tries) <= 6, "one of the two made way"
    store.close()


def test_a_conflict_that_never_ends_is_raised_in_the_end(url: str) -> None:
    store = open_store(url)
    tries: list[int] = []

    def refused(db: sa.Connection) -> None:
        tries.append(1)
        db.execute(sa.text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(sa.exc.OperationalError):
        store.repeat(refused)
    assert len(tries) == 5
    with pytest.raises(sa.exc.ProgrammingError):
        store.repeat(lambda db: db.execute(sa.text("SELECT nonsense")))
    store.close()


def test_two_collectors_with_the_events_of_one_journal_between_them_leave_no_gap(url: str) -> None:
    store, clock = open_store(url), SystemClock()
    key = CentralKey(Ed25519PrivateKey.generate()).public_text
    add_device(store, "D-1", "door-one", key, None, "", NOW_MS)
    messages = journal("door-one", "00000000000000a1", 240)
    draw = random.Random(4)  # noqa: S311
    halves = [messages[::2] + messages[:40], messages[1::2] + messages[20:60]]
    for half in halves:
        draw.shuffle(half)

    def collect(half: list[Message]) -> Callable[[], None]:
        collector = Collector(store, clock)
        return lambda: [collector.process(half[n : n + 5]) for n in range(0, len(half), 5)] and None

    at_once(*(collect(half) for half in halves))
    assert stored(store) == (240, 240, 240)
    store.close()


def journal(device: str, name: str, length: int) -> list[Message]:
    """One message an event."""
    stamps = [Stamp(1000 * n, NOW_MS + 1000 * n, Clock.NTP, 0) for n in range(1, length + 1)]
    bodies = [Start("boot", "1", None), *(Punch(f"em:{n:08X}", "r1") for n in range(1, length))]
    events = zip(stamps, bodies, strict=True)
    lines = [encode_event(Event(seq, stamp, body)) for seq, (stamp, body) in enumerate(events, 1)]
    hashes = [chain_start(device, name), *links(chain_start(device, name), lines)]
    return [
        Message(f"dd/1/{device}/up", encode_batch(Batch(device, name, "boot", n + 1, hashes[n], None, (line,))), NOW_MS)
        for n, line in enumerate(lines)
    ]


def stored(store: Store) -> tuple[int, int, int]:
    """Events, watermark and head of the only journal."""
    with store.read() as db:
        count = db.execute(sa.text("SELECT count(*) FROM event")).scalar_one()
        row = db.execute(sa.text("SELECT watermark, known_head FROM journal")).one()
    return count, row[0], row[1]


def test_two_evaluators_over_the_same_stale_days_write_each_verdict_once(url: str) -> None:
    with made(url) as office:
        door = office.door()
        door.start("06:30")
        for n in range(PEOPLE):
            badge = office.person(f"p{n:02}")
            door.tap(badge, "07:36")
            door.tap(badge, "17:00")
        door.heartbeat("18:01")
        office.clock.ms = at("18:40")
        ledgers = [Ledger(office.store, office.clock) for _ in range(2)]
        for _ in range(4):
            with office.store.write() as db:
                marks.mark_days(db, [(f"p{n:02}", DATE) for n in range(PEOPLE)], office.clock.ms)
            at_once(*(ledger.settle for ledger in ledgers))
        for n in range(PEOPLE):
            assert office.says(f"p{n:02}") == ["AM incomplete late missing_out 6", "PM incomplete missing_in"]
        with office.store.read() as db:
            assert marks.days_left(db) == 0
            assert db.execute(sa.text("SELECT count(*) FROM day_verdict")).scalar_one() == PEOPLE
            assert db.execute(sa.text("SELECT count(*) FROM session_verdict")).scalar_one() == 2 * PEOPLE
