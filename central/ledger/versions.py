"""Which versions and documents a verdict used, by their own names: no row numbers, so that they are the same in
whatever order the facts were stored."""

from central.workdays import ScheduleRow

RULES_VERSION = 1
"""Grows with every release that judges the same facts otherwise; CHANGELOG.md says what changed."""


def schedule_name(row: ScheduleRow) -> str:
    """`H AM 2018-10-16..2019-04-15 01/TB`: whose hours, which session, valid when, by which announcement."""
    period = f"{row.valid_from or ''}..{row.valid_to or ''}"
    return " ".join(word for word in (row.unit, row.session, period, row.document) if word)
