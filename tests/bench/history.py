"""A database with years of punches: an office, its doors' journals, and as many stored punches as are asked for.

Made by SQL, not by intake: what is measured is what the evaluator makes of them. Everybody taps four times a day; the
newest day is yesterday. Runs on SQLite and on PostgreSQL.
"""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from central.clock import SystemClock
from central.moments import DAY_MS, local_date, midnight_ms
from central.roster.imports import import_office
from central.store import Store, open_store
from edge.wire.chain import chain_start
from tests.bench.doors import JOURNAL, device_name
from tests.bench.ground import office, register_doors

TAPS_MIN = (7 * 60 + 20, 12 * 60 + 2, 13 * 60 + 20, 17 * 60 + 2)
"""When the first person of a door taps; each next one 17 s later."""
APART_MS = 17_000
LINE = b'{"seq":1,"kind":"punch","uptime_ms":1000,"utc_ms":1,"clock":"ntp","sync_age_s":10,"badge":"em:00000001"}'

_PUNCHES = """
INSERT INTO event (journal_id, seq, kind, line, hash, uptime_ms, utc_ms, clock, sync_age_s, received_ms, badge, time_ms,
                   uncertainty_ms, method, set_aside)
WITH RECURSIVE day(d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM day WHERE d + 1 < :days),
tap(t, minute) AS (VALUES {taps}),
person AS (
    SELECT badge.number AS badge, journal.id AS journal_id,
           row_number() OVER (PARTITION BY journal.id ORDER BY badge.number) - 1 AS place,
           count(*) OVER (PARTITION BY journal.id) AS people
    FROM badge JOIN assignment ON assignment.staff = badge.staff
    JOIN device ON device.unit = assignment.unit JOIN journal ON journal.device = device.id
),
punch AS (
    SELECT person.*, d * 4 + t AS round,
           :first_ms + CAST(d AS BIGINT) * :day_ms + minute * 60000 + place * :apart_ms AS at_ms
    FROM day CROSS JOIN tap CROSS JOIN person
)
SELECT journal_id, round * people + place + 1, 'punch', :line, :hash, at_ms - :first_ms, at_ms, 'ntp', 10, at_ms + 300,
       badge, at_ms, 1, 'own', {no}
FROM punch ORDER BY round, journal_id, place
"""


@dataclass(frozen=True, slots=True)
class History:
    """A database full of punches. days: on how many dates; punches: how many; last: UTC ms of the newest midnight."""

    store: Store
    url: str
    days: int
    punches: int
    staff: int
    last_ms: int


def doors_of(staff: int) -> int:
    """One for each thirty people."""
    return max(staff // 30, 1)


def make_history(url: str, place: Path, punches: int, staff: int, weekdays: str = "1-7") -> History:
    """An office of `staff` people and at least `punches` punches; every door has delivered up to now.

    weekdays: on which there are hours, 1 = Monday; people tap on every date.
    """
    store, clock = open_store(url), SystemClock()
    store.upgrade()
    doors = doors_of(staff)
    import_office(store, clock, office(place / "office", doors, staff, weekdays))
    register_doors(store, doors)
    days = -(-punches // (staff * len(TAPS_MIN)))
    now_ms = clock.now_ms()
    today_ms = midnight_ms(local_date(now_ms))
    first_ms = today_ms - days * DAY_MS
    with store.write() as db:
        for number in range(doors):
            _door(db, device_name(number), first_ms, now_ms)
    taps = ", ".join(f"({n}, {minute})" for n, minute in enumerate(TAPS_MIN))
    query = sa.text(_PUNCHES.format(taps=taps, no="0" if store.sqlite else "false"))
    values = {
        "days": days,
        "first_ms": first_ms,
        "day_ms": DAY_MS,
        "apart_ms": APART_MS,
        "line": LINE,
        "hash": b"h" * 32,
    }
    with store.write() as db:
        made = db.execute(query, values).rowcount
        _heads(db)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(sa.text("ANALYZE" if store.sqlite else "VACUUM ANALYZE"))
    return History(store, url, days, made, staff, today_ms - DAY_MS)


def _door(db: sa.Connection, device: str, first_ms: int, now_ms: int) -> None:
    journal = {
        "device": device,
        "journal": JOURNAL,
        "hash": chain_start(device, JOURNAL),
        "first": first_ms,
        "now": now_ms,
        "yes": True,
    }
    db.execute(
        sa.text(
            "INSERT INTO journal (device, journal, boot, watermark, watermark_hash, known_head, sealed_seq, started, "
            "first_seen_ms, top_seq, synced, findings) "
            "VALUES (:device, :journal, 'boot', 0, :hash, 0, 0, :yes, :first, 0, :yes, '')"
        ),
        journal,
    )
    db.execute(
        sa.text(
            "INSERT INTO device_state (device, journal, connection, online, heard_ms, delivered_until_ms, clock, cfg, "
            "version, report) VALUES (:device, :journal, 1, :yes, :now, :now, 'ntp', 0, '', '{}')"
        ),
        journal,
    )


def _heads(db: sa.Connection) -> None:
    top = "(SELECT coalesce(max(seq), 0) FROM event WHERE journal_id = journal.id)"
    db.execute(sa.text(f"UPDATE journal SET watermark = {top}, top_seq = {top}, known_head = {top}"))  # noqa: S608
    db.execute(sa.text("UPDATE journal SET watermark_hash = :hash"), {"hash": b"h" * 32})
