"""The rules of the answer key once more, written from the office format's README alone, sharing nothing with central.

Slow and plain on purpose: one person, one date at a time, straight from the files. Where it and the product disagree,
one of the two has misread the rules.
"""

import csv
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

Row = dict[str, str]
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)


class Week:
    """A folder in the office format."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = {r["code"]: r for r in self.rows("units")}
        self.devices = defaultdict(set)
        for r in self.rows("devices"):
            self.devices[r["unit"]].add(r["code"])
        self.taps = self._taps()

    def rows(self, name: str) -> list[Row]:
        path = self.folder / f"{name}.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    # --- taps at their true times -----------------------------------------------------------------------------------

    def _true_times(self) -> dict[str, tuple[Row, datetime]]:
        punches: dict[str, Row] = {}
        for r in self.rows("punches"):
            known = punches.get(r["event_id"])
            if known is None or r["received_time"] < known["received_time"]:
                punches[r["event_id"]] = r
        points = {(r["device"], r["boot"]): r for r in self.rows("clock_syncs")}
        found, lost = {}, defaultdict(list)
        for key, r in punches.items():
            point = points.get((r["device"], r["boot"]))
            if r["clock"] == "synced":
                found[key] = (r, instant(r["device_time"]))
            elif point is not None:
                since = int(r["uptime_s"]) - int(point["uptime_s"])
                found[key] = (r, instant(point["synced_time"]) + since * SECOND)
            else:
                lost[r["device"], r["boot"], r["device_time"][:10]].append(r)
        for group in lost.values():
            error = min(instant(r["received_time"]) - instant(r["device_time"]) for r in group)
            for r in group:
                found[r["event_id"]] = (r, instant(r["device_time"]) + (error // SECOND) * SECOND)
        return found

    def _taps(self) -> dict[str, list[datetime]]:
        periods = defaultdict(list)
        for r in self.rows("badges"):
            periods[r["badge_uid"]].append(r)
        taps = defaultdict(list)
        for r, at in self._true_times().values():
            for period in periods[r["badge_uid"]]:
                if first_moment(period["valid_from"]) <= at <= last_moment(period["valid_to"]):
                    if period["state"] == "active":
                        taps[period["staff"]].append(at)
                    break
        return taps

    # --- hours, doors, plans -----------------------------------------------------------------------------------------

    def path(self, unit: str) -> list[str]:
        found = []
        while unit:
            found.append(unit)
            unit = self.units[unit]["parent"]
        return found

    def hours(self, unit: str, on: date) -> tuple[list[Row], str]:
        """The rows of the date's sessions in order of time, and the calendar's kind for the unit or ""."""
        path = self.path(unit)
        entries = [r for r in self.rows("calendar") if r["date"] == str(on) and r["unit"] in path]
        weekday = on.isoweekday()
        for r in entries:
            if r["kind"] == "make_up":
                weekday = date.fromisoformat(r["for_date"]).isoweekday()
        for step in path:
            valid = [r for r in self.rows("schedules") if r["unit"] == step and covers(r, on)]
            if valid:
                rows = sorted((r for r in valid if weekday in weekdays(r["weekdays"])), key=lambda r: r["start"])
                free = next((r["kind"] for r in entries if r["kind"] != "make_up"), "")
                return rows, free
        return [], ""

    def office_doors(self, unit: str) -> set[str]:
        return next((self.devices[step] for step in self.path(unit) if self.devices[step]), set())

    def all_down(self, unit: str, start: datetime, end: datetime) -> bool:
        """Whether all doors of the office were down at once for some stretch of the span."""
        doors = self.office_doors(unit)
        downs = [r for r in self.rows("doors") if r["device"] in doors]
        edges = sorted({start, end, *(instant(r[k]) for r in downs for k in ("down_from", "down_to"))})
        for a, b in pairwise(edges):
            if a >= start and b <= end and doors:
                down = {r["device"] for r in downs if instant(r["down_from"]) <= a and b <= instant(r["down_to"])}
                if down == doors:
                    return True
        return False

    def plan(self, staff: str, on: date, half: str) -> tuple[str, str] | None:
        for r in self.rows("leave"):
            if r["staff"] == staff and r["from"] <= str(on) <= r["to"] and r["half"] in ("", half):
                return {"CT": "trip", "H": "study"}.get(r["symbol"], "leave"), r["symbol"]
        for r in self.rows("field"):
            if r["staff"] == staff and r["date"] == str(on) and half in r["sessions"]:
                return "field_duty", "CS"
        return None

    # --- the key -----------------------------------------------------------------------------------------------------

    def verdicts(self, first: date, last: date) -> list[Row]:
        found = []
        for person in self.rows("staff"):
            on = first
            while on <= last:
                found += self.day(person, on)
                on += DAY
        return sorted(found, key=lambda r: (r["staff"], r["date"], r["session"]))

    def day(self, person: Row, on: date) -> list[Row]:
        if (person["joined"] and str(on) < person["joined"]) or (person["left"] and str(on) > person["left"]):
            return []
        rows, free = self.hours(person["unit"], on)
        ends = self.ends(person["code"], on, rows)
        return [
            {
                "staff": person["code"],
                "date": str(on),
                "session": r["session"],
                **self.session(person, on, r, free, i, ends),
            }
            for i, r in enumerate(rows)
        ]

    def ends(self, staff: str, on: date, rows: list[Row]) -> list[tuple[datetime | None, datetime | None]]:
        """IN and OUT of each session by the person's taps."""
        groups = [g for g in folded(self.taps[staff]) if g[0].date() == on]
        sides: list[list[list[datetime]]] = [[] for _ in rows]
        for g in groups if rows else ():
            sides[sum(g[0] > middle(on, a, b) for a, b in pairwise(rows))].append(g)
        forced: list[list[list[datetime] | None]] = [[None, None] for _ in rows]
        for i, (earlier, later) in enumerate(pairwise(rows)):
            lunch = [g for g in groups if clock(on, earlier["end"]) < g[0] < clock(on, later["start"])]
            if len(lunch) >= 2:
                sides = [[g for g in side if g not in lunch] for side in sides]
                forced[i][1], forced[i + 1][0] = lunch[0], lunch[-1]
        return [self._ends(on, r, side, *own) for r, side, own in zip(rows, sides, forced, strict=True)]

    @staticmethod
    def _ends(
        on: date, r: Row, side: list[list[datetime]], came: list[datetime] | None, went: list[datetime] | None
    ) -> tuple[datetime | None, datetime | None]:
        every = [g for g in (came, *side, went) if g is not None]
        if not every:
            return None, None
        if len(every) >= 2:
            return every[0][0], every[-1][-1]
        if came is not None:
            return _lone(on, r, came)
        return _lone(on, r, every[0])

    def session(
        self, person: Row, on: date, r: Row, free: str, i: int, ends: list[tuple[datetime | None, datetime | None]]
    ) -> Row:
        if free:
            return line("holiday", symbol="L")
        plan = self.plan(person["code"], on, "SC"[i])
        if plan is not None:
            return line(plan[0], symbol=plan[1])
        came, went = ends[i]
        entry = next(
            (
                m
                for m in self.rows("manual")
                if m["staff"] == person["code"]
                and m["date"] == str(on)
                and m["session"] == r["session"]
                and m["approved_by"]
            ),
            None,
        )
        if entry is not None:
            came, went = clock(on, entry["in"]), clock(on, entry["out"])
        return self.judged(person["unit"], on, r, came, went, manual=entry is not None)

    def judged(self, unit: str, on: date, r: Row, came: datetime | None, went: datetime | None, *, manual: bool) -> Row:
        start, end = clock(on, r["start"]), clock(on, r["end"])
        arrival, leaving = (start - 15 * MINUTE, start + 30 * MINUTE), (end - 30 * MINUTE, end + 30 * MINUTE)

        def dark(*spans: tuple[datetime, datetime]) -> bool:
            return not manual and any(self.all_down(unit, *span) for span in spans)

        if came is None and went is None:
            return line("incomplete", "needs_checking", "+") if dark(arrival, leaving) else line("absent", symbol="V")
        late = came is not None and came > start + int(r["grace_late_min"]) * MINUTE
        early = went is not None and went < end - int(r["grace_early_min"]) * MINUTE
        asserted = {
            "late": (start, came) if late else None,
            "early_leave": (went, end) if early else None,
            "missing_in": arrival if came is None else None,
            "missing_out": leaving if went is None else None,
        }
        flags = [flag for flag, span in asserted.items() if span is not None and not dark(span)]
        flags += ["needs_checking"] if any(span is not None and dark(span) for span in asserted.values()) else []
        outcome = "incomplete" if came is None or went is None else "present"
        late_min = (came - start) // MINUTE if late else 0
        early_min = (end - went) // MINUTE if early else 0
        return line(outcome, " ".join(flags), "+", late_min, early_min)

    def _unit(self, staff: str) -> str:
        return next(r["unit"] for r in self.rows("staff") if r["code"] == staff)

    def duty(self) -> list[Row]:
        found = []
        for r in self.rows("duty"):
            on = date.fromisoformat(r["date"])
            start, end = clock(on, r["start"]), clock(on, r["end"])
            doer = r["stand_in"] or r["staff"]
            within = [g[0] for g in folded(self.taps[doer]) if start - 60 * MINUTE <= g[0] <= end]
            came = min(within, key=lambda at: (abs(at - start), at), default=None)
            told = {k: r[k] for k in ("staff", "date", "start", "end", "kind")}
            late = came is not None and came > start
            minutes = (came - start) // MINUTE if late and came is not None else 0
            accused = came is None or minutes > 0 or (late and not r["stand_in"])
            if accused and self.all_down(self._unit(doer), start - 60 * MINUTE if came is None else start, came or end):
                # The key does not say it, but the product promises it: no door could record, so nobody is accused.
                told |= {"outcome": "needs_checking", "by": doer if came else "", "late_min": str(minutes)}
            elif came is None:
                told |= {"outcome": "no_show", "by": "", "late_min": "0"}
            elif r["stand_in"]:
                told |= {"outcome": "stood_in", "by": doer, "late_min": str(minutes)}
            else:
                told |= {"outcome": "late" if late else "kept", "by": doer, "late_min": str(minutes)}
            found.append(told)
        return found


