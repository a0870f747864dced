"""A message of a device -> what intake has to place. Pure: no database, no clock.

Reading is done once, before any lock is taken. Whatever cannot be read is a `WireError`; a single event line that
cannot be read only loses its own seq: its neighbours count, and the chain goes through its bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from central.intaking.quick import QuickPunch, read_batch, read_punch
from central.store.events import EventRow
from central.timing import FUTURE_MS, Method, Stamped, TimingError, in_calendar, own_time
from edge.wire import WireError
from edge.wire.batch import Batch
from edge.wire.chain import links
from edge.wire.events import ClockSet, Event, Lost, Punch, Start, decode_event
from edge.wire.topics import Address


class Message(NamedTuple):
    """What arrived: topic, bytes, and central's utc of the receipt. A tuple, because thousands a second are made."""

    topic: str
    payload: bytes
    received_ms: int


class Run(NamedTuple):
    """Readable events with consecutive seqs; before: the chain hash before the first of them."""

    first: int
    before: bytes
    rows: Sequence[EventRow]

    @property
    def last(self) -> int:
        """The last seq."""
        return self.first + len(self.rows) - 1


@dataclass(slots=True)
class Delivery:
    """One `up` message, read. unreadable: seqs whose lines could not be read, and why; lost: what it says is lost."""

    message: Message
    batch: Batch
    runs: list[Run] = field(default_factory=list)
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    start: Start | None = None
    lost: list[tuple[int, Lost]] = field(default_factory=list)
    clock_set: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """(device, journal)."""
        return (self.batch.device, self.batch.journal)


def read_up(message: Message, address: Address) -> Delivery:
    """An `up` message. Raises WireError when its header, or the place of a line in it, cannot be read."""
    batch = read_batch(message.payload)
    if batch.device != address.device:
        raise WireError(f"batch of device {batch.device} on the topic of {address.device}")
    delivery = Delivery(message, batch)
    before, begin = batch.before, batch.first
    rows: list[EventRow] = []
    hashes = links(batch.before, batch.lines)
    received_ms = message.received_ms
    for seq, (line, after) in enumerate(zip(batch.lines, hashes, strict=True), batch.first):
        punch = read_punch(line)
        if punch is not None and punch.seq == seq:
            rows.append(_punch_row(punch, line, after, received_ms))
            continue
        try:
            event = decode_event(line)
        except WireError as error:
            delivery.unreadable.append((seq, str(error)))
            _close(delivery, begin, before, rows)
            before, rows, begin = after, [], seq + 1
            continue
        if event.seq != seq:
            raise WireError(f"the line of seq {seq} says {event.seq}")
        rows.append(_row(event, line, after, received_ms))
        if event.kind in _LOOKED_INTO:
            _look_into(delivery, event)
    _close(delivery, begin, before, rows)
    return delivery


def _close(delivery: Delivery, first: int, before: bytes, rows: list[EventRow]) -> None:
    if rows:
        delivery.runs.append(Run(first, before, rows))


_LOOKED_INTO = frozenset({"start", "lost", "clock"})


def _look_into(delivery: Delivery, event: Event) -> None:
    body = event.body
    if isinstance(body, Start) and event.seq == 1:
        delivery.start = body
    elif isinstance(body, Lost):
        delivery.lost.append((event.seq, body))
    elif isinstance(body, ClockSet):
        delivery.clock_set = True


def _row(event: Event, line: bytes, after: bytes, received_ms: int) -> EventRow:
    stamp, body = event.stamp, event.body
    badge = body.badge if isinstance(body, Punch) else None
    clock = stamp.clock.value
    kind = event.kind
    if clock == "ntp" and stamp.utc_ms is not None:
        timed = _own(stamp.uptime_ms, stamp.utc_ms, stamp.sync_age_s, received_ms)
        if timed is not None:
            return EventRow(
                event.seq, kind, line, after, stamp.uptime_ms, stamp.utc_ms, clock, stamp.sync_age_s, received_ms,
                badge, *timed,
            )  # fmt: skip
    return EventRow(
        event.seq, kind, line, after, stamp.uptime_ms, stamp.utc_ms, clock, stamp.sync_age_s, received_ms,
        badge, None, None, None, False,
    )  # fmt: skip


def _punch_row(punch: QuickPunch, line: bytes, after: bytes, received_ms: int) -> EventRow:
    seq, uptime_ms, utc_ms, clock, age, badge = punch
    if clock != "ntp":
        return EventRow(
            seq, "punch", line, after, uptime_ms, utc_ms, clock, age, received_ms, badge, None, None, None, False
        )  # fmt: skip
    uncertainty_ms, best_ms = own_uncertainty_ms(age), in_calendar(utc_ms)
    ahead = best_ms - received_ms > uncertainty_ms + FUTURE_MS
    return EventRow(
        seq, "punch", line, after, uptime_ms, utc_ms, clock, age, received_ms,
        badge, best_ms, uncertainty_ms, Method.OWN.value, ahead,
    )  # fmt: skip


@lru_cache(4096)
def own_uncertainty_ms(sync_age_s: int | None) -> int:
    """Of an ntp stamp, as `timing.own_time` says: it depends on the age of the last sync alone."""
    timed = own_time(Stamped("", 0, 0, "ntp", sync_age_s, 0))
    return 0 if timed is None else timed.uncertainty_ms


def read_row(line: bytes, after: bytes, received_ms: int) -> EventRow:
    """A stored line, read again; after: its chain hash."""
    return _row(decode_event(line), line, after, received_ms)


def _own(uptime_ms: int, utc_ms: int, sync_age_s: int | None, received_ms: int) -> tuple[int, int, str, bool] | None:
    """time_ms, uncertainty_ms, method and set_aside of an event whose own stamp is good."""
    try:
        timed = own_time(Stamped("", uptime_ms, utc_ms, "ntp", sync_age_s, received_ms))
    except TimingError:
        return None
    return None if timed is None else (timed.best_ms, timed.uncertainty_ms, timed.method.value, timed.set_aside)
