"""Vietnamese and English on the screen: gettext catalogues, dates and ages.

The catalogues are the .po files in locale/; they are compiled in memory at the start, so that no binary has to be kept.
"""

import datetime as dt
import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
LOCALE = Path(__file__).parent / "locale"
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def chosen(asked: str | None) -> str:
    """The language to answer in; Vietnamese unless another known one is asked for."""
    return asked if asked in LANGUAGES else LANGUAGES[0]


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language."""
    with (LOCALE / f"{language}.po").open("rb") as file:
        read = read_po(file, locale=language)
    for path in sorted(LOCALE.glob(f"*.{language}.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    read[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def long_date(day: dt.date, language: str) -> str:
    """`Thứ Hai, ngày 12/11/2018`, or `Monday, 12 November 2018`, which no order of day and month can spoil."""
    if language == "vi":
        return f"{WEEKDAYS[day.weekday()]}, ngày {day:%d/%m/%Y}"
    return f"{ENGLISH_DAYS[day.weekday()]}, {day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def age(seconds: int | None, language: str) -> str:
    """How old something is, in the largest fitting unit: `40 giây`, `12 phút`, `3 giờ`, `2 ngày`; a dash for never."""
    if seconds is None:
        return "–"
    for limit, size, vietnamese, english in (
        (60, 1, "giây", "s"),
        (3600, 60, "phút", "min"),
        (86_400, 3600, "giờ", "h"),
    ):
        if seconds < limit:
            return f"{max(seconds, 0) // size} {vietnamese if language == 'vi' else english}"
    return f"{seconds // 86_400} {'ngày' if language == 'vi' else 'd'}"
