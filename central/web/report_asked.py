"""What a reader asked of a report, parsed: each wrong parameter is answered with what to write instead."""

import datetime as dt
import re
from dataclasses import dataclass

from central.errors import CentralError
from central.reports.timesheet.forms import FORMS
from central.reports.timesheet.making import PAPERS, SPREAD
from central.sheets import month_of, span_of
from central.web import report_words as words

MAX_DAYS = 366
USUAL_AGE = dt.timedelta(days=7)
"""In the first days of a month people look at the one before."""
_PART = re.compile(r"[1-9]\d{0,4}")


class WrongQuestionError(CentralError, ValueError):
    """A parameter that cannot be. text: what to do, a key of the catalogues with a place for `value`."""

    def __init__(self, text: str, value: str = "", status: int = 400) -> None:
        super().__init__(text % value if "%s" in text else text)
        self.text, self.value, self.status = text, value[:60], status


@dataclass(frozen=True, slots=True)
class Period:
    """Dates, both included."""

    first: dt.date
    last: dt.date


def month(text: str, today: dt.date) -> str:
    """`YYYY-MM`; without a text the month of a week ago. Raises WrongQuestionError."""
    try:
        span_of(text or month_of(today - USUAL_AGE))
    except ValueError as error:
        raise WrongQuestionError(words.WRONG_MONTH, text) from error
    return text or month_of(today - USUAL_AGE)


def date(text: str, usual: dt.date) -> dt.date:
    """A date. Raises WrongQuestionError."""
    try:
        return dt.date.fromisoformat(text) if text else usual
    except ValueError as error:
        raise WrongQuestionError(words.WRONG_DATE, text) from error


def period(first: str, last: str, today: dt.date) -> Period:
    """From and to; without them the month until today. Raises WrongQuestionError."""
    end = date(last, today)
    found = Period(date(first, end.replace(day=1)), end)
    if not dt.timedelta() <= found.last - found.first < dt.timedelta(days=MAX_DAYS):
        raise WrongQuestionError(words.WRONG_PERIOD)
    return found


def part(text: str) -> int:
    """The number of a part, 1 without one. Raises WrongQuestionError."""
    if text and not _PART.fullmatch(text):
        raise WrongQuestionError(words.WRONG_PART, text)
    return int(text or 1)


def layout(text: str) -> str:
    """A layout's name. Raises WrongQuestionError."""
    if (text or "c01a") not in FORMS:
        raise WrongQuestionError(words.WRONG_LAYOUT, text)
    return text or "c01a"


def form(text: str) -> str:
    """A file's format. Raises WrongQuestionError."""
    if text not in SPREAD:
        raise WrongQuestionError(words.WRONG_FORM, text)
    return text


def paper(text: str) -> str:
    """A paper's size; A4 unless a known one is asked for."""
    return text if text in PAPERS else PAPERS[0]
