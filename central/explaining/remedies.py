"""What would have to be different: changes of the day under which a flag or an absence would not be said. Pure.

Every change named here was tried: the day with the change is judged again, and only what then holds is told.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from central.rules import evaluate
from central.rules.day import Cause, Coverage, Day, DayVerdict, Flag, ManualEntry, Outcome, Session, SessionVerdict, Tap
from central.rules.pairing import windows

SECOND = timedelta(seconds=1)


class RemedyKind(StrEnum):
    """What kind of change; the order of definition is the order in which they are told."""

    COME_BY = "come_by"
    """The first tap at `until` at the latest."""
    STAY_UNTIL = "stay_until"
    """The last tap at `since` at the earliest."""
    TAP_IN = "tap_in"
    """One more tap between `since` and `until`, as the arrival."""
    TAP_OUT = "tap_out"
    """One more tap between `since` and `until`, as the departure."""
    TAP_TWICE = "tap_twice"
    """An arrival at `until` at the latest and a departure at `since` at the earliest."""
    TIME_PASSES = "time_passes"
    """The clock has passed `since`."""
    DOORS_DELIVER = "doors_deliver"
    """Every door waited for has delivered past `since`."""
    ENTRY = "entry"
    """An approved manual entry with both times."""
    CLOCK_SET = "clock_set"
    """The door learns the time in the same run, so that its taps are known to the second."""
    FORK_DECIDED = "fork_decided"
    """A person decides which version of the journal holds."""
    OUTING_DECIDED = "outing_decided"
    """A person approves or refuses the way to the field."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change. Both instants in full seconds and included; None where the kind has none."""

    kind: RemedyKind
    since: datetime | None = None
    until: datetime | None = None


def remedies(day: Day, verdict: DayVerdict, index: int) -> tuple[Remedy, ...]:
    """What would have to be different for the session at `index` of the verdict, in the order of `RemedyKind`."""
    said = verdict.sessions[index]
    found = [*_waiting(said), *_of_taps(day, said, index), *_doubts(said)]
    if said.plan is None and (said.flags or said.outcome is Outcome.ABSENT) and _settled_by_entry(day, index):
        found.append(Remedy(RemedyKind.ENTRY))
    order = list(RemedyKind)
    return tuple(sorted(dict.fromkeys(found), key=lambda r: order.index(r.kind)))


def _waiting(said: SessionVerdict) -> list[Remedy]:
    kinds = {Cause.NOT_OVER: RemedyKind.TIME_PASSES, Cause.UNDELIVERED: RemedyKind.DOORS_DELIVER}
    last: dict[RemedyKind, datetime] = {}
    for reason in said.reasons:
        kind = kinds.get(reason.cause)
        if kind is not None and reason.end is not None:
            last[kind] = max(last.get(kind, reason.end), reason.end)
    return [Remedy(kind, at) for kind, at in last.items()]


def _doubts(said: SessionVerdict) -> list[Remedy]:
    kinds = {
        Cause.CLOCK: RemedyKind.CLOCK_SET,
        Cause.FORK: RemedyKind.FORK_DECIDED,
        Cause.OUTING: RemedyKind.OUTING_DECIDED,
    }
    return [Remedy(kinds[r.cause]) for r in said.reasons if r.cause in kinds]


def _of_taps(day: Day, said: SessionVerdict, index: int) -> list[Remedy]:
    """Taps that would have changed the answer."""
    session, window = said.session, windows(day)[index]
    by, since = session.start + session.grace_late, session.end - session.grace_early
    found: list[Remedy] = []
    if said.outcome is Outcome.ABSENT:
        found += _if(day, index, Remedy(RemedyKind.TAP_TWICE, since, by), (by, since), Outcome.ABSENT)
    if Flag.LATE in said.flags:
        found += _if(day, index, Remedy(RemedyKind.COME_BY, None, by), (by,), Flag.LATE)
    if Flag.EARLY_LEAVE in said.flags:
        found += _if(day, index, Remedy(RemedyKind.STAY_UNTIL, since), (since,), Flag.EARLY_LEAVE)
    if Flag.MISSING_IN in said.flags:
        found += _tap_in(day, index, session, window.start, by)
    if Flag.MISSING_OUT in said.flags:
        found += _tap_out(day, index, said, window.end, since)
    return found


def _tap_in(day: Day, index: int, session: Session, opens: datetime, by: datetime) -> list[Remedy]:
    """From when to when a tap would be the arrival that is missing; not so early that it folds into another one."""
    early = max(opens, session.start - timedelta(hours=1))
    apart = (early, early + day.policy.dedup)
    first = next((at for at in apart if at <= by and _without(day, index, (at,), Flag.MISSING_IN)), None)
    return [] if first is None else _if(day, index, Remedy(RemedyKind.TAP_IN, first, by), (by,), Flag.MISSING_IN)


def _tap_out(day: Day, index: int, said: SessionVerdict, closes: datetime, since: datetime) -> list[Remedy]:
    """From when to when a tap would be the departure: not before the end, not so soon that it folds into the IN."""
    apart = since if said.time_in is None else max(since, said.time_in + day.policy.dedup + SECOND)
    latest = next((at for at in (closes, said.session.end) if _without(day, index, (at,), Flag.MISSING_OUT)), None)
    if latest is None or latest < apart:
        return []
    return _if(day, index, Remedy(RemedyKind.TAP_OUT, apart, latest), (apart,), Flag.MISSING_OUT)


def _if(day: Day, index: int, remedy: Remedy, taps: Sequence[datetime], gone: Flag | Outcome) -> list[Remedy]:
    return [remedy] if _without(day, index, taps, gone) else []


def _without(day: Day, index: int, taps: Iterable[datetime], gone: Flag | Outcome) -> bool:
    """Whether the session no longer says `gone` once these taps are there, everything being delivered and over."""
    added = tuple(Tap(at, f"if:{n}") for n, at in enumerate(taps))
    changed = replace(day, taps=(*day.taps, *added), coverage=replace(day.coverage, now=None, delivered_until=None))
    return _holds(changed, index, lambda s: gone not in s.flags and s.outcome is not gone)


def _settled_by_entry(day: Day, index: int) -> bool:
    session = day.sessions[index]
    entry = ManualEntry(session.name, session.start, session.end, ref="\uffff")
    changed = replace(day, manual=(*day.manual, entry), coverage=Coverage())
    return _holds(changed, index, lambda s: s.outcome is Outcome.PRESENT and not s.flags)


def _holds(day: Day, index: int, true: Callable[[SessionVerdict], bool]) -> bool:
    return true(evaluate(day).sessions[index])
