"""What the main thread does while the loops work: feed the watchdog, save what may be lost cheaply, tell systemd."""

import json
import logging
import threading
from pathlib import Path

from edge.clock import BUILD_UTC_MS, MAX_FLOOR_AHEAD_MS, StationClock
from edge.errors import JournalError
from edge.files import replace_file
from edge.health import Health, tell_systemd
from edge.journal import Journal

FLOOR_FILE = "clock.json"
TURN_S = 1.0
SAVE_EVERY_NS = 30_000_000_000
"""Acknowledgements since the last save cost duplicates after a power cut; a write for each would wear out the card."""

log = logging.getLogger(__name__)


class Keeper:
    """The keeper of one station. notify: the value of NOTIFY_SOCKET, watchdog: whether systemd waits for its food."""

    def __init__(
        self, data: Path, journal: Journal, clock: StationClock, health: Health, notify: str | None, watchdog: bool
    ) -> None:
        self._floor = data / FLOOR_FILE
        self._journal = journal
        self._clock = clock
        self._health = health
        self._notify = notify
        self._watchdog = watchdog
        self._saved = journal.open_journals()
        self._save_ns = clock.mono_ns() + SAVE_EVERY_NS
        self._ready = False
        self._late: tuple[str, ...] = ()

    def run(self, stop: threading.Event) -> None:
        """Keep until `stop` is set."""
        while not stop.wait(0.05 if not self._ready else TURN_S):
            self.tick()

    def tick(self) -> None:
        """One look at everything."""
        if not self._ready and self._health.begun():
            self._ready = True
            self._tell("READY=1")
        late = self._health.late()
        if late and late != self._late:
            log.error("loops without a sign of life: %s; the watchdog is not fed", ", ".join(late))
        self._late = late
        if self._ready and self._watchdog and not late:
            self._tell("WATCHDOG=1")
        if self._clock.mono_ns() >= self._save_ns:
            self._save_ns = self._clock.mono_ns() + SAVE_EVERY_NS
            self.save()

    def save(self) -> None:
        """Remember acknowledgements and the floor of time, if there is anything new."""
        open_now = self._journal.open_journals()
        if open_now == self._saved:
            return
        try:
            self._journal.save()
            replace_file(self._floor, json.dumps({"utc_ms": self._clock.earliest_ms()}).encode())
        except JournalError as error:
            log.warning("%s", error)
            self._health.count("not_saved")
            return
        except OSError as error:
            log.warning("%s cannot be written: %s; free some space", self._floor, error)
            self._health.count("not_saved")
            return
        self._saved = open_now

    def stopping(self) -> None:
        """Tell systemd that the end is ordered."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        try:
            tell_systemd(message, self._notify)
        except OSError as error:
            log.warning("systemd cannot be told %s: %s", message, error)


def read_floor(data: Path) -> int:
    """The utc in ms that had passed when it was last saved; the build date without a good one."""
    path = data / FLOOR_FILE
    try:
        utc_ms = int(json.loads(path.read_bytes())["utc_ms"])
        return utc_ms if BUILD_UTC_MS < utc_ms < BUILD_UTC_MS + MAX_FLOOR_AHEAD_MS else BUILD_UTC_MS
    except FileNotFoundError:
        return BUILD_UTC_MS
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        log.warning("%s: %s; the clock's floor is the build date", path, error)
        return BUILD_UTC_MS
