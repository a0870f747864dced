"""A cell of the timesheet: the signs of a day's sessions, and what the cell is worth in half-days. Pure.

A session is half a day (0,5 công). Both halves alike are written once (`+`), different ones with a stroke (`P/+`), and
the only session of a day with a half before it (`½+`). A sign that needs checking ends in `?`; what is not decided
yet is `…` and worth nothing.
"""

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Signs: TypeAlias = tuple[str, ...]
"""A sign a session, in the order of the day; empty where there is nothing to say."""
OPEN = "…"
CHECKING = "?"
HALF = "½"


@lru_cache(maxsize=4096)
def sign_of(outcome: str, flags: str, symbol: str) -> str:
    """The sign of a session's verdict, as stored or signed."""
    if outcome == "pending" or not symbol:
        return OPEN
    return symbol + (CHECKING if "needs_checking" in flags.split() else "")


def plain(sign: str) -> str:
    """The sign without its mark that it needs checking."""
    return sign.removesuffix(CHECKING) or sign


@lru_cache(maxsize=4096)
def text_of(signs: Signs) -> str:
    """What the cell shows."""
    if len(signs) == 1:
        return HALF + signs[0]
    if len(signs) == 2 and signs[0] == signs[1]:
        return signs[0]
    return "/".join(signs)


def counted(cells: Collection[Signs]) -> Counter[str]:
    """Half-days by sign; what is open counts for nothing, what needs checking as what it is held for."""
    found: Counter[str] = Counter()
    for signs, days in Counter(cells).items():  # a month has few different cells
        for sign in signs:
            if sign != OPEN:
                found[plain(sign)] += days
    return found


class Undecided(NamedTuple):
    """Half-days that are not decided yet, and those that need checking."""

    open: int
    checking: int


def undecided(cells: Collection[Signs]) -> Undecided:
    """What of the cells somebody still has to look at."""
    signs = {sign for cell in set(cells) for sign in cell}
    if not any(sign == OPEN or sign.endswith(CHECKING) for sign in signs):
        return Undecided(0, 0)
    every = [sign for cell in cells for sign in cell]
    return Undecided(every.count(OPEN), sum(sign.endswith(CHECKING) for sign in every if sign != OPEN))


def days_text(half_days: int, comma: str = ",") -> str:
    """`20,5` of 41 half-days; `0` of none."""
    whole, half = divmod(half_days, 2)
    return f"{whole}{comma}5" if half else str(whole)
