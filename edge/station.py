"""The shell of the station: everything is made and wired here, started in order and stopped in order.

Loops, each in a thread of its own: the door (owner of appends), the uplink, the panel, one for each reader's port. The
main thread keeps: watchdog and saving. A loop that fails is started again and seen; one that hangs starves the
watchdog.
"""

import logging
import os
import random
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from edge.clock import StationClock, open_clock
from edge.commands import Commands, Operation
from edge.door import Answer
from edge.doorway import LIMIT_S as DOOR_LIMIT_S
from edge.doorway import LOOP as DOOR
from edge.doorway import REMEMBERED, Doorway, Mode, Pressed
from edge.enrolment import Way
from edge.errors import EdgeError
from edge.health import Health, supervise
from edge.hearing import Hearing
from edge.identity import open_identity
from edge.journal import Journal
from edge.keeper import Keeper, read_floor
from edge.panel import Panel
from edge.phrases import Feedback, Words, digits_words
from edge.ports import Open, ReaderPort
from edge.readers import Reader
from edge.readers.acceptance import Policy
from edge.reading import driver_of, line_of
from edge.recorder import Recorder
from edge.refusal import told_at_the_door
from edge.report import Reporter
from edge.roster import Roster
from edge.sending import Sending
from edge.settings import Policy as PolicySettings
from edge.settings import ReaderSettings, Settings, load_settings
from edge.trace import TraceFile
from edge.uplink import LIMIT_S as UPLINK_LIMIT_S
from edge.uplink import LOOP as UPLINK
from edge.uplink import Parts, Uplink
from edge.wire.command import MODES
from edge.wire.notes import Verify

if TYPE_CHECKING:
    from edge.screen import Screen
    from edge.setup_page import SetupServer

VERSION = "0.1.0"
JOIN_S = 2.5
"""An ordered end takes at most five seconds; what central has not acknowledged by then stays in the journal."""
MOST_MODE_S = 3600

log = logging.getLogger(__name__)


def run(config: Path) -> int:
    """`diemdanh-edge run`: the station until SIGTERM or SIGINT. Raises EdgeError when it cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(threadName)s %(name)s: %(message)s")
    settings = load_settings(config, os.environ)
    ending = Ending()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ending.take_signal)
    station = Station(settings, os.environ.get("NOTIFY_SOCKET"), "WATCHDOG_USEC" in os.environ)
    station.open(ending)
    try:
        station.keeper.run(ending.stop)
    finally:
        station.close(ending.reason)
    return 0


class Ending:
    """That the station shall stop, and why."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.reason = "failed"

    def take_signal(self, number: int, frame: FrameType | None) -> None:
        """A signal ends it."""
        self.end(signal.Signals(number).name)

    def end(self, reason: str) -> None:
        """End it for `reason`, the first one counts."""
        if not self.stop.is_set():
            self.reason = reason
            self.stop.set()


