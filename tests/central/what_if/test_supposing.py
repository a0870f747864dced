"""Other rules in place of those that hold: one line a row, `unit session start-end from..to grace`."""

import datetime as dt
from pathlib import Path

import pytest

from central.what_if.reading import RulesFileError, read_supposition
from central.what_if.supposing import Choice, Grace, Supposition, supposed_choices, supposed_hours
from central.workdays import ScheduleRow, time_of_day

ONE_MIN = dt.timedelta(minutes=1)


def day(text: str) -> dt.date | None:
    return dt.date(2018, 11, int(text)) if text else None


def row(text: str) -> ScheduleRow:
    """`H AM 07:30-12:00 1..15 g5`: dates in November 2018, either end left out."""
    unit, session, hours, dates, grace = text.split()
    (start, end), (first, last) = hours.split("-"), dates.split("..")
    late = int(grace[1:]) * ONE_MIN
    return ScheduleRow(
        unit, session, time_of_day(start), time_of_day(end), valid_from=day(first), valid_to=day(last), grace_late=late
    )


def shown(rows: list[ScheduleRow]) -> list[str]:
    def clock(at: dt.timedelta) -> str:
        return f"{at // dt.timedelta(hours=1):02}:{at % dt.timedelta(hours=1) // ONE_MIN:02}"

    def date(on: dt.date | None) -> str:
        return "" if on is None else str(on.day)

    return [
        f"{r.unit} {r.session} {clock(r.start)}-{clock(r.end)} {date(r.valid_from)}..{date(r.valid_to)} "
        f"g{r.grace_late // ONE_MIN}"
        for r in rows
    ]


HELD = [row("H AM 07:30-12:00 .. g5"), row("H PM 13:30-17:00 .. g5"), row("X AM 07:00-11:00 1..20 g0")]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (
            ["X AM 08:00-11:00 5..10 g0"],
            ["X AM 07:00-11:00 1..4 g0", "X AM 07:00-11:00 11..20 g0", "X AM 08:00-11:00 5..10 g0"],
        ),
        (["X AM 08:00-11:00 15.. g0"], ["X AM 07:00-11:00 1..14 g0", "X AM 08:00-11:00 15.. g0"]),
        (["X AM 08:00-11:00 ..5 g0"], ["X AM 07:00-11:00 6..20 g0", "X AM 08:00-11:00 ..5 g0"]),
        (["X AM 08:00-11:00 .. g0"], ["X AM 08:00-11:00 .. g0"]),
        (["X AM 08:00-11:00 25.. g0"], ["X AM 07:00-11:00 1..20 g0", "X AM 08:00-11:00 25.. g0"]),
        (["Y AM 08:00-11:00 .. g0"], ["X AM 07:00-11:00 1..20 g0", "Y AM 08:00-11:00 .. g0"]),
    ],
)
def test_supposed_hours_replace_all_of_their_unit_on_their_dates(own: list[str], expected: list[str]):
    found = supposed_hours(HELD, Supposition("d", tuple(row(text) for text in own)))
    assert shown(found) == shown(HELD[:2]) + expected


@pytest.mark.parametrize(
    ("grace", "expected"),
    [
        (Grace("H", None, 10 * ONE_MIN), ["H AM 07:30-12:00 .. g10", "H PM 13:30-17:00 .. g10"]),
        (Grace("H", "PM", 10 * ONE_MIN), ["H AM 07:30-12:00 .. g5", "H PM 13:30-17:00 .. g10"]),
        (Grace("H", "PM", None, ONE_MIN), ["H AM 07:30-12:00 .. g5", "H PM 13:30-17:00 .. g5"]),
        (
            Grace("H", "AM", 0 * ONE_MIN, None, day("5"), day("6")),
            ["H AM 07:30-12:00 ..4 g5", "H AM 07:30-12:00 7.. g5", "H AM 07:30-12:00 5..6 g0",
             "H PM 13:30-17:00 .. g5"],
        ),
    ],
)  # fmt: skip
def test_a_supposed_grace_changes_the_rows_of_its_unit_alone(grace: Grace, expected: list[str]):
    assert shown(supposed_hours(HELD, Supposition("d", graces=(grace,)))) == [*expected, "X AM 07:00-11:00 1..20 g0"]


