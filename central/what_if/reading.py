"""A TOML file of other rules, checked whole: every mistake is named with its table and key."""

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from central.errors import CentralError
from central.rules.policy import PolicyError, read_value
from central.what_if.supposing import Choice, Grace, Supposition
from central.workdays import ScheduleRow, WorkdayError, time_of_day, weekdays_in

PERIOD = frozenset({"unit", "from", "to"})
KEYS = {
    "hours": PERIOD
    | {"session", "start", "end", "weekdays", "grace_late_min", "grace_early_min"}
    | {"window_before_min", "window_after_min"},
    "grace": PERIOD | {"session", "grace_late_min", "grace_early_min"},
    "policy": PERIOD | {"name", "value"},
}
NEEDED = {"hours": ("unit", "session", "start", "end"), "grace": ("unit",), "policy": ("unit", "name", "value")}


class RulesFileError(CentralError, ValueError):
    """A file of other rules that cannot be read; the message names the file, the table, the key and the remedy."""


def read_supposition(path: Path) -> Supposition:
    """The other rules of a file. Raises RulesFileError.

    `document` names the draft. `[[hours]]`: unit, session, start, end (HH:MM, `+1` = next day), and perhaps from, to,
    weekdays (`1-5`), grace_late_min, grace_early_min, window_before_min, window_after_min; `[[grace]]`: unit, and
    perhaps session, grace_late_min, grace_early_min, from, to; `[[policy]]`: unit, name, value, and perhaps from, to.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RulesFileError(f"{path}: cannot be read ({error.strerror}); name an existing file of rules") from error
    except ValueError as error:
        raise RulesFileError(f"{path}: no TOML file ({error}); see `what-if` in the README") from error
    try:
        return _supposition(found)
    except (RulesFileError, WorkdayError) as error:
        raise RulesFileError(f"{path}: {error}") from error


def _supposition(found: Mapping[str, Any]) -> Supposition:
    strange = set(found) - {"document", *KEYS}
    if strange:
        raise RulesFileError(f"{min(strange)!r} is no key; use document, [[hours]], [[grace]] and [[policy]]")
    document = found.get("document", "")
    if not isinstance(document, str) or not document.strip():
        raise RulesFileError("document is missing; name the draft that these rules come from")
    read = Supposition(
        document,
        tuple(_hours(table) for table in _tables(found, "hours")),
        tuple(_grace(table) for table in _tables(found, "grace")),
        tuple(_choice(table) for table in _tables(found, "policy")),
    )
    if not read.units:
        raise RulesFileError("nothing is supposed; add [[hours]], [[grace]] or [[policy]]")
    return read


def _tables(found: Mapping[str, Any], name: str) -> Iterator["_Table"]:
    tables = found.get(name, [])
    if not isinstance(tables, list):
        raise RulesFileError(f"[{name}] is one table; write [[{name}]]")
    for number, values in enumerate(tables, start=1):
        table = _Table(f"[[{name}]] {number}", values)
        strange = set(values) - KEYS[name]
        if strange:
            raise RulesFileError(f"{table.name}: {min(strange)!r} is no key; use {', '.join(sorted(KEYS[name]))}")
        for key in NEEDED[name]:
            if key not in values:
                raise RulesFileError(f"{table.name}: {key} is missing")
        table.check_period()
        yield table


class _Table:
    """One table of the file, and its name for messages."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name, self._values = name, values

    def text(self, key: str, usual: str = "") -> str:
        value = self._values.get(key, usual)
        if not isinstance(value, str):
            raise RulesFileError(f"{self.name}: {key} = {value!r} is no text; put it in quotation marks")
        return value

    def day(self, key: str) -> dt.date | None:
        value = self._values.get(key)
        if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
            raise RulesFileError(f"{self.name}: {key} = {value!r} is no date; write 2018-11-12 without quotation marks")
        return value

    def minutes(self, key: str) -> dt.timedelta | None:
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise RulesFileError(f"{self.name}: {key} = {value!r} is no number of minutes, 0 or more")
        return dt.timedelta(minutes=value)

    def check_period(self) -> None:
        first, last = self.day("from"), self.day("to")
        if first is not None and last is not None and last < first:
            raise RulesFileError(f"{self.name}: to {last} lies before from {first}; exchange them")


def _hours(table: _Table) -> ScheduleRow:
    start, end = time_of_day(table.text("start")), time_of_day(table.text("end"))
    if end <= start:
        raise RulesFileError(f"{table.name}: end {table.text('end')} lies before start {table.text('start')}")
    return ScheduleRow(
        table.text("unit"),
        table.text("session"),
        start,
        end,
        weekdays_in(table.text("weekdays", "1-7")),
        table.day("from"),
        table.day("to"),
        table.minutes("grace_late_min") or dt.timedelta(),
        table.minutes("grace_early_min") or dt.timedelta(),
        table.minutes("window_before_min"),
        table.minutes("window_after_min"),
        ref=table.name,
    )


def _grace(table: _Table) -> Grace:
    late, early = table.minutes("grace_late_min"), table.minutes("grace_early_min")
    if late is None and early is None:
        raise RulesFileError(f"{table.name}: give grace_late_min or grace_early_min")
    return Grace(table.text("unit"), table.text("session") or None, late, early, table.day("from"), table.day("to"))


def _choice(table: _Table) -> Choice:
    name, value = table.text("name"), table.text("value")
    try:
        read_value(name, value)
    except PolicyError as error:
        raise RulesFileError(f"{table.name}: {error}") from error
    return Choice(table.text("unit"), name, value, table.day("from"), table.day("to"))
