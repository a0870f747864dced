"""Who holds a PIN of a terminal from when to when: a PIN is used again when somebody leaves. Pure.

As with the badges of `badges.csv` a punch belongs to whoever held the PIN at its time. Instants are UTC milliseconds,
both ends included, None = no limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

EVER = 2**60
"""Beyond every instant, either way."""


@dataclass(frozen=True, slots=True)
class Held:
    """One person's time with one PIN."""

    pin: str
    staff: str
    from_ms: int | None = None
    to_ms: int | None = None

    @property
    def first(self) -> int:
        return -EVER if self.from_ms is None else self.from_ms

    @property
    def last(self) -> int:
        return EVER if self.to_ms is None else self.to_ms

    def at(self, ms: int) -> bool:
        return self.first <= ms <= self.last

    def overlaps(self, other: "Held") -> bool:
        """Whether both say something about one instant of one PIN."""
        return self.pin == other.pin and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of a PIN in which its holder is another than before; staff: the old and the new one, whoever there is."""

    pin: str
    from_ms: int | None
    to_ms: int | None
    staff: frozenset[str]


def by_pin(held: Iterable[Held]) -> dict[str, list[Held]]:
    """The lines of each PIN, in their order."""
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.pin, []).append(one)
    return found


def clash(given: Iterable[Held], stored: Iterable[Held]) -> list[tuple[Held, Held]]:
    """Each given line with the first stored one that says something else about the same time."""
    known = by_pin(stored)
    found = []
    for one in given:
        of_pin = known.get(one.pin, [])
        other = next((held for held in of_pin if one.overlaps(held)), None)
        if other is not None and one not in of_pin:
            found.append((one, other))
    return found


def taken_over(given: Iterable[Held], stored: Iterable[Held]) -> list[Held]:
    """What holds once the given lines replace: what was said of the same person, PIN and time (so that it can be cut
    short), and of anybody else the time that they name. Whoever held a PIN before keeps the time before."""
    said = list(given)
    new = by_pin(said)
    pieces = [piece for held in stored for piece in _left_of(held, new.get(held.pin, []))]
    return [*pieces, *said]


def _left_of(held: Held, new: Sequence[Held]) -> list[Held]:
    if any(one.staff == held.staff and one.overlaps(held) for one in new):
        return []
    left = [held]
    for one in new:
        left = [piece for part in left for piece in (_without(part, one) if part.overlaps(one) else (part,))]
    return left


def _without(held: Held, one: Held) -> list[Held]:
    pieces = []
    if held.first < one.first:
        pieces.append(replace(held, to_ms=one.first - 1))
    if one.last < held.last:
        pieces.append(replace(held, from_ms=one.last + 1))
    return pieces


def changed(before: Iterable[Held], after: Iterable[Held]) -> list[Stretch]:
    """Where each PIN's holder is another than before, in order of PIN and time."""
    old, new = by_pin(before), by_pin(after)
    return [s for pin in sorted({*old, *new}) for s in _changed(old.get(pin, ()), new.get(pin, ()))]


def _changed(before: Sequence[Held], after: Sequence[Held]) -> list[Stretch]:
    """Of one PIN: between two neighbouring ends nobody changes."""
    both = (*before, *after)
    ends = sorted({-EVER, EVER + 1, *(held.first for held in both), *(held.last + 1 for held in both)})
    found = []
    for first, beyond in pairwise(ends):
        old = {held.staff for held in before if held.at(first)}
        new = {held.staff for held in after if held.at(first)}
        if old != new:
            begins = None if first == -EVER else first
            found.append(Stretch(both[0].pin, begins, None if beyond > EVER else beyond - 1, frozenset(old | new)))
    return found
