"""The board for whoever looks for somebody: by name, by unit with everything below it, by state. Pure.

Names are found without any mark and wherever the tone stands: `hoa` finds Hòa and Hoà. What is counted is what was
found.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from central import names
from central.presence import Row, State, UnitPresence

MOST_TEXT = 80


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit of today. path: codes from the unit itself up to the top."""

    code: str
    name: str
    path: tuple[str, ...]

    @property
    def depth(self) -> int:
        """How many units are above it."""
        return len(self.path) - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; everything empty: the whole board. state: a word of `State`."""

    text: str = ""
    unit: str = ""
    state: str = ""

    @property
    def anything(self) -> bool:
        """Whether less than the whole board is wanted."""
        return bool(self.text or self.unit or self.state)

    @property
    def people(self) -> bool:
        """Whether single people are looked for, and not a unit as it is."""
        return bool(self.text or self.state)


def wanted_of(text: str, unit: str, state: str) -> Wanted:
    """What was asked by the parts of an address; a state that there is not is none."""
    return Wanted(" ".join(text.split())[:MOST_TEXT], unit.strip(), state if state in set(State) else "")


def within(branches: Iterable[Branch], unit: str) -> frozenset[str]:
    """The unit and everything below it; empty when there is no such unit."""
    return frozenset(branch.code for branch in branches if unit in branch.path)


def in_order(branches: Iterable[Branch]) -> tuple[Branch, ...]:
    """As a tree is written down: below each unit those that belong to it, in order of their codes."""
    return tuple(sorted(branches, key=lambda branch: branch.path[::-1]))


def narrowed(
    units: Iterable[UnitPresence], wanted: Wanted, branches: Collection[Branch], seen: Collection[str] | None
) -> tuple[UnitPresence, ...]:
    """The units with those people that are wanted. seen: codes of the units that may be seen, None = all."""
    below = within(branches, wanted.unit) if wanted.unit else None
    kept = [
        unit for unit in units if (seen is None or unit.unit in seen) and (below is None or unit.unit in below)
    ]  # fmt: skip
    if not wanted.people:
        return tuple(kept)
    words = names.search_key(wanted.text).split()
    found = (replace(unit, rows=tuple(row for row in unit.rows if _is(row, words, wanted.state))) for unit in kept)
    return tuple(unit for unit in found if unit.rows)


def _is(row: Row, words: list[str], state: str) -> bool:
    if state and row.presence.state.value != state:
        return False
    key = _key(row.name, row.staff)
    return all(word in key for word in words)


@lru_cache(maxsize=16_384)  # the people of the largest office, looked for again at every change
def _key(name: str, staff: str) -> str:
    return names.search_key(f"{name} {staff}")
