"""What the door answers to a tap, and what it journals: badge + roster + recent taps + moment -> Verdict. Pure.

The answer is made before the journal is asked and shown only after: `decide` gives the event to journal, `confirm`
gives what may be shown once the journal has answered. Nothing here judges anybody: "late" is provisional and comes from
a boundary that central worked out; every accepted read on a punch reader is journalled, whoever it belongs to.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

from edge.badges import masked
from edge.phrases import ARRIVED, FIELD_IN, FIELD_OUT, LCD_COLUMNS, PHRASES, Phrase, Words, fold, lcd_name
from edge.phrases import Feedback as Feedback
from edge.readers.acceptance import Tap, TapKind
from edge.wire.config import Boundary, RosterEntry
from edge.wire.events import Punch, Read

VIETNAM = timezone(timedelta(hours=7))  # no summer time since 1975; a constant keeps this file off the disk
MINUTE_MS = 60_000
MOST_LATE_MIN = 120
"""A first tap later than this may as well be the way out of somebody who came by another door, or was not noted."""
PUNCH_ROLE = "punch"


class RosterView(Protocol):
    """What the door knows from central. version 0 = nothing yet. texts: other words for `Feedback` values."""

    @property
    def version(self) -> int: ...
    @property
    def texts(self) -> Mapping[str, str]: ...

    def lookup(self, badge: str) -> RosterEntry | None:
        """Who carries `badge`; None = nobody that this door knows."""


@dataclass(frozen=True, slots=True)
class Moment:
    """utc_ms: when the tap was, None while there is no time. online: whether central is heard.

    field: `field_out` or `field_in` where the person chose field duty before tapping.
    """

    utc_ms: int | None
    online: bool
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown. lines: for a screen, in Vietnamese. lcd: two lines of at most 16 ASCII characters.

    late_min: whole minutes after the session's start, None unless provisionally late.
    """

    feedback: Feedback
    lines: tuple[str, ...]
    lcd: tuple[str, str]
    late_min: int | None = None

    @property
    def words(self) -> Words:
        """For a display."""
        return Words(self.lines, self.lcd)


@dataclass(frozen=True, slots=True)
class Verdict:
    """event: to be journalled before anything is shown, None = nothing. answer: what a journalled one would show.

    Ask `confirm` for what may be shown.
    """

    event: Punch | Read | None
    answer: Answer

    @property
    def feedback(self) -> Feedback:
        """Of the answer."""
        return self.answer.feedback


class RecentTaps:
    """When each badge was last recorded here, by utc: to say "already recorded 07:28" and who is here for the first
    time in a session. Only a convenience: after a restart it is empty, and central judges by the events."""

    def __init__(self, most: int = 20_000) -> None:
        self._last_ms: OrderedDict[str, int] = OrderedDict()
        self._most = most

    def note(self, badge: str, utc_ms: int | None) -> None:
        """A tap of `badge` was recorded; without a time there is nothing to note."""
        if utc_ms is None:
            return
        self._last_ms[badge] = utc_ms
        self._last_ms.move_to_end(badge)
        if len(self._last_ms) > self._most:
            self._last_ms.popitem(last=False)

    def last_ms(self, badge: str) -> int | None:
        """Of the last recorded tap, None = not known."""
        return self._last_ms.get(badge)


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of an answer before they are filled in."""

    feedback: Feedback
    phrase: Phrase
    late_min: int | None = None


def decide(tap: Tap, role: str, moment: Moment, roster: RosterView, recent: RecentTaps) -> Verdict:
    """What to journal for `tap` on a reader of `role`, and what to show once that is done. role: see settings.ROLES.

    A badge without an entry is `unknown`, an entry that is not active `blocked`; both are punches. While the door has
    no configuration at all it refuses nobody: `unknown` to central, "recorded" to the person. Not for REMOVED taps.
    """
    if tap.kind is TapKind.STUCK:
        return Verdict(None, _answer(Feedback.STUCK_CARD, roster))
    if role != PUNCH_ROLE:
        read = Read(tap.badge, tap.reader_id, role, str(tap.level), tap.evidence)
        event = read if tap.kind is TapKind.ACCEPTED else None
        return Verdict(event, _answer(Feedback.BADGE_READ, roster, badge=masked(tap.badge).rpartition(":")[2]))
    entry = roster.lookup(tap.badge)
    name = entry.name if entry is not None else None
    if tap.kind is not TapKind.ACCEPTED:
        return Verdict(None, _already(_time(recent.last_ms(tap.badge)), roster, name))
    punch = Punch(tap.badge, tap.reader_id, _remarks(tap, entry, moment), str(tap.level), tap.evidence, roster.version)
    said = _said(tap, entry, moment, roster, recent)
    return Verdict(punch, _filled(said, roster, name, moment))


def confirm(verdict: Verdict, written: bool, roster: RosterView) -> Answer:
    """What may be shown. written: whether the journal's append returned, that is, the event is on disk."""
    if verdict.event is None or written:
        return verdict.answer
    return _answer(Feedback.NOT_RECORDED, roster)


