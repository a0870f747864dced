"""Which taps belong to which session, and which of them are its IN and its OUT.

Taps of one person within the dedup window of the first of a group are one tap; a group lies where its first time lies,
counts as an IN at its first time and as an OUT at its last. Source: office/README.md "Rules of the key" and the
policies DEDUP_WINDOW, WINDOW_SPLIT, LUNCH_TAPS, SINGLE_PUNCH_SIDE and REQUIRED_TAPS of the recorded cases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from central.rules.day import (
    LOCAL,
    ZERO,
    Day,
    LunchTaps,
    Policy,
    Session,
    SinglePunch,
    Span,
    Tap,
    TapPairing,
    WindowSplit,
)
from central.rules.punctuality import flexed_by

SECOND = timedelta(seconds=1)
TWO_TAPS = 2
UNSET_CLOSE = timedelta(minutes=60)
"""How long after its end a session stays open where no window is set."""


@dataclass(frozen=True, slots=True)
class Group:
    """Taps that count as one; `first` and `last` in full seconds. Without taps it is assumed: see `_two_taps`."""

    first: datetime
    last: datetime
    taps: tuple[Tap, ...]


@dataclass(slots=True)
class Pairing:
    """One session's taps: `taps` all that belong to it; `came` and `went` the groups that are its IN and OUT; `away`
    from an OUT to the next IN, where taps alternate."""

    taps: list[Tap] = field(default_factory=list)
    came: Group | None = None
    went: Group | None = None
    away: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Paired:
    """The sessions' pairings in order of the sessions, and the taps of the date that lie in no window."""

    sessions: tuple[Pairing, ...]
    outside: tuple[Tap, ...]


def full_second(moment: datetime) -> datetime:
    """The moment in local time, cut to its full second."""
    if moment.tzinfo is LOCAL and not moment.microsecond:
        return moment
    return moment.astimezone(LOCAL).replace(microsecond=0)


tap_order = attrgetter("at", "ref", "device", "uncertainty", "forked", "outing")
"""Of any two taps that differ, one comes first: the order in which they were given never decides."""


def fold(taps: Iterable[Tap], dedup: timedelta) -> list[Group]:
    """The groups in order of time, whatever the order and repetition of `taps`."""
    groups: list[Group] = []
    members: list[Tap] = []
    first = last = None
    before: Tap | None = None
    for tap in sorted(taps, key=tap_order):
        if tap == before:
            continue
        before = tap
        at = full_second(tap.at)
        if first is None or last is None:
            first = at
        elif at - first > dedup:
            groups.append(Group(first, last, tuple(members)))
            first, members = at, []
        members.append(tap)
        last = at
    if first is not None and last is not None:
        groups.append(Group(first, last, tuple(members)))
    return groups


def windows(day: Day) -> tuple[Span, ...]:
    """Each session's window in order of the sessions, first and last full second both inside."""
    return _windows(day.previous, day.sessions, day.following, day.policy.window_split)


@lru_cache(1_000)  # a whole office shares them
def _windows(
    previous: Session | None, sessions: tuple[Session, ...], following: Session | None, split: WindowSplit
) -> tuple[Span, ...]:
    line = [s for s in (previous, *sessions, following) if s is not None]
    opens = [_opens(s) for s in line]
    closes = [_closes(s) for s in line]
    for i in range(len(line) - 1):
        earlier, later = line[i], line[i + 1]
        if closes[i] >= opens[i + 1]:
            border = _border(earlier, later, closes[i], opens[i + 1], split)
            closes[i], opens[i + 1] = border, border + SECOND
    offset = 0 if previous is None else 1
    return tuple(Span(opens[i + offset], closes[i + offset]) for i in range(len(sessions)))


def pair(day: Day, taps: Iterable[Tap]) -> Paired:
    """Give each session of `day` its IN and OUT from `taps` (instead of the day's own: some may be in doubt)."""
    spans = windows(day)
    pairings = tuple(Pairing() for _ in day.sessions)
    inside: list[list[Group]] = [[] for _ in day.sessions]
    outside: list[Tap] = []
    for group in fold(taps, day.policy.dedup):
        index = _window_of(group.first, spans)
        if index is not None:
            inside[index].append(group)
            pairings[index].taps.extend(group.taps)
        elif group.first.date() == day.work_date:
            outside.extend(group.taps)
    _fill(day, inside, pairings)
    return Paired(pairings, tuple(outside))


def _fill(day: Day, inside: list[list[Group]], pairings: Sequence[Pairing]) -> None:
    """Give each pairing its IN and OUT, by the office's choices."""
    policy = day.policy
    due = [i for i, s in enumerate(day.sessions) if not any(p.covers(s) for p in day.plans)]
    if policy.required_taps == TWO_TAPS and len(due) > 1:
        _two_taps(day.sessions, due, inside, pairings, policy.flexible)
        return
    if policy.lunch_taps is LunchTaps.PAIR:
        _lunch(day.sessions, inside, pairings)
    for session, groups, pairing in zip(day.sessions, inside, pairings, strict=True):
        found = [g for g in (pairing.came, *groups, pairing.went) if g is not None]
        if policy.pairing is TapPairing.ALTERNATING and len(found) > TWO_TAPS:
            _in_turn(found, pairing)
        else:
            _sides(session, groups, pairing, policy)


