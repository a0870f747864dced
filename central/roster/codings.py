"""Vietnamese text in the old font codings TCVN3 (.VnTime) and VNI: told from Unicode by its syllables. Pure.

Both codings put Vietnamese letters where Latin-1 has others, so that text in them, once saved as UTF-8, reads
`NguyÔn V¨n Hïng` or `Nguyeãn Vaên Huøng`. A text is taken for one of them when a word of it is no Vietnamese syllable
as it stands, and is one when read in that coding, and no word of it needs Unicode. Letters by TCVN 5712:1993 (VN3)
and by VNI's Windows fonts.
"""

import re
import unicodedata
from dataclasses import dataclass

_TCVN3 = dict(
    zip(
        "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉË®ÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô\u00adøõö÷ùýúûüþ¡¢§£¤¥¦",
        "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵĂÂĐÊÔƠƯ",
        strict=True,
    )
)

_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_ROUNDED = {"á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323", "â": ""}
_SHORT = {"é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323", "ê": ""}
_VNI_ALONE = dict(zip("ñôöíìæóòî", ("đ", "ơ", "ư", "í", "ì", "ỉ", "ĩ", "ị", "ỵ"), strict=True))


def _vni() -> dict[str, str]:
    pairs = {base + mark: base + tone for base in "aeiouy" for mark, tone in _TONES.items()}
    pairs |= {base + mark: base + "\u0302" + tone for base in "aeo" for mark, tone in _ROUNDED.items()}
    pairs |= {"a" + mark: "a\u0306" + tone for mark, tone in _SHORT.items()}
    pairs |= {letter + mark: good + tone for letter, good in (("ô", "ơ"), ("ö", "ư")) for mark, tone in _TONES.items()}
    return {old: unicodedata.normalize("NFC", new) for old, new in pairs.items()} | _VNI_ALONE


_VNI = _vni()
_VNI_LETTERS = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

_ONSET = "(?:ngh|gh|gi|kh|ch|nh|ng|ph|qu|th|tr|[bcdđghklmnpqrstvx])?"
_OPEN = (
    "ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oe|oi|ôi|ơi|ua|uê|ui|uơ|uy|ưa|ưi|ưu|iêu|yêu|oai|oay|oao|oeo|uây|uôi|uya|uyu"
    "|ươi|ươu|uao|[aeêioôơuưy]"
)
_CLOSED = "oă|oa|oe|oo|iê|yê|uâ|uyê|uy|uê|uô|ươ|[aăâeêioôơuưy]"
_SYLLABLE = re.compile(f"{_ONSET}(?:(?:{_OPEN})|(?:{_CLOSED})(?:ng|nh|ch|[ckmnpt]))")
_TONE_MARKS = frozenset(_TONES.values())
_WORD = re.compile(r"[A-Za-z\u00a1-\u024f\u1ea0-\u1ef9]+")
_MIDDLE_CAPITAL = re.compile(r"[a-z\u00df-\u00ff][\u00c0-\u00de]")


@dataclass(frozen=True, slots=True)
class OldCoding:
    """name: TCVN3 or VNI; reads: the text as it was meant."""

    name: str
    reads: str


def is_syllable(word: str) -> bool:
    """Whether a word is written as a Vietnamese syllable can be: letters, their order, at most one tone."""
    plain, tones = _without_tones(word)
    return tones <= 1 and _SYLLABLE.fullmatch(plain) is not None and not _MIDDLE_CAPITAL.search(word)


def _without_tones(word: str) -> tuple[str, int]:
    letters = unicodedata.normalize("NFD", word.lower())
    plain = "".join(c for c in letters if c not in _TONE_MARKS)
    return unicodedata.normalize("NFC", plain), len(letters) - len(plain)


def from_tcvn3(text: str) -> str:
    """The text read as TCVN3."""
    return "".join(_TCVN3.get(c, c) for c in text)


def from_vni(text: str) -> str:
    """The text read as VNI (its capitals as small letters: only whether they are syllables matters)."""
    return _VNI_LETTERS.sub(lambda found: _VNI[found[0]], text.lower())


def old_coding(text: str) -> OldCoding | None:
    """The coding that the text is in, None for Unicode."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return None
    words = _WORD.findall(text)
    if any(c > "\u00ff" and c.isalpha() for c in text):
        return None  # a letter that neither coding has
    odd = [word for word in words if len(word) > 1 and not word.isascii() and not is_syllable(word)]
    better = {
        name: sum(is_syllable(read(word)) and read(word).lower() != word.lower() for word in odd)
        for name, read in (("TCVN3", from_tcvn3), ("VNI", from_vni))
    }
    name = max(better, key=lambda name: better[name])
    if not better[name]:
        return None
    return OldCoding(name, from_tcvn3(text) if name == "TCVN3" else _capitals(text, from_vni(text)))


def _capitals(said: str, read: str) -> str:
    """`read` with a capital at the beginning of each word that begins with one in `said`."""
    return " ".join(
        better[:1].upper() + better[1:] if word[:1].isupper() else better
        for word, better in zip(said.split(" "), read.split(" "), strict=True)
    )
