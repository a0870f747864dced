"""Other rules in place of those that hold: one line a row, `unit session start-end from..to grace`."""

import datetime as dt
from pathlib import Path

import pytest

from central.what_if.reading import RulesFileError, read_supposition
from central.what_if.supposing import Choice, Grace, Supposition, supposed_choices, supposed_hours, with_graces
from central.workdays import ScheduleRow, Unit, Workdays, time_of_day

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
    ("graces", "expected"),
    [
        ("", "AM 5 0, PM 5 0"),
        ("H late10", "AM 10 0, PM 10 0"),
        ("H PM late10", "AM 5 0, PM 10 0"),
        ("H PM early1", "AM 5 0, PM 5 1"),
        ("H.V late10", "AM 10 0, PM 10 0"),
        ("H.V.P late10", "AM 10 0, PM 10 0"),
        ("H late10; H.V late15", "AM 15 0, PM 15 0"),
        ("H.V late15; H late10", "AM 15 0, PM 15 0"),
        ("H early2; H.V.P AM late0", "AM 0 2, PM 5 2"),
        ("H.X late10", "AM 5 0, PM 5 0"),
    ],
)
def test_a_grace_reaches_those_below_who_have_no_hours_of_their_own(graces: str, expected: str):
    """H has hours, H.V and H.V.P take them over; H.X is beside them."""
    units = [Unit("H"), Unit("H.V", "H"), Unit("H.V.P", "H.V"), Unit("H.X", "H")]
    assert told(units, HELD, graces, "H.V.P", 12) == expected


def test_own_hours_keep_a_grace_from_above_away():
    units = [Unit("H"), Unit("X", "H"), Unit("X.A", "X")]
    assert told(units, HELD, "H late10", "X.A", 12) == "AM 0 0"
    assert told(units, HELD, "X late10", "X.A", 12) == "AM 10 0"
    assert told(units, HELD, "H late10", "X.A", 22) == "AM 10 0, PM 10 0"


def test_a_grace_holds_on_its_dates_alone():
    by_date = [told([Unit("H")], HELD, "H AM late0 5..6", "H", on) for on in (4, 5, 6, 7)]
    assert by_date == ["AM 5 0, PM 5 0", "AM 0 0, PM 5 0", "AM 0 0, PM 5 0", "AM 5 0, PM 5 0"]


def test_supposed_hours_of_a_unit_that_took_its_hours_over_reach_those_below_it():
    units = [Unit("H"), Unit("H.V", "H"), Unit("H.V.P", "H.V")]
    hours = (row("H.V AM 08:00-11:00 .. g7"),)
    assert told(units, HELD, "", "H.V.P", 12, hours) == "AM 7 0"
    assert told(units, HELD, "H late10", "H.V.P", 12, hours) == "AM 7 0"
    assert told(units, HELD, "H.V.P late10", "H.V.P", 12, hours) == "AM 10 0"


def told(
    units: list[Unit], rows: list[ScheduleRow], graces: str, unit: str, on: int, hours: tuple[ScheduleRow, ...] = ()
) -> str:
    """The sessions of a unit on that day of November, each with its grace for late and for early in minutes."""
    other = Supposition("d", hours, tuple(read_grace(text) for text in graces.split(";") if text.strip()))
    workdays = Workdays(units, rows).under(
        lambda held: supposed_hours(held, other), lambda r, way_down, on: with_graces(r, way_down, on, other)
    )
    found = workdays.sessions_for(unit, dt.date(2018, 11, on)).sessions
    return ", ".join(f"{s.name} {s.grace_late // ONE_MIN} {s.grace_early // ONE_MIN}" for s in found)


def read_grace(text: str) -> Grace:
    """`H AM late10 early2 5..6`: all but the unit may be left out."""
    unit, *words = text.split()
    minutes = {word.rstrip("0123456789"): int(word.lstrip("latery")) * ONE_MIN for word in words if word[0] in "le"}
    session = next((word for word in words if word in ("AM", "PM")), None)
    first, last = next((word for word in words if ".." in word), "..").split("..")
    return Grace(unit, session, minutes.get("late"), minutes.get("early"), day(first), day(last))


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
