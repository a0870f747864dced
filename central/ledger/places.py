"""What a post means on a date, whoever holds it: hours, doors, policy and the sessions beside, worked out once."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from central.rules.day import Policy, Session
from central.store.roster import Post, Roster
from central.workdays import Workday

ONE = dt.timedelta(days=1)
REMEMBERED = 20_000
"""Units and dates whose answers are kept at most: a month of 600 units."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of work on a date.

    office: the doors whose being down matters; doors: these and those of the home unit, as far as somebody waits for
    them (device ids). previous, following: the last session of the date before, the first of the date after.
    """

    workday: Workday
    office: frozenset[str]
    doors: frozenset[str]
    policy: Policy
    previous: Session | None
    following: Session | None


class Places:
    """The places of one roster; answers are remembered, for a whole office shares them."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._known: dict[tuple[str, str, dt.date], Place] = {}

    def at(self, post: Post, on: dt.date) -> Place:
        """What a post, as it is called on the date (`Roster.post_on`), means then. Raises what `Workdays` does."""
        key = (post.unit, post.workplace, on)
        place = self._known.get(key)
        if place is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            place = self._known[key] = self._place(*key)
        return place

    def waited_for(self, devices: Collection[str]) -> frozenset[str]:
        """Those of the devices whose delivery is waited for: nobody waits for a retired or an unknown one."""
        known = self.roster.doors
        return frozenset(d for d in devices if d in known and known[d].retired_ms is None)

    def _place(self, unit: str, workplace: str, on: dt.date) -> Place:
        workdays = self.roster.workdays
        office = workdays.office_doors(workplace, on)
        return Place(
            workdays.sessions_for(workplace, on),
            office,
            self.waited_for(office | workdays.office_doors(unit, on)),
            self.roster.policy_on(workplace, on),
            next(reversed(workdays.sessions_for(workplace, on - ONE).sessions), None),
            next(iter(workdays.sessions_for(workplace, on + ONE).sessions), None),
        )
