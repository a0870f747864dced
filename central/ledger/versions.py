"""Which versions and documents a verdict used, by their own names: no row numbers, so that they are the same in
whatever order the facts were stored."""

from collections.abc import Iterable, Mapping
from typing import Any

from central.workdays import ScheduleRow

RULES_VERSION = 1
"""Grows with every release that judges the same facts otherwise; CHANGELOG.md says what changed."""


def used(account: Mapping[str, Any], rows: Iterable[ScheduleRow]) -> dict[str, Any]:
    """The rules' version, the schedule rows, and every document number that the account names."""
    return {
        "rules": RULES_VERSION,
        "schedules": sorted({schedule_name(row) for row in rows}),
        "documents": sorted(documents(account)),
    }


def schedule_name(row: ScheduleRow) -> str:
    """`H AM 2018-10-16..2019-04-15 01/TB`: whose hours, which session, valid when, by which announcement."""
    period = f"{row.valid_from or ''}..{row.valid_to or ''}"
    return " ".join(word for word in (row.unit, row.session, period, row.document) if word)


def documents(account: object) -> set[str]:
    """Every document number in an account, wherever it stands."""
    if isinstance(account, Mapping):
        own = {str(account["doc_no"])} if account.get("doc_no") else set()
        return own | {doc for value in account.values() for doc in documents(value)}
    if isinstance(account, list | tuple):
        return {doc for value in account for doc in documents(value)}
    return set()
