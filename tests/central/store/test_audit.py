"""Every change of a fact leaves a row in the audit log, in the same transaction, and nobody takes it back."""

import json

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from central.__main__ import main
from central.enrol import add_device, revoke_device
from central.keys import load_key
from central.store import audit, open_store
from central.store.audit import Deed, acting

ELSEWHERE = {
    "access_token", "audit", "audit_head", "calendar_proposal", "certificate", "command_result", "counter",
    "day_verdict", "device_state", "duty_verdict", "event", "forked_event", "journal", "lost_span",
    "month_adjustment", "month_line", "office_case", "overtime_proposal", "personal_view", "published_config",
    "quarantine", "seal", "seen_minutes", "seen_person", "session_verdict", "stale_boot", "stale_day", "stale_door",
    "unjudged_fact",
    "web_session", "web_user",
}  # fmt: skip
"""What devices said, what is worked out, what changes nothing yet; who may look, whose
secrets no log may hold; and the lines under a sheet's digest."""


@pytest.fixture
def store(new_database):
    store = open_store(new_database("audited"))
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def key(tmp_path):
    return load_key(tmp_path / "key.pem").public_text


def rows(store):
    with store.read() as db:
        return audit.entries(db)


def test_every_table_is_audited_or_known_not_to_need_it():
    assert set(SQLModel.metadata.tables) == audit.AUDITED | ELSEWHERE
    assert not audit.AUDITED & ELSEWHERE


def test_a_change_says_who_what_before_after_why_and_from_where(store, key):
    with acting(Deed("An", "device add", "QĐ-1", "an@office")):
        add_device(store, "D-1", "door-0001", key, None, "cổng", 5)
    revoke_device(store, "D-1", 9)
    first, second = rows(store)
    assert (first.seq, first.who, first.action, first.why, first.origin) == (1, "An", "device add", "QĐ-1", "an@office")
    assert (first.what, first.before, json.loads(first.after)["location"]) == ("device door-0001", None, "cổng")
    assert (second.who, second.action, second.what) == ("", "system", "device door-0001")
    assert [json.loads(text)["revoked_ms"] for text in (second.before, second.after)] == [None, 9]
    assert (first.prev_hash, second.prev_hash) == (audit.BEGIN, first.hash)
    assert [audit.chained(row) for row in (first, second)] == [first.hash, second.hash]


def test_what_is_undone_leaves_no_row(store, key):
    with pytest.raises(RuntimeError), store.write() as db:
        db.execute(sa.insert(SQLModel.metadata.tables["unit"]).values(code="X", type="commune", name="Xã", source=""))
        raise RuntimeError
    add_device(store, "D-1", "door-0001", key, None, "", 5)
    assert [row.what for row in rows(store)] == ["device door-0001"]


@pytest.mark.parametrize("table", ["audit", "door_decision", "calendar_decision", "former_fact", "seal", "lost_span"])
def test_rows_that_are_only_added_are_neither_changed_nor_removed(store, table, key):
    add_device(store, "D-1", "door-0001", key, None, "", 5)
    fill = {
        "door_decision": "(device, what, detail, doc_no, by, at_ms) VALUES ('d', 'lost', '', '', '', 1)",
        "calendar_decision": "(action, decided_by, reason, decided_ms) VALUES ('added', '', '', 1)",
        "former_fact": "(noun, said, by, withdrawn_ms) VALUES ('leave', '{}', '', 1)",
        "seal": "(journal_id, seq, note, received_ms) VALUES (1, 1, 'x', 1)",
        "lost_span": "(journal_id, first_seq, last_seq, source, said_ms) VALUES (1, 1, 1, 'device', 1)",
    }
    if table in fill:
        with store.write() as db:
            db.execute(sa.text(JOURNAL))
            db.execute(sa.text(f"INSERT INTO {table} {fill[table]}"))
    column = next(iter(SQLModel.metadata.tables[table].columns)).name
    for verb in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(sa.exc.DBAPIError, match="only added"), store.write() as db:
            db.execute(sa.text(verb))


JOURNAL = (
    "INSERT INTO journal (id, device, journal, boot, watermark, known_head, sealed_seq, started, first_seen_ms, "
    "top_seq, synced, findings) VALUES (1, 'door-0001', '0123456789abcdef', '', 2, 2, 1, FALSE, 1, 2, FALSE, '')"
)


def test_the_line_of_an_event_stays_and_so_does_what_is_sealed(store):
    with store.write() as db:
        db.execute(sa.text(JOURNAL))
        for seq in (1, 2):
            db.execute(
                sa.text(
                    "INSERT INTO event (journal_id, seq, kind, line, hash, uptime_ms, clock, received_ms, set_aside) "
                    "VALUES (1, :s, 'stop', 'x', 'y', 1, 'none', 1, FALSE)"
                ),
                {"s": seq},
            )
    for verb in ("UPDATE event SET badge = 'em:00000001'", "UPDATE event SET line = 'z'"):
        with pytest.raises(sa.exc.DBAPIError, match="only added"), store.write() as db:
            db.execute(sa.text(verb))
    with pytest.raises(sa.exc.DBAPIError, match="what is sealed stays"), store.write() as db:
        db.execute(sa.text("DELETE FROM event WHERE seq = 1"))
    with store.write() as db:
        db.execute(sa.text("UPDATE event SET time_ms = 4, received_ms = 3"))
        db.execute(sa.text("DELETE FROM event WHERE seq = 2"))


def test_the_command_lists_and_searches_the_log(url, key, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where central would make its key
    words = ["--db", url]
    assert main([*words, "device", "add", "D-1", "--id", "door-0001", "--key", key]) == 0
    close = ["device", "close", "D-1", "--from", "2026-03-16T07:00", "--to", "2026-03-16T09:00", "--reason", "mất điện"]
    assert main([*words, *close, "--doc", "12/TB", "--by", "Bình"]) == 0
    capsys.readouterr()
    assert main([*words, "audit", "--who", "Bình", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["what"].split()[0] for row in told] == ["door_closure", "door_decision"]
    assert {(row["action"], row["why"]) for row in told} == {("device close", "12/TB; mất điện")}
    assert main([*words, "audit", "--what", "device door-0001", "--from", "2020-01-01", "--to", "2999-12-31"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main([*words, "audit", "--what", "device D-1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2, "by what people call it, not by its key alone"
    for nothing in (["--to", "2020-01-01"], ["--what", "device D-2"], ["--what", "unit"]):
        assert main([*words, "audit", *nothing]) == 0
        assert "no change matches what was asked for" in capsys.readouterr().err
    assert main([*words, "audit", "--what", "units X05"]) == 1
    assert "there is no table 'units' whose changes are kept; name one of assignment, " in capsys.readouterr().err
    assert main([*words, "verify"]) == 0
