"""Rows of the audit log as the page shows them: words, times and differences; no HTML."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from central.moments import moment
from central.store.audit import Entry
from central.web.audit_words import COLUMNS, NOBODY, TABLES
from central.web.texts import catalogue

SHOWN_HEX = 16
MOST_CHARS = 300
"""A longer value is cut on the page; the download has it whole."""
PAGES: dict[str, tuple[str, str]] = {"device": ("/devices/{}", "code")}
"""Table -> address of the record's own page, and the column whose value stands in it. One line a page."""


@dataclass(frozen=True, slots=True)
class Change:
    """One column. before, after: None = there was no row, or there is none any more; changed: it differs."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the log. kind: added, changed or removed; table: its word; record: key in it; page: address of the
    record's own page, "" = none; hash: its beginning, in groups."""

    seq: int
    at: str
    day: str
    who: str
    nobody: bool
    action: str
    kind: str
    table_name: str
    table: str
    record: str
    page: str
    changes: tuple[Change, ...]
    why: str
    origin: str
    hash: str


def lines_of(entries: list[Entry], language: str) -> list[Line]:
    """Each row as the page shows it."""
    return [_line(entry, language) for entry in entries]


def _line(entry: Entry, language: str) -> Line:
    say, at = catalogue(language).gettext, moment(entry.utc_ms)
    table, _, record = entry.what.partition(" ")
    before, after = _row(entry.before), _row(entry.after)
    return Line(
        entry.seq,
        f"{at:%H:%M:%S}",
        f"{at:%d/%m/%Y}",
        entry.who or say(NOBODY),
        not entry.who,
        entry.action,
        "changed" if before is not None and after is not None else "added" if before is None else "removed",
        table,
        _word(TABLES, table, say),
        record,
        _page(table, after or before or {}),
        _changes(before, after, say),
        entry.why,
        entry.origin,
        _groups(entry.hash),
    )


def _word(words: Mapping[str, str], name: str, say: Callable[[str], str]) -> str:
    return say(words[name]) if name in words else name


def _page(table: str, row: Mapping[str, Any]) -> str:
    if table not in PAGES:
        return ""
    address, column = PAGES[table]
    value = row.get(column)
    return address.format(quote(str(value), safe="")) if value else ""


def _row(text: str | None) -> Mapping[str, Any] | None:
    """What the log told of a row; what cannot be read is shown as it stands."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"": text}


def _changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, say: Callable[[str], str]
) -> tuple[Change, ...]:
    """Columns that differ; of a row that came or went those that say something."""
    names = dict.fromkeys([*(before or {}), *(after or {})])
    whole, found = before is not None and after is not None, []
    for name in names:
        was, now = (None if row is None else row.get(name) for row in (before, after))
        if was != now and (whole or (was or now) not in (None, "")):
            told = (None if row is None else _value(name, row.get(name), say) for row in (before, after))
            found.append(Change(_word(COLUMNS, name, say), *told))
    return tuple(found)


def _value(column: str, value: Any, say: Callable[[str], str]) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if column.endswith("_ms") and isinstance(value, int) and 0 < value < 1 << 46:
        return f"{moment(value):%H:%M:%S %d/%m/%Y}"
    text = _date(str(value))
    return text if len(text) <= MOST_CHARS else text[:MOST_CHARS] + "…"


def _date(text: str) -> str:
    """As people write it, where it is a date."""
    try:
        return f"{dt.date.fromisoformat(text):%d/%m/%Y}" if len(text) == 10 else text
    except ValueError:
        return text


def _groups(hash_: bytes) -> str:
    shown = bytes(hash_).hex()[:SHOWN_HEX]
    return " ".join(shown[first : first + 4] for first in range(0, SHOWN_HEX, 4))
