"""Vietnamese names: sort and search keys that every database compares alike. Pure.

Lists are ordered by given name (tên), then family name (họ), then middle names (đệm), syllable by syllable: letters
first (a ă â b c d đ ...), tones after them (ngang, huyền, hỏi, ngã, sắc, nặng). Neither SQLite nor PostgreSQL does
this, and they disagree with each other, so keys of digits alone are stored beside the name: digits stand in the same
order in every collation.
Source: the order of Vietnamese dictionaries; joined-string collations (ICU `vi`) order whole names differently.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_CODES = {letter: f"{code:02d}" for code, letter in enumerate(_LETTERS, start=1)}
_HUYEN, _HOI, _NGA, _SAC, _NANG = "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"
_SHAPES = {"\u0306", "\u0302", "\u031b"}  # breve, circumflex, horn: they make letters, not tones
_D = str.maketrans("đð", "dd")
_SILENT = str.maketrans("", "", "'’ʼ‘`-.")
"""Marks inside a word that nobody searches for: H'Hen is found as hhen."""


class Tones(StrEnum):
    """An order of the tones: that of dictionaries, or the one that schools count them in."""

    DICTIONARY = "dictionary"  # ngang, huyền, hỏi, ngã, sắc, nặng
    SCHOOL = "school"  # ngang, huyền, sắc, hỏi, ngã, nặng


_TONES = {
    Tones.DICTIONARY: {mark: str(at) for at, mark in enumerate((_HUYEN, _HOI, _NGA, _SAC, _NANG), start=1)},
    Tones.SCHOOL: {mark: str(at) for at, mark in enumerate((_HUYEN, _SAC, _HOI, _NGA, _NANG), start=1)},
}


@dataclass(frozen=True, slots=True)
class NameOrder:
    """How an office orders its lists. middle_first: equal given names by middle names before the family name."""

    tones: Tones = Tones.DICTIONARY
    middle_first: bool = False


USUAL = NameOrder()


def sort_key(full_name: str, given: str | None = None, order: NameOrder = USUAL) -> str:
    """A string of digits that orders "Lê Văn An" before "Lê Văn Ân" before "Cao Thị Bình".

    given: the given name where it is not the last word; one that is not in the full name is passed over.
    """
    syllables = full_name.split()
    if not syllables:
        return ""
    own, rest = _divided(syllables, (given or "").split())
    family, middle = rest[:1], rest[1:]
    parts = (own, middle, family) if order.middle_first else (own, family, middle)
    # "00" ends a part as it ends the letters of a syllable: below every letter, so the shorter comes first.
    return "00".join("".join(_syllable_key(syllable, order.tones) for syllable in part) for part in parts)


def _divided(syllables: list[str], given: list[str]) -> tuple[list[str], list[str]]:
    """The given name and the rest of a full name: of several places the last."""
    if not given:
        return syllables[-1:], syllables[:-1]
    folded, wanted = [_folded(s) for s in syllables], [_folded(s) for s in given]
    for first in range(len(syllables) - len(given), -1, -1):
        if folded[first : first + len(given)] == wanted:
            return syllables[first : first + len(given)], syllables[:first] + syllables[first + len(given) :]
    return syllables[-1:], syllables[:-1]


def _folded(syllable: str) -> str:
    return unicodedata.normalize("NFC", syllable).lower().replace("ð", "đ")  # the Icelandic one of old keyboards


@lru_cache(maxsize=8192)  # a province's names are made of a few thousand syllables
def _syllable_key(syllable: str, order: Tones) -> str:
    tones, letters, tone = _TONES[order], "", "0"
    for character in _folded(syllable):
        base, *marks = list(unicodedata.normalize("NFD", character))
        shape = "".join(mark for mark in marks if mark in _SHAPES)
        tone = next((tones[mark] for mark in marks if mark in tones), tone)
        letters += _CODES.get(unicodedata.normalize("NFC", base + shape), "")
    return letters + "00" + tone


def search_key(text: str) -> str:
    """Lower case without any mark: `Hoà`, `Hòa` and `hoa` are found alike, and `H'Hen` as `hhen`; đ is d."""
    lowered = unicodedata.normalize("NFD", text.lower()).translate(_D).translate(_SILENT)
    return " ".join("".join(c for c in lowered if not unicodedata.combining(c)).split())


def short_name(full_name: str, limit: int = 20) -> str:
    """The name as a small display can hold it: initials from the left until it fits, the given name whole."""
    syllables = unicodedata.normalize("NFC", full_name).split()
    for position in range(len(syllables) - 1):
        if len(" ".join(syllables)) <= limit:
            break
        syllables[position] = syllables[position][0] + "."
    return " ".join(syllables)
