"""Nothing is asserted that rests on a time when no door of the office could record.

Source: office/README.md "Doors". One open door is enough to change nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from central.rules.day import ZERO, Cause, Coverage, Flag, Outcome, Reason, Session, Span

ARRIVAL = (timedelta(minutes=-15), timedelta(minutes=30))
LEAVING = (timedelta(minutes=-30), timedelta(minutes=30))


def all_down(doors: Iterable[Sequence[Span]]) -> tuple[Span, ...]:
    """When every one of the doors was down, from each door's down intervals in any order; no doors, nothing."""
    common: list[Span] | None = None
    for door in doors:
        joined = _joined(door)
        if common is None:
            common = joined
        else:
            common = [both for a in common for b in joined if (both := a.overlap(b)) is not None]
    return tuple(common or ())


def in_doubt(
    withheld: Flag | Outcome, session: Session, moment: datetime | None, coverage: Coverage, give: timedelta = ZERO
) -> tuple[Reason, ...]:
    """Why the assertion cannot be made: the stretches of its span in which all office doors were down.

    `moment` is the IN of a late arrival or the OUT of an early leave; the other assertions have none.
    `give`: how much earlier or later the person may have come and gone, where flexible hours leave that open.
    """
    return tuple(
        Reason(Cause.DOORS_DOWN, down.start, down.end, withheld)
        for span in _spans(withheld, session, moment, give)
        for interval in coverage.down
        if (down := span.overlap(interval)) is not None
    )


def _spans(asserted: Flag | Outcome, session: Session, moment: datetime | None, give: timedelta) -> tuple[Span, ...]:
    arrival = Span(session.start + ARRIVAL[0] - give, session.start + ARRIVAL[1] + give)
    leaving = Span(session.end + LEAVING[0] - give, session.end + LEAVING[1] + give)
    if asserted is Flag.LATE and moment is not None:
        return (Span(session.start, moment),)
    if asserted is Flag.EARLY_LEAVE and moment is not None:
        return (Span(moment, session.end),)
    if asserted is Flag.MISSING_IN:
        return (arrival,)
    if asserted is Flag.MISSING_OUT:
        return (leaving,)
    return (arrival, leaving)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in order, without overlaps."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