def _border(
    earlier: Session, later: Session, reach_late: datetime, reach_early: datetime, split: WindowSplit
) -> datetime:
    """The last full second of the earlier session's window."""
    if split is WindowSplit.LATER:
        return full_second(min(max(earlier.end, reach_early - SECOND), reach_late))
    middle = earlier.end + (later.start - earlier.end) / 2
    return full_second(min(max(middle, reach_early), reach_late))


def _two_taps(
    sessions: Sequence[Session],
    due: Sequence[int],
    inside: list[list[Group]],
    pairings: Sequence[Pairing],
    flexible: timedelta,
) -> None:
    """First in, last out of the day: between them the hours are assumed, beside them nobody was there.

    Only sessions that no plan covers are due. A lone tap is the end of the day to which it is nearer, in doubt the OUT;
    up to the other end the hours are assumed, and there a tap is missing. Flexible hours move the whole day with
    its IN.
    """
    found = [(i, group) for i in due for group in inside[i]]
    if not found:
        return
    (first, came), (last, went) = found[0], found[-1]
    if came is not went:
        pairings[first].came, pairings[last].went = came, went
    elif abs(came.first - sessions[due[0]].start) < abs(came.first - sessions[due[-1]].end):
        pairings[first].came, last = came, due[-1]
    else:
        pairings[last].went, first = went, due[0]
    arrived = pairings[first].came
    by = ZERO if arrived is None else flexed_by(sessions[first], arrived.first, flexible)
    between = [i for i in due if first <= i <= last]
    for i in between[:-1]:
        pairings[i].went = _assumed(sessions[i].end + by)
    for i in between[1:]:
        pairings[i].came = _assumed(sessions[i].start + by)


def _assumed(moment: datetime) -> Group:
    return Group(moment, moment, ())


def _opens(session: Session) -> datetime:
    if session.window_before is not None:
        return session.start - session.window_before
    return session.start.replace(hour=0, minute=0, second=0)


def _closes(session: Session) -> datetime:
    if session.window_after is not None:
        return session.end + session.window_after
    midnight = session.start.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    return session.end + UNSET_CLOSE if session.end >= midnight else midnight - SECOND


def _window_of(moment: datetime, spans: Sequence[Span]) -> int | None:
    for i, span in enumerate(spans):
        if span.start <= moment <= span.end:
            return i
    return None


def _lunch(sessions: Sequence[Session], inside: list[list[Group]], pairings: Sequence[Pairing]) -> None:
    """Two or more taps between two sessions: OUT of the earlier and IN of the later, even on one side of the middle."""
    for i in range(len(sessions) - 1):
        leave, back = sessions[i].end, sessions[i + 1].start
        between = [g for g in (*inside[i], *inside[i + 1]) if leave < g.first < back]
        if len(between) < 2:
            continue
        inside[i] = [g for g in inside[i] if g.first <= leave]
        inside[i + 1] = [g for g in inside[i + 1] if g.first >= back]
        pairings[i].went, pairings[i + 1].came = between[0], between[-1]
        _move(between[0], pairings[i + 1], pairings[i])
        _move(between[-1], pairings[i], pairings[i + 1])


def _move(group: Group, origin: Pairing, target: Pairing) -> None:
    if group.taps[0] not in target.taps:
        origin.taps = [t for t in origin.taps if t not in group.taps]
        target.taps = sorted([*target.taps, *group.taps], key=tap_order)


def _sides(session: Session, groups: Sequence[Group], pairing: Pairing, policy: Policy) -> None:
    """First in, last out; a lone tap is the boundary that it is nearer to, in doubt the OUT."""
    if not groups:
        return
    if len(groups) + (pairing.came is not None) + (pairing.went is not None) >= 2:
        pairing.came = pairing.came or groups[0]
        pairing.went = pairing.went or groups[-1]
        return
    nearer_in = abs(groups[0].first - session.start) < abs(groups[0].first - session.end)
    if nearer_in or policy.single_punch is SinglePunch.IN:
        pairing.came = groups[0]
    else:
        pairing.went = groups[0]


def _in_turn(found: Sequence[Group], pairing: Pairing) -> None:
    """In, out, in, out ...; where the number is odd, the last OUT is asked for."""
    pairing.came, pairing.went = found[0], found[-1] if len(found) % 2 == 0 else None
    pairing.away = tuple(Span(out.last, back.first) for out, back in zip(found[1::2], found[2::2], strict=False))
