"""Who pressed "field duty" at a door and has no plan for it: nothing is held against the person until somebody has
said whether the way was on duty. Source: promise 5, unknown is not absent, nor late.

A tap going out reaches to the person's next tap, one coming back reaches back to the tap before it; without that tap,
to the end or the beginning of the date, all in full seconds of local time. A planned session never comes here: the plan
decides it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from central.rules.day import Cause, Day, Flag, Outcome, Outing, Reason, SessionVerdict, Tap
from central.rules.doubt import CERTAIN_UNDER, checked, rests_on_taps
from central.rules.pairing import Group, fold, windows


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch in the field as the buttons tell it, at its longest; None: as far as the date goes. taps: those that
    told it."""

    start: datetime | None
    end: datetime | None
    taps: tuple[Tap, ...]

    def meets(self, start: datetime, end: datetime) -> bool:
        """Whether some of `start` to `end` was in the field; an instant on its edge was."""
        return (self.start is None or self.start <= end) and (self.end is None or start <= self.end)


def doubt_outings(day: Day, verdicts: tuple[SessionVerdict, ...]) -> tuple[SessionVerdict, ...]:
    """The verdicts, with needs_checking in place of what an outing that nobody planned may explain."""
    stretches = away(day)
    return tuple(_doubted(v, stretches) if rests_on_taps(v) else v for v in verdicts) if stretches else verdicts


def away(day: Day) -> tuple[Away, ...]:
    """The stretches in the field that the taps of the date tell of, in order."""
    if all(t.outing is Outing.NONE for t in day.taps) or not day.sessions:
        return ()
    spans = windows(day)
    groups = [g for g in fold(day.taps, day.policy.dedup) if spans[0].start <= g.first <= spans[-1].end]
    found: list[Away] = []
    for i, group in enumerate(groups):
        said = {t.outing for t in group.taps}
        if Outing.OUT in said:
            back = groups[i + 1] if i + 1 < len(groups) else None
            found.append(Away(_earliest(group), None if back is None else _latest(back), group.taps))
        if Outing.IN in said:
            found.append(Away(_earliest(groups[i - 1]) if i else None, _latest(group), group.taps))
    return tuple(found)


def _doubted(verdict: SessionVerdict, stretches: Iterable[Away]) -> SessionVerdict:
    for stretch in stretches:
        explained = {f for f in verdict.flags if _explains(stretch, f, verdict)}
        absent = verdict.outcome is Outcome.ABSENT and stretch.meets(verdict.session.start, verdict.session.end)
        if explained or absent:
            reason = Reason(Cause.OUTING, stretch.start, stretch.end, taps=stretch.taps)
            verdict = checked(verdict, explained, reason)
    return verdict


def _explains(stretch: Away, flag: Flag, verdict: SessionVerdict) -> bool:
    """Whether being in the field then is another reason for what the flag says. Late is who came late and then went."""
    session = verdict.session
    came, went = verdict.time_in or session.start, verdict.time_out or session.end
    match flag:
        case Flag.LATE:
            return stretch.meets(session.start, came) and (stretch.start is None or stretch.start < came)
        case Flag.MISSING_IN:
            return stretch.meets(session.start, went) and (stretch.start is None or stretch.start < went)
        case Flag.EARLY_LEAVE:
            return stretch.meets(went, session.end) and (stretch.end is None or stretch.end > went)
        case Flag.MISSING_OUT:
            return stretch.meets(came, session.end) and (stretch.end is None or stretch.end > came)
        case _:
            return False


def _earliest(group: Group) -> datetime:
    return min([group.first, *(t.at - t.uncertainty for t in group.taps if t.uncertainty >= CERTAIN_UNDER)])


def _latest(group: Group) -> datetime:
    return max([group.last, *(t.at + t.uncertainty for t in group.taps if t.uncertainty >= CERTAIN_UNDER)])
