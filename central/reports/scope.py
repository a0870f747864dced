"""Of which unit a report is: one that there is at the time, or the question is refused."""

import datetime as dt
from collections.abc import Mapping, Sequence

from central.errors import CentralError
from central.store.roster import UnitName


class UnknownUnitError(CentralError, LookupError):
    """A unit that there is not at the time asked about."""


def check_unit(units: Mapping[str, Sequence[UnitName]], unit: str, first: dt.date, last: dt.date) -> None:
    """Raises UnknownUnitError where there is no such unit (`Roster.units`) on any date of the period."""
    periods = units.get(unit, ())
    if not periods:
        raise UnknownUnitError(
            f"there is no unit {unit!r}; `diemdanh-central units --on {first}` lists all of that date"
        )
    if not any((p.valid_from or first) <= last and (p.valid_to or last) >= first for p in periods):
        known = " and ".join(f"from {p.valid_from or '...'} to {p.valid_to or '...'}" for p in periods)
        raise UnknownUnitError(f"unit {unit} is valid {known}, not from {first} to {last}; choose other dates")
