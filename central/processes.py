"""Wiring: which parts run in this process, and their ordered end."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from central.clock import Clock
from central.counters import serving_counts
from central.health import Liveness, tell_service_manager
from central.settings import Settings
from central.store import Store, open_store

log = logging.getLogger(__name__)

WATCH_S = 2.0
PUBLISH_S = 1.0


def ready_store(settings: Settings) -> Store:
    """The database, at this version of the schema."""
    store = open_store(settings.database.url)
    store.upgrade()
    return store


def serve(settings: Settings, parts: Sequence[str]) -> int:
    """Run `parts` (collect, evaluate, web) until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store, clock = ready_store(settings), settings.clock.clock()
    health, wake = Liveness(clock), threading.Event()
    start: dict[str, Callable[[], object]] = {
        "collect": lambda: running.enter_context(_collecting(settings, store, clock, health, stop, wake)),
        "evaluate": lambda: running.enter_context(_evaluating(store, clock, health, stop, wake)),
        "web": lambda: running.enter_context(_serving_pages(settings, store, clock, health)),
    }
    with ExitStack() as running:
        running.callback(store.close)
        for part in parts:
            start[part]()
        if settings.metrics.port and "web" not in parts:
            running.enter_context(serving_counts(settings.metrics.port, health))
        tell_service_manager("READY=1")
        _watch(health, stop)
        tell_service_manager("STOPPING=1")
        log.info("stopping: %s", ", ".join(parts))
    return 0


def _watch(health: Liveness, stop: threading.Event) -> None:
    """Tell the service manager that all is well, only while it is; it restarts this process otherwise."""
    while not stop.wait(WATCH_S):
        if silent := health.silent():
            log.error("silent loops: %s", ", ".join(f"{loop} for {age:.0f} s" for loop, age in silent.items()))
        else:
            tell_service_manager("WATCHDOG=1")


@contextmanager
def _collecting(
    settings: Settings, store: Store, clock: Clock, health: Liveness, stop: threading.Event, wake: threading.Event
) -> Iterator[None]:
    from central.calendars.listing import Reminder
    from central.intake import Birth, run_collector
    from central.keys import load_key
    from central.roster.publish import Outbox, Publication, Publisher
    from edge.wire.topics import Channel, topic

    publisher = Publisher(store, clock, load_key(settings.key.file).sign)

    def sent(one: Publication) -> bool:
        return running.publish(topic(one.device, Channel.CFG), one.payload, qos=1, retain=True)

    def on_birth(birth: Birth) -> None:
        publisher.born(birth.device, birth.cfg)

    # What finds no connection waits: a device that stays connected would not ask for it.
    outbox, reminder = Outbox(sent), Reminder(store, clock)

    def publish() -> None:
        outbox.send(publisher.due())
        reminder.look()

    running = run_collector(store, clock, settings, on_birth=on_birth, tick=health.tick, committed=wake.set)
    health.count_with("intake", running.collector.report)
    loop = threading.Thread(target=_repeat, args=("publisher", publish, health, stop), name="publisher")
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(10)
        running.stop()


def _repeat(name: str, work: Callable[[], None], health: Liveness, stop: threading.Event) -> None:
    """A round each second until `stop`; one that raises is logged and counted, and the next one starts."""
    while not stop.is_set():
        try:
            work()
        except Exception:
            log.exception("%s: a round failed", name)
            health.failed(name)
        health.tick(name)
        stop.wait(PUBLISH_S)


@contextmanager
def _evaluating(
    store: Store, clock: Clock, health: Liveness, stop: threading.Event, wake: threading.Event
) -> Iterator[None]:
    from central.ledger.rounds import run_evaluator

    loop = threading.Thread(
        target=run_evaluator,
        args=(store, clock, stop),
        kwargs={
            "wake": wake,
            "tick": lambda: health.tick("evaluator"),
            "failed": lambda: health.failed("evaluator"),
            "aside": lambda: health.failed("judging"),
        },
        name="evaluator",
    )
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(30)


@contextmanager
def _serving_pages(settings: Settings, store: Store, clock: Clock, health: Liveness) -> Iterator[None]:
    from central.web.app import Pages

    pages = Pages(settings.web, store, clock, health)
    pages.start()
    try:
        yield
    finally:
        pages.stop()
