"""The collector: a bounded queue, one writer, and the promise that nothing is acknowledged before it is committed.

`receive` may be called from any thread and only enqueues. Messages that find no room are dropped and counted: devices
send again what is not acknowledged. `process` is the whole of intake without queue, threads or MQTT.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.garbage import no_search_for_garbage
from central.intaking.answers import Outgoing
from central.intaking.reading import Message
from central.intaking.registry import UNREGISTERED, Registry
from central.intaking.sorting import Sorted, sort_messages
from central.intaking.taking import Birth, Taken, take
from central.store import Store, collected, quarantine
from central.store.quarantine import Held

log = logging.getLogger(__name__)

GROUP_MESSAGES = 200
GROUP_ROWS = 5_000
GROUP_WAIT_S = 0.02
"""How long a group waits for company; wire.md allows 50 ms."""
QUEUE_MESSAGES = 20_000
QUEUE_BYTES = 64 * 1024 * 1024
PAUSE_MS = 2_000
"""What devices are asked to hold back their backlog when the queue is more than half full."""
RETRY_S = 1.0
SAY_ALIVE_MS = 20_000
"""How often, by central's clock, the database is told up to when everything that came is stored."""
IDLE_S = 1.0
"""How soon the writer says that it lives when no message comes: a quiet night is no failure."""

Publish = Callable[[Outgoing], None]


@dataclass(slots=True)
class Health:
    """Counts since the start of this process; last_commit_ms: central's utc, 0 before the first."""

    received: int = 0
    dropped: int = 0
    groups: int = 0
    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    poisoned: int = 0
    errors: int = 0
    last_commit_ms: int = 0
    queued: int = 0


def _is_the_databases_fault(error: Exception) -> bool:
    """Whether no message is to blame: a full disk, a lost connection, a deadlock, a schema that is not there."""
    refused_value = isinstance(error, sa.exc.IntegrityError | sa.exc.DataError)
    return isinstance(error, sa.exc.DBAPIError) and not refused_value


