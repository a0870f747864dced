"""Judging a day: one person, one work date, one answer. Pure: no clock, no database, no settings.

One rule, one file, one table of cases in tests/central/rules/:

- `pairing`: which taps belong to which session, and which are its IN and OUT
- `plans`: holiday, leave, trip, study, field duty; `manual`: approved entries
- `pending`: what is still open, and what may be said of it
- `punctuality`, `absence`: late, early, missing, absent
- `doors`: what rests on a time when no door could record
- `doubt`: uncertain clocks, forks and taps set aside
- `outings`: field duty that was pressed at the door and not planned
- `folding`: from the sessions to the day's one word
- `duty`: reception, Sunday and night duty, judged on their own; `overtime`: staying late, proposed
"""

from central.rules.day import Day, DayStatus, DayVerdict, Plan, SessionVerdict, Tap
from central.rules.doubt import doubt_set_aside, judge_in_favour
from central.rules.folding import status_of
from central.rules.judging import Due, judge
from central.rules.manual import ends_of, entry_for
from central.rules.outings import doubt_outings
from central.rules.pairing import Paired, pair
from central.rules.pending import closes
from central.rules.plans import overruled, plan_for, planned, standing

__all__ = ["Day", "DayVerdict", "evaluate"]


def evaluate(day: Day) -> DayVerdict:
    """What is said about the person's date. The order and repetition of the facts in `day` never matter."""
    if not day.employed:
        return DayVerdict(day.work_date, DayStatus.NOT_EMPLOYED)
    paired = pair(day, day.taps)
    tapped = {s.name for s, p in zip(day.sessions, paired.sessions, strict=True) if p.taps}
    plans = standing(day, tapped)

    def judged(taps: tuple[Tap, ...]) -> tuple[SessionVerdict, ...]:
        return _sessions(day, paired if taps is day.taps else pair(day, taps), plans)

    verdicts = doubt_set_aside(judge_in_favour(day, judged), day.set_aside)
    verdicts = doubt_outings(day, verdicts)
    return DayVerdict(day.work_date, status_of(day, verdicts, plans), verdicts, paired.outside)


def _sessions(day: Day, paired: Paired, plans: list[Plan]) -> tuple[SessionVerdict, ...]:
    verdicts = []
    for session, pairing, close in zip(day.sessions, paired.sessions, closes(day), strict=True):
        ends = ends_of(pairing, entry_for(session, day))
        plan = plan_for(session, overruled(plans, ends, day.policy))
        if plan is not None:
            verdicts.append(planned(session, plan, pairing.taps))
        else:
            verdicts.append(judge(Due(session, pairing, ends, day.coverage, close, day.policy)))
    return tuple(verdicts)