class Station:
    """One door. `open` makes and starts everything, `close` ends it in order. notify, watchdog: see `Keeper`."""

    def __init__(self, settings: Settings, notify: str | None, watchdog: bool) -> None:
        self._settings = settings
        self._notify = notify
        self._watchdog = watchdog
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._screen: Screen | None = None
        self._setup: SetupServer | None = None

    def open(self, ending: Ending) -> None:
        """Start the station. Raises EdgeError when it cannot work, OSError when its folder cannot be used."""
        settings, data = self._settings, self._settings.station.data
        drivers = {reader.id: driver_of(reader) for reader in settings.readers}
        self._clock = open_clock(settings.clock, read_floor(data))
        lines = {reader.id: line_of(reader, drivers[reader.id], self._clock.mono_ns) for reader in settings.readers}
        self._health = Health(self._clock.mono_ns)
        with told_at_the_door(settings, self._clock.mono_ns, ending.stop):
            identity = open_identity(data, settings.station.device)
            self._way = Way(settings, identity, self._clock)
            central = self._central_of(self._way)
            self._roster = Roster(data, identity.device, central)
            self._roster.load()
            self._journal = _open_journal(settings, identity.device, self._clock, self._health)
        self._open_panel()
        moment = threading.Lock()
        self._recorder = Recorder(self._journal, self._clock, self._health, moment, lambda: self._uplink.wake())
        self._doorway = self._new_doorway(drivers)
        self._open_screen()
        reporter = Reporter(
            identity,
            self._journal,
            self._clock,
            self._roster,
            self._health,
            self._doorway.states,
            data,
            VERSION,
            moment,
            self._doorway.settled,
        )
        self._uplink = self._new_uplink(reporter, central, ending)
        self.keeper = Keeper(data, self._journal, self._clock, self._health, self._notify, self._watchdog)
        self._ports = [self._new_port(reader, drivers[reader.id], lines[reader.id]) for reader in settings.readers]
        self._begin(DOOR, DOOR_LIMIT_S, self._doorway.run)
        self._begin(UPLINK, UPLINK_LIMIT_S, self._uplink.run)
        for port in self._ports:
            port.start()
        self._open_setup(identity.device)

    def close(self, reason: str) -> None:
        """Readers first, then the door with its last event, then the uplink, which sends it; then save."""
        self.keeper.stopping()
        if self._setup is not None:
            self._setup.stop()
        for port in self._ports:
            port.stop()
        self._end(DOOR)
        self._doorway.stop(reason)
        self._end(UPLINK)
        self._panel.close()
        if self._screen is not None:
            self._screen.close()
        self._trace.close()
        self._journal.close()

    @staticmethod
    def _central_of(way: Way) -> Verify:
        """How central's word is checked. A damaged enrolment keeps no door from recording: the uplink says it again."""
        try:
            way.load()
        except EdgeError as error:
            log.error("%s", error)
        return way.verify

    def _open_panel(self) -> None:
        path = self._settings.panel.trace
        self._trace = TraceFile(path or Path(os.devnull), self._clock.mono_ns)
        self._trace.open()
        self._panel = Panel(self._settings.panel, self._clock.mono_ns, self._trace.write if path else None, self._press)
        self._panel.open()
        self._panel.start(self._health)

    def _press(self, button: str) -> None:
        self._doorway.put(Pressed(button))

    def _open_screen(self) -> None:
        """Start the display, where there is one."""
        settings = self._settings.display
        if settings.kind == "none":
            return
        from edge.displays import DISPLAYS
        from edge.screen import Screen

        display = DISPLAYS[settings.kind](settings)
        self._screen = Screen(display, self._idle_words, self._clock.mono_ns)
        self._screen.start(self._health)

    def _open_setup(self, device: str) -> None:
        """Serve the setup page, where settings say so and central has not let this station in."""
        settings, clock = self._settings, self._clock
        if not settings.setup.port or self._way.enrolled or settings.broker.ca is not None:
            return
        from edge.setup_page import Desk, SetupServer

        most_ms = settings.setup.minutes * 60_000
        desk = Desk(
            self._way,
            device,
            lambda: clock.stamp().clock.value,
            lambda: {one.reader: one.state for one in self._doorway.states()},
        )
        server = SetupServer(
            desk, settings.setup.host, settings.setup.port, lambda: (most_ms - clock.stamp().uptime_ms) / 1000
        )
        try:
            server.start()
        except EdgeError as error:
            log.error("%s", error)
        else:
            self._setup = server

    def _idle_words(self) -> Words:
        """What the display shows while nothing happens; while it is being let in, what a person has to compare."""
        digits = self._way.digits
        return digits_words(digits) if digits else self._doorway.idle().words

    def _write(self, answer: Answer) -> None:
        if self._screen is not None:
            self._screen.show(answer.words)

    def _new_doorway(self, drivers: Mapping[str, Reader]) -> Doorway:
        doorway = Doorway(
            {reader.id: reader.role for reader in self._settings.readers},
            {id_: driver.continuous for id_, driver in drivers.items()},
            _policy(self._settings.policy, self._roster.view.policy),
            self._recorder,
            self._roster,
            self._clock,
            self._health,
            self._panel.show,
            lambda: self._uplink.online,
            self._write,
        )
        doorway.remember(self._journal.recent(REMEMBERED))
        return doorway

    def _new_uplink(self, reporter: Reporter, central: Verify, ending: Ending) -> Uplink:
        sending = Sending(random.random)
        identity, data = reporter.identity, self._settings.station.data
        operations = self._operations(sending, ending)
        commands = Commands(data, identity.device, operations, SLOW, lambda: self._uplink.wake())
        commands.load()
        parts = Parts(
            self._journal,
            self._clock,
            self._roster,
            self._health,
            reporter,
            commands,
            sending,
            self._doorway.lost,
            central,
            random.random,
        )
        return Uplink(self._settings.broker, self._settings.uplink.heartbeat_s, parts, self._way)

    def _new_port(self, settings: ReaderSettings, driver: Reader, open_line: Open) -> ReaderPort:
        hearing = Hearing(settings.id, driver, self._doorway.put)
        loop = f"reader_{settings.id}"
        port = ReaderPort(settings.port, open_line, hearing, self._clock.mono_ns, self._health, loop)
        hearing.port = port
        return port

    def _operations(self, sending: Sending, ending: Ending) -> dict[str, Operation]:
        def send_all(arguments: Mapping[str, str]) -> str:
            sending.send_all()
            return "everything un-acknowledged is being sent"

        def identify(arguments: Mapping[str, str]) -> str:
            self._panel.show(Feedback.STUCK_CARD)
            return "the amber light blinked"

        def panel_test(arguments: Mapping[str, str]) -> str:
            for feedback in (Feedback.BADGE_READ, Feedback.BLOCKED, Feedback.STUCK_CARD):
                self._panel.show(feedback)
            return "amber and red were lit"

        def reader_mode(arguments: Mapping[str, str]) -> str:
            mode = _mode(arguments, [reader.id for reader in self._settings.readers])
            self._doorway.put(mode)
            return f"reader {mode.reader_id} is {mode.role} for {mode.seconds:g} s"

        def restart(arguments: Mapping[str, str]) -> str:
            ending.end("restart")
            return "stopping; the unit starts it again"

        def doctor(arguments: Mapping[str, str]) -> str:
            from edge.checkup import checkup  # what few stations ever need costs no start

            return checkup(self._settings, self._clock, arguments.get("lang", "vi"))

        return {
            "doctor": doctor,
            "send_all": send_all,
            "identify": identify,
            "panel_test": panel_test,
            "reader_mode": reader_mode,
            "restart": restart,
        }

    def _begin(self, loop: str, limit_s: float, body: Callable[[threading.Event], None]) -> None:
        stop = self._stops[loop] = threading.Event()
        self._health.watch(loop, limit_s)
        arguments = (loop, lambda: body(stop), stop, self._health)
        self._threads[loop] = threading.Thread(target=supervise, args=arguments, name=loop, daemon=True)
        self._threads[loop].start()

    def _end(self, loop: str) -> None:
        self._stops[loop].set()
        if loop == UPLINK:
            self._uplink.wake()
        self._threads[loop].join(JOIN_S)