def folded(taps: list[datetime]) -> list[list[datetime]]:
    """Taps within 60 s of the first of a group are one tap."""
    groups: list[list[datetime]] = []
    for at in sorted(taps):
        if groups and at - groups[-1][0] <= 60 * SECOND:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def middle(on: date, earlier: Row, later: Row) -> datetime:
    """The middle of the gap between two sessions; the earlier one owns it."""
    end = clock(on, earlier["end"])
    return end + (clock(on, later["start"]) - end) / 2


def _lone(on: date, r: Row, group: list[datetime]) -> tuple[datetime | None, datetime | None]:
    start, end = clock(on, r["start"]), clock(on, r["end"])
    if abs(group[0] - start) < abs(end - group[0]):
        return group[0], None
    return None, group[-1]


def line(outcome: str, flags: str = "", symbol: str = "", late_min: int = 0, early_min: int = 0) -> Row:
    return {
        "outcome": outcome,
        "flags": flags,
        "symbol": symbol,
        "late_min": str(late_min),
        "early_min": str(early_min),
    }


def covers(r: Row, on: date) -> bool:
    return (not r["valid_from"] or r["valid_from"] <= str(on)) and (not r["valid_to"] or str(on) <= r["valid_to"])


def weekdays(text: str) -> set[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        days |= set(range(int(first), int(last or first) + 1))
    return days


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def first_moment(text: str) -> datetime:
    return instant(text) if text else datetime.min  # noqa: DTZ901


def last_moment(text: str) -> datetime:
    if not text:
        return datetime.max  # noqa: DTZ901
    return instant(text) + (timedelta(0) if "T" in text else DAY - SECOND)


def clock(on: date, text: str) -> datetime:
    hours, _, days = text.partition("+")
    return instant(f"{on}T{hours}:00") + int(days or 0) * DAY
