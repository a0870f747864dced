"""The door loop: reader events in, journal and panel out. One thread, the owner of every append.

    event -> acceptance -> decide -> append (durable) -> only then the light

Nothing here waits for the network; the uplink is only woken. Whatever comes is dealt with as of the moment at which it
came (`edge.arrivals`): a slow disk makes nobody late.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from edge.arrivals import Arrivals
from edge.clock import Clock
from edge.door import PUNCH_ROLE, Answer, Moment, RecentTaps, confirm, decide, state
from edge.health import Health
from edge.journal.spans import Spans
from edge.outings import Outings
from edge.phrases import Feedback
from edge.readers import BadInput, EventKind, ReaderEvent
from edge.readers.acceptance import Acceptance, Policy, Tap, TapKind
from edge.recorder import Recorder
from edge.roster import Roster
from edge.wire.events import Button, Event, Fault, Ok, Punch, Read, Stamp, Start, Stop
from edge.wire.status import ReaderState

LOOP = "door"
LIMIT_S = 20.0
TURN_S = 0.05
CLOCK_LOOK_NS = 1_000_000_000
READER_LOST = "reader_lost"
CHOSEN_NS = 10_000_000_000
"""How long a press of "field duty" waits for its badge."""
REMEMBERED = 500
"""Newest events read at the start, to keep the repeat guard and "already recorded" over a restart."""

log = logging.getLogger(__name__)

Show = Callable[..., None]
"""`Panel.show`: shows a feedback, and traces it with whatever is said besides; neither blocks nor fails."""
Write = Callable[[Answer], None]
"""Has the words of an answer displayed; neither blocks nor fails."""
SILENT = frozenset({BadInput.NOISE, BadInput.ALL_ZERO})
"""What a reader without a card invents: counted, and not shown as a bad read."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Somebody found that these seqs of a journal cannot come."""

    journal: str
    spans: Spans


