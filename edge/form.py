"""The function behind `diemdanh-edge form`: in which form a list's column of badge numbers is written.

A file with a line for each of about five cards: what the list says, then the card's canonical number, as `decode` or a
door tells it. Between them a tab, a semicolon or an equals sign; a comma too, unless it is within the number.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.badges import masked
from edge.errors import EdgeError
from edge.readers.profile import FORMS, Order, Profile, Tech, fits, profiles_that_fit

ENOUGH_CARDS = 5
_LINE = re.compile(r"(?P<said>.+?)[\t;=, ]+(?P<badge>(?:em|nfca|w26|w34):[0-9A-Fa-f]+)")


class ColumnError(EdgeError, ValueError):
    """The file holds no pairs of a column's number and a card's; the message names the line."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the cards say. profiles: all that fit every card; nearest: the one that fits most when none fits all.

    misfits: what the column says for the cards that the nearest one does not fit.
    """

    profiles: tuple[Profile, ...]
    cards: int
    nearest: Profile | None = None
    misfits: tuple[str, ...] = ()


def read_column(text: str, name: str) -> dict[str, str]:
    """The pairs in `text`, which errors call `name`. Empty lines and lines of `#` are left out. Raises ColumnError."""
    column: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ColumnError(
                f"{name}, line {number}: must say the list's number and the card's, such as 0009351929;em:008EB2F9"
            )
        kind, _, digits = found["badge"].partition(":")
        said, badge = found["said"].strip().strip('"').strip(), f"{kind}:{digits.upper()}"
        if column.setdefault(said, badge) != badge:
            raise ColumnError(f"{name}, line {number}: {said} is two cards; one of the two was read wrongly")
    if not column:
        raise ColumnError(f"{name}: holds no card; write about {ENOUGH_CARDS}, each on a line of its own")
    return column


def find_form(column: Mapping[str, str]) -> Found:
    """The forms that fit the column."""
    profiles = tuple(profiles_that_fit(column))
    if profiles:
        return Found(profiles, len(column))
    every = [Profile(tech, form, order) for tech in Tech for form in FORMS for order in Order]
    nearest = max(every, key=lambda profile: fits(column, profile))
    if not fits(column, nearest):
        return Found((), len(column))
    misfits = tuple(said for said, badge in column.items() if not fits({said: badge}, nearest))
    return Found((), len(column), nearest, misfits)


def told(found: Found) -> str:
    """The answer for a person."""
    if len(found.profiles) == 1:
        few = "" if found.cards >= ENOUGH_CARDS else f"\n{found.cards} cards are few: try {ENOUGH_CARDS} to be sure"
        return f"{_words(found.profiles[0])}\nfits all {found.cards} cards{few}"
    if found.profiles:
        listed = "\n".join(f"  {_words(profile)}" for profile in found.profiles)
        return f"ambiguous: {len(found.profiles)} forms fit all {found.cards} cards; add cards that differ:\n{listed}"
    if found.nearest is not None:
        wrong = ", ".join(_hidden(said) for said in found.misfits)
        return (
            f"no form fits all {found.cards} cards; nearest is {_words(found.nearest)}, which does not fit {wrong}: "
            "was that card read or written down wrongly?"
        )
    return f"no form fits any of the {found.cards} cards: this is no column of badge numbers, or of other cards"


def _words(profile: Profile) -> str:
    return f'tech = "{profile.tech}", form = "{profile.form}", order = "{profile.order}"'


def _hidden(said: str) -> str:
    """No whole badge number is printed: the last four signs tell which line is meant."""
    return masked(said) if ":" in said else f"...{said[-4:]}"


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; 0 = one form, 1 = none or several. Raises EdgeError."""
    path: Path = arguments.file
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ColumnError(f"{path}: cannot be read ({error})") from error
    found = find_form(read_column(text, str(path)))
    sys.stdout.write(told(found) + "\n")
    return 0 if len(found.profiles) == 1 else 1
