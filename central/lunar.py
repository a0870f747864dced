"""The Vietnamese lunar calendar, worked out from the sky, to check dates that somebody claims to be Tết. Pure.

A lunar month begins on the local date of the new moon; the month in which the sun reaches 270 degrees (the winter
solstice) is the eleventh; in a year with thirteen months the first one in which the sun enters no new twelfth of its
way is a leap month. Vietnam counts dates at UTC+7, China at UTC+8: in 2007, 2030 and 2053 they keep different New
Years. Good for the years 1976 (when all of Vietnam went over to UTC+7) to 2150.
Source: J. Meeus, Astronomical Algorithms, 2nd ed., chapters 25 (sun) and 49 (new moons); Delta T after F. Espenak.
"""

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

VIETNAM = timedelta(hours=7)
CHINA = timedelta(hours=8)

_LUNATION_DAYS = 29.530588861
_ORDINAL_OF_JULIAN_DAY_0 = -1721425
_DAY_S = 86_400.0
_SOLSTICE = 9
"""The twelfth of its way that the sun enters at the winter solstice."""


@dataclass(frozen=True, slots=True)
class LunarMonth:
    """A month of the lunar calendar and the date of its first day."""

    number: int
    leap: bool
    first: date


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of the lunar calendar: the 30th of the twelfth month (or the 29th of a short one) is New Year's Eve."""

    month: int
    day: int
    leap: bool


@lru_cache(maxsize=512)
def new_year(year: int, zone: timedelta = VIETNAM) -> date:
    """The first day of the lunar year that begins in `year` (mùng 1 Tết)."""
    return next(month.first for month in months(year, zone) if month.number == 1 and not month.leap)


def hung_kings_day(year: int) -> date:
    """The tenth day of the third lunar month (Giỗ Tổ Hùng Vương)."""
    third = next(month.first for month in months(year) if month.number == 3 and not month.leap)
    return third + timedelta(days=9)


@lru_cache(maxsize=512)
def months(year: int, zone: timedelta = VIETNAM) -> tuple[LunarMonth, ...]:
    """The months from the eleventh of the year before to the tenth of `year`, leap month included."""
    begins, ends = _eleventh(year - 1, zone), _eleventh(year, zone)
    firsts = [begins]
    while firsts[-1] < ends:
        firsts.append(_new_moon_after(firsts[-1], zone))
    leap = _leap_position(firsts, zone) if len(firsts) == 14 else len(firsts)
    return tuple(
        LunarMonth((10 + at - (at >= leap)) % 12 + 1, at == leap, first) for at, first in enumerate(firsts[:-1])
    )


def lunar_day(on: date, zone: timedelta = VIETNAM) -> LunarDay:
    """The lunar day of a date."""
    known = [*months(on.year, zone), *months(on.year + 1, zone)]
    month = max((m for m in known if m.first <= on), key=lambda m: m.first)
    return LunarDay(month.number, (on - month.first).days + 1, month.leap)


def tet_problem(on: date, name: str = "", holidays: Collection[date] = ()) -> str | None:
    """Why a holiday on this date cannot be right as (a day of) Tết; None when nothing speaks against it.

    name: what the holiday is called, "" where nobody said. holidays: the dates that are holidays for the same people.
    A date that is named must be the day that its name says. Whatever the name, nobody has the Chinese New Year's Day
    off and works on the Vietnamese one, where they differ.
    """
    ours, theirs = new_year(on.year), new_year(on.year, CHINA)
    said = " ".join(unicodedata.normalize("NFC", name).lower().split())
    claimed = _claimed(said, ours)
    if claimed is not None and claimed != on:
        return (
            f"{on} is not {name!r}: that is {claimed} in the Vietnamese calendar (UTC+7)"
            + (", whose Tết differs from the Chinese one this year" if ours != theirs else "")
            + f"; write {claimed}"
        )
    if on == theirs != ours and claimed is None and ours not in holidays:
        return (
            f"{on} is New Year's Day of the Chinese calendar; Vietnam's (UTC+7) is {ours}, which is no holiday here; "
            f"take the dates from the Vietnamese calendar, {ours} among them"
        )
    if _is_tet(said) and not ours - timedelta(days=4) <= on <= ours + timedelta(days=9):
        return f"{on} is not near Tết, which begins on {ours} in {on.year}; correct the date or the name"
    return None


_NUMBERS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_COUNTED = re.compile(r"\bm[ùồ]ng (\d+|một|hai|ba|bốn|tư|năm)\b|\b(second|third|fourth|fifth) day\b")
_EVE = re.compile(r"\bgiao thừa\b|\beve\b")
_TET = re.compile(r"\btết (nguyên đán|âm lịch|cổ truyền|ta)\b|\bm[ùồ]ng \w+ tết\b|\b(lunar|chinese) new year\b|^tết$")
_INSTEAD = re.compile(r"nghỉ bù|observed|thay cho|hoán đổi|substituted")


def _claimed(said: str, ours: date) -> date | None:
    """The date that a name means; None where it names no single day of Tết, or a day off instead of one."""
    if not _is_tet(said) or _INSTEAD.search(said):
        return None
    if counted := _COUNTED.search(said):
        word = counted[1] or counted[2]
        return ours + timedelta(days=int(word if word.isdecimal() else _NUMBERS[word]) - 1)
    return ours - timedelta(days=1) if _EVE.search(said) else None


def _is_tet(said: str) -> bool:
    return bool(_TET.search(said))


