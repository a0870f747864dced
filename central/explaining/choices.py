"""The policies of an office in words: what each choice means for whoever is judged by it. Pure.

Names and values are those of `central.rules.policy`.
"""

from central.explaining.facts import PolicyTold
from central.explaining.voice import Say

AMOUNTS = {
    "dedup_s": "taps of one badge within {value} seconds count as one",
    "half_threshold_h": "a day with less than {value} hours is half a day",
    "absent_threshold_h": "a day with less than {value} hours is an absence",
    "required_taps": "{value} taps a day are asked for",
    "rounding_table": "minutes are rounded by the table {value}",
    "flexible_min": "flexible hours: work may begin up to {value} minutes later, and then ends as much later",
}
"""Choices with a number in them."""
WORDS = {
    ("threshold_base", "clipped"): "the thresholds of the day compare the time inside the hours",
    ("threshold_base", "raw"): "the thresholds of the day compare all time from arrival to departure",
    ("worked", "clipped"): "as worked counts the time inside the hours",
    ("worked", "raw"): "as worked counts all time from arrival to departure",
    ("holiday_punch", "ignore"): "taps on a public holiday do not count",
    ("holiday_punch", "count"): "taps on a public holiday count",
    ("holiday_punch", "extra"): "taps on a public holiday are proposed as overtime",
    ("pairing", "first_last"): "the first tap of a session is the arrival, the last the departure",
    ("pairing", "alternating"): "the taps of a session are arrival and departure in turn",
    ("night_date", "start"): "the time of a night shift belongs to the date on which it starts",
    ("night_date", "midnight"): "the time of a night shift is divided at midnight",
    ("leave_taps", "leave"): "where leave and taps contradict each other, the leave decides",
    ("leave_taps", "taps"): "where leave and taps contradict each other, the taps decide",
    ("resolution", "second"): "taps are compared to the second",
    ("resolution", "minute"): "taps are compared to the minute, without their seconds",
    ("late_base", "schedule"): "minutes late count from the hour at which work starts",
    ("late_base", "grace"): "minutes late count from the end of grace",
    ("rounding", "floor"): "seconds are left out of the minutes",
    ("rounding", "ceil"): "minutes that have begun count as whole ones",
    ("rounding", "nearest"): "seconds are rounded to the nearest minute",
    ("single_punch", "nearer"): "a lone tap is the arrival or the departure, whichever is nearer",
    ("single_punch", "in"): "a lone tap is always the arrival",
    ("window_split", "middle"): "between two sessions, taps are divided in the middle of the break",
    ("window_split", "later"): "between two sessions, taps belong to the later one",
    ("lunch_taps", "pair"): "two taps between two sessions are the departure of the earlier and the arrival of the "
    "later",
    ("lunch_taps", "window"): "taps between two sessions belong to the session in whose time they lie",
}
"""Choices of a word."""


def phrases() -> list[str]:
    """Everything that these tables may say, for whoever checks that it is translated."""
    return [*AMOUNTS.values(), *WORDS.values()]


def choice(told: PolicyTold, say: Say) -> str:
    """What a policy means: `taps of one badge within 90 seconds count as one`."""
    if (told.name, told.value) in WORDS:
        return say(WORDS[told.name, told.value])
    return say(AMOUNTS[told.name]).format(value=told.value)
