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
    found: set[str] = set()
    ahead = [account]
    while ahead:
        at = ahead.pop()
        inner: Iterable[object] = at if isinstance(at, list | tuple) else ()
        if isinstance(at, dict):
            inner = at.values()
            if at.get("doc_no"):
                found.add(str(at["doc_no"]))
        ahead += [value for value in inner if type(value) in _NESTED]
    return found


_NESTED = (dict, list, tuple)
"""What JSON is made of; of its thousands of words and numbers none is looked at."""
