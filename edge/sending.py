"""What to send next: the order, the window and the timers of wire.md, "Sending", and rules R4, R5, R7, R9. Pure.

The journal knows what is un-acknowledged; this knows what of it is on its way, held back or due again. Nothing here is
kept over a restart: whatever is forgotten costs duplicates, never an event.

    the start of the current journal -> events appended since the connection came up -> the backlog, oldest first
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from edge.journal.spans import Spans, minus, union, within
from edge.wire.ack import Refused
from edge.wire.batch import MAX_EVENTS
from edge.wire.text import MAX_INT

WINDOW = 4
"""Batches un-acknowledged at a time."""
BACKLOG_WINDOW = WINDOW - 1
"""One place stays free for a tap made now, so that history never delays the board."""
RESEND_FIRST_MS = 5_000
RESEND_MOST_MS = 60_000
RESEND_LEAST_MS = 1_000
"""Full jitter may draw nearly nothing; central needs this long to commit and answer."""
HOLD_MS = 900_000
"""A refusal is not signed: after so long its events are offered again: a forged one holds nothing for ever."""
TIRED = 4
"""After so many sendings without an answer a batch lets everything fresher go first, so that it blocks nothing."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A journal's un-acknowledged seqs: ascending spans that do not touch. The current journal comes last."""

    journal: str
    spans: Spans


@dataclass(frozen=True, slots=True)
class Choice:
    """Send these seqs of `journal`, or as many of them from the first as fit one message.

    live: not history; closes: nothing of the backlog remains to be sent after it (a seal belongs at its end).
    """

    journal: str
    first: int
    last: int
    live: bool
    closes: bool


@dataclass(slots=True)
class _Flight:
    """A batch on its way, and when it counts as not arrived."""

    journal: str
    first: int
    last: int
    due_ms: int
    tries: int


@dataclass(slots=True)
class _Held:
    """What central refused of a journal, and until when that is believed."""

    spans: Spans
    until_ms: int


@dataclass(slots=True)
class _Connection:
    """What is forgotten when a connection ends."""

    current: str
    head: int
    flights: list[_Flight] = field(default_factory=list)
    went: dict[str, Spans] = field(default_factory=dict)
    held: dict[str, _Held] = field(default_factory=dict)
    tries: dict[tuple[str, int, int], int] = field(default_factory=dict)
    pause_until_ms: int = 0