def test_a_supposed_policy_replaces_that_of_its_name_on_its_dates():
    held = [Choice("H", "dedup", "60"), Choice("H", "half_day_under", "240"), Choice("X", "dedup", "30")]
    other = Supposition("d", choices=(Choice("H", "dedup", "120", day("5"), None),))
    assert supposed_choices(held, other) == [Choice("H", "dedup", "60", None, day("4")), *held[1:], *other.choices]


FILE = """
document = "Dự thảo 12/TB"
[[hours]]
unit = "H"
session = "AM"
start = "07:00"
end = "11:30"
from = 2018-11-12
to = 2018-11-30
weekdays = "1-5"
grace_late_min = 5
window_after_min = 60
[[grace]]
unit = "X"
grace_late_min = 10
[[policy]]
unit = "H"
name = "dedup_s"
value = "90"
"""


def test_a_file_is_read_whole(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text(FILE, "utf-8")
    read = read_supposition(file)
    assert read.document == "Dự thảo 12/TB" and read.units == {"H", "X"}
    (hours,) = read.hours
    assert (hours.valid_from, hours.weekdays, hours.window_after) == (day("12"), frozenset(range(1, 6)), 60 * ONE_MIN)
    assert read.graces == (Grace("X", None, 10 * ONE_MIN),)
    assert read.choices == (Choice("H", "dedup_s", "90"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [", "no TOML file"),
        ("", "document is missing"),
        ("document = 7", "document is missing"),
        ("document = 'd'", "nothing is supposed"),
        ("document = 'd'\nrules = 1", "'rules' is no key; use document"),
        ("document = 'd'\n[grace]\nunit = 'H'", r"\[grace\] is one table; write \[\[grace\]\]"),
        ("document = 'd'\n[[grace]]\nunit = 'H'\nlate = 5", r"\[\[grace\]\] 1: 'late' is no key"),
        ("document = 'd'\n[[grace]]\ngrace_late_min = 5", "unit is missing"),
        ("document = 'd'\n[[grace]]\nunit = 'H'", "give grace_late_min or grace_early_min"),
        ("document = 'd'\n[[grace]]\nunit = 7\ngrace_late_min = 5", "unit = 7 is no text"),
        ("document = 'd'\n[[grace]]\nunit = 'H'\ngrace_late_min = -5", "is no number of minutes"),
        ("document = 'd'\n[[grace]]\nunit = 'H'\ngrace_late_min = true", "is no number of minutes"),
        ("document = 'd'\n[[grace]]\nunit = 'H'\nfrom = '2018'", "write 2018-11-12 without quotation marks"),
        ("document = 'd'\n[[grace]]\nunit = 'H'\nfrom = 2018-11-02\nto = 2018-11-01", "exchange them"),
        ("document = 'd'\n[[hours]]\nunit='H'\nsession='AM'\nstart='12:00'\nend='07:00'", "lies before start"),
        ("document = 'd'\n[[hours]]\nunit='H'\nsession='AM'\nstart='7h'\nend='12:00'", "write HH:MM"),
        ("document = 'd'\n[[policy]]\nunit='H'\nname='mood'\nvalue='1'", "policy 'mood' is not known; there are"),
        ("document = 'd'\n[[policy]]\nunit='H'\nname='dedup_s'\nvalue='x'", "write a number from 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_remedy(tmp_path: Path, text: str, said: str):
    file = tmp_path / "rules.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(RulesFileError, match=said):
        read_supposition(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(RulesFileError, match=r"none.toml: cannot be read"):
        read_supposition(tmp_path / "none.toml")
