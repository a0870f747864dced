"""Badges that were tapped and count for nobody, one line a badge, door and reason: for whoever gives out badges."""

from dataclasses import astuple, dataclass, fields
from typing import TextIO

import sqlalchemy as sa

from central.moments import moment
from central.reports.formats import write_rows
from central.store.strangers import strangers


@dataclass(frozen=True, slots=True)
class StrangerLine:
    """A line of `badges --unknown`: the names are the columns. first, last: local instants."""

    badge: str
    device: str
    first: str
    last: str
    count: int
    reason: str


def lines(db: sa.Connection) -> list[StrangerLine]:
    """All of them, by badge, door and reason."""
    return [
        StrangerLine(s.badge, s.device, _instant(s.first_ms), _instant(s.last_ms), s.times, s.reason)
        for s in strangers(db)
    ]


def write(db: sa.Connection, form: str, out: TextIO) -> int:
    """Print them as `csv` or `json`."""
    columns = [field.name for field in fields(StrangerLine)]
    return write_rows(columns, (astuple(line) for line in lines(db)), form, out)


def _instant(ms: int) -> str:
    return moment(ms).isoformat(timespec="seconds")
