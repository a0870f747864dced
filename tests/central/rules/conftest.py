"""One-line days: a person's taps on Monday 2 March 2026, and what is said about them.

The office works 07:30-11:30 and 13:30-17:00, five minutes of grace in the morning sense, none when leaving. A tap is
`07:36` or `07:36:10`; `!07:36` tapped at another door; `07:36~10` known to ten minutes only; `07:36?` on a forked
journal; `08:00>` after the field duty button on going out, `10:00<` on coming back; `+1/06:00` on the next date,
`-1/23:30` on the date before.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from central.rules import DayVerdict, evaluate
from central.rules.day import (
    LOCAL,
    Coverage,
    Day,
    Flag,
    ManualEntry,
    Outing,
    Plan,
    PlanKind,
    Session,
    SessionVerdict,
    Span,
    Tap,
)

MONDAY = date(2026, 3, 2)
OFFICE = "AM 07:30-11:30 PM 13:30-17:00"
TAP = re.compile(r"(?P<door>!?)(?P<at>[-+/:\d]+)(?:~(?P<unsure>\d+))?(?P<fork>\??)(?P<outing>[<>]?)")
OUTINGS = {"": Outing.NONE, ">": Outing.OUT, "<": Outing.IN}


def at(text: str) -> datetime:
    """A moment of the Monday: `07:36`, `07:36:10`, `+1/06:00`."""
    days, _, clock = text.rpartition("/")
    return datetime.combine(MONDAY + timedelta(days=int(days or 0)), time.fromisoformat(clock), LOCAL)


def tap(text: str) -> Tap:
    parts = TAP.fullmatch(text)
    assert parts is not None, text
    unsure = timedelta(minutes=int(parts["unsure"] or 0))
    return Tap(
        at(parts["at"]),
        text,
        "other door" if parts["door"] else "door",
        unsure,
        bool(parts["fork"]),
        OUTINGS[parts["outing"]],
    )


def taps(text: str) -> tuple[Tap, ...]:
    return tuple(tap(t) for t in text.split())


def spans_of(text: str) -> tuple[Span, ...]:
    return tuple(Span(*(at(end) for end in part.split("-", 1))) for part in text.split())


def sessions(text: str, **settings: timedelta | None) -> tuple[Session, ...]:
    words = text.split()
    return tuple(
        Session(name, span.start, span.end, **settings)  # type: ignore[arg-type]
        for name, (span,) in zip(words[::2], map(spans_of, words[1::2]), strict=True)
    )


def plans(text: str) -> tuple[Plan, ...]:
    """`leave`, `trip:AM`, `field_duty:PM` ..."""
    words = (word.partition(":") for word in text.split())
    return tuple(Plan(PlanKind(kind), session or None) for kind, _, session in words)


def manual(text: str) -> tuple[ManualEntry, ...]:
    """`AM=07:29-11:30`, either end left out."""
    entries = []
    for word in text.split():
        name, _, ends = word.partition("=")
        came, _, went = ends.partition("-")
        entries.append(ManualEntry(name, at(came) if came else None, at(went) if went else None))
    return tuple(entries)


def a_day(
    punches: str = "",
    *,
    hours: str = OFFICE,
    grace_min: int = 5,
    grace_early_min: int = 0,
    before_min: int | None = None,
    after_min: int | None = None,
    plan: str = "",
    entry: str = "",
    down: str = "",
    now: str = "",
    delivered: str = "",
    aside: str = "",
    **rest: Any,
) -> Day:
    office = sessions(
        hours,
        grace_late=timedelta(minutes=grace_min),
        grace_early=timedelta(minutes=grace_early_min),
        window_before=None if before_min is None else timedelta(minutes=before_min),
        window_after=None if after_min is None else timedelta(minutes=after_min),
    )
    coverage = Coverage(at(now) if now else None, at(delivered) if delivered else None, spans_of(down))
    return Day(MONDAY, office, taps(punches), plans(plan), manual(entry), coverage, set_aside=taps(aside), **rest)


def words(verdict: SessionVerdict) -> list[str]:
    minutes = {Flag.LATE: f" {verdict.late_min}", Flag.EARLY_LEAVE: f" {verdict.early_min}"}
    return [flag.value + minutes.get(flag, "") for flag in verdict.flags]


@pytest.fixture
def spans() -> Callable[[str], tuple[Span, ...]]:
    return spans_of


@pytest.fixture
def day() -> Callable[..., Day]:
    return a_day


@pytest.fixture
def judged() -> Callable[..., DayVerdict]:
    """The whole verdict of a one-line day."""
    return lambda punches="", **facts: evaluate(a_day(punches, **facts))


@pytest.fixture
def flags() -> Callable[..., list[str]]:
    """All flags of a one-line day, session by session, with their minutes."""
    return lambda punches="", **facts: [w for v in evaluate(a_day(punches, **facts)).sessions for w in words(v)]


@pytest.fixture
def outcomes() -> Callable[..., str]:
    """The outcomes of a one-line day, session by session."""
    return lambda punches="", **facts: " ".join(v.outcome for v in evaluate(a_day(punches, **facts)).sessions)


@pytest.fixture
def ends() -> Callable[..., str]:
    """IN and OUT of each session of a one-line day, `-` for an end that nobody saw."""

    def show(punches: str = "", **facts: Any) -> str:
        moments = [m for v in evaluate(a_day(punches, **facts)).sessions for m in (v.time_in, v.time_out)]
        return " ".join("-" if m is None else m.strftime("%H:%M:%S").removesuffix(":00") for m in moments)

    return show
