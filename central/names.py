"""Vietnamese names: sort and search keys that every database compares alike. Pure.

Lists are ordered by given name (tên), then family name (họ), then middle names (đệm), syllable by syllable: letters
first (a ă â b c d đ ...), tones after them (ngang, huyền, hỏi, ngã, sắc, nặng). Neither SQLite nor PostgreSQL does
this, and they disagree with each other, so keys of digits alone are stored beside the name.
Source: the order of Vietnamese dictionaries; joined-string collations (ICU `vi`) order whole names differently.
"""

import unicodedata

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_CODES = {letter: f"{code:02d}" for code, letter in enumerate(_LETTERS, start=1)}
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SHAPES = {"\u0306", "\u0302", "\u031b"}  # breve, circumflex, horn: they make letters, not tones


def sort_key(full_name: str) -> str:
    """A string of digits that orders "Lê Văn An" before "Lê Văn Ân" before "Cao Thị Bình"."""
    syllables = full_name.split()
    if not syllables:
        return ""
    given, family, middle = syllables[-1:], syllables[:1] if len(syllables) > 1 else [], syllables[1:-1]
    # "00" ends a syllable and is below every letter, so a shorter word comes before its continuation.
    return "00".join("".join(_syllable_key(syllable) for syllable in part) for part in (given, family, middle))


def _syllable_key(syllable: str) -> str:
    letters, tone = "", "0"
    for character in unicodedata.normalize("NFC", syllable).lower():
        base, *marks = list(unicodedata.normalize("NFD", character))
        shape = "".join(mark for mark in marks if mark in _SHAPES)
        tone = next((_TONES[mark] for mark in marks if mark in _TONES), tone)
        letters += _CODES.get(unicodedata.normalize("NFC", base + shape), "")
    return letters + "00" + tone


def search_key(text: str) -> str:
    """Lower case without any mark: `Hoà`, `Hòa` and `hoa` are found alike; đ is d."""
    lowered = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return " ".join("".join(c for c in lowered if not unicodedata.combining(c)).split())


def short_name(full_name: str, limit: int = 20) -> str:
    """The name as a small display can hold it: initials from the left until it fits, the given name whole."""
    syllables = unicodedata.normalize("NFC", full_name).split()
    for position in range(len(syllables) - 1):
        if len(" ".join(syllables)) <= limit:
            break
        syllables[position] = syllables[position][0] + "."
    return " ".join(syllables)
