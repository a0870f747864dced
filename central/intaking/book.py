"""One transaction of intake: the journals it holds locked, the events it is about to store, the marks it will leave."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from central.store import events, marks, news, quarantine, verdicts
from central.store.events import EventRow, StoredRow, Version
from central.store.journals import JournalState, Key, save_journals
from central.store.quarantine import Held

LOCAL_MS = 7 * 3_600_000
"""Asia/Ho_Chi_Minh is UTC+7 all year (tz database, since 1975)."""
DAY_MS = 86_400_000
_EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class Book:
    """What a transaction has taken so far.

    holders: badge number -> staff codes that ever held it. pending: by (journal id, seq), not written yet. fresh:
    lowest seq stored now, by journal id. resend: seqs to be asked for, by journal. withdrawn: devices of which stored
    events were taken away again.
    """

    db: sa.Connection
    now_ms: int
    journals: dict[Key, JournalState]
    holders: Mapping[str, tuple[str, ...]]
    pending: dict[tuple[int, int], StoredRow] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    taps: set[tuple[str, int]] = field(default_factory=set)
    boots: set[tuple[str, str]] = field(default_factory=set)
    doors: dict[str, int] = field(default_factory=dict)
    resend: dict[Key, tuple[int, int]] = field(default_factory=dict)
    fresh: dict[int, int] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    duplicates: int = 0
    stored: int = 0

    def insert(self, journal: JournalState, rows: list[EventRow]) -> None:
        """Store events that are not there yet."""
        if not rows:
            return
        self.pending.update(((journal.id, row.seq), (journal.id, *row)) for row in rows)
        self.stored += len(rows)
        self.fresh[journal.id] = min(rows[0].seq, self.fresh.get(journal.id, rows[0].seq))
        for row in rows:
            if row.badge is not None:
                self.tap(row.badge, row.time_ms, row.received_ms, row.set_aside)
            elif row.kind in _DOOR_KINDS:
                self.door(journal.device, min(row.received_ms, row.time_ms or row.received_ms))
            if row.time_ms is None:
                self.boots.add((journal.device, journal.boot))

    def tap(self, badge: str, time_ms: int | None, received_ms: int, set_aside: bool = False) -> None:
        """A punch came or went: the days of whoever held the badge are stale.

        Until its time is known, and where it was set aside, the day of its receipt is in question as well.
        """
        if time_ms is not None:
            self.taps.add((badge, (time_ms + LOCAL_MS) // _HALF_MS))
        if time_ms is None or set_aside:
            self.taps.add((badge, (received_ms + LOCAL_MS) // _HALF_MS))

    def door(self, device: str, since_ms: int) -> None:
        """What is known about a door changed from since_ms on."""
        self.doors[device] = min(since_ms, self.doors.get(device, since_ms))

    def flush(self) -> None:
        """Write what is pending, so that queries see it."""
        events.insert_events(self.db, list(self.pending.values()))
        self.pending = {}

    def versions(self, journal: JournalState, first: int, last: int) -> list[Version]:
        """What is stored of seqs [first, last], other versions included."""
        self.flush()
        forked = journal.forked_from is not None
        return events.versions(self.db, journal.id, first, last, forked=forked)

    def stored_or_pending(self, journal: JournalState, first: int, last: int) -> list[Version]:
        """The same, without writing what is pending for it."""
        forked = journal.forked_from is not None
        found = events.versions(self.db, journal.id, first, last, forked=forked)
        here = [self.pending.get((journal.id, seq)) for seq in range(first, last + 1)] if self.pending else ()
        return found + [_version(row) for row in here if row is not None]

    def quarantine(self, journal: JournalState, versions: Iterable[Version | EventRow], problem: str) -> None:
        """Keep versions that a seal contradicts with their bytes."""
        found = sorted(versions, key=lambda v: v.seq)
        if found:
            lines = b"\n".join(v.line for v in found)
            text = f"journal {journal.journal}, seqs {found[0].seq} to {found[-1].seq}: {problem}"
            topic = f"dd/1/{journal.device}/up"
            self.held.append(Held(topic, journal.device, "contradicts_seal", text, lines, found[0].received_ms))

    def write(self) -> None:
        """Write events, journal rows, quarantine and marks; an evaluator in another process hears of the marks."""
        self.flush()
        save_journals(self.db, list(self.journals.values()))
        quarantine.hold(self.db, self.held)
        days = self._days()
        marks.mark_days(self.db, days, self.now_ms)
        marks.mark_boots(self.db, self.boots)
        marks.mark_doors(self.db, self.doors)
        if days or self.boots or self.doors:
            news.tell(self.db)

    def _days(self) -> set[tuple[str, dt.date]]:
        """Staff-days whose punches changed; before noon also the day before, for night shifts, where it was judged.

        A day that was never opened is not opened by a tap of the next morning: nobody was waited for on it.
        """
        found, before = set(), set()
        for badge, half in self.taps:
            day = dt.date.fromordinal(_EPOCH + half // 2)
            for staff in self.holders.get(badge, ()):
                found.add((staff, day))
                if half % 2 == 0:
                    before.add((staff, day - dt.timedelta(days=1)))
        return found | verdicts.judged(self.db, before - found)


_HALF_MS = DAY_MS // 2
_DOOR_KINDS = frozenset({"start", "stop", "fault", "ok", "lost", "clock"})


def _version(row: StoredRow) -> Version:
    event = EventRow(*row[1:])
    kind, badge, time_ms = event.kind, event.badge, event.time_ms
    return Version(event.seq, event.line, event.hash, event.received_ms, kind, badge, time_ms, False)
