"""From UTC milliseconds to local moments and back. Pure.

Facts are kept in UTC milliseconds, rules speak of aware local datetimes and work dates (Asia/Ho_Chi_Minh).
"""

from datetime import date, datetime, timedelta

from central.rules.day import LOCAL

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, 7, tzinfo=LOCAL)
_EPOCH_DATE = date(1970, 1, 1)
_OFFSET_MS = 7 * 3_600_000
_MILLISECOND = timedelta(milliseconds=1)


def moment(ms: int) -> datetime:
    """The local moment of UTC milliseconds."""
    return _EPOCH + timedelta(milliseconds=ms)


def ms_of(at: datetime) -> int:
    """UTC milliseconds of an aware moment, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def local_date(ms: int) -> date:
    """The local date on which the instant lies."""
    return _EPOCH_DATE + timedelta(days=(ms + _OFFSET_MS) // DAY_MS)


def midnight_ms(on: date) -> int:
    """UTC milliseconds of the local midnight at which the date begins."""
    return (on - _EPOCH_DATE).days * DAY_MS - _OFFSET_MS
