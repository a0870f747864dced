"""The periods over which offices count. Dates are local, both ends included. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Window(StrEnum):
    """A kind of period."""

    MONTH = "month"
    YEAR = "year"
    ROLLING_30 = "rolling_30"
    ROLLING_365 = "rolling_365"
    CONSECUTIVE = "consecutive"
    """Working half-days in a row, however long that takes."""


DAYS = {Window.ROLLING_30: 30, Window.ROLLING_365: 365}


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, on: object) -> bool:
        return isinstance(on, date) and self.first <= on <= self.last


def month_of(on: date) -> Period:
    return Period(on.replace(day=1), on.replace(day=monthrange(on.year, on.month)[1]))


def year_of(on: date) -> Period:
    return Period(date(on.year, 1, 1), date(on.year, 12, 31))


def ending(window: Window, on: date) -> Period:
    """The calendar month or year that holds the date, or the days that end with it. Raises KeyError for `consecutive`,
    which has no length of its own."""
    if window is Window.MONTH:
        return month_of(on)
    if window is Window.YEAR:
        return year_of(on)
    return Period(on - timedelta(days=DAYS[window] - 1), on)
