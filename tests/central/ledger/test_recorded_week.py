"""The recorded week through the database: import, events in any order, repaired times, verdicts; every line of the key.

Manual entries have no table yet, so the sessions that they decide are left out of the comparison.
"""

import csv
import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from central.ledger import Ledger
from central.roster.imports import import_office
from central.store import Store, marks, open_store
from central.store.verdicts import verdict_rows
from central.tables import DeviceState, DoorClosure, Event, Journal, Staff
from edge.wire import events as wire
from tests.central.ledger.office import HandClock, at

WEEK = Path(__file__).parents[2] / "data" / "office"
MONDAY = dt.date(2018, 11, 12)
DATES = [MONDAY + dt.timedelta(days=n) for n in range(7)]
AFTER = dt.date(2018, 11, 19)

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (WEEK / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text if text[-6] == "+" else f"{text}+07:00").timestamp() * 1000)


def insert(db: sa.Connection, model: Any, *found: dict[str, Any]) -> None:
    db.execute(sa.insert(model.__table__), list(found))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('week') / 'week.db'}")
    SQLModel.metadata.create_all(store.engine)
    clock = HandClock(at("08:00", AFTER))
    import_office(store, clock, WEEK)
    ledger = Ledger(store, clock)
    ledger.settle()
    with store.write() as db:
        boots = replay(db)
        staff = list(db.execute(sa.select(Staff.__table__.c.code)).scalars())  # type: ignore[attr-defined]
        marks.mark_boots(db, boots)
        marks.mark_days(db, [(code, on) for code in staff for on in DATES], clock.ms)
    ledger.settle()
    yield store
    store.close()


def replay(db: sa.Connection) -> list[tuple[str, str]]:
    """Store the recorded events, shuffled, each at its earliest receipt; returns the boots."""
    devices = dict(db.execute(sa.text("SELECT code, id FROM device")).all())
    earliest: dict[str, Row] = {}
    for row in sorted(rows("punches"), key=lambda r: ms(r["received_time"])):
        earliest.setdefault(row["event_id"], row)
    punches = sorted(earliest.values(), key=lambda r: (r["device"], int(r["seq"])))
    journals: dict[tuple[str, str], int] = {}
    for number, (code, boot) in enumerate(dict.fromkeys((r["device"], r["boot"]) for r in punches)):
        journal = Journal(device=devices[code], journal=f"{number:016x}", boot=boot, first_seen_ms=0)
        values = {name: value for name, value in journal.model_dump().items() if name != "id"}
        added = sa.insert(Journal.__table__).values(values)  # type: ignore[attr-defined]
        journals[code, boot] = db.execute(added.returning(sa.column("id"))).scalar_one()
    seqs: Counter[int] = Counter()
    events = [sync(row, journals, seqs) for row in rows("clock_syncs") if (row["device"], row["boot"]) in journals]
    events += [punch(row, journals, seqs) for row in punches]
    random.Random(7).shuffle(events)  # noqa: S311
    insert(db, Event, *events)
    insert(db, DoorClosure, *(closure(row, devices) for row in rows("doors")))
    for device in devices.values():
        state = DeviceState(device=device, heard_ms=0, delivered_until_ms=at("00:00", AFTER))
        insert(db, DeviceState, state.model_dump())
    return [(devices[code], boot) for code, boot in journals]


def closure(row: Row, devices: dict[str, str]) -> dict[str, Any]:
    ends = {"down_from_ms": ms(row["down_from"]), "down_to_ms": ms(row["down_to"])}
    return {"device": devices[row["device"]], "reason": row["reason"], "doc_no": "", **ends}


def event(journal: int, seqs: Counter[int], stamp: wire.Stamp, body: Any, received_ms: int) -> dict[str, Any]:
    seqs[journal] += 1
    said = wire.Event(seqs[journal], stamp, body)
    return {
        "journal_id": journal,
        "seq": said.seq,
        "kind": said.kind,
        "line": wire.encode_event(said),
        "hash": b"",
        "uptime_ms": stamp.uptime_ms,
        "utc_ms": stamp.utc_ms,
        "clock": stamp.clock.value,
        "sync_age_s": stamp.sync_age_s,
        "received_ms": received_ms,
        "badge": body.badge if isinstance(body, wire.Punch) else None,
        "set_aside": False,
    }


def sync(row: Row, journals: dict[tuple[str, str], int], seqs: Counter[int]) -> dict[str, Any]:
    true_ms = ms(row["synced_time"])
    stamp = wire.Stamp(int(row["uptime_s"]) * 1000, true_ms, wire.Clock.NTP, 0)
    return event(journals[row["device"], row["boot"]], seqs, stamp, wire.ClockSet(None, true_ms, "ntp"), true_ms)


def punch(row: Row, journals: dict[tuple[str, str], int], seqs: Counter[int]) -> dict[str, Any]:
    clock = wire.Clock.NTP if row["clock"] == "synced" else wire.Clock.NONE
    stamp = wire.Stamp(round(float(row["uptime_s"]) * 1000), ms(row["device_time"]), clock, 0)
    body = wire.Punch(f"nfca:{row['badge_uid']}", "main", ())
    return event(journals[row["device"], row["boot"]], seqs, stamp, body, ms(row["received_time"]))


def test_every_line_of_the_key_comes_out_of_the_database(judged: Store) -> None:
    by_hand = {(r["staff"], r["date"], r["session"]) for r in rows("manual")}
    with judged.read() as db:
        found = [tuple(str(value) for value in row) for row in verdict_rows(db, DATES[0], DATES[-1])]
    key = [tuple(row.values()) for row in rows("expected")]
    assert len(found) == len(key)
    assert [row for row in found if row[:3] not in by_hand] == [row for row in key if row[:3] not in by_hand]
