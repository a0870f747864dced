"""What people saw, beside what the doors and the plans say: last words, disagreements, counts, missed times. Pure.

An observation is a fact of its own. Nothing here decides who is right: a disagreement is named and stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from central.presence import State


class Reason(StrEnum):
    """Why somebody was not seen, as whoever looked was told; the values stand in the database."""

    NONE = ""
    LEAVE = "leave"
    FIELD = "field"
    TRIP = "trip"
    ERRAND = "errand"
    """On the office's business, near the office."""
    REPORTED = "reported"
    """Had told the head."""
    OFF = "off"


class Finding(StrEnum):
    """What a team may note of somebody; the values stand in the database."""

    ALCOHOL = "alcohol"
    DRESS = "dress"
    BADGE = "badge"
    """Does not wear the badge of the office."""
    LEFT_POST = "left_post"
    PRIVATE = "private"
    """Does private things in working hours."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said of one person."""

    staff: str
    seen: bool
    reason: Reason = Reason.NONE
    findings: tuple[Finding, ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A saying as it is kept. number: order of arrival. said_ms: when it was said, as far as the sender could tell;
    at_ms: when it arrived."""

    number: int
    saying: Saying
    said_ms: int
    at_ms: int
    by: str
    key: str


@dataclass(frozen=True, slots=True)
class Fact:
    """What doors and plans say of somebody at the moment of the look. tap_ms: the tap that says where they are; door:
    its code. tapped: there are taps beside a plan."""

    state: State
    tap_ms: int | None = None
    door: str = ""
    tapped: bool = False


SEEN_BY_TAP = frozenset({State.IN, State.LATE})
PLANNED = {State.LEAVE: Reason.LEAVE, State.FIELD: Reason.FIELD, State.OFF: Reason.OFF}
NO_TAP = frozenset({State.MISSING, State.EXPECTED, State.OUT})


def prefilled(staff: str, state: State, *, by_taps: bool = True) -> Saying | None:
    """What a list says of somebody before anybody looked; None where somebody has to look: nothing is known, or the
    list does not go by taps (an inspection)."""
    if state is State.UNKNOWN or not (by_taps or state in PLANNED):
        return None
    return Saying(staff, state in SEEN_BY_TAP, PLANNED.get(state, Reason.NONE))


def last_words(words: Iterable[Word]) -> dict[str, Word]:
    """The last word about each person: said last, and of those said at once, arrived last."""
    found: dict[str, Word] = {}
    for word in words:
        staff = word.saying.staff
        if staff not in found or _order(word) > _order(found[staff]):
            found[staff] = word
    return found


def _order(word: Word) -> tuple[int, int]:
    return word.said_ms, word.number


def standing(persons: Mapping[str, State], words: Iterable[Word], *, by_taps: bool = True) -> dict[str, Saying | None]:
    """What a list shows of each person: the last word, else what it was prefilled with."""
    said = last_words(words)
    return {
        staff: said[staff].saying if staff in said else prefilled(staff, state, by_taps=by_taps)
        for staff, state in persons.items()
    }


class Disagreement(StrEnum):
    """Between what was seen and what doors and plans say."""

    TAPPED_NOT_SEEN = "tapped_not_seen"
    SEEN_NO_TAP = "seen_no_tap"
    SEEN_THOUGH_AWAY = "seen_though_away"
    """By the plan on leave or in the field."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides of a disagreement about one person."""

    staff: str
    kind: Disagreement
    word: Word
    fact: Fact


def conflict_of(word: Word, fact: Fact) -> Conflict | None:
    """The disagreement between a word and the facts at its moment; None where there is none, or nothing is known."""
    kind = None
    if not word.saying.seen:
        kind = Disagreement.TAPPED_NOT_SEEN if fact.state in SEEN_BY_TAP else None
    elif fact.state in (State.LEAVE, State.FIELD):
        kind = Disagreement.SEEN_THOUGH_AWAY
    elif fact.state in NO_TAP:
        kind = Disagreement.SEEN_NO_TAP
    return None if kind is None else Conflict(word.saying.staff, kind, word, fact)


def conflicts(words: Mapping[str, Word], facts: Mapping[str, Fact]) -> tuple[Conflict, ...]:
    """All disagreements of a round. facts: of each person at the moment of the last word."""
    found = (conflict_of(word, facts[staff]) for staff, word in words.items() if staff in facts)
    return tuple(one for one in found if one is not None)


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a round. expected: of the roster, those whom no plan has elsewhere. excused: not seen, with a
    reason that was told; unexcused: without one, of them with_tap and without_tap. not_looked: nobody has said anything
    of them yet."""

    roster: int
    present: int
    leave: int
    field: int
    off: int
    excused: int
    with_tap: int
    without_tap: int
    not_looked: int

    @property
    def expected(self) -> int:
        return self.roster - self.leave - self.field - self.off

    @property
    def unexcused(self) -> int:
        return self.with_tap + self.without_tap


def tally(persons: Mapping[str, State], words: Mapping[str, Word], facts: Mapping[str, Fact]) -> Tally:
    """Count a round. persons: the plans at its opening; a plan and a person who was seen all the same is present."""
    kinds = [_kind(state, words.get(staff), facts.get(staff)) for staff, state in persons.items()]
    names = ("present", "leave", "field", "off", "excused", "with_tap", "without_tap", "not_looked")
    return Tally(len(kinds), *(kinds.count(name) for name in names))


def _kind(state: State, word: Word | None, fact: Fact | None) -> str:
    if word is None:
        return state.value if state in PLANNED else "not_looked"
    if word.saying.seen:
        return "present"
    if state in PLANNED:
        return state.value
    if word.saying.reason is not Reason.NONE:
        return "excused"
    return "without_tap" if fact is None or fact.tap_ms is None else "with_tap"


def ratio(part: int, whole: int, language: str = "vi") -> str:
    """`7/21 (33,3%)`; without a percentage of nothing."""
    if not whole:
        return f"{part}/{whole}"
    percent = f"{100 * part / whole:.1f}%"
    return f"{part}/{whole} ({percent.replace('.', ',') if language == 'vi' else percent})"


class Kept(StrEnum):
    """What became of a set time."""

    AHEAD = "ahead"
    DUE = "due"
    OPEN = "open"
    DONE = "done"
    LATE = "late"
    """Called, but only later."""
    MISSED = "missed"


BEFORE_MIN, AFTER_MIN = 30, 15
"""A roll call that is opened so long before its set time, or after it, keeps it."""


@dataclass(frozen=True, slots=True)
class Called:
    """A roll call of the date. at_min: minutes after midnight when it was opened."""

    number: int
    at_min: int
    finished: bool


@dataclass(frozen=True, slots=True)
class SetTime:
    """A set time and what became of it; number: of its roll call, None without one."""

    at_min: int
    kept: Kept
    number: int | None = None


def set_times(times: Sequence[int], called: Sequence[Called], now_min: int) -> tuple[SetTime, ...]:
    """What became of the set times of a date. times, now_min: minutes after midnight, of a date that is over 1440."""
    ends = [*(time - BEFORE_MIN for time in times[1:]), 24 * 60][: len(times)]
    found = []
    for time, end in zip(times, ends, strict=True):
        own = [one for one in called if time - BEFORE_MIN <= one.at_min < end]
        found.append(_kept(time, min(own, key=lambda one: (one.at_min, one.number), default=None), now_min))
    return tuple(found)


def _kept(time: int, called: Called | None, now_min: int) -> SetTime:
    if called is None:
        if now_min < time - BEFORE_MIN:
            return SetTime(time, Kept.AHEAD)
        return SetTime(time, Kept.DUE if now_min <= time + AFTER_MIN else Kept.MISSED)
    late = called.at_min > time + AFTER_MIN
    kept = Kept.OPEN if not called.finished else Kept.LATE if late else Kept.DONE
    return SetTime(time, kept, called.number)
