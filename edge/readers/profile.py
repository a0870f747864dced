"""How a reader writes a card's number, and what the number is. Pure. Source: readers.md section 2.

The same card prints as many numbers; a reader of keys or of 34 bits says one of them and nothing about which. Its
profile does: kind of card, form, order. It is set from a reference card, and a number that does not fit it is refused,
never padded and never guessed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.readers.reader import BadInput
from edge.readers.uid import uid_badge


class Tech(StrEnum):
    """What cards a reader reads."""

    EM = "em"
    NFCA = "nfca"


class Order(StrEnum):
    """What a reader does to the bytes before it writes them."""

    AS_IS = "msb"
    REV_BYTES = "rev_bytes"
    REV_NIBBLE_BITS = "rev_nibble_bits"
    REV_BYTE_BITS = "rev_byte_bits"


ORDER_NAMES: Mapping[str, Order] = {
    **{order.value: order for order in Order},
    "": Order.AS_IS,
    "as_is": Order.AS_IS,
    "normal": Order.AS_IS,
    "rev": Order.REV_BYTES,
    "reversed": Order.REV_BYTES,
    "byte_rev": Order.REV_BYTES,
    "lsb": Order.REV_BYTES,
}
"""Every word that settings and recorded cases may say for an order."""

SEPARATORS = ",."


@dataclass(frozen=True, slots=True)
class Number:
    """What a form holds: the bytes, most significant first; partial when they are only the low 24 bits of a card."""

    data: bytes
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a number. length: characters, fixed; parse: the number, None when it is out of range."""

    name: str
    length: int
    characters: str
    parse: Callable[[str], Number | None]


def _decimal(octets: int, *, partial: bool = False) -> Callable[[str], Number | None]:
    def parse(text: str) -> Number | None:
        value = int(text)
        return Number(value.to_bytes(octets, "big"), partial) if value < 1 << (8 * octets) else None

    return parse


def _pair(digits: int, octets: int, *, partial: bool) -> Callable[[str], Number | None]:
    def parse(text: str) -> Number | None:
        high, low = int(text[:digits]), int(text[digits + 1 :])
        if high >= 1 << (8 * octets) or low > 0xFFFF:
            return None
        return Number(high.to_bytes(octets, "big") + low.to_bytes(2, "big"), partial)

    return parse


def _hex(text: str) -> Number:
    return Number(bytes.fromhex(text))


_DECIMAL, _PAIRS, _HEX = "0123456789", f"0123456789{SEPARATORS}", "0123456789ABCDEF"
FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form("8H10D", 10, _DECIMAL, _decimal(4)),
        Form("6H8D", 8, _DECIMAL, _decimal(3, partial=True)),
        Form("10H12D", 12, _DECIMAL, _decimal(5)),
        Form("10H13D", 13, _DECIMAL, _decimal(5)),
        Form("3D5D", 9, _PAIRS, _pair(3, 1, partial=True)),
        Form("2H4H", 9, _PAIRS, _pair(3, 1, partial=True)),
        Form("4H4H", 11, _PAIRS, _pair(5, 2, partial=False)),
        Form("8H", 8, _HEX, _hex),
        Form("10H", 10, _HEX, _hex),
        Form("14H", 14, _HEX, _hex),
        Form("20H", 20, _HEX, _hex),
    )
}
"""Name in settings and cases -> form; the names are those of readers.md, section 2."""


class ProfileError(ValueError):
    """A profile that no reader can have; the message says which words there are."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one reader writes numbers."""

    tech: Tech = Tech.EM
    form: str = "8H10D"
    order: Order = Order.AS_IS


def profile_from(words: Mapping[str, str]) -> Profile:
    """The profile that `tech`, `form` and `order` name; what is not said is the default. Raises ProfileError."""
    tech, form, order = words.get("tech", "em"), words.get("form", "8H10D"), words.get("order", "")
    if tech not in set(Tech):
        raise ProfileError(f"tech {tech!r} is none of {', '.join(Tech)}")
    if form not in FORMS:
        raise ProfileError(f"form {form!r} is none of {', '.join(FORMS)}")
    if order not in ORDER_NAMES:
        raise ProfileError(f"order {order!r} is none of {', '.join(Order)}")
    return Profile(Tech(tech), form, ORDER_NAMES[order])


