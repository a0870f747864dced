"""A door without ports, lights or network, in time that the test lets pass."""

import errno
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from edge.clock import BUILD_UTC_MS, Sources, StationClock, Trust
from edge.door import Answer, Feedback
from edge.doorway import LOOP, Doorway
from edge.health import Health
from edge.identity import verifier
from edge.journal import Journal
from edge.readers import EventKind, ReaderEvent
from edge.readers.acceptance import Policy
from edge.recorder import Recorder
from edge.roster import Roster
from edge.settings import ClockSettings
from edge.wire.events import Clock as Quality
from edge.wire.events import Event, decode_event

BADGE = "em:008EB2F9"
MS = 1_000_000


class Disk:
    """An fsync that fails while the disk is full, and during which something may happen."""

    full = False

    def __init__(self) -> None:
        self.meanwhile: list[Callable[[], object]] = []

    def __call__(self, handle: int) -> None:
        while self.meanwhile:
            self.meanwhile.pop(0)()
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


NTP = Trust(Quality.NTP)


class Bench:
    """utc_ms: what the clock says when `ns`, its uptime, is 0."""

    def __init__(self, folder: Path, utc_ms: int = BUILD_UTC_MS + 86_400_000, trust: Trust = NTP) -> None:
        self.ns = 100_000 * MS
        self.utc_ms = utc_ms
        self.trust = trust
        sources = Sources(
            lambda: (self.utc_ms + self.ns // MS) * MS, lambda: self.ns, lambda: self.ns, lambda: self.trust, "boot-1"
        )
        self.clock = StationClock(sources, ClockSettings())
        self.health = Health(self.clock.mono_ns)
        self.health.watch(LOOP, 20)
        self.disk = Disk()
        self.shown: list[tuple[Feedback, dict[str, object]]] = []
        self.written: list[Answer] = []
        self.durable_when_shown: list[int] = []
        (folder / "journal").mkdir(exist_ok=True)
        self.journal = Journal.open(
            folder / "journal", "d0001", "boot-1", "0.1", self.clock.stamp(), lambda: secrets.token_hex(8),
            segment_bytes=65536, sync=self.disk,
        )  # fmt: skip
        self.recorder = Recorder(self.journal, self.clock, self.health, threading.Lock(), lambda: None)
        self.roster = Roster(folder, "d0001", verifier(None))
        self.door = Doorway(
            {"door": "punch", "desk": "info"}, {"door": True, "desk": False}, Policy(), self.recorder, self.roster,
            self.clock, self.health, self._show, lambda: True, self._write,
        )  # fmt: skip

    def _show(self, feedback: Feedback, **context: object) -> None:
        self.shown.append((feedback, context))
        self.durable_when_shown.append(self.journal.head)

    def _write(self, answer: Answer) -> None:
        self.written.append(answer)

    def wait(self, ms: int) -> None:
        self.ns += ms * MS
        self.door.turn(0)

    def hear(self, kind: EventKind, reader: str = "door", badge: str | None = None, error=None) -> None:
        self.door.put(ReaderEvent(kind, reader, self.ns, badge, error=error))
        self.door.turn(0)

    def tap(self, badge: str = BADGE, reader: str = "door") -> None:
        for _ in range(3):
            self.hear(EventKind.READ, reader, badge)
            self.wait(65)
        self.wait(800)

    def feedbacks(self) -> list[Feedback]:
        return [feedback for feedback, _ in self.shown]

    def events(self) -> list[Event]:
        """Everything behind the `start`."""
        found: list[Event] = []
        while len(found) < self.journal.head:
            part = self.journal.read(self.journal.journal, len(found) + 1, self.journal.head)
            found += [decode_event(line) for line in part.lines]
        return found[1:]

    def bodies(self) -> list[object]:
        return [event.body for event in self.events()]