class Collector:
    """Intake of one process.

    publish: called by the writer with every answer, after the commit. on_birth: called after the commit for every birth
    (device, applied configuration version), and may publish too. committed: called after every commit, whoever waits
    for new facts is woken by it.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        publish: Publish = lambda outgoing: None,
        on_birth: Callable[[Birth], None] = lambda birth: None,
        *,
        committed: Callable[[], None] = lambda: None,
        queue_messages: int = QUEUE_MESSAGES,
        queue_bytes: int = QUEUE_BYTES,
        registry: Registry | None = None,
    ) -> None:
        self._store, self._clock = store, clock
        self.publish, self.on_birth, self._committed = publish, on_birth, committed
        self.listening: Callable[[], bool] = lambda: True
        """Whether messages can come at all: without a broker nothing is taken in."""
        self._said_ms = 0
        self._registry = Registry() if registry is None else registry
        self._queue: deque[Message] = deque()
        self._queue_messages, self._queue_bytes, self._bytes = queue_messages, queue_bytes, 0
        self._arrived = threading.Condition()
        self._stopping = False
        self._processing = threading.Lock()
        self.health = Health()

    # --- the queue ---

    def receive(self, topic: str, payload: bytes) -> None:
        """Enqueue a message that arrived now; drop it where there is no room."""
        self.receive_all([(topic, payload)])

    def receive_all(self, arrived: Sequence[tuple[str, bytes]]) -> None:
        """Enqueue messages (topic, payload) that arrived now, in their order; drop those that find no room."""
        now_ms = self._clock.now_ms()
        with self._arrived:
            before = len(self._queue)
            self.health.received += len(arrived)
            for topic, payload in arrived:
                if len(self._queue) >= self._queue_messages or self._bytes + len(payload) > self._queue_bytes:
                    self.health.dropped += 1
                    continue
                self._queue.append(Message(topic, payload, now_ms))
                self._bytes += len(payload)
            if before == 0 or before < GROUP_MESSAGES <= len(self._queue):
                self._arrived.notify()

    def _next_group(self) -> list[Message]:
        """The next messages, none after `stop` or a second without any; waits a moment for company."""
        with self._arrived:
            if not self._queue and not self._stopping:
                self._arrived.wait(IDLE_S)
            if 0 < len(self._queue) < GROUP_MESSAGES and not self._stopping:
                self._arrived.wait_for(lambda: len(self._queue) >= GROUP_MESSAGES or self._stopping, GROUP_WAIT_S)
            group: list[Message] = []
            rows = 0
            while self._queue and len(group) < GROUP_MESSAGES:
                rows += self._queue[0].payload.count(b"\n")
                if group and rows > GROUP_ROWS:
                    break
                message = self._queue.popleft()
                self._bytes -= len(message.payload)
                group.append(message)
            return group

    def _pause_ms(self) -> int:
        full = 2 * len(self._queue) > self._queue_messages or 2 * self._bytes > self._queue_bytes
        return PAUSE_MS if full else 0

    # --- the writer ---

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Write until `stop`: the writer thread's whole life. tick: called at least once a second while it works."""
        while not self._stopping:
            try:
                tick()
                self._write_next()
                self._say_alive()
            except Exception:
                # The one place where anything may arrive: the messages are lost here and sent again by their devices.
                self.health.errors += 1
                log.exception("intake: a group of messages was not stored; the devices will send it again")
                with self._arrived:
                    self._arrived.wait_for(lambda: self._stopping, RETRY_S)

    def _write_next(self) -> None:
        group = self._next_group()
        if group:
            for outgoing in self.process(group):
                self.publish(outgoing)

    def _say_alive(self) -> None:
        """Tell the other processes up to when everything that came is stored."""
        now_ms = self._clock.now_ms()
        if 0 <= now_ms - self._said_ms < SAY_ALIVE_MS or not self.listening():
            return
        with self._arrived:
            until_ms = min((message.received_ms for message in self._queue), default=now_ms)
        self._store.repeat(lambda db: collected.collected_until(db, until_ms))
        self._said_ms = now_ms

    def stop(self) -> None:
        """End `run` after the group in hand."""
        with self._arrived:
            self._stopping = True
            self._arrived.notify_all()

    # --- intake itself ---

    def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Store messages and return what is to be published, all of it committed.

        A message that cannot be stored for a reason nobody foresaw goes to quarantine alone. Raises DBAPIError when
        the database cannot be written: then nothing was stored, and no message is to blame.
        """
        with self._processing, no_search_for_garbage():
            try:
                return self._commit(messages)
            except Exception as error:
                if _is_the_databases_fault(error):
                    raise
                log.exception("intake: trying %d messages one by one", len(messages))
                self.health.errors += 1
                return [outgoing for message in messages for outgoing in self._alone(message)]

    def _alone(self, message: Message) -> list[Outgoing]:
        try:
            return self._commit([message])
        except Exception as error:
            if _is_the_databases_fault(error):
                raise
            log.exception("intake: a message on %s goes to quarantine", message.topic)
            self.health.poisoned += 1
            held = Held(message.topic, None, "poison", repr(error), message.payload, message.received_ms)
            with self._store.write() as db:
                quarantine.hold(db, [held])
            return []

    def _commit(self, messages: Sequence[Message]) -> list[Outgoing]:
        taken = None
        while taken is None:
            with self._store.read() as db:
                self._registry.refresh(db)
            group = sort_messages(messages, self._registry)
            taken = self._store.repeat(lambda db, group=group: self._take(db, group))  # type: ignore[misc]
        self._committed()
        self._count(taken)
        for birth in taken.births:
            self.on_birth(birth)
        return taken.outgoing

    def _take(self, db: sa.Connection, group: Sorted) -> Taken | None:
        """None when a device was registered since the group was sorted: what would be held has to be sorted again, for
        nobody would release it any more."""
        strangers = any(held.code == UNREGISTERED for held in group.held)
        if strangers and self._registry.behind(db):
            return None
        return take(db, group, self._registry, self._clock.now_ms(), self._pause_ms())

    def _count(self, taken: Taken) -> None:
        health = self.health
        health.groups += 1
        health.stored += taken.stored
        health.duplicates += taken.duplicates
        health.quarantined += taken.quarantined
        health.last_commit_ms = self._clock.now_ms()
        health.queued = len(self._queue)

    def report(self) -> dict[str, int]:
        """The counts by name, for health pages."""
        return asdict(self.health)