class Sending:
    """The scheduler of one station. random: uniform in [0, 1). Times are real milliseconds of one monotonic clock."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._connection: _Connection | None = None

    def connected(self, current: str, head: int) -> None:
        """A birth was sent: nothing is on its way any more, nothing is held. head: last seq of journal `current`."""
        self._connection = _Connection(current, head)

    def disconnected(self) -> None:
        """Nothing can be sent."""
        self._connection = None

    def choose(self, pending: Sequence[Pending], now_ms: int) -> Choice | None:
        """What to send now, None = nothing, or not yet. Call `sent` when it is on its way, then ask again."""
        here = self._connection
        if here is None:
            return None
        self._settle(here, pending, now_ms)
        if len(here.flights) >= WINDOW:
            return None
        ready = [Pending(p.journal, _ready(here, p)) for p in pending]
        fresh = [Pending(p.journal, minus(p.spans, _tired(here, p.journal))) for p in ready]
        return self._pick(here, fresh, now_ms) or self._pick(here, ready, now_ms)

    def _pick(self, here: _Connection, ready: Sequence[Pending], now_ms: int) -> Choice | None:
        current = next((p.spans for p in ready if p.journal == here.current), ())
        live = _start(current) or _first(within(current, here.head + 1, MAX_INT))
        if live is not None:
            return Choice(here.current, *live, live=True, closes=False)
        if len(here.flights) >= BACKLOG_WINDOW or now_ms < here.pause_until_ms:
            return None
        return _oldest(_backlog(ready, here))

    def sent(self, journal: str, first: int, last: int, now_ms: int) -> None:
        """[first, last] of `journal` is on its way."""
        here = self._connection
        if here is not None:
            here.went[journal] = union(here.went.get(journal, ()), ((first, last),))
            tries = _tries(here, journal, first, last)
            here.flights.append(_Flight(journal, first, last, now_ms + self._wait_ms(tries), tries))

    def acknowledged(self, progress: bool, pause_ms: int, now_ms: int) -> None:
        """Central answered. progress: it said something new; pause_ms: how long the backlog shall wait."""
        here = self._connection
        if here is None:
            return
        here.pause_until_ms = now_ms + pause_ms
        for flight in here.flights if progress else ():
            if flight.tries:
                # Central is back: what waits on a long timer is tried soon, not in a minute.
                flight.due_ms = min(flight.due_ms, now_ms + self._wait_ms(0))

    def refused(self, journal: str, refusals: Iterable[Refused], now_ms: int) -> bool:
        """Central will not store these now: they stay here until it asks for them, until the next birth, or so long
        that the refusal must be heard again. Only what went out on this connection can be refused; False = nothing.
        """
        here = self._connection
        if here is None:
            return False
        went = here.went.get(journal, ())
        spans = union(*(within(went, refused.first, refused.last) for refused in refusals))
        if spans:
            held = here.held.setdefault(journal, _Held((), now_ms + HOLD_MS))
            held.spans = union(held.spans, spans)
        return bool(spans)

    def asked(self, journal: str, first: int, last: int) -> None:
        """Central asked for [first, last] of `journal`: neither held nor on its way any more."""
        here = self._connection
        if here is not None:
            if journal in here.held:
                here.held[journal].spans = minus(here.held[journal].spans, ((first, last),))
            here.flights = [f for f in here.flights if f.journal != journal or f.last < first or f.first > last]

    def send_all(self) -> None:
        """Everything un-acknowledged is due now, whatever is on its way, held or paused."""
        here = self._connection
        if here is not None:
            here.flights, here.held, here.tries, here.pause_until_ms = [], {}, {}, 0

    def in_flight(self) -> int:
        """Batches on their way."""
        return 0 if self._connection is None else len(self._connection.flights)

    def _settle(self, here: _Connection, pending: Sequence[Pending], now_ms: int) -> None:
        """Take what has arrived, is held, or did not arrive in time off the way."""
        here.held = {journal: held for journal, held in here.held.items() if now_ms < held.until_ms}
        open_spans = {p.journal: minus(p.spans, _holding(here, p.journal)) for p in pending}
        flying = [f for f in here.flights if within(open_spans.get(f.journal, ()), f.first, f.last)]
        here.flights = [f for f in flying if now_ms < f.due_ms]
        here.tries = {at: n for at, n in here.tries.items() if within(open_spans.get(at[0], ()), at[1], at[2])}
        for late in flying:
            if now_ms >= late.due_ms:
                here.tries[late.journal, late.first, late.last] = late.tries + 1

    def _wait_ms(self, tries: int) -> int:
        most = min(RESEND_MOST_MS, RESEND_FIRST_MS << min(tries, 10))
        return max(RESEND_LEAST_MS, int(self._random() * most))


def _ready(here: _Connection, pending: Pending) -> Spans:
    """What of a journal is un-acknowledged, not on its way and not held."""
    flying = tuple((f.first, f.last) for f in here.flights if f.journal == pending.journal)
    return minus(pending.spans, flying, _holding(here, pending.journal))


def _holding(here: _Connection, journal: str) -> Spans:
    held = here.held.get(journal)
    return held.spans if held else ()


def _tries(here: _Connection, journal: str, first: int, last: int) -> int:
    """How often any of these went out without an answer."""
    return max(
        (n for (j, low, high), n in here.tries.items() if j == journal and low <= last and high >= first), default=0
    )


def _tired(here: _Connection, journal: str) -> Spans:
    return tuple((first, last) for (j, first, last), n in here.tries.items() if j == journal and n >= TIRED)


def _backlog(ready: Iterable[Pending], here: _Connection) -> list[Pending]:
    """What was there before the connection came up."""
    old = (Pending(p.journal, within(p.spans, 1, here.head) if p.journal == here.current else p.spans) for p in ready)
    return [p for p in old if p.spans]


def _oldest(backlog: Sequence[Pending]) -> Choice | None:
    if not backlog:
        return None
    spans = backlog[0].spans
    first, last = spans[0][0], min(spans[0][1], spans[0][0] + MAX_EVENTS - 1)
    closes = len(backlog) == 1 and spans == ((first, last),)
    return Choice(backlog[0].journal, first, last, live=False, closes=closes)


def _start(spans: Spans) -> tuple[int, int] | None:
    return (1, 1) if spans and spans[0][0] == 1 else None


def _first(spans: Spans) -> tuple[int, int] | None:
    return (spans[0][0], min(spans[0][1], spans[0][0] + MAX_EVENTS - 1)) if spans else None