def _eleventh(year: int, zone: timedelta) -> date:
    """The first day of the eleventh lunar month, which holds the solstice of this December."""
    first = _new_moon_after(date(year, 11, 15), zone)
    while _twelfth(_new_moon_after(first, zone), zone) < _SOLSTICE:
        first = _new_moon_after(first, zone)
    return first


def _leap_position(firsts: Sequence[date], zone: timedelta) -> int:
    """The first month during which the sun enters no new twelfth of its way."""
    twelfths = [_twelfth(first, zone) for first in firsts]
    return next(at for at, (begins, ends) in enumerate(pairwise(twelfths)) if begins == ends)


def _new_moon_after(on: date, zone: timedelta) -> date:
    """The first local date later than `on` with a new moon."""
    k = math.floor((on - date(2000, 1, 6)).days / _LUNATION_DAYS) - 1
    while (found := _local_date(_new_moon(k), zone)) <= on:
        k += 1
    return found


def _local_date(julian_day: float, zone: timedelta) -> date:
    local = julian_day + 0.5 + zone.total_seconds() / _DAY_S
    return date.fromordinal(math.floor(local) + _ORDINAL_OF_JULIAN_DAY_0)


def _new_moon(k: int) -> float:
    """The Julian day (UT) of the k-th new moon after that of 6 January 2000, to within a minute. Meeus 49."""
    t = k / 1236.85
    e = 1 - 0.002516 * t - 0.0000074 * t * t
    sun = math.radians(2.5534 + 29.10535670 * k - 0.0000014 * t**2)
    moon = math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t**2 + 0.00001238 * t**3)
    node_distance = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t**2 - 0.00000227 * t**3)
    node = math.radians(124.7746 - 1.56375588 * k + 0.0020672 * t**2)
    mean = 2451550.09766 + _LUNATION_DAYS * k + 0.00015437 * t**2 - 0.000000150 * t**3
    periodic = sum(
        amount * e ** abs(by_sun) * math.sin(by_sun * sun + by_moon * moon + by_node * node_distance)
        for amount, by_sun, by_moon, by_node in _NEW_MOON_TERMS
    )
    periodic -= 0.00017 * math.sin(node)
    planets = sum(
        amount * math.sin(math.radians(at + rate * k - (0.009173 * t * t if rate == 0.107408 else 0)))
        for amount, at, rate in _PLANETS
    )
    dynamical = mean + periodic + planets
    return dynamical - _delta_t_s(2000 + (dynamical - 2451545) / 365.25) / _DAY_S


_NEW_MOON_TERMS = (
    (-0.40720, 0, 1, 0), (0.17241, 1, 0, 0), (0.01608, 0, 2, 0), (0.01039, 0, 0, 2), (0.00739, -1, 1, 0),
    (-0.00514, 1, 1, 0), (0.00208, 2, 0, 0), (-0.00111, 0, 1, -2), (-0.00057, 0, 1, 2), (0.00056, 1, 2, 0),
    (-0.00042, 0, 3, 0), (0.00042, 1, 0, 2), (0.00038, 1, 0, -2), (-0.00024, -1, 2, 0), (-0.00007, 2, 1, 0),
    (0.00004, 0, 2, -2), (0.00004, 3, 0, 0), (0.00003, 1, 1, -2), (0.00003, 0, 2, 2), (-0.00003, 1, 1, 2),
    (0.00003, -1, 1, 2), (-0.00002, -1, 1, -2), (-0.00002, 1, 3, 0), (0.00002, 0, 4, 0),
)  # fmt: skip
"""Days; multiples of the sun's anomaly, the moon's anomaly, the moon's distance from its node."""
_PLANETS = (
    (0.000325, 299.77, 0.107408), (0.000165, 251.88, 0.016321), (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478), (0.000110, 84.66, 18.206239), (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732), (0.000056, 154.84, 7.306860), (0.000047, 34.52, 27.261239),
    (0.000042, 207.19, 0.121824), (0.000040, 291.34, 1.844379), (0.000037, 161.72, 24.198154),
    (0.000035, 239.56, 25.513099), (0.000023, 331.55, 3.592518),
)  # fmt: skip
"""Days; degrees at k = 0; degrees a lunation."""


def _twelfth(on: date, zone: timedelta) -> int:
    """In which twelfth of its way (0 = from the spring equinox) the sun is when the local date begins."""
    midnight = on.toordinal() - _ORDINAL_OF_JULIAN_DAY_0 - 0.5 - zone.total_seconds() / _DAY_S
    return int(_sun_longitude_deg(midnight) // 30)


def _sun_longitude_deg(julian_day: float) -> float:
    """Apparent longitude of the sun, to within 0.01 degrees (a quarter of an hour). Meeus 25."""
    year = 2000 + (julian_day - 2451545) / 365.25
    t = (julian_day + _delta_t_s(year) / _DAY_S - 2451545) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    anomaly = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t * t) * math.sin(anomaly)
        + (0.019993 - 0.000101 * t) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * t)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


def _delta_t_s(year: float) -> float:
    """By how much dynamical time is ahead of the earth's rotation; seconds matter little to a date."""
    since = year - 2000
    if year < 2005:
        return 63.86 + 0.3345 * since - 0.060374 * since**2
    if year < 2050:
        return 62.92 + 0.32217 * since + 0.005589 * since**2
    return -20 + 32 * ((year - 1820) / 100) ** 2 - 0.5628 * (2150 - year)
