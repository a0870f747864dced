"""What proving costs: a million stored events walked again, one core, no signature among them."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from central.intaking.reading import read_row
from central.proving.proof import prove
from central.store import open_store
from edge.wire.chain import chain_start, link
from edge.wire.events import Clock, Event, Stamp, encode_event
from tests.bench.doors import JOURNAL, device_name, punch
from tests.bench.ground import BenchError, folder
from tests.bench.rows import Row, at_least, told

FIRST_MS = 1_773_619_200_000
MILLION = 1_000_000


def verify(*, quick: bool) -> list[Row]:
    """CPU seconds for a million events, and events a second of one core."""
    doors, punches, rounds = (2, 500, 1) if quick else (20, 50_000, 3)
    spent = []
    with folder("verify") as place:
        file = place / "central.db"
        url = f"sqlite:///{file}"
        store = open_store(url)
        store.upgrade()
        store.close()
        for number in range(doors):
            _fill(file, number, punches)
        store = open_store(url)
        for _ in range(rounds):
            began = time.process_time()
            with store.read() as db:
                tally = prove(db)
            spent.append(time.process_time() - began)
            if tally.findings or tally.events != doors * punches:
                raise BenchError(f"{tally.events} of {doors * punches} events were walked, {tally.findings[:3]}")
        store.close()
    best = min(spent)
    why = "one core: SHA-256, the reading of each line, the driver's tuples"
    return [
        at_least("verify_events", doors * punches / best, "events/s", 200_000, why),
        told("verify_a_million_events", best / (doors * punches) * MILLION, "CPU s", why),
    ]


def _fill(file: Path, number: int, punches: int) -> None:
    """A journal as intake stores it, written by the driver: it is not intake that is measured."""
    device = device_name(number)
    before, rows = chain_start(device, JOURNAL), []
    for seq in range(1, punches + 1):
        stamp = Stamp(1000 * seq, FIRST_MS + 1000 * seq, Clock.NTP, seq % 600)
        line = encode_event(Event(seq, stamp, punch(seq % 600)))
        before = link(before, line)
        rows.append((number + 1, *read_row(line, before, FIRST_MS + 1000 * seq)))
    journal = (number + 1, device, JOURNAL, "b", punches, before, punches, punches, FIRST_MS)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(
            "INSERT INTO journal (id, device, journal, boot, watermark, watermark_hash, known_head, top_seq, "
            "first_seen_ms, sealed_seq, started, synced, findings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 1, '')",
            journal,
        )
        db.executemany(f"INSERT INTO event VALUES ({', '.join('?' * 15)})", rows)  # noqa: S608
