"""The words that all sentences share: times, dates, sessions, plans, doors. Pure.

A sentence is written in English with named places, `{name}`; `say` gives it in the reader's language, and the places
are filled afterwards. Vietnamese stands in `central/web/locale/vi.po`.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from central.explaining.facts import DoorBehind, PlanTold
from central.rules.day import Flag, Outcome

Say = Callable[[str], str]
"""A sentence in the reader's language, its places not yet filled (gettext)."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SESSIONS = {"AM": "the morning", "PM": "the afternoon"}
PLANS = {
    Outcome.HOLIDAY: "public holiday or day given off",
    Outcome.LEAVE: "approved leave",
    Outcome.TRIP: "business trip",
    Outcome.STUDY: "study or meeting",
    Outcome.FIELD_DUTY: "field duty",
}
WITHHELD: dict[Flag | Outcome | None, str] = {
    Flag.LATE: "late arrival",
    Flag.EARLY_LEAVE: "early leave",
    Flag.MISSING_IN: "a missing tap on arrival",
    Flag.MISSING_OUT: "a missing tap on departure",
    Outcome.ABSENT: "absence",
    None: "a verdict",
}
"""What would otherwise have been said of somebody."""


def words() -> list[str]:
    """Every single word and phrase of the tables above, for whoever checks that it is translated."""
    return [*WEEKDAYS, *SESSIONS.values(), *PLANS.values(), *WITHHELD.values()]


def clock(at: datetime, on: date, say: Say) -> str:
    """`07:35:00`, with the date where it is another one than `on`."""
    if at.date() == on:
        return f"{at:%H:%M:%S}"
    return say("{time} on {date}").format(time=f"{at:%H:%M:%S}", date=f"{at:%d/%m/%Y}")


def minute(at: datetime, on: date, say: Say) -> str:
    """`07:35`, with the date where it is another one than `on`: for hours, which are set to the minute."""
    if at.second:
        return clock(at, on, say)
    if at.date() == on:
        return f"{at:%H:%M}"
    return say("{time} on {date}").format(time=f"{at:%H:%M}", date=f"{at:%d/%m/%Y}")


def day(on: date) -> str:
    """`12/11/2018`."""
    return f"{on:%d/%m/%Y}"


def weekday(on: date, say: Say) -> str:
    return say(WEEKDAYS[on.weekday()])


def session(name: str, say: Say) -> str:
    """`the morning`, `the afternoon`, or the session under its own name."""
    if name in SESSIONS:
        return say(SESSIONS[name])
    return say("the session {name}").format(name=name)


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """The text with its first letter in lower case."""
    return text[:1].lower() + text[1:]


def length(span: timedelta, say: Say) -> str:
    """`40 seconds`, `7 minutes`, `3 hours`: rounded up, for it is told as an uncertainty."""
    seconds = -(-span // timedelta(seconds=1))
    if seconds < 120:
        return say("{count} seconds").format(count=seconds)
    if seconds < 7200:
        return say("{count} minutes").format(count=-(-seconds // 60))
    return say("{count} hours").format(count=-(-seconds // 3600))


def whole_minutes(count: int, say: Say) -> str:
    """`6 minutes`; lateness below one minute is still lateness."""
    if count == 0:
        return say("less than a minute")
    return say("1 minute") if count == 1 else say("{count} minutes").format(count=count)


def minutes(span: timedelta) -> str:
    """Whole minutes as a number; with a decimal comma where seconds are left."""
    seconds = int(span.total_seconds())
    whole, rest = divmod(seconds, 60)
    return str(whole) if not rest else f"{seconds / 60:.1f}".replace(".", ",")


def plan(told: PlanTold, say: Say) -> str:
    """`approved leave (P)`."""
    name = say(PLANS[told.kind])
    return f"{name} ({told.symbol})" if told.symbol else name


def withheld(what: Flag | Outcome | None, say: Say) -> str:
    return say(WITHHELD.get(what, WITHHELD[None]))


def listed(names: Iterable[str], say: Say) -> str:
    """`D-X01, D-X02 and D-X03`."""
    *first, last = list(names)
    return say("{first} and {last}").format(first=", ".join(first), last=last) if first else last


def behind(door: DoorBehind, on: date, say: Say) -> str:
    """`D-X01 (delivered up to 12:29:10)`, `D-X01 (has never delivered)`."""
    name = place(door.door, door.place)
    if door.delivered is None:
        return say("{door}, which has never delivered").format(door=name)
    return say("{door}, delivered up to {time}").format(door=name, time=clock(door.delivered, on, say))


def place(door: str, where: str) -> str:
    """`D-X01 (Cổng Xã Khê Dũng)`."""
    return f"{door} ({where})" if where else door


def document(number: str, say: Say) -> str:
    """`, document 01/TB-TK`; nothing without a number."""
    return say(", document {number}").format(number=number) if number else ""
