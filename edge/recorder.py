"""The one owner of appends: makes an event durable in order of time, and knows when the disk does not take it.

Only what `record` returned may be shown as recorded. While the disk refuses, nothing can be journalled, not even that
fact; so the end of it (`ok`) carries the uptime at which it began.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from edge.clock import Clock
from edge.health import Health
from edge.journal import Journal, JournalError, Written
from edge.journal.refusals import is_read_only
from edge.journal.spans import Spans, minus, union
from edge.wire.events import Body, Lost, Ok, Stamp

DISK_FULL = "disk_full"
READ_ONLY = "disk_read_only"
"""Shown beside `disk_full` where no room would help: the computer has to be restarted."""
RETRY_NS = 5_000_000_000
LOST_BURST, LOST_EVERY_NS = 200, 60_000_000_000
"""Who asks is not signed: `lost` may be said so often at once, and then once in so long. Central asks again."""

log = logging.getLogger(__name__)


class Recorder:
    """Appends to one journal from one thread. moment: held from an event's stamp until it is durable (see `Reporter`).

    written: told after each event, from the same thread.
    """

    def __init__(
        self, journal: Journal, clock: Clock, health: Health, moment: threading.Lock, written: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._health = health
        self._moment = moment
        self._written = written
        self._refused_since_ms: int | None = None
        self._last_uptime_ms = 0
        self._retry_ns = 0
        self._said: dict[str, Spans] = {}
        self._lost_left = float(LOST_BURST)
        self._lost_ns = clock.mono_ns()

    @property
    def refusing(self) -> bool:
        """Whether the disk refused the last event."""
        return self._refused_since_ms is not None

    def record(self, body: Body, at: Stamp | None = None) -> Written | None:
        """The event, durable; None = it is not recorded, and nobody may be told that it is.

        at: when it happened, None = now.
        """
        with self._moment:
            stamp = self._in_order(at or self._clock.stamp())
            try:
                written = self._journal.append(body, stamp)
            except JournalError as error:
                log.exception("an event could not be recorded")
                self._refuse(stamp.uptime_ms, error)
                return None
            self._last_uptime_ms = stamp.uptime_ms
        self._written()
        if self.refusing:
            # Not now but then: what waits behind this event happened after it, and must not seem to be later still.
            self._say_ok(stamp)
        return written

    def _in_order(self, stamp: Stamp) -> Stamp:
        """Uptimes never decrease within a journal: what was seen a moment before the last event counts as of then."""
        behind_ms = self._last_uptime_ms - stamp.uptime_ms
        if behind_ms <= 0:
            return stamp
        utc_ms = None if stamp.utc_ms is None else stamp.utc_ms + behind_ms
        return replace(stamp, uptime_ms=self._last_uptime_ms, utc_ms=utc_ms)

    def record_lost(self, journal: str, spans: Spans) -> None:
        """Say that these seqs cannot come, each once in the life of this process, as far as may be said now."""
        for first, last in minus(spans, self._said.get(journal, ())):
            if not self._may_say_lost():
                self._health.count("lost_not_said")
                return
            before, after = self._journal.around(journal, first, last)
            if self.record(Lost(journal, first, last, before, after)) is not None:
                self._said[journal] = union(self._said.get(journal, ()), ((first, last),))

    def _may_say_lost(self) -> bool:
        now_ns = self._clock.mono_ns()
        self._lost_left = min(LOST_BURST, self._lost_left + (now_ns - self._lost_ns) / LOST_EVERY_NS)
        self._lost_ns = now_ns
        if self._lost_left < 1:
            return False
        self._lost_left -= 1
        return True

    def tick(self) -> None:
        """While the disk refuses, see now and then whether it takes events again."""
        if self.refusing and self._clock.mono_ns() >= self._retry_ns:
            self._retry_ns = self._clock.mono_ns() + RETRY_NS
            self._say_ok()

    def _refuse(self, uptime_ms: int, error: JournalError) -> None:
        if self._refused_since_ms is None:
            self._refused_since_ms = uptime_ms
        self._retry_ns = self._clock.mono_ns() + RETRY_NS
        self._health.fault(DISK_FULL)
        if is_read_only(error):
            self._health.fault(READ_ONLY)
        self._health.count(DISK_FULL)

    def _say_ok(self, at: Stamp | None = None) -> None:
        began_ms = self._refused_since_ms
        if began_ms is None:
            return
        with self._moment:
            stamp = self._in_order(at or self._clock.stamp())
            try:
                self._journal.append(Ok(DISK_FULL, "journal", began_ms), stamp)
            except JournalError as error:
                log.warning("%s", error)
                return
            self._last_uptime_ms = stamp.uptime_ms
        self._refused_since_ms = None
        self._health.clear(DISK_FULL)
        self._health.clear(READ_ONLY)
        self._written()