def read_number(text: str, profile: Profile) -> tuple[str, int | None] | BadInput:
    """Canonical number and EM4100 version byte (None when not written) of `text`; or why it does not fit."""
    form = FORMS[profile.form]
    if len(text) != form.length:
        return BadInput.BAD_LENGTH
    if not set(text) <= set(form.characters):
        return BadInput.BAD_KEY
    if form.characters == _PAIRS and not re.fullmatch(r"[0-9]+[,.][0-9]{5}", text):
        return BadInput.BAD_LENGTH
    number = form.parse(text)
    if number is None:
        return BadInput.OUT_OF_RANGE
    return _named(number, profile)


def _named(number: Number, profile: Profile) -> tuple[str, int | None] | BadInput:
    data = ordered(number.data, profile.order)
    if number.partial:
        return (f"w26:{data.hex().upper()}", None) if any(data) else BadInput.ALL_ZERO
    if profile.tech is Tech.NFCA:
        badge = uid_badge(data)
        return badge if isinstance(badge, BadInput) else (badge, None)
    if len(data) not in (4, 5):
        return BadInput.BAD_LENGTH
    if not any(data[-4:]):
        return BadInput.ALL_ZERO
    return f"em:{data[-4:].hex().upper()}", data[0] if len(data) == 5 else None


def ordered(data: bytes, order: Order) -> bytes:
    """The card's own bytes, from those that a reader of this `order` wrote. Doing it twice undoes it."""
    if order is Order.REV_BYTES:
        return data[::-1]
    if order is Order.REV_BYTE_BITS:
        return bytes(_turned(byte, 8) for byte in data)
    if order is Order.REV_NIBBLE_BITS:
        return bytes(_turned(byte >> 4, 4) << 4 | _turned(byte & 15, 4) for byte in data)
    return data


def _turned(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def profiles_that_fit(column: Mapping[str, str]) -> list[Profile]:
    """Every profile under which all numbers of an imported column are those of the known cards, each meaning once.

    column: what the column says -> canonical badge of the same card, read at a door. Five cards usually leave one; a
    column that fits several needs more cards, one that fits none is not a column of badges. Numbers whose leading zeros
    a spreadsheet ate are taken at the form's length, where no form has the lengths that stand there.
    """
    found = [
        profile
        for tech in Tech
        for name in FORMS
        for order in Order
        if name not in _SAME and column and fits(column, profile := Profile(tech, name, order)) == len(column)
    ]
    written = [p for p in found if all(len(text.strip()) == FORMS[p.form].length for text in column)]
    return written or _shortest(found)


_SAME = frozenset({"2H4H"})
"""Forms that are another's second name on paper; `3D5D` stands for it."""


def _shortest(found: list[Profile]) -> list[Profile]:
    """Of forms that differ only in how many zeros stand in front, the one with the fewest."""
    least = {
        (p.tech, p.order): min(FORMS[o.form].length for o in found if (o.tech, o.order) == (p.tech, p.order))
        for p in found
    }
    return [p for p in found if FORMS[p.form].length == least[p.tech, p.order]]


def fits(column: Mapping[str, str], profile: Profile) -> int:
    """How many numbers of the column are those of the known cards under `profile`."""
    return sum(_fits(text, badge, profile) for text, badge in column.items())


def _fits(text: str, badge: str, profile: Profile) -> bool:
    form = FORMS[profile.form]
    said = text.strip().upper()
    read = read_number(said.zfill(form.length) if form.characters == _DECIMAL else said, profile)
    if isinstance(read, BadInput):
        return False
    if read[0].startswith("w26:"):
        # 24 bits are silent about the kind of card; the known card says it.
        same_kind = badge.startswith(("w26:", f"{profile.tech}:"))
        return same_kind and badge.partition(":")[2].endswith(read[0][4:])
    return read[0] == badge
