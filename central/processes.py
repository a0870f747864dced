"""Wiring: which parts run in this process, and their ordered end."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from central.clock import Clock
from central.counters import serving_counts
from central.errors import DatabaseError
from central.health import Liveness, tell_service_manager
from central.settings import Settings
from central.store import Store, open_store

log = logging.getLogger(__name__)

WATCH_S = 2.0
PUBLISH_S = 1.0
FOLD_S = 1.0
"""Of one second's commits the log is so short that folding it takes the disk a few milliseconds."""
FAILED_S = 1.0
"""The pause after a round that raised."""


def ready_store(settings: Settings, *, folded: bool = False) -> Store:
    """The database, at this version of the schema; folded: this process folds SQLite's log beside the commits."""
    store = open_store(settings.database.url, folded=folded, clock=settings.clock.clock())
    store.upgrade()
    return store


def standing_store(settings: Settings) -> Store:
    """The database that `run`, `import` or another command that sets up has made, at this version of the schema.

    Raises DatabaseError when there is none: a mistyped name must not become an empty database that answers "nobody".
    """
    store = open_store(settings.database.url, clock=settings.clock.clock())
    missing = store.missing_file()
    if missing is not None:
        raise DatabaseError(
            f"there is no database {missing}: is its name right (--db, DIEMDANH_DB or the settings)? This command only "
            "looks and makes none; `run`, `import`, `device add` and `upgrade` do"
        )
    store.upgrade()
    return store


def serve(settings: Settings, parts: Sequence[str]) -> int:
    """Run `parts` (collect, evaluate, web) until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store, clock = ready_store(settings, folded=True), settings.clock.clock()
    health, wake = Liveness(clock), threading.Event()
    start: dict[str, Callable[[], object]] = {
        "collect": lambda: running.enter_context(_collecting(settings, store, clock, health, stop, wake)),
        "evaluate": lambda: running.enter_context(_evaluating(store, clock, health, stop, wake)),
        "web": lambda: running.enter_context(_serving_pages(settings, store, clock, health)),
    }
    with ExitStack() as running:
        running.callback(store.close)
        if store.sqlite:
            running.enter_context(_folding(store, health, stop))
        for part in parts:
            start[part]()
        if "evaluate" in parts and "collect" not in parts:
            running.enter_context(_hearing(store, health, stop, wake))
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
def _looping(
    name: str, work: Callable[[], object], health: Liveness, stop: threading.Event, pause_s: float
) -> Iterator[None]:
    """A thread that does `work` again and again until `stop`."""
    loop = threading.Thread(target=_repeat, args=(name, work, health, stop, pause_s), name=name)
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(10)


@contextmanager
def _folding(store: Store, health: Liveness, stop: threading.Event) -> Iterator[None]:
    """Fold SQLite's log beside the commits; whatever is left when all else has ended is folded by the last one."""
    from central.store.checkpoints import Checkpoints

    with closing(Checkpoints(store)) as log, _looping("checkpoints", log.fold, health, stop, FOLD_S):
        yield


@contextmanager
def _hearing(store: Store, health: Liveness, stop: threading.Event, wake: threading.Event) -> Iterator[None]:
    """Wake the evaluator when another process commits."""
    from central.store.news import News

    with closing(News(store, wake.set)) as news, _looping("news", lambda: news.listen(stop), health, stop, 0.0):
        yield


@contextmanager
def _collecting(
    settings: Settings, store: Store, clock: Clock, health: Liveness, stop: threading.Event, wake: threading.Event
) -> Iterator[None]:
    from central.calendars.listing import Reminder
    from central.commanding import Commander
    from central.heads import Closing
    from central.intake import Birth, run_collector
    from central.keys import load_key
    from central.privacy import Forgetting
    from central.roster.publish import Outbox, Publication, Publisher
    from edge.wire.topics import Channel, topic

    sign = load_key(settings.key.file).sign
    forgetting = Forgetting(store, clock)
    publisher, heads = Publisher(store, clock, sign), Closing(store, clock, sign)
    commander = Commander(store, clock, sign)

    def sent(one: Publication) -> bool:
        return running.publish(topic(one.device, Channel.CFG), one.payload, qos=1, retain=True)

    def on_birth(birth: Birth) -> None:
        publisher.born(birth.device, birth.cfg)

    # What finds no connection waits: a device that stays connected would not ask for it.
    outbox, reminder = Outbox(sent), Reminder(store, clock)

    def publish() -> None:
        outbox.send(publisher.due())
        for one in commander.due():
            running.publish(topic(one.device, Channel.CMD), one.payload, qos=1)
        reminder.look()

    running = run_collector(store, clock, settings, on_birth=on_birth, tick=health.tick, committed=wake.set)
    health.count_with("intake", running.collector.report)
    try:
        with (
            _looping("heads", heads.look, health, stop, PUBLISH_S),
            _looping("retention", forgetting.look, health, stop, PUBLISH_S),
            _looping("publisher", publish, health, stop, PUBLISH_S),
        ):
            yield
    finally:
        running.stop()


def _repeat(name: str, work: Callable[[], object], health: Liveness, stop: threading.Event, pause_s: float) -> None:
    """Rounds until `stop`, pause_s apart; one that raises is logged and counted, and the next one starts."""
    while not stop.is_set():
        wait_s = pause_s
        try:
            work()
        except Exception:
            log.exception("%s: a round failed", name)
            health.failed(name)
            wait_s = max(pause_s, FAILED_S)
        health.tick(name)
        stop.wait(wait_s)


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

    pages = Pages(settings.web, store, clock, health, settings)
    pages.start()
    try:
        with _letting_in(settings, store):
            yield
    finally:
        pages.stop()


@contextmanager
def _letting_in(settings: Settings, store: Store) -> Iterator[None]:
    """Answer stations that ask to be let in, where settings say so."""
    if not settings.enrol.port:
        yield
        return
    from central.clock import SystemClock
    from central.keys import load_key
    from central.trust.authority import open_authority
    from central.trust.broker import broker_address
    from central.web.enrolment import EnrolmentServer, Office, build_enrolment

    clock, folder = SystemClock(), Path(settings.broker.folder)
    address = broker_address(folder)
    key = load_key(settings.key.file).public_text
    office = Office(open_authority(settings.ca.file, clock.now_ms()), address.names[0], address.port, key)
    files = (folder / "server.pem", folder / "server-key.pem")
    server = EnrolmentServer(build_enrolment(store, clock, office), settings.enrol.host, settings.enrol.port, *files)
    server.start()
    try:
        yield
    finally:
        server.stop()