def state(feedback: Feedback, roster: RosterView, moment: Moment | None = None) -> Answer:
    """The words for a state of the door that no tap caused (`ready`, `reader_lost`, `bad_read`, `field_chosen`).

    moment: below them stands what a person should know before tapping: the time, that there is none, no network.
    """
    answer = _answer(feedback, roster)
    if moment is None:
        return answer
    unset, offline = PHRASES[Feedback.CLOCK_NOT_SET], PHRASES[Feedback.RECORDED_OFFLINE]
    lines = [_time(moment.utc_ms) or "Chưa có giờ đúng", *([] if moment.online else ["Mất mạng, vẫn ghi"])]
    below = _time(moment.utc_ms) if moment.online else offline.lcd
    return replace(answer, lines=(*answer.lines, *lines), lcd=(answer.lcd[0], below or unset.lcd))


def _already(time: str, roster: RosterView, name: str | None) -> Answer:
    answer = _answer(Feedback.ALREADY_RECORDED, roster, name, time=time)
    return replace(answer, lcd=(answer.lcd[0], time or answer.lcd[1]))


def _remarks(tap: Tap, entry: RosterEntry | None, moment: Moment) -> tuple[str, ...]:
    if entry is None:
        remarks: tuple[str, ...] = ("unknown",)
    else:
        remarks = ("known",) if entry.state == "active" else ("blocked",)
    return (*remarks, *(["two_cards"] if tap.two_cards else []), *([moment.field] if moment.field else []))


def _said(tap: Tap, entry: RosterEntry | None, moment: Moment, roster: RosterView, recent: RecentTaps) -> _Said:
    """The most useful thing to say, one only: what the person should do, then what they should know."""
    if tap.two_cards:
        return _plain(Feedback.TWO_CARDS)
    if entry is None and roster.version:
        return _plain(Feedback.UNKNOWN)
    if entry is not None and entry.state != "active":
        return _plain(Feedback.BLOCKED)
    if moment.utc_ms is None:
        return _plain(Feedback.CLOCK_NOT_SET)
    if moment.field is not None:
        return _Said(Feedback.RECORDED, FIELD_OUT if moment.field == "field_out" else FIELD_IN)
    arriving = _arriving_in(entry, moment.utc_ms, recent.last_ms(tap.badge))
    late_min = None if arriving is None else _late_min(arriving, moment.utc_ms)
    if late_min is not None:
        return replace(_plain(Feedback.RECORDED_LATE), late_min=late_min)
    if not moment.online:
        return _plain(Feedback.RECORDED_OFFLINE)
    return _plain(Feedback.RECORDED) if arriving is None else _Said(Feedback.RECORDED, ARRIVED)


def _plain(feedback: Feedback) -> _Said:
    return _Said(feedback, PHRASES[feedback])


def _arriving_in(entry: RosterEntry | None, utc_ms: int, last_ms: int | None) -> Boundary | None:
    """The session that this tap is the first one in; None = none, or somebody who tapped in it before."""
    begun = [boundary for boundary in (entry.sessions if entry else ()) if boundary.counts_from_ms <= utc_ms]
    if not begun:
        return None
    session = max(begun, key=lambda boundary: boundary.counts_from_ms)
    return None if last_ms is not None and last_ms >= session.counts_from_ms else session


def _late_min(session: Boundary, utc_ms: int) -> int | None:
    """Whole minutes since the session's start; None = not late, or too late to be told from somebody going out."""
    late_min = (utc_ms - session.due_from_ms) // MINUTE_MS
    late = session.late_after_ms is not None and utc_ms > session.late_after_ms
    return late_min if late and 0 <= late_min <= MOST_LATE_MIN else None


def _filled(said: _Said, roster: RosterView, name: str | None, moment: Moment) -> Answer:
    minutes = "" if said.late_min is None else str(said.late_min)
    answer = _worded(said, roster, name, {"time": _time(moment.utc_ms), "minutes": minutes})
    offline = PHRASES[Feedback.RECORDED_OFFLINE]
    if moment.online or not said.feedback.recorded or said.feedback is Feedback.RECORDED_OFFLINE:
        return answer
    lcd = answer.lcd if answer.lcd[1] else (answer.lcd[0], offline.lcd)
    return replace(answer, lines=(*answer.lines, "Mất mạng, đã lưu"), lcd=lcd)


def _answer(feedback: Feedback, roster: RosterView, name: str | None = None, **values: str) -> Answer:
    return _worded(_plain(feedback), roster, name, values)


def _worded(said: _Said, roster: RosterView, name: str | None, values: Mapping[str, str]) -> Answer:
    other = roster.texts.get(said.feedback.value)
    phrase = said.phrase if other is None else Phrase(other, fold(other))
    lines = (_fill(phrase.screen, values), *([name] if name else []))
    lcd = (_fill(phrase.lcd, values)[:LCD_COLUMNS], lcd_name(name) if name else "")
    return Answer(said.feedback, lines, lcd, said.late_min)


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Not str.format: the words may come from central, and no brace of theirs may fail or reach into an object."""
    for key, value in values.items():
        text = text.replace("{" + key + "}", value).replace("{" + key.upper() + "}", value)
    return text.strip()


def _time(utc_ms: int | None) -> str:
    """HH:MM in Viet Nam, empty when unknown."""
    if utc_ms is None:
        return ""
    return datetime.fromtimestamp(utc_ms // 1000, UTC).astimezone(VIETNAM).strftime("%H:%M")
