"""One session from its IN and OUT: the rules of punctuality, absence, pending and doors brought together."""

from datetime import datetime

from central.rules.absence import missing, outcome_of
from central.rules.day import Basis, Cause, Coverage, Flag, Outcome, Reason, Session, SessionVerdict
from central.rules.doors import in_doubt
from central.rules.manual import Ends
from central.rules.pairing import Pairing
from central.rules.pending import first_is_known, still_open
from central.rules.plans import SYMBOLS
from central.rules.punctuality import early_by, late_by, worked

NO_DOORS = Coverage()
"""How a session is judged that a manual entry supplies: nothing to wait for, no door to doubt."""


def judge(session: Session, pairing: Pairing, ends: Ends, coverage: Coverage, close: datetime) -> SessionVerdict:
    """The verdict on a session that no plan covers."""
    if ends.whole:
        return _closed(session, pairing, ends, NO_DOORS)
    waiting = still_open(close, coverage)
    if waiting:
        return _open(session, pairing, ends, coverage, waiting)
    return _closed(session, pairing, ends, coverage)


def withhold(flags: tuple[Flag, ...], withheld: set[Flag]) -> tuple[Flag, ...]:
    """The flags without those withheld, and needs_checking."""
    kept = {f for f in flags if f not in withheld} | {Flag.NEEDS_CHECKING}
    return tuple(f for f in Flag if f in kept)


def _open(
    session: Session, pairing: Pairing, ends: Ends, coverage: Coverage, waiting: tuple[Reason, ...]
) -> SessionVerdict:
    """Only what no later fact can take away: the IN, and that it was late once nothing earlier can come.

    A lone tap nearer to the end may turn out to be the OUT: it is neither yet.
    """
    time_in = ends.time_in
    late = late_by(session, time_in)
    doubts: tuple[Reason, ...] = ()
    if late is not None and time_in is not None and not first_is_known(time_in, coverage):
        waiting += (Reason(Cause.UNDELIVERED, coverage.delivered_until, time_in, Flag.LATE),)
        late = None
    flags: tuple[Flag, ...] = () if late is None else (Flag.LATE,)
    if flags and coverage.down:
        doubts = _doubts(session, ends, Outcome.PENDING, flags, coverage)
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
    )


def _closed(session: Session, pairing: Pairing, ends: Ends, coverage: Coverage) -> SessionVerdict:
    late, early = late_by(session, ends.time_in), early_by(session, ends.time_out)
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
        reasons = _doubts(session, ends, outcome, flags, coverage)
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
        worked(session, ends.time_in, ends.time_out),
        SYMBOLS[outcome],
        Basis.PUNCHES if ends.entry is None else Basis.MANUAL,
        ends.in_tap,
        ends.out_tap,
        tuple(pairing.taps),
        None,
        ends.entry,
        reasons,
    )


def _doubts(
    session: Session, ends: Ends, outcome: Outcome, flags: tuple[Flag, ...], coverage: Coverage
) -> tuple[Reason, ...]:
    """Every assertion that the doors do not bear out; an end that a manual entry supplied rests on no door."""
    reasons: tuple[Reason, ...] = ()
    if outcome is Outcome.ABSENT:
        reasons += in_doubt(outcome, session, None, coverage)
    taps = {Flag.LATE: ends.in_tap, Flag.EARLY_LEAVE: ends.out_tap}
    for flag in flags:
        if flag not in taps or taps[flag] is not None:
            reasons += in_doubt(flag, session, ends.time_in if flag is Flag.LATE else ends.time_out, coverage)
    return reasons
