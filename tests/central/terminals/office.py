"""A small office with one terminal, in a real database, and everything of it that a test may look at."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from central.ledger import Ledger
from central.moments import midnight_ms
from central.store import Store
from central.terminals.registering import import_attlog

DATE = dt.date(2018, 11, 12)  # a Monday
FILES = {
    "units": "code,parent,type,name_vi,valid_from,valid_to\nH,,district,Huyện Tân Khê,,\nX,H,commune,Xã Hạ Khê,,\n",
    "staff": "code,full_name,unit,position,rank,badge_uid,type,room,joined,left\n"
    "an,Nguyễn Văn An,X,,0,,,,,\nbinh,Lò Thị Bình,X,,1,,,,,\n",
    "devices": "code,unit,location\n",
    "schedules": "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no\n"
    "H,,,1-5,AM,07:30,11:30,5,0,01/TB\nH,,,1-5,PM,13:30,17:00,5,0,01/TB\n",
}


@dataclass
class Clock:
    """A clock that a test sets."""

    ms: int

    def now_ms(self) -> int:
        return self.ms

    def mono_s(self) -> float:
        return self.ms / 1000


def at(time: str, days: int = 0) -> int:
    """UTC milliseconds of a local time of the Monday, or of days later."""
    hours, minutes = time.split(":")
    return midnight_ms(DATE + dt.timedelta(days=days)) + (int(hours) * 60 + int(minutes)) * 60_000


def line(pin: str, time: str, status: int = 0, on: dt.date = DATE, verify: int = 1) -> bytes:
    """A line of attlog.dat."""
    return f"{pin:>9}\t{on} {time}:00\t1\t{status}\t{verify}\t0\r\n".encode()


def pushed(pin: str, time: str, status: int = 0, on: dt.date = DATE, verify: int = 1) -> bytes:
    """The same punch as the terminal pushes it."""
    return f"{pin}\t{on} {time}:00\t{status}\t{verify}\t0\t0\t0\n".encode()


@dataclass
class Office:
    """A database, a clock, and the terminal T-X of commune X, serial AEX1."""

    store: Store
    clock: Clock
    path: Path

    def take(self, *lines: bytes) -> Any:
        file = self.path / "1_attlog.dat"
        file.write_bytes(b"".join(lines))
        return import_attlog(self.store, "T-X", file, self.clock.ms, "Lê A")

    def all(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.read() as db:
            return [tuple(row) for row in db.execute(sa.text(query))]

    def events(self) -> list[tuple[Any, ...]]:
        """What is stored, receipts apart."""
        rows = self.all("SELECT seq, line, badge, time_ms, uncertainty_ms, method FROM event ORDER BY seq")
        return [(row[0], bytes(row[1]), *row[2:]) for row in rows]

    def verdicts(self, staff: str, days: int = 0) -> list[tuple[str, str, str]]:
        """(session, outcome, flags) of a person's day, judged now."""
        with self.store.write() as db:
            on = (DATE + dt.timedelta(days=days)).isoformat()
            db.execute(
                sa.text(
                    "INSERT INTO stale_day (staff, date, version, marked_ms) VALUES (:s, :d, 1, 0)"
                    " ON CONFLICT DO NOTHING"
                ),
                {"s": staff, "d": on},
            )
        ledger = Ledger(self.store, self.clock)
        while ledger.step():
            pass
        return [
            (row[0], row[1], row[2])
            for row in self.all("SELECT session, outcome, flags, staff, date FROM session_verdict ORDER BY session")
            if (row[3], str(row[4])) == (staff, on)
        ]
