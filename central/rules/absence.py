"""Absent (vắng) and missing punches (thiếu vào, thiếu ra): a missing end is a question, never an absence."""

from datetime import datetime

from central.rules.day import Flag, Outcome


def outcome_of(time_in: datetime | None, time_out: datetime | None) -> Outcome:
    """The outcome of a session that is over and delivered."""
    if time_in is None and time_out is None:
        return Outcome.ABSENT
    return Outcome.INCOMPLETE if time_in is None or time_out is None else Outcome.PRESENT


def missing(time_in: datetime | None, time_out: datetime | None) -> Flag | None:
    """The end that nobody saw; None when both or neither were seen."""
    if (time_in is None) == (time_out is None):
        return None
    return Flag.MISSING_IN if time_in is None else Flag.MISSING_OUT
