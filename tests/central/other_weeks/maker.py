"""Makes weeks in the office format: the district's units, some of its people, and all that goes wrong at doors.

Nothing of a week is stored: a seed gives the same folder again. The first date may be any Monday; across 16 April the
hours change in the middle.
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

OFFICE = Path(__file__).parents[2] / "data" / "office"
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
UNITS = ("X00", "X01", "X02", "X03", "X04", "X05", "H.P01", "H.CA.1C")
PERIODS = (("2018-10-16", "2019-04-15", "07:30", "12:00"), ("2019-04-16", "2019-10-15", "07:00", "11:30"))


def make(folder: Path, seed: int, monday: date, people: int = 60) -> None:
    """Write a week, Monday to Sunday, into an empty folder."""
    _Maker(folder, Random(seed), monday, people).make()  # noqa: S311 - a repeatable week, no secret


class _Maker:
    def __init__(self, folder: Path, chance: Random, monday: date, people: int) -> None:
        self.folder, self.chance, self.monday = folder, chance, monday
        self.days = [monday + i * DAY for i in range(7)]
        units = _read("units")
        self.units = [r for r in units if not r["valid_from"] or r["valid_from"] <= str(monday)]
        everybody = [r for r in _read("staff") if r["unit"].startswith(UNITS)]
        self.staff = [dict(r) for r in chance.sample(everybody, people)]
        self.devices = [
            r for r in _read("devices") if r["unit"].startswith(("X00", "X01", "X02", "X03", "X04", "X05", "H"))
        ]
        self.down: list[dict[str, Any]] = []
        self.syncs: list[dict[str, Any]] = []

    def make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write("units", self.units)
        self._write("devices", self.devices)
        self._write("schedules", self._schedules())
        self._write("calendar", self._calendar())
        self._write("badges", self._badges())
        self._write("staff", self.staff)
        self._write("leave", self._leave())
        self._write("field", self._field())
        self._write("manual", self._manual())
        self._write("duty", self._duty())
        self._write("doors", self._doors())
        self._write("punches", self._punches())
        self._write("clock_syncs", self.syncs)

    def _write(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    def _schedules(self) -> list[dict[str, Any]]:
        rows = []
        for unit, saturday in (("H", False), ("H.CA.1C", True)):
            for first, last, start, noon in PERIODS:
                shared = {"unit": unit, "valid_from": first, "valid_to": last}
                grace = {"grace_late_min": 5, "grace_early_min": self.chance.choice((0, 0, 5)), "doc_no": f"{first}/TB"}
                rows.append({**shared, "weekdays": "1-5", "session": "AM", "start": start, "end": noon, **grace})
                rows.append({**shared, "weekdays": "1-5", "session": "PM", "start": "13:30", "end": "17:00", **grace})
                if saturday:
                    rows.append({**shared, "weekdays": "6", "session": "AM", "start": "07:30", "end": "11:30", **grace})
        return rows

    def _calendar(self) -> list[dict[str, Any]]:
        off, holiday, saturday = self.days[4], self.days[2], self.days[5]
        entry = {"unit": "H", "doc_no": "1/QD", "for_date": ""}
        rows = []
        if self.chance.random() < 0.6:
            unit = self.chance.choice(("H", "X01", "X02"))
            rows.append({"date": str(holiday), "kind": "holiday", **entry, "unit": unit})
        if self.chance.random() < 0.6:
            unit = self.chance.choice(("H", "X03"))
            rows.append({"date": str(off), "kind": "swapped_off", **entry, "unit": unit})
            rows.append({"date": str(saturday), "kind": "make_up", **entry, "unit": unit, "for_date": str(off)})
        return rows or [{"date": str(holiday + 300 * DAY), "kind": "holiday", **entry}]

    def _badges(self) -> list[dict[str, Any]]:
        rows = []
        self.cards: dict[str, list[str]] = {}
        for i, person in enumerate(self.staff):
            card, spare = f"04{i:06X}AAAAAA", f"04{i:06X}BBBBBB"
            person["badge_uid"], self.cards[person["code"]] = card, [card]
            dice = self.chance.random()
            if dice < 0.05:  # replaced in the week
                change = self.chance.choice(self.days[1:5])
                rows.append(_badge(card, person, "", change - DAY, "active"))
                rows.append(_badge(card, person, change, "", self.chance.choice(("lost", "blocked"))))
                rows.append(_badge(spare, person, change, "", "active"))
                person["badge_uid"] = spare
                self.cards[person["code"]] = [card, spare]
            elif dice < 0.08 and i:  # handed over at noon to the one before
                noon = f"{self.chance.choice(self.days[:5])}T12:00:00+07:00"
                rows.append(_badge(card, person, "", noon, "active"))
                rows.append(_badge(card, self.staff[i - 1], noon.replace("12:00:00", "12:00:01"), "", "active"))
                rows.append(_badge(spare, person, "", "", "active"))
                person["badge_uid"] = spare
                self.cards[person["code"]].append(spare)
            else:
                rows.append(_badge(card, person, "", "", "active"))
            if self.chance.random() < 0.04:
                person[self.chance.choice(("joined", "left"))] = str(self.chance.choice(self.days[1:5]))
        return rows

    def _some(self, share: float) -> list[dict[str, Any]]:
        return [person for person in self.staff if self.chance.random() < share]

    def _leave(self) -> list[dict[str, Any]]:
        rows = []
        for person in self._some(0.15):
            first = self.chance.choice(self.days[:5])
            last = min(first + self.chance.choice((0, 0, 1, 3)) * DAY, self.days[6])
            half = self.chance.choice(("", "S", "C")) if first == last else ""
            symbol = self.chance.choice(("P", "CT", "H", "Ô"))
            period = {"staff": person["code"], "from": str(first), "to": str(last)}
            rows.append({**period, "half": half, "symbol": symbol, "reason": ""})
        return rows

    def _field(self) -> list[dict[str, Any]]:
        return [
            {
                "staff": person["code"],
                "date": str(self.chance.choice(self.days[:6])),
                "sessions": self.chance.choice(("S", "C", "SC")),
                "place": "",
                "purpose": "",
                "confirmed_by": "",
            }
            for person in self._some(0.3)
        ]

    def _manual(self) -> list[dict[str, Any]]:
        rows = []
        for person in self._some(0.08):
            session = self.chance.choice(("AM", "PM"))
            came, went = ("07:40", "11:20") if session == "AM" else ("13:25", self.chance.choice(("16:50", "17:45")))
            author, approver = self.staff[0]["code"], self.chance.choice(("", self.staff[1]["code"]))
            when = {"staff": person["code"], "date": str(self.chance.choice(self.days[:5])), "session": session}
            rows.append(
                {**when, "in": came, "out": went, "reason": "quên thẻ", "entered_by": author, "approved_by": approver}
            )
        return rows

    def _duty(self) -> list[dict[str, Any]]:
        rows = []
        for person in self._some(0.25):
            if person["joined"] or person["left"]:
                continue  # the key says nothing of a slot of somebody who is not there yet, or any more
            start, end = self.chance.choice(
                (("06:45", "07:30"), ("13:00", "13:30"), ("07:30", "11:30"), ("19:00", "07:00+1"))
            )
            other = self.chance.choice(self.staff)["code"]
            when = {"staff": person["code"], "date": str(self.chance.choice(self.days[:6])), "start": start, "end": end}
            stand_in = other if self.chance.random() < 0.3 and other != person["code"] else ""
            rows.append({**when, "kind": "trial", "swapped_with": "", "stand_in": stand_in, "note": ""})
        return rows

    def _doors(self) -> list[dict[str, Any]]:
        for device in self.devices:
            if self.chance.random() < 0.35:
                begins = self._at(self.chance.choice(self.days[:5]), self.chance.choice((7, 9, 11, 12, 16)), 60)
                ends = begins + self.chance.randint(60, 9000) * SECOND
                stretch = {"device": device["code"], "down_from": _iso(begins), "down_to": _iso(ends)}
                self.down.append({**stretch, "reason": "power_cut"})
        nothing = {"device": self.devices[0]["code"], "down_from": _iso(self._at(self.days[6], 2, 1))}
        return self.down or [{**nothing, "down_to": _iso(self._at(self.days[6], 3, 1)), "reason": "power_cut"}]

    def _at(self, on: date, hour: int, minutes: int) -> datetime:
        begin = datetime.combine(on, datetime.min.time())
        return begin + timedelta(hours=hour, seconds=self.chance.randint(0, 60 * minutes))

    def _punches(self) -> list[dict[str, Any]]:
        taps = [(at, card) for person in self.staff for on in self.days for at, card in self._persons_taps(person, on)]
        taps.append((self._at(self.days[6], 9, 10), "04DEADBEEF0001"))
        devices = {code: _Door(self, code) for code in (r["code"] for r in self.devices)}
        places = {r["badge_uid"]: r for r in self.staff}
        rows = []
        for at, card in sorted(taps):
            code = self._door_of(places.get(card), devices)
            if not self._is_down(code, at):
                rows.append(devices[code].record(at, card))
        self.syncs = [point for door in devices.values() for point in door.points]
        again = [
            {**r, "received_time": _later(r["received_time"], self.chance)} for r in rows if self.chance.random() < 0.02
        ]
        return sorted(rows + again, key=lambda r: (r["received_time"], r["event_id"]))

    def _door_of(self, person: dict[str, Any] | None, devices: dict[str, "_Door"]) -> str:
        own = [] if person is None else [c for c in devices if c == f"D-{person['unit']}"]
        return own[0] if own and self.chance.random() < 0.9 else self.chance.choice(sorted(devices))

    def _is_down(self, code: str, at: datetime) -> bool:
        return any(r["device"] == code and r["down_from"] <= _iso(at) < r["down_to"] for r in self.down)

    def _persons_taps(self, person: dict[str, Any], on: date) -> list[tuple[datetime, str]]:
        if on.isoweekday() > 5 and self.chance.random() < 0.7:
            return []
        pick, times = self.chance.random(), []
        morning, noon = (7.5, 12.0) if str(on) <= "2019-04-15" else (7.0, 11.5)
        near = [morning, noon, 13.5, 17.0]
        if pick < 0.75:
            times = near
        elif pick < 0.85:
            times = self.chance.sample(near, self.chance.randint(0, 3))
        else:
            times = [self.chance.uniform(6, 19) for _ in range(self.chance.randint(1, 7))]
        begin = datetime.combine(on, datetime.min.time())
        found = []
        for hours in times:
            spread = self.chance.choice((0, 1, 5, 60, 300, 301, 600, 900, 3000))
            at = begin + timedelta(hours=hours) + self.chance.choice((-1, 1)) * self.chance.randint(0, spread) * SECOND
            at = at.replace(microsecond=0)
            found.append(at)
            if self.chance.random() < 0.1:
                found.append(at + self.chance.choice((1, 59, 60, 61)) * SECOND)
        if self.chance.random() < 0.2:  # on boundaries, to the second
            found.append(begin + timedelta(hours=(noon + 13.5) / 2) + self.chance.choice((0, 1)) * SECOND)
        cards = self.cards[person["code"]]
        return [(at, self.chance.choice(cards)) for at in found]


class _Door:
    """One device's clock and network: boots, drift, outages."""

    def __init__(self, maker: _Maker, code: str) -> None:
        self.maker, self.code, self.seq = maker, code, 0
        self.points: list[dict[str, Any]] = []
        chance = maker.chance
        begin = datetime.combine(maker.monday, datetime.min.time())
        self.boots = [begin + timedelta(hours=2)]
        while chance.random() < 0.5:
            self.boots.append(begin + chance.randint(1, 6) * DAY + timedelta(seconds=chance.randint(0, 80_000)))
        self.boots.sort()
        self.kinds = [chance.choice(("synced", "synced", "late sync", "never")) for _ in self.boots]
        self.errors = [timedelta(seconds=chance.randint(-400_000, 400_000)) for _ in self.boots]
        self.drifts = [timedelta(seconds=chance.randint(-600, 600)) for _ in self.boots]
        self.away = (
            begin + timedelta(seconds=chance.randint(0, 500_000)),
            timedelta(seconds=chance.randint(0, 150_000)),
        )
        for i, boot in enumerate(self.boots):
            if self.kinds[i] != "never":
                wait = 20 if self.kinds[i] == "synced" else chance.randint(1000, 40_000)
                point = {"device": code, "boot": i + 1, "uptime_s": wait, "synced_time": _iso(boot + wait * SECOND)}
                self.points.append(point)

    def record(self, at: datetime, card: str) -> dict[str, Any]:
        """The line of a tap at its true time."""
        chance, self.seq = self.maker.chance, self.seq + 1
        boot = max((i for i, b in enumerate(self.boots) if b <= at), default=0)
        uptime_s = int((at - self.boots[boot]) / SECOND)
        synced = self.kinds[boot] == "synced" or any(
            p["boot"] == boot + 1 and uptime_s >= p["uptime_s"] for p in self.points
        )
        shown = at
        if not synced:
            shown = at + (self.drifts[boot] if self.kinds[boot] == "never" else self.errors[boot])
        gone, span = self.away
        received = at + timedelta(milliseconds=chance.randint(150, 1900))
        if gone <= at < gone + span:
            received = gone + span + timedelta(milliseconds=chance.randint(0, 90_000))
        return {
            "event_id": f"{self.code}-{self.seq:06d}",
            "device": self.code,
            "seq": self.seq,
            "badge_uid": card,
            "device_time": _iso(shown),
            "clock": "synced" if synced else "unsynced",
            "boot": boot + 1,
            "uptime_s": uptime_s,
            "received_time": received.isoformat(timespec="milliseconds") + "+07:00",
        }


def _badge(card: str, person: dict[str, Any], first: object, last: object, state: str) -> dict[str, Any]:
    return {"badge_uid": card, "staff": person["code"], "valid_from": str(first), "valid_to": str(last), "state": state}


def _read(name: str) -> list[dict[str, Any]]:
    with (OFFICE / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds") + "+07:00"


def _later(text: str, chance: Random) -> str:
    at = datetime.fromisoformat(text) + chance.randint(1, 90_000) * SECOND
    return at.isoformat(timespec="milliseconds")