SLOW = frozenset({"doctor"})
"""Commands that take seconds."""


def _policy(settings: PolicySettings, central: Mapping[str, int]) -> Policy:
    """The door's own defaults, and what central says instead."""
    own = {name: getattr(settings, name) for name in ("confirm", "window_ms", "gap_ms", "repeat_guard_ms")}
    return Policy(**{name: central.get(name, value) for name, value in own.items()})


def _mode(arguments: Mapping[str, str], readers: Sequence[str]) -> Mode:
    """The arguments of `reader_mode`. Raises ValueError."""
    reader, mode, seconds = (arguments.get(name, "") for name in ("reader", "mode", "seconds"))
    if reader not in readers:
        raise ValueError(f"reader: {reader!r} is none of {', '.join(readers)}")
    if mode not in MODES:
        raise ValueError(f"mode: {mode!r} is none of {', '.join(sorted(MODES))}")
    if not seconds.isdecimal() or not 0 < int(seconds) <= MOST_MODE_S:
        raise ValueError(f"seconds: {seconds!r} is no whole number from 1 to {MOST_MODE_S}")
    return Mode(reader, mode, float(seconds))


def _open_journal(settings: Settings, device: str, clock: StationClock, health: Health) -> Journal:
    folder = settings.station.data / "journal"
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal.open(
        folder,
        device,
        clock.boot,
        VERSION,
        clock.stamp(),
        lambda: os.urandom(8).hex(),
        segment_bytes=settings.journal.segment_bytes,
        ring_events=settings.journal.ring_events,
    )
    if not journal.damage.healthy:
        log.warning("the journal was damaged: %s", journal.damage)
        health.count("journal_damaged")
    return journal
