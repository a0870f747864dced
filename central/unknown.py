"""Codes that nobody has: one wording wherever a unit, a person or a door is asked for that is not there.

The message says which code, what is near it, and how to see all.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from central.errors import UnknownDeviceError, UnknownStaffError, UnknownUnitError
from central.store.roster import UnitName

NEAR = 5
"""How many codes a message names."""
LIKENESS = 0.6


def unknown_unit(code: str, known: Collection[str], on: dt.date | None = None) -> UnknownUnitError:
    """There is no such unit. known: all codes there are; on: the date whose tree the reader should look at."""
    if not known:
        return UnknownUnitError(f"there is no unit {code!r}, for no unit is there yet; `import DIR` brings them")
    at = "" if on is None else f" --on {on}"
    return UnknownUnitError(f"there is no unit {code!r}{_near(code, known)}; `units{at}` lists all")


def unknown_staff(code: str, known: Collection[str]) -> UnknownStaffError:
    """Nobody has this code. known: all codes there are."""
    if not known:
        return UnknownStaffError(f"nobody has the code {code!r}, for nobody is there yet; `import DIR` brings them")
    return UnknownStaffError(
        f"nobody has the code {code!r}{_near(code, known)}; `staff --search NAME` finds people by name"
    )


def unknown_device(code: str, known: Collection[str]) -> UnknownDeviceError:
    """No door has this code. known: all codes there are."""
    if not known:
        return UnknownDeviceError(
            f"no device has the code {code!r}, for no door is there yet; `import DIR` or `device add` brings them"
        )
    return UnknownDeviceError(f"no device has the code {code!r}{_near(code, known)}; `device list` shows them all")


def check_unit(units: Mapping[str, Sequence[UnitName]], unit: str, first: dt.date, last: dt.date) -> None:
    """Raises UnknownUnitError where there is no such unit (`Roster.units`) on any date of the period."""
    periods = units.get(unit, ())
    if not periods:
        raise unknown_unit(unit, units, first)
    if not any((p.valid_from or first) <= last and (p.valid_to or last) >= first for p in periods):
        known = " and ".join(f"from {p.valid_from or '...'} to {p.valid_to or '...'}" for p in periods)
        raise UnknownUnitError(f"unit {unit} is valid {known}, not from {first} to {last}; choose other dates")


def _near(code: str, known: Collection[str]) -> str:
    """`; near it: H.P01, H.P02`, whatever the case of the letters; nothing where nothing is like it."""
    by_folded = {each.casefold(): each for each in sorted(known, reverse=True)}
    like = get_close_matches(code.casefold(), sorted(by_folded), n=NEAR, cutoff=LIKENESS)
    return f"; near it: {', '.join(by_folded[each] for each in like)}" if like else ""
