"""The heads of the audit log: what central signs of it at the close of each local day, and sends to every door.

Whoever can write to the database, and holds central's key as well, can make another log and sign it. What they cannot
do is take back the heads that doors keep: `verify --heads` compares.
"""

import datetime as dt

import sqlalchemy as sa

from central.clock import Clock
from central.moments import local_date, midnight_ms
from central.proving.facts import untold
from central.store import Store, audit, heads, told
from central.store.audit import Deed, acting
from central.store.heads import HeadRow
from edge.wire.heads import Head, encode_head
from edge.wire.notes import Sign

MOST_DAYS = 400
"""How many days without a head are made up for: central was away, or its clock was wrong."""
SENT = 8
"""How many heads a door is sent, so that one that was off for a week misses none."""
_DAY = dt.timedelta(days=1)
_SHOWN_HEX = 16


class Closing:
    """Signs the head of each local day once it is over. One thread asks; several collectors may, each its own."""

    def __init__(self, store: Store, clock: Clock, sign: Sign) -> None:
        self._store, self._clock, self._sign = store, clock, sign
        self._looked: dt.date | None = None

    def look(self) -> None:
        """Sign what is due; cheap, except at the first call of a date."""
        today = local_date(self._clock.now_ms())
        if today == self._looked:
            return
        close_days(self._store, self._clock, self._sign)
        self._looked = today


def close_days(store: Store, clock: Clock, sign: Sign) -> list[HeadRow]:
    """Sign a head of each day that is over and has none, days without a change among them; returns the new ones.

    The first one is of the day before, or of the first day of the log. What the log never told (facts older than it)
    it is told before the first one.
    """
    now_ms = clock.now_ms()
    with store.write() as db:
        audit.hold(db)
        _tell_what_is_older(db, now_ms)
        return [_signed(db, on, now_ms, sign, midnight_ms(on + _DAY)) for on in _due(db, local_date(now_ms))]


def sign_now(store: Store, clock: Clock, sign: Sign) -> HeadRow:
    """A head of the log as it is at this moment; the last one of today again where nothing was added since."""
    now_ms = clock.now_ms()
    today = local_date(now_ms)
    with store.write() as db:
        audit.hold(db)
        _tell_what_is_older(db, now_ms)
        last = heads.up_to(db, today)
        if last is not None and (last.date, last.rows, last.hash) == (today, *audit.end(db)):
            return last
        return _signed(db, today, now_ms, sign)


def _tell_what_is_older(db: sa.Connection, now_ms: int) -> None:
    if heads.newest(db, 1) or not (found := untold(db)):
        return
    with acting(Deed("", "baseline", "what the log had not told before its first head")):
        told.tell(db, found, now_ms)


def _due(db: sa.Connection, today: dt.date) -> list[dt.date]:
    """Days that are over and have no head from after their end, oldest first."""
    begun_ms, known = heads.first_ms(db), heads.first_date(db)
    begun = today if begun_ms is None else local_date(begun_ms)
    first = max(min(begun, known or today, today - _DAY), today - MOST_DAYS * _DAY)
    closed = {head.date for head in heads.heads(db, first) if head.utc_ms >= midnight_ms(head.date + _DAY)}
    days = (first + number * _DAY for number in range((today - first).days))
    return [on for on in days if on not in closed]


def _signed(db: sa.Connection, on: dt.date, now_ms: int, sign: Sign, before_ms: int | None = None) -> HeadRow:
    rows, hash_ = audit.end(db, before_ms)
    row = HeadRow(on, now_ms, rows, hash_, encode_head(Head(on, rows, hash_, now_ms), sign))
    heads.add(db, row)
    return row


def sent(db: sa.Connection) -> tuple[bytes, ...]:
    """The notes that doors are sent, oldest first."""
    return tuple(row.note for row in heads.newest(db, SENT))


def short_form(head: HeadRow) -> str:
    """A head as a sheet of paper holds it: the date, how many rows the log has, the first 64 bits of the last one's
    hash in four groups. Whoever has the log can compare them; the signature is kept at the doors and at central."""
    shown = head.hash.hex()[:_SHOWN_HEX]
    groups = " ".join(shown[first : first + 4] for first in range(0, _SHOWN_HEX, 4))
    return f"{head.date.isoformat()} · {head.rows} · {groups}"


def for_sheet(db: sa.Connection, last: dt.date) -> str | None:
    """The short form for a sheet whose last day is `last`: of that day's head, else of the newest before it; None where
    there is none."""
    found = heads.up_to(db, last)
    return None if found is None else short_form(found)
