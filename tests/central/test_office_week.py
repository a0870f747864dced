"""The recorded week: 611 people, 25 doors, wrong clocks, lost badges, doors without power; every line of the key."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from central.rules import evaluate
from central.rules.day import LOCAL, Coverage, Day, ManualEntry, Plan, PlanKind, SessionVerdict, Span, Tap
from central.rules.doors import all_down
from central.rules.duty import DutyFacts, DutySlot, DutyTaps, judge_duty
from central.rules.overtime import overtime
from central.timing import Stamped, SyncPoint, exactly, repair
from central.workdays import (
    CalendarEntry,
    CalendarKind,
    DoorPlace,
    ScheduleRow,
    Unit,
    Workdays,
    time_of_day,
    weekdays_in,
)

WEEK = Path(__file__).parents[1] / "data" / "office"
HALVES = {"S": "AM", "C": "PM"}
KINDS = {"CT": PlanKind.TRIP, "H": PlanKind.STUDY}
SECOND = timedelta(seconds=1)

Row = dict[str, str]


class BadgePeriod(NamedTuple):
    staff: str
    first: datetime
    last: datetime
    active: bool


def rows(name: str) -> list[Row]:
    with (WEEK / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def ms(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moment(text: str, *, last: bool = False) -> datetime:
    """An instant, or the first or last second of a date; without limit when empty."""
    if not text:
        return datetime(9000 if last else 1900, 1, 1, tzinfo=LOCAL)
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(LOCAL)
    midnight = datetime.combine(date.fromisoformat(text), datetime.min.time(), LOCAL)
    return midnight + timedelta(days=1) - SECOND if last else midnight


def workdays() -> Workdays:
    return Workdays(
        (Unit(r["code"], r["parent"] or None, day(r["valid_from"]), day(r["valid_to"])) for r in rows("units")),
        (
            ScheduleRow(
                r["unit"],
                r["session"],
                time_of_day(r["start"]),
                time_of_day(r["end"]),
                weekdays_in(r["weekdays"]),
                day(r["valid_from"]),
                day(r["valid_to"]),
                timedelta(minutes=int(r["grace_late_min"])),
                timedelta(minutes=int(r["grace_early_min"])),
                document=r["doc_no"],
            )
            for r in rows("schedules")
        ),
        (
            CalendarEntry(
                date.fromisoformat(r["date"]), CalendarKind(r["kind"]), r["unit"], r["doc_no"], day(r["for_date"])
            )
            for r in rows("calendar")
        ),
        (DoorPlace(r["code"], r["unit"]) for r in rows("devices")),
    )


def true_times(punches: Sequence[Row]) -> dict[str, datetime]:
    points = defaultdict(set)
    for r in rows("clock_syncs"):
        points[r["device"], r["boot"]].add(SyncPoint(1000 * int(r["uptime_s"]), ms(r["synced_time"])))
    boots = defaultdict(list)
    for r in punches:
        clock = "ntp" if r["clock"] == "synced" else "none"
        stamped = Stamped(
            r["event_id"], 1000 * int(r["uptime_s"]), ms(r["device_time"]), clock, None, ms(r["received_time"])
        )
        boots[r["device"], r["boot"]].append(stamped)
    times = {}
    for boot, events in boots.items():
        for ref, timed in exactly(repair(events, points[boot])).items():
            assert not timed.set_aside
            times[ref] = datetime.fromtimestamp(timed.best_ms // 1000, LOCAL)
    return times


def badge_periods() -> dict[str, list[BadgePeriod]]:
    periods = defaultdict(list)
    for r in rows("badges"):
        first, last = moment(r["valid_from"]), moment(r["valid_to"], last=True)
        periods[r["badge_uid"]].append(BadgePeriod(r["staff"], first, last, r["state"] == "active"))
    return periods


def taps_by_staff(punches: Sequence[Row]) -> dict[str, list[Tap]]:
    times, periods = true_times(punches), badge_periods()
    taps = defaultdict(list)
    for r in punches:
        at = times[r["event_id"]]
        holder = next((p for p in periods[r["badge_uid"]] if p.first <= at <= p.last), None)
        if holder is not None and holder.active:
            taps[holder.staff].append(Tap(at, r["event_id"], r["device"]))
    return taps


def plans_by_day() -> dict[tuple[str, date], list[Plan]]:
    plans = defaultdict(list)
    for r in rows("leave"):
        on, last = date.fromisoformat(r["from"]), date.fromisoformat(r["to"])
        while on <= last:
            kind = KINDS.get(r["symbol"], PlanKind.LEAVE)
            plans[r["staff"], on].append(Plan(kind, HALVES.get(r["half"]), r["symbol"]))
            on += timedelta(days=1)
    for r in rows("field"):
        for half in r["sessions"]:
            on = date.fromisoformat(r["date"])
            plans[r["staff"], on].append(Plan(PlanKind.FIELD_DUTY, HALVES[half]))
    return plans


def manual_by_day() -> dict[tuple[str, date], list[ManualEntry]]:
    entries = defaultdict(list)
    for r in rows("manual"):
        if r["approved_by"]:
            on = date.fromisoformat(r["date"])
            midnight = moment(r["date"])
            entry = ManualEntry(r["session"], midnight + time_of_day(r["in"]), midnight + time_of_day(r["out"]))
            entries[r["staff"], on].append(entry)
    return entries


def down_by_device() -> dict[str, list[Span]]:
    down = defaultdict(list)
    for r in rows("doors"):
        down[r["device"]].append(Span(moment(r["down_from"]), moment(r["down_to"])))
    return down


def days(punches: Sequence[Row], dates: Sequence[date]) -> Iterator[tuple[str, Day]]:
    taps, plans, manual, down, hours = (
        taps_by_staff(punches),
        plans_by_day(),
        manual_by_day(),
        down_by_device(),
        workdays(),
    )
    for r in rows("staff"):
        for on in dates:
            work = hours.sessions_for(r["unit"], on)
            doors = hours.office_doors(r["unit"], on)
            yield (
                r["code"],
                Day(
                    on,
                    work.sessions,
                    tuple(taps[r["code"]]),
                    (*work.holidays, *plans[r["code"], on]),
                    tuple(manual[r["code"], on]),
                    Coverage(down=all_down(down[d] for d in doors)),
                    employed=(day(r["joined"]) or date.min) <= on <= (day(r["left"]) or date.max),
                ),
            )


def line(staff: str, on: date, verdict: SessionVerdict) -> Row:
    return {
        "staff": staff,
        "date": on.isoformat(),
        "session": verdict.session.name,
        "outcome": verdict.outcome.value,
        "flags": " ".join(verdict.flags),
        "symbol": verdict.symbol,
        "late_min": str(verdict.late_min),
        "early_min": str(verdict.early_min),
    }


@pytest.mark.parametrize("order", ["as received", "shuffled"])
def test_the_recorded_week_is_judged_line_for_line_as_its_key(order):
    punches, key = rows("punches"), rows("expected")
    if order == "shuffled":
        random.Random(20181112).shuffle(punches)  # noqa: S311 - a repeatable order, no secret
    dates = sorted({date.fromisoformat(r["date"]) for r in key})
    lines = [
        line(staff, one.work_date, verdict)
        for staff, one in days(punches, [dates[0] + timedelta(days=i) for i in range(7)])
        for verdict in evaluate(one).sessions
    ]
    lines.sort(key=lambda r: (r["staff"], r["date"], r["session"]))
    assert len(key) == 6102
    assert [x for x, y in zip(lines, key, strict=True) if x != y] == []


def test_the_weeks_duty_slots_are_judged_line_for_line_as_their_key():
    taps, lines = taps_by_staff(rows("punches")), []
    for r in rows("duty"):
        midnight = moment(r["date"])
        begin, end = midnight + time_of_day(r["start"]), midnight + time_of_day(r["end"])
        slot = DutySlot(r["staff"], midnight.date(), begin, end, r["kind"], stand_in=r["stand_in"] or None)
        verdict = judge_duty(DutyFacts(slot, DutyTaps(tuple(taps[slot.doer]))))
        told = {"outcome": verdict.outcome.value, "by": verdict.by, "late_min": str(verdict.late_min)}
        lines.append({k: r[k] for k in ("staff", "date", "start", "end", "kind")} | told)
    key = rows("expected_duty")
    assert [x for x, y in zip(lines, key, strict=True) if x != y] == []


def test_the_weeks_overtime_is_proposed_as_its_key_says():
    monday = date(2018, 11, 12)
    proposals = [
        {"staff": staff, "date": proposal.work_date.isoformat(), "minutes": str(proposal.minutes)}
        for staff, one in days(rows("punches"), [monday + timedelta(days=i) for i in range(7)])
        if (proposal := overtime(evaluate(one))) is not None
    ]
    proposals.sort(key=lambda r: (r["staff"], r["date"]))
    assert proposals == rows("expected_overtime")


def test_a_make_up_saturday_is_worked_by_the_hours_of_the_monday_it_replaces():
    hours = workdays()
    saturday = hours.sessions_for("H.CA.1C", date(2019, 1, 5))
    assert [f"{s.name} {s.start:%H:%M}-{s.end:%H:%M}" for s in saturday.sessions] == [
        "AM 07:30-12:00",
        "PM 13:30-17:00",
    ]
    assert saturday.documents == ("02/TB-CA", "6519/VPCP-KGVX")
    ordinary = hours.sessions_for("H.CA.1C", date(2018, 11, 17))
    assert [s.name for s in ordinary.sessions] == ["AM"]