@dataclass(frozen=True, slots=True)
class Mode:
    """For `seconds` the reads of a reader mean what `role` says."""

    reader_id: str
    role: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody pressed a button."""

    button: str


Message = ReaderEvent | Losses | Mode | Pressed


@dataclass(slots=True)
class _Reader:
    """What the door knows of one reader.

    role: of the settings. lost_since_ms: uptime, None while it is there. carried_ms: since when it was lost as far as
    the journals before this start say, None = they do not.
    """

    role: str
    continuous: bool
    known: bool = False
    lost_since_ms: int | None = None
    carried_ms: int | None = None
    mode: str | None = None
    mode_until_ns: int = 0

    def role_at(self, mono_ns: int) -> str:
        """What its reads mean now."""
        return self.mode if self.mode is not None and mono_ns < self.mode_until_ns else self.role


class Doorway:
    """The loop of one door. online: whether the broker is connected. show: the panel."""

    def __init__(
        self,
        roles: Mapping[str, str],
        continuous: Mapping[str, bool],
        policy: Policy,
        recorder: Recorder,
        roster: Roster,
        clock: Clock,
        health: Health,
        show: Show,
        online: Callable[[], bool],
        write: Write = lambda answer: None,
    ) -> None:
        self._readers = {id_: _Reader(role, continuous[id_]) for id_, role in roles.items()}
        self._policy = policy
        self._acceptance = Acceptance(policy)
        self._recorder = recorder
        self._roster = roster
        self._clock = clock
        self._health = health
        self._show = show
        self._online = online
        self._write = write
        self._recent = RecentTaps()
        self._arrivals: Arrivals[Message] = Arrivals(clock.stamp)
        self._look_ns = 0
        self._chosen_ns: int | None = None
        self._outings = Outings()

    def put(self, message: Message) -> None:
        """Hand something to the loop. Any thread may call; it never blocks."""
        spare = ""
        if isinstance(message, ReaderEvent) and message.kind not in (EventKind.LOST, EventKind.CONNECTED):
            spare = message.reader_id
        if not self._arrivals.put(message, spare=spare):
            self._health.count("frames_dropped")

    def settled(self, now: Stamp) -> Stamp:
        """`now`, or when that came which the door has not dealt with yet: everything before it is journalled."""
        waiting = self._arrivals.oldest()
        return waiting if waiting is not None and waiting.uptime_ms < now.uptime_ms else now

    def lost(self, journal: str, spans: Spans) -> None:
        """Have it journalled that these seqs cannot come."""
        self.put(Losses(journal, spans))

    def idle(self) -> Answer:
        """The words while nothing happens. Any thread may ask."""
        away = any(reader.lost_since_ms is not None for reader in self._readers.values())
        moment = Moment(self._clock.stamp().utc_ms, self._online())
        return state(Feedback.READER_LOST if away else Feedback.READY, self._roster.view, moment)

    def states(self) -> tuple[ReaderState, ...]:
        """The readers as the heartbeat says them: state and counts of bad input."""
        return tuple(
            ReaderState(
                id_,
                "ok" if reader.known and reader.lost_since_ms is None else "lost",
                tuple(list(self._acceptance.counts(id_).items())[:64]),
            )
            for id_, reader in self._readers.items()
        )

    def remember(self, events: Iterable[Event]) -> None:
        """Take up what was recorded before this start: the guard against repeats survives a restart."""
        now = self._clock.stamp()
        last: dict[str, int] = {}
        lying: dict[str, str] = {}
        boot: str | None = None
        for event in events:
            boot = event.body.boot if isinstance(event.body, Start) else boot
            self._carry(event, now.uptime_ms)
            if not isinstance(event.body, Punch | Read):
                continue
            lying[event.body.reader] = event.body.badge
            self._recent.note(event.body.badge, event.stamp.utc_ms)
            if isinstance(event.body, Punch):
                self._outings.note(event.body, event.stamp)
            ago_ms = _ago_ms(event.stamp, now, same_boot=boot == self._clock.boot)
            if ago_ms is not None:
                last[event.body.badge] = self._clock.mono_ns() - int(self._clock.real_s(ago_ms) * 1e6)
        self._acceptance = Acceptance(self._policy, last, lying)

    def _carry(self, event: Event, uptime_ms: int) -> None:
        """A fault that a former journal left open has its end said in this one.

        Uptimes of another boot mean nothing here: it began at the latest when this station started.
        """
        if isinstance(event.body, Fault | Ok) and event.body.code == READER_LOST:
            reader = self._readers.get(event.body.which)
            if reader is not None:
                lost = isinstance(event.body, Fault)
                reader.carried_ms = min(event.stamp.uptime_ms, uptime_ms) if lost else None

    def run(self, stop: threading.Event) -> None:
        """Serve the door until `stop` is set, and whoever had tapped by then."""
        while not stop.is_set() or self._arrivals.oldest() is not None:
            self.turn(TURN_S)

    def turn(self, wait_s: float) -> None:
        """Take what came, waiting at most `wait_s` for it, and let time pass."""
        arrival = self._arrivals.first(wait_s)
        if arrival is not None:
            try:
                self._handle(arrival.message, arrival.stamp)
            finally:
                self._arrivals.done()
        if self._arrivals.oldest() is None:
            self._let_time_pass()
        self._health.tick(LOOP)

    def _let_time_pass(self) -> None:
        """Not while messages wait: the disk may have been slow, and a frame among them confirms an older one."""
        now = self._clock.stamp()
        self._answer(self._acceptance.tick(self._clock.mono_ns()), now)
        self._recorder.tick()
        if self._clock.mono_ns() >= self._look_ns:
            self._look_at_clock(now)

    def stop(self, reason: str) -> None:
        """The last event of an ordered end; the loop has ended."""
        self._recorder.record(Stop(reason))

    def _handle(self, message: Message, at: Stamp) -> None:
        if isinstance(message, Losses):
            self._recorder.record_lost(message.journal, message.spans)
        elif isinstance(message, Mode):
            reader = self._readers[message.reader_id]
            reader.mode, reader.mode_until_ns = message.role, self._clock.mono_ns() + int(message.seconds * 1e9)
        elif isinstance(message, Pressed):
            self._press(message.button, at)
        else:
            self._hear(message, at)

    def _press(self, button: str, at: Stamp) -> None:
        """The next badge goes to field duty or comes from it; pressed again, it does not."""
        self._recorder.record(Button(button), at)
        chosen = self._chosen()
        self._chosen_ns = None if chosen else self._clock.mono_ns()
        self._say(state(Feedback.BADGE_READ if chosen else Feedback.FIELD_CHOSEN, self._roster.view))

    def _chosen(self) -> bool:
        return self._chosen_ns is not None and self._clock.mono_ns() - self._chosen_ns < CHOSEN_NS

    def _hear(self, event: ReaderEvent, at: Stamp) -> None:
        reader = self._readers[event.reader_id]
        if event.kind is EventKind.LOST:
            self._lose(event.reader_id, reader, at)
        elif event.kind is EventKind.CONNECTED:
            self._regain(event.reader_id, reader, at)
        elif event.kind is EventKind.ERROR and event.error not in SILENT:
            self._say(state(Feedback.BAD_READ, self._roster.view))
        event = self._whole(event, reader)
        self._answer(self._acceptance.offer(event, continuous=reader.continuous), at)

    def _whole(self, event: ReaderEvent, reader: _Reader) -> ReaderEvent:
        """A partial number at a punch reader becomes the badge of this site that alone can be meant; what was read
        stays beside it as evidence."""
        if event.badge is None or reader.role_at(self._clock.mono_ns()) != PUNCH_ROLE:
            return event
        whole = self._roster.view.whole(event.badge)
        if whole == event.badge:
            return event
        return replace(event, badge=whole, forms={**event.forms, "version": event.badge})

    def _lose(self, reader_id: str, reader: _Reader, at: Stamp) -> None:
        """Once for each loss: a port that stays away is said once."""
        if reader.known and reader.lost_since_ms is not None:
            return
        reader.known = True
        reader.lost_since_ms = at.uptime_ms if reader.carried_ms is None else reader.carried_ms
        self._health.fault(f"{READER_LOST}_{reader_id}")
        self._recorder.record(Fault(READER_LOST, reader_id), at)
        self._show(Feedback.READER_LOST)

    def _regain(self, reader_id: str, reader: _Reader, at: Stamp) -> None:
        began_ms = reader.carried_ms if reader.lost_since_ms is None else reader.lost_since_ms
        reader.known, reader.lost_since_ms, reader.carried_ms = True, None, None
        if began_ms is not None:
            self._recorder.record(Ok(READER_LOST, reader_id, began_ms), at)
            self._health.clear(f"{READER_LOST}_{reader_id}")
        self._show_state()

    def _show_state(self) -> None:
        """Red as long as any reader is away."""
        away = any(reader.lost_since_ms is not None for reader in self._readers.values())
        self._show(Feedback.READER_LOST if away else Feedback.READY)

    def _answer(self, taps: Iterable[Tap], at: Stamp) -> None:
        for tap in taps:
            if tap.kind is not TapKind.REMOVED:
                self._tap(tap, at)

    def _tap(self, tap: Tap, at: Stamp) -> None:
        self._look_at_clock(at)
        role = self._readers[tap.reader_id].role_at(self._clock.mono_ns())
        view = self._roster.view
        field = self._outings.remark(tap.badge, at) if self._chosen() and tap.kind is TapKind.ACCEPTED else None
        moment = Moment(at.utc_ms, self._online(), field)
        verdict = decide(tap, role, moment, view, self._recent)
        written = None if verdict.event is None else self._recorder.record(verdict.event, at)
        answer = confirm(verdict, written is not None, view)
        where = {} if written is None else {"journal": written.journal, "seq": written.seq}
        self._say(
            answer,
            badge=tap.badge,
            reader=tap.reader_id,
            tap_ns=tap.mono_ns,
            utc_ms=moment.utc_ms,
            text=answer.lines[0],
            **where,
        )
        if verdict.event is not None and written is None:
            self._acceptance.forget(tap.badge)
        elif written is not None and isinstance(verdict.event, Punch):
            self._recent.note(tap.badge, moment.utc_ms)
            self._outings.note(verdict.event, at)
            self._chosen_ns = None

    def _say(self, answer: Answer, **context: object) -> None:
        """The light first: it is the answer; the words follow when the display comes to it."""
        self._show(answer.feedback, **context)
        self._write(answer)

    def _look_at_clock(self, at: Stamp) -> None:
        """Journal that the clock was set: at once, after the events of the old time, before any of the new."""
        self._look_ns = self._clock.mono_ns() + CLOCK_LOOK_NS
        step = self._clock.step(at)
        if step is not None:
            log.info("the clock was set by %s to %d", step.source, step.after_ms)
            self._recorder.record(step, at)


def _ago_ms(then: Stamp, now: Stamp, *, same_boot: bool) -> int | None:
    """How long ago a recorded event was, None when it cannot be known. Uptime needs no clock, but the same boot."""
    if same_boot:
        return max(0, now.uptime_ms - then.uptime_ms)
    if then.utc_ms is None or now.utc_ms is None or now.utc_ms < then.utc_ms:
        return None
    return now.utc_ms - then.utc_ms
