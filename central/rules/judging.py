"""One session from its IN and OUT: the rules of punctuality, absence, pending and doors brought together."""

from dataclasses import dataclass
from datetime import datetime

from central.rules.absence import missing, outcome_of
from central.rules.day import ZERO, Basis, Cause, Coverage, Flag, Outcome, Policy, Reason, Session, SessionVerdict
from central.rules.doors import in_doubt
from central.rules.manual import Ends
from central.rules.pairing import Pairing
from central.rules.pending import first_is_known, still_open
from central.rules.plans import SYMBOLS
from central.rules.punctuality import early_by, flexed, late_by, worked

NO_DOORS = Coverage()
"""How a session is judged that a manual entry supplies: nothing to wait for, no door to doubt."""


@dataclass(frozen=True, slots=True)
class Due:
    """A session that no plan covers: its taps, its ends, what is known of the doors, and when it closes."""

    session: Session
    pairing: Pairing
    ends: Ends
    coverage: Coverage
    close: datetime
    policy: Policy


def judge(due: Due) -> SessionVerdict:
    """The verdict on a session that no plan covers."""
    if due.ends.whole:
        return _closed(due, NO_DOORS)
    waiting = still_open(due.close, due.coverage)
    return _open(due, waiting) if waiting else _closed(due, due.coverage)


def withhold(flags: tuple[Flag, ...], withheld: set[Flag]) -> tuple[Flag, ...]:
    """The flags without those withheld, and needs_checking."""
    kept = {f for f in flags if f not in withheld} | {Flag.NEEDS_CHECKING}
    return tuple(f for f in Flag if f in kept)


def _open(due: Due, waiting: tuple[Reason, ...]) -> SessionVerdict:
    """Only what no later fact can take away: the IN, and that it was late once nothing earlier can come.

    A lone tap nearer to the end may turn out to be the OUT: it is neither yet.
    """
    session, pairing, ends, coverage = due.session, due.pairing, due.ends, due.coverage
    time_in = ends.time_in
    moved = flexed(session, time_in, due.policy)
    late = late_by(moved, time_in, due.policy)
    doubts: tuple[Reason, ...] = ()
    if late is not None and time_in is not None and not first_is_known(time_in, coverage):
        waiting += (Reason(Cause.UNDELIVERED, coverage.delivered_until, time_in, Flag.LATE),)
        late = None
    flags: tuple[Flag, ...] = () if late is None else (Flag.LATE,)
    if flags and coverage.down:
        doubts = _doubts(moved, due, Outcome.PENDING, flags)
    return SessionVerdict(
        session,
        Outcome.PENDING,
        withhold(flags, {Flag.LATE}) if doubts else flags,
        time_in,
        late_min=late or 0,
        symbol=SYMBOLS[Outcome.PENDING],
        basis=Basis.PUNCHES if ends.entry is None else Basis.MANUAL,
        in_tap=ends.in_tap,
        taps=tuple(pairing.taps),
        manual=ends.entry,
        reasons=waiting + doubts,
        assumed_in=ends.assumed_in,
    )


def _closed(due: Due, coverage: Coverage) -> SessionVerdict:
    session, pairing, ends = due.session, due.pairing, due.ends
    away = () if ends.whole else pairing.away  # an approved entry stands for all taps, those in between too
    moved = flexed(session, ends.time_in, due.policy)
    late = late_by(moved, ends.time_in, due.policy)
    early = None if ends.assumed_out else early_by(moved, ends.time_out, due.policy)
    outcome, gap = outcome_of(ends.time_in, ends.time_out), missing(ends.time_in, ends.time_out)
    flags: tuple[Flag, ...] = ()
    if late is not None:
        flags += (Flag.LATE,)
    if early is not None:
        flags += (Flag.EARLY_LEAVE,)
    if gap is not None:
        flags += (gap,)
    reasons: tuple[Reason, ...] = ()
    if coverage.down:
        reasons = _doubts(moved, due, outcome, flags)
    if reasons:
        flags = withhold(flags, {r.withheld for r in reasons if isinstance(r.withheld, Flag)})
        outcome = Outcome.INCOMPLETE if outcome is Outcome.ABSENT else outcome
    return SessionVerdict(
        session,
        outcome,
        flags,
        ends.time_in,
        ends.time_out,
        late or 0,
        early or 0,
        worked(moved, ends.time_in, ends.time_out, due.policy, away),
        SYMBOLS[outcome],
        Basis.PUNCHES if ends.entry is None else Basis.MANUAL,
        ends.in_tap,
        ends.out_tap,
        tuple(pairing.taps),
        None,
        ends.entry,
        reasons,
        ends.assumed_in,
        ends.assumed_out,
        away,
    )


def _doubts(session: Session, due: Due, outcome: Outcome, flags: tuple[Flag, ...]) -> tuple[Reason, ...]:
    """Every assertion that the doors do not bear out; an end that a manual entry supplied rests on no door.

    session: as it is judged, moved with its IN; without one, flexible hours may have moved it either way.
    """
    ends, coverage = due.ends, due.coverage
    give = due.policy.flexible if ends.time_in is None else ZERO
    reasons: tuple[Reason, ...] = ()
    if outcome is Outcome.ABSENT:
        reasons += in_doubt(outcome, session, None, coverage, give)
    taps = {Flag.LATE: ends.in_tap, Flag.EARLY_LEAVE: ends.out_tap}
    for flag in flags:
        if flag not in taps or taps[flag] is not None:
            moment = ends.time_in if flag is Flag.LATE else ends.time_out
            reasons += in_doubt(flag, session, moment, coverage, give)
    return reasons
