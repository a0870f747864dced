"""A small office in a real database: people, doors, and stations whose events are encoded by the wire itself.

What intake would do in one transaction (store the event, mark what it makes stale) is done here by hand, so that these
tests speak of the ledger alone. Times are local, `07:25` or `07:25:30`, on `DATE` unless a date is given.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from central.ledger import Ledger, UnitPresence, presence_now
from central.ledger.boots import days_of_punches
from central.moments import midnight_ms
from central.presence import Row
from central.store import Store, marks, open_store
from central.store.marks import upsert
from central.store.verdicts import DayRow, day_row
from central.tables import (
    Assignment,
    Badge,
    CalendarDay,
    Counter,
    Device,
    DeviceState,
    DoorClosure,
    Event,
    FieldDuty,
    ForkedEvent,
    Journal,
    Leave,
    LostSpan,
    ScheduleRow,
    Staff,
    Unit,
)
from central.timing import Stamped, own_time
from edge.wire import events as wire
from edge.wire.chain import chain_start, link

DATE = dt.date(2018, 11, 12)  # a Monday
NTP, NONE = wire.Clock.NTP, wire.Clock.NONE


def at(time: str, on: dt.date = DATE) -> int:
    """UTC milliseconds of a local time."""
    hours, minutes, *seconds = time.split(":")
    whole_s = int(hours) * 3600 + int(minutes) * 60 + (int(seconds[0]) if seconds else 0)
    return midnight_ms(on) + whole_s * 1000


@dataclass
class HandClock:
    """A clock that a test sets."""

    ms: int

    def now_ms(self) -> int:
        return self.ms

    def mono_s(self) -> float:
        return self.ms / 1000


@dataclass
class Sent:
    """An event as its station journalled it."""

    journal: int
    event: wire.Event
    line: bytes
    hash: bytes


@dataclass
class Station:
    """A door's station. `ahead_ms`: how far its own clock is ahead; `clock`: the quality it claims, synchronised
    `sync_age_s` ago."""

    office: "Office"
    device: str
    clock: wire.Clock = NTP
    ahead_ms: int = 0
    sync_age_s: int = 0
    boot: str = ""
    boot_ms: int = 0
    journal: str = ""
    journal_id: int = 0
    seq: int = 0
    hash: bytes = b""
    runs: int = 0
    parent: wire.Parent | None = None

    def start(self, time: str, on: dt.date = DATE, *, deliver: bool = True) -> Sent:
        """Power on: a new boot, a new journal."""
        if self.journal:
            self.parent = wire.Parent(self.journal, self.seq, self.hash)
        self.runs += 1
        self.boot, self.boot_ms = f"boot-{self.device}-{self.runs}", at(time, on) - 1_000
        self.journal, self.seq = f"{abs(hash(self.device)) % 16**8:08x}{self.runs:08x}", 0
        self.hash = chain_start(self.device, self.journal)
        self.journal_id = self.office.insert_journal(self)
        sent = self.sent(wire.Start(self.boot, "1.0", self.parent), at(time, on))
        if deliver:
            self.deliver(sent)
        return sent

    def sent(self, body: Any, ms: int) -> Sent:
        """Journal an event that happened at ms."""
        self.seq += 1
        utc_ms = ms + self.ahead_ms
        event = wire.Event(self.seq, wire.Stamp(ms - self.boot_ms, utc_ms, self.clock, self.sync_age_s), body)
        line = wire.encode_event(event)
        self.hash = link(self.hash, line)
        return Sent(self.journal_id, event, line, self.hash)

    def tap(self, badge: str, time: str, on: dt.date = DATE, *, deliver: bool = True) -> Sent:
        """Somebody taps; delivered at once unless told otherwise."""
        sent = self.sent(wire.Punch(badge, "main", ()), at(time, on))
        if deliver:
            self.deliver(sent)
        return sent

    def say(self, body: Any, time: str, on: dt.date = DATE) -> Sent:
        """Journal and deliver any other event."""
        sent = self.sent(body, at(time, on))
        self.deliver(sent)
        return sent

    def uptime(self, time: str, on: dt.date = DATE) -> int:
        return at(time, on) - self.boot_ms

    def deliver(self, sent: Sent, received: int | None = None) -> None:
        """The event reaches central, by default the moment it happened."""
        happened = self.boot_ms + sent.event.stamp.uptime_ms
        self.office.store_event(self, sent, happened if received is None else received)

    def heartbeat(self, time: str, on: dt.date = DATE) -> None:
        """Everything up to now has arrived."""
        self.office.heartbeat(self, at(time, on))


@dataclass
class Office:
    """One unit X with hours 07:30-12:00 and 13:30-17:00, late after five minutes, Monday to Friday."""

    store: Store
    clock: HandClock = field(default_factory=lambda: HandClock(at("06:00")))

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.store, self.clock)

    # --- who and when ---

    def add(self, *rows: Any) -> None:
        """Store rows of any table."""
        with self.store.write() as db:
            for row in rows:
                values = {k: v for k, v in row.model_dump().items() if not (k == "id" and v is None)}
                db.execute(sa.insert(type(row).__table__).values(values))
            table = Counter.__table__  # type: ignore[attr-defined]
            insert = upsert(db, table).values(name="roster", value=1)
            db.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": table.c.value + 1}))

    def found(self) -> None:
        self.unit("H")
        self.unit("X", "H")
        self.hours("H", "AM", 450, 720)
        self.hours("H", "PM", 810, 1020)

    def unit(self, code: str, parent: str | None = None) -> None:
        self.add(Unit(code=code, parent=parent, type="commune", name=f"Xã {code}"))

    def hours(self, unit: str, session: str, start: int, end: int) -> None:
        self.add(
            ScheduleRow(
                unit=unit,
                weekdays=0b11111,
                session=session,
                start_min=start,
                end_min=end,
                grace_late_min=5,
                doc_no="01/TB",
            )
        )

    def person(
        self,
        code: str,
        unit: str = "X",
        rank: int = 9,
        workplace: str | None = None,
        joined: dt.date | None = None,
        left: dt.date | None = None,
    ) -> str:
        """Somebody with the badge `em:{code}`; returns its number."""
        badge = f"em:{code}"
        self.add(
            Staff(code=code, full_name=f"Lê {code}", name_sort=code, name_search=code, joined=joined, left=left),
            Assignment(staff=code, unit=unit, rank=rank, workplace=workplace),
            Badge(number=badge, staff=code),
        )
        return badge

    def holiday(self, on: dt.date = DATE) -> None:
        self.add(CalendarDay(date=on, kind="holiday", unit="H", doc_no="02/TB"))

    def leave(self, staff: str, half: str | None = None, symbol: str = "P") -> None:
        self.add(Leave(staff=staff, date_from=DATE, date_to=DATE, half=half, symbol=symbol))

    def field_duty(self, staff: str, session: str) -> None:
        self.add(FieldDuty(staff=staff, date=DATE, session=session))

    # --- doors ---

    def door(self, code: str = "D-X", unit: str | None = "X", **kwargs: Any) -> Station:
        device = f"device-{code.lower()}"
        self.add(Device(id=device, code=code, unit=unit, key="k", registered_ms=0))
        return Station(self, device, **kwargs)

    def close_door(self, door: Station, first: str, last: str, doc_no: str = "03/QĐ") -> None:
        self.add(
            DoorClosure(
                device=door.device, down_from_ms=at(first), down_to_ms=at(last), reason="lost_reader", doc_no=doc_no
            )
        )
        with self.store.write() as db:
            marks.mark_door(db, door.device, at(first))

    def insert_journal(self, station: Station) -> int:
        parent = station.parent
        row = {
            "device": station.device,
            "journal": station.journal,
            "boot": station.boot,
            "first_seen_ms": 0,
            "parent_journal": None if parent is None else parent.journal,
            "parent_seq": None if parent is None else parent.seq,
        }
        journal = Journal(**row)
        values = {k: v for k, v in journal.model_dump().items() if k != "id"}
        with self.store.write() as db:
            table = Journal.__table__  # type: ignore[attr-defined]
            return int(db.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one())

    def store_event(self, station: Station, sent: Sent, received_ms: int) -> None:
        stamp, body = sent.event.stamp, sent.event.body
        badge = body.badge if isinstance(body, wire.Punch) else None
        timed = own_time(
            Stamped("", stamp.uptime_ms, stamp.utc_ms, stamp.clock.value, stamp.sync_age_s, received_ms)  # type: ignore[arg-type]
        )
        row = Event(
            journal_id=sent.journal,
            seq=sent.event.seq,
            kind=sent.event.kind,
            line=sent.line,
            hash=sent.hash,
            uptime_ms=stamp.uptime_ms,
            utc_ms=stamp.utc_ms,
            clock=stamp.clock.value,
            sync_age_s=stamp.sync_age_s,
            received_ms=received_ms,
            badge=badge,
            time_ms=timed.best_ms if timed else None,
            uncertainty_ms=timed.uncertainty_ms if timed else None,
            method=timed.method.value if timed else None,
        )
        with self.store.write() as db:
            table = Event.__table__  # type: ignore[attr-defined]
            db.execute(upsert(db, table).values(row.model_dump()).on_conflict_do_nothing())
            if timed is None or isinstance(body, wire.ClockSet):
                boot = db.execute(sa.text("SELECT boot FROM journal WHERE id = :id"), {"id": sent.journal}).scalar_one()
                marks.mark_boots(db, [(station.device, boot)])
            elif badge is not None:
                marks.mark_days(db, days_of_punches(db, [(badge, timed.best_ms, 0)]), self.clock.ms)
            if badge is None:
                marks.mark_door(db, station.device, received_ms if timed is None else timed.best_ms)

    def heartbeat(self, station: Station, ms: int) -> None:
        state = DeviceState(device=station.device, journal=station.journal, heard_ms=ms, delivered_until_ms=ms)
        with self.store.write() as db:
            table = DeviceState.__table__  # type: ignore[attr-defined]
            insert = upsert(db, table).values(state.model_dump())
            later = {"heard_ms": ms, "delivered_until_ms": ms}
            db.execute(insert.on_conflict_do_update(index_elements=["device"], set_=later))
            journal = Journal.__table__  # type: ignore[attr-defined]
            proven = {"proven_uptime_ms": ms - station.boot_ms, "proven_utc_ms": ms}
            db.execute(sa.update(journal).where(journal.c.id == station.journal_id).values(proven))
            marks.mark_door(db, station.device, ms)

    def lose(self, sent: Sent, last: int | None = None) -> None:
        self.add(
            LostSpan(journal_id=sent.journal, first_seq=sent.event.seq, last_seq=last or sent.event.seq, said_ms=0)
        )

    def fork(self, sent: Sent, time: str | None, badge: str) -> None:
        """Another version of a stored event, as if its card had been copied."""
        self.add(
            ForkedEvent(
                journal_id=sent.journal,
                seq=sent.event.seq,
                hash=b"other" * 6,
                line=sent.line,
                kind="punch",
                badge=badge,
                time_ms=None if time is None else at(time),
                received_ms=at("08:00"),
            )
        )
        with self.store.write() as db:
            marks.mark_days(db, [(badge.removeprefix("em:"), DATE)], self.clock.ms)

    # --- asking ---

    def until(self, time: str, on: dt.date = DATE) -> None:
        """Let it be that time, and the ledger do what there is to do."""
        self.clock.ms = at(time, on)
        self.ledger.settle()

    def mark(self, staff: str, on: dt.date = DATE) -> None:
        with self.store.write() as db:
            marks.mark_days(db, [(staff, on)], self.clock.ms)

    def day(self, staff: str, on: dt.date = DATE) -> DayRow:
        with self.store.read() as db:
            row = day_row(db, staff, on)
        assert row is not None, f"no verdict of {staff} on {on}"
        return row

    def says(self, staff: str, on: dt.date = DATE) -> list[str]:
        """One line a session: `AM present late 6`, `PM absent` ..."""
        lines = []
        for s in self.day(staff, on).sessions:
            minutes = [str(m) for m in (s.late_min, s.early_min) if m]
            lines.append(" ".join([s.session, s.outcome, *s.flags.split(), *minutes]))
        return lines

    def board(self, unit: str | None = None) -> tuple[UnitPresence, ...]:
        with self.store.read() as db:
            return presence_now(db, self.clock.ms, unit)

    def sees(self, staff: str) -> Row:
        return next(row for unit in self.board() for row in unit.rows if row.staff == staff)


@contextmanager
def made(url: str) -> Iterator[Office]:
    """An office of units H and X in an empty database, whose tables are made where there are none."""
    store = open_store(url)
    SQLModel.metadata.create_all(store.engine)
    found = Office(store)
    found.found()
    try:
        yield found
    finally:
        store.close()
