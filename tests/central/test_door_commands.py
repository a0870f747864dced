"""What a person decides about doors on the command line: traced by document, and what rests on it judged again."""

import argparse
import json

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central import __main__ as command_line
from central.commands.doors import instant_ms, short
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.keys import CentralKey
from central.store import Store, open_store
from central.store.fleet import UNIT
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import chain_start, links
from edge.wire.events import Clock, Event, Punch, Stamp, Start, encode_event

SEVEN_MS = 1_773_619_200_000
JOURNAL = "00000000000000aa"
KEYS = [CentralKey(Ed25519PrivateKey.generate()).public_text for _ in range(3)]


class Clocked:
    def now_ms(self) -> int:
        return SEVEN_MS

    def mono_s(self) -> float:
        return 0.0


@pytest.fixture
def store(tmp_path):
    made = open_store(f"sqlite:///{tmp_path}/a.db")
    made.upgrade()
    with made.write() as db:
        db.execute(sa.insert(UNIT), [{"code": code, "type": "commune", "name": "Xã"} for code in ("X01", "X02", "H")])
    yield made
    made.close()


@pytest.fixture
def say(tmp_path, capsys, monkeypatch, store):
    """Run a command; returns its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIEMDANH_DB", raising=False)

    def run(*words: str) -> tuple[int, str]:
        code = command_line.main(["--db", f"sqlite:///{tmp_path}/a.db", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def batch(first: int = 1, last: int = 3, *, badge: str = "em:00000001") -> bytes:
    bodies = [Start("b", "1", None), Punch("em:00000009", "r1"), Punch(badge, "r1")]
    stamps = [Stamp(n * 1000, SEVEN_MS + n * 1000, Clock.NTP, 1) for n in range(1, 4)]
    lines = [encode_event(Event(n + 1, stamps[n], body)) for n, body in enumerate(bodies)]
    hashes = [chain_start("door-1", JOURNAL), *links(chain_start("door-1", JOURNAL), lines)]
    return encode_batch(
        Batch("door-1", JOURNAL, "b", first, hashes[first - 1], SEVEN_MS, tuple(lines[first - 1 : last]))
    )


def take(store: Store, *payloads: bytes) -> None:
    for payload in payloads:
        Collector(store, Clocked()).process([Message("dd/1/door-1/up", payload, SEVEN_MS)])


@pytest.fixture
def door(say):
    assert say("device", "add", "D-1", "--id", "door-1", "--key", KEYS[0], "--unit", "X01")[0] == 0


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with store.read() as db:
        return [tuple(row) for row in db.exec_driver_sql(query)]


def test_a_door_is_closed_and_opened_again_by_document(say, store, door):
    closed = ("--from", "2026-03-16T07:00", "--to", "2026-03-17T12:00", "--reason", "reader broken", "--doc", "5/TB")
    code, said = say("device", "close", "D-1", *closed, "--by", "Lan")
    assert code == 0 and "closure 1 of D-1 stands" in said
    assert rows(store, "SELECT device, since_ms FROM stale_door") == [("door-1", SEVEN_MS)]
    assert (
        "closure 1: 2026-03-16T07:00:00+07:00 to 2026-03-17T12:00:00+07:00, reader broken, document 5/TB"
        in say("device", "findings", "D-1")[1]
    )
    with store.write() as db:
        db.exec_driver_sql("DELETE FROM stale_door")
    assert say("device", "reopen", "D-1", "--closure", "1", "--doc", "6/TB")[0] == 0
    assert rows(store, "SELECT count(*) FROM door_closure") == [(0,)]
    assert rows(store, "SELECT since_ms FROM stale_door") == [(SEVEN_MS,)]
    traced = json.loads(say("device", "findings", "D-1", "--json")[1])["doors"][0]["decisions"]
    assert [(d["what"], d["doc_no"], d["by"]) for d in traced] == [("closed", "5/TB", "Lan"), ("reopened", "6/TB", "")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("close D-1 --from 2026-03-17T07:00 --to 2026-03-16T07:00 --reason x --doc 5", "does not lie after"),
        (f"close D-1 --from 2026-03-16T07:00 --to 2026-03-17T07:00 --reason {'x' * 41} --doc 5", "at most 40"),
        ("reopen D-1 --closure 9 --doc 5", "D-1 has no closure 9; standing: none"),
        ("close D-9 --from 2026-03-16T07:00 --to 2026-03-17T07:00 --reason x --doc 5", "no device has the code 'D-9'"),
        ("fork D-1 --journal 00 --keep stored --doc 5", "no journal 00"),
        ("findings D-9", "no device has the code 'D-9'"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_reason(say, door, words, said):
    code, text = say("device", *words.split())
    assert code == 1 and said in text


def test_a_fork_is_found_and_decided(say, store, door):
    take(store, batch(), batch(badge="em:0000000A"))
    (found,) = json.loads(say("device", "findings", "--json")[1])["doors"]
    (fork,) = found["forks"]
    assert (found["findings"], fork["first"], fork["last"]) == (["fork"], 3, 3)
    told = say("device", "findings")[1]
    assert f"fork: journal {JOURNAL}, seqs 3 to 3: other version {fork['tips'][0][:16]}" in told
    words = ("--journal", JOURNAL, "--keep", fork["tips"][0][:16], "--doc", "7/QĐ")
    assert "stored up to seq 3" in say("device", "fork", "D-1", *words)[1]
    assert json.loads(say("device", "findings", "--json")[1])["doors"][0]["forks"] == []
    assert rows(store, "SELECT badge FROM event WHERE seq = 3") == [("em:0000000A",)]


def test_events_that_will_not_come_are_declared_lost(say, store, door):
    take(store, batch(1, 1), batch(3, 3))
    assert "2 to come" in say("device", "findings", "D-1")[1]
    words = ("--journal", JOURNAL, "--first", "2", "--last", "2", "--doc", "8/BB")
    assert "accounted for up to seq 3" in say("device", "lost", "D-1", *words)[1]
    told = say("device", "findings", "D-1")[1]
    assert "0 to come" in told and "seqs 2 to 2, by person, document 8/BB" in told


def test_doors_without_any_finding_are_left_out_and_quarantine_is_counted(say, store, door):
    assert say("device", "findings")[1].endswith("\nquarantine: empty\n")
    take(store, b"nonsense")
    told = say("device", "findings")[1]
    assert "quarantine: 1 unreadable, the last 2026-03-16T07:00:00+07:00" in told
    assert told.endswith("quarantine: 1 unreadable\n")


def test_an_unknown_unit_is_refused_and_those_near_it_are_said(say):
    code, said = say("device", "add", "D-2", "--id", "door-2", "--key", KEYS[1], "--unit", "X1")
    assert code == 1 and "there is no unit 'X1'; near it: X0" in said


def test_a_wrong_key_is_put_right(say, store, door):
    again = ("device", "add", "D-1", "--id", "door-1", "--key", KEYS[1])
    code, said = say(*again)
    assert code == 1 and "device add D-1 --id door-1 --key KEY --replace" in said
    assert say(*again, "--replace")[0] == 0
    assert rows(store, "SELECT id, key, unit FROM device") == [("door-1", KEYS[1], "X01")]


def test_a_key_may_begin_with_a_minus_sign(say, store):
    key = "-" + "A" * 42
    code, said = say("device", "add", "D-2", "--id", "door-2", "--key", key, "--unit", "X01")
    assert code == 0, said
    assert rows(store, "SELECT key FROM device WHERE code = 'D-2'") == [(key,)]


def test_a_wrong_id_is_put_right_while_nothing_came_under_it(say, store, door):
    assert say("device", "add", "D-1", "--id", "door-9", "--key", KEYS[1], "--replace")[0] == 0
    assert rows(store, "SELECT id, code FROM device") == [("door-9", "D-1")]


def test_a_station_whose_events_are_stored_keeps_its_code(say, store, door):
    take(store, batch())
    code, said = say("device", "add", "D-1", "--id", "door-9", "--key", KEYS[1], "--replace")
    assert code == 1 and "they stay its own; `device revoke D-1`" in said


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00"])
def test_an_instant_that_is_none_is_wrong_use(text):
    with pytest.raises(argparse.ArgumentTypeError):
        instant_ms(text)


def test_an_instant_is_local_unless_it_says_otherwise():
    assert instant_ms("2026-03-16T07:00") == instant_ms("2026-03-16T00:00+00:00") == SEVEN_MS


@pytest.mark.parametrize("text", ["", " ", "x" * 81])
def test_a_document_number_has_a_length(text):
    with pytest.raises(argparse.ArgumentTypeError):
        short(text)
