"""The collector around intake: bounded memory, a writer that survives anything, several processes, MQTT."""

import json
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from central.intaking import collector as module
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.store import collected
from tests.waiting import until

WRITER = """
import json, sys
from pathlib import Path
from central.clock import SystemClock
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.store import open_store
url, file = sys.argv[1:]
collector = Collector(open_store(url), SystemClock())
print("ready", flush=True)
sys.stdin.readline()
for topic, payload in json.loads(Path(file).read_text()):
    collector.process([Message(topic, payload.encode(), 1)])
assert collector.health.poisoned == collector.health.errors == 0, collector.health
"""


def test_two_processes_that_race_over_one_device_leave_no_watermark_behind(central, door, tmp_path):
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(299)))
    batches = [door.up(journal, first, first + 2) for first in range(1, 301, 3)]
    writers = []
    for number in range(2):
        mine = tmp_path / f"batches-{number}.json"
        mine.write_text(json.dumps([(f"dd/1/{door.device}/up", b.decode()) for b in batches[number::2]]))
        command = [sys.executable, "-c", WRITER, str(central.store.engine.url), str(mine)]
        writers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert central.journal(journal, "watermark") == 300
    assert central.stored(journal) == journal.lines


def test_a_poisonous_message_goes_to_quarantine_alone(central, door, make_door, monkeypatch):
    """A fault of our own, injected where nobody foresees one, while one of three messages is placed."""
    other = make_door()
    central.register(other)
    good, bad, late = door.journal(), other.journal(), door.journal()
    from central.intaking import taking

    place = taking.place

    def poisoned(book, journal, run):
        if journal.journal == bad.name:
            raise KeyError("a bug")
        place(book, journal, run)

    monkeypatch.setattr(taking, "place", poisoned)
    out = central.process([(door, "up", door.up(good)), (other, "up", other.up(bad)), (door, "up", door.up(late))])
    assert len(out) == 2
    assert central.stored(good) == good.lines and central.stored(late) == late.lines
    assert central.query("SELECT code, problem FROM quarantine") == [("poison", "KeyError('a bug')")]
    assert central.collector.health.poisoned == 1


def test_nothing_is_stored_answered_or_blamed_while_the_database_cannot_be_written(central, door):
    journal = door.journal()
    with central.store.write() as db:
        db.exec_driver_sql("ALTER TABLE event RENAME TO gone")
    with pytest.raises(sa.exc.DBAPIError):
        central.process([(door, "up", door.up(journal))])
    with central.store.write() as db:
        db.exec_driver_sql("ALTER TABLE gone RENAME TO event")
    assert central.query("SELECT count(*) FROM quarantine") == [(0,)]
    (ack,) = central.send(door, door.up(journal))
    assert ack.watermark == 1


def test_messages_that_find_no_room_are_dropped_and_counted(central, clock):
    collector = Collector(central.store, clock, queue_messages=3, queue_bytes=100)
    for payload in (b"a", b"b", b"c" * 99, b"d", b"e"):
        collector.receive("dd/1/door-x/up", payload)
    assert (collector.health.received, collector.health.dropped) == (5, 2)


def test_devices_are_asked_to_pause_when_the_queue_is_more_than_half_full(central, door, clock):
    collector = Collector(central.store, clock, queue_messages=4)
    for _ in range(3):
        collector.receive("dd/1/door-x/up", b"waiting")
    journal = door.journal()
    (out,) = collector.process([Message(f"dd/1/{door.device}/up", door.up(journal), 1)])
    assert f'"pause_ms":{module.PAUSE_MS}'.encode() in out.payload


def test_the_writer_stores_what_is_received_and_publishes_after_the_commit(central, door, clock):
    journal = door.punch(door.journal(), *(f"em:{n:08X}" for n in range(400)))
    seen = []

    def publish(out):
        with central.store.read() as db:
            seen.append((out, db.execute(sa.text("SELECT max(watermark) FROM journal")).scalar()))

    collector = Collector(central.store, clock, publish)
    writer = threading.Thread(target=collector.run)
    writer.start()
    for seq in range(1, journal.head + 1):
        collector.receive(f"dd/1/{door.device}/up", door.up(journal, seq, seq))
    until(lambda: collector.health.stored == journal.head)
    collector.stop()
    writer.join(10)
    assert not writer.is_alive()
    assert all(f'"watermark":{stored}'.encode() in out.payload for out, stored in seen)
    assert central.stored(journal) == journal.lines


def test_the_writer_outlives_a_database_that_fails(central, door, clock):
    collector = Collector(central.store, clock)
    with central.store.write() as db:
        db.exec_driver_sql("ALTER TABLE counter RENAME TO gone")
    writer = threading.Thread(target=collector.run)
    writer.start()
    collector.receive(f"dd/1/{door.device}/up", door.up(door.journal()))
    until(lambda: collector.health.errors > 0)
    with central.store.write() as db:
        db.exec_driver_sql("ALTER TABLE gone RENAME TO counter")
    journal = door.journal()
    collector.receive(f"dd/1/{door.device}/up", door.up(journal))
    until(lambda: collector.health.stored == 1)
    collector.stop()
    writer.join(10)
    assert central.stored(journal) == journal.lines


def test_other_processes_see_up_to_when_a_writer_has_taken_in_what_came(central, door, clock):
    def told():
        with central.store.read() as db:
            return collected.collected_ms(db)

    collector = Collector(central.store, clock)
    listening = False
    collector.listening = lambda: listening
    writer = threading.Thread(target=collector.run)
    writer.start()
    collector.receive(f"dd/1/{door.device}/up", door.up(door.journal()))
    until(lambda: collector.health.stored == 1)
    assert told() is None, "without a broker nothing is taken in"
    listening = True
    until(lambda: told() == clock.now_ms())
    collector.stop()
    writer.join(10)
    before = told()
    clock.ms += module.SAY_ALIVE_MS
    assert told() == before, "whoever has ended says nothing more"
