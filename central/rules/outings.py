"""Who pressed "field duty" at a door and has no plan for it: nothing is held against the person until somebody has
said whether the way was on duty. Source: promise 5, unknown is not absent, nor late.

A tap going out reaches to the person's next tap, one coming back reaches back to the tap before it; without that tap,
to the end or the beginning of the date, all in full seconds of local time. A planned session never comes here: the plan
decides it. Nor does an outing that somebody has decided about: approved it is such a plan, refused it is only taps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from central.rules.day import Cause, Day, Flag, Outcome, Outing, OutingDecision, Reason, SessionVerdict, Tap
from central.rules.doubt import CERTAIN_UNDER, checked, rests_on_taps
from central.rules.pairing import Group, fold, windows


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch in the field as the buttons tell it, at its longest; None: as far as the date goes.

    out, back: the tap that ends either side, the button pressed or not. taps: those with the button that told it.
    """

    start: datetime | None
    end: datetime | None
    taps: tuple[Tap, ...]
    out: Tap | None = None
    back: Tap | None = None
    decision: OutingDecision | None = None

    def meets(self, start: datetime, end: datetime) -> bool:
        """Whether some of `start` to `end` was in the field; an instant on its edge was."""
        return (self.start is None or self.start <= end) and (self.end is None or start <= self.end)

    def delays(self, start: datetime, came: datetime) -> bool:
        """Whether it may be why somebody due at `start` came only at `came`; who came late and then went is late."""
        return self.meets(start, came) and (self.start is None or self.start < came)

    def takes(self, went: datetime, end: datetime) -> bool:
        """Whether it may be why somebody due until `end` went at `went` already."""
        return self.meets(went, end) and (self.end is None or self.end > went)


def doubt_outings(day: Day, verdicts: tuple[SessionVerdict, ...]) -> tuple[SessionVerdict, ...]:
    """The verdicts, with needs_checking in place of what an outing that nobody planned may explain."""
    stretches = undecided(away(day))
    return tuple(_doubted(v, stretches) if rests_on_taps(v) else v for v in verdicts) if stretches else verdicts


def away(day: Day) -> tuple[Away, ...]:
    """The stretches in the field that the taps of the date tell of, in order, decided or not."""
    if all(t.outing is Outing.NONE for t in day.taps):
        return ()
    groups = fold(day.taps, day.policy.dedup)
    if not day.sessions:
        return stretches([g for g in groups if g.first.date() == day.work_date], day.decided)
    spans = windows(day)
    return stretches([g for g in groups if spans[0].start <= g.first <= spans[-1].end], day.decided)


def stretches(groups: Sequence[Group], decided: Iterable[OutingDecision]) -> tuple[Away, ...]:
    """The stretches that these groups of taps tell of, each with what was decided about it."""
    found: list[Away] = []
    for i, group in enumerate(groups):
        before, after = groups[i - 1] if i else None, groups[i + 1] if i + 1 < len(groups) else None
        if out := _pressed(group, Outing.OUT):
            found.append(_stretch(group, after, (*out, *_pressed(after, Outing.IN)), decided))
        back = _pressed(group, Outing.IN)
        if back and not _pressed(before, Outing.OUT):
            found.append(_stretch(before, group, back, decided))
    return tuple(found)


def undecided(found: Iterable[Away]) -> tuple[Away, ...]:
    """Those of the stretches that somebody has still to decide about."""
    return tuple(one for one in found if one.decision is None)


def _pressed(group: Group | None, button: Outing) -> tuple[Tap, ...]:
    return () if group is None else tuple(t for t in group.taps if t.outing is button)


def _stretch(out: Group | None, back: Group | None, taps: tuple[Tap, ...], decided: Iterable[OutingDecision]) -> Away:
    refs = {t.ref for t in taps}
    decision = max((d for d in decided if refs & d.taps), key=lambda d: d.ref, default=None)
    return Away(
        None if out is None else _earliest(out),
        None if back is None else _latest(back),
        taps,
        None if out is None else out.taps[-1],
        None if back is None else back.taps[0],
        decision,
    )


def _doubted(verdict: SessionVerdict, stretches: Iterable[Away]) -> SessionVerdict:
    for stretch in stretches:
        explained = {f for f in verdict.flags if _explains(stretch, f, verdict)}
        absent = verdict.outcome is Outcome.ABSENT and stretch.meets(verdict.session.start, verdict.session.end)
        if explained or absent:
            reason = Reason(Cause.OUTING, stretch.start, stretch.end, taps=stretch.taps)
            verdict = checked(verdict, explained, reason)
    return verdict


def _explains(stretch: Away, flag: Flag, verdict: SessionVerdict) -> bool:
    """Whether being in the field then is another reason for what the flag says."""
    session = verdict.session
    came, went = verdict.time_in or session.start, verdict.time_out or session.end
    match flag:
        case Flag.LATE:
            return stretch.delays(session.start, came)
        case Flag.MISSING_IN:
            return stretch.delays(session.start, went)
        case Flag.EARLY_LEAVE:
            return stretch.takes(went, session.end)
        case Flag.MISSING_OUT:
            return stretch.takes(came, session.end)
        case _:
            return False


def _earliest(group: Group) -> datetime:
    return min([group.first, *(t.at - t.uncertainty for t in group.taps if t.uncertainty >= CERTAIN_UNDER)])


def _latest(group: Group) -> datetime:
    return max([group.last, *(t.at + t.uncertainty for t in group.taps if t.uncertainty >= CERTAIN_UNDER)])
