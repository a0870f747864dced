"""What a door is accounted for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.store import Store, open_store
from central.store.accounts import Account, accounts


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path / 'central.db'}")
    found.upgrade()
    yield found
    found.close()


def say(store: Store, *statements: str) -> dict[str, Account]:
    with store.write() as db:
        for statement in statements:
            db.execute(sa.text(statement))
        return accounts(db)


def journal(number: int, device: str, watermark: int, head: int, named: str = "NULL", findings: str = "") -> str:
    columns = "id, device, journal, boot, watermark, known_head, sealed_seq, started, named_seq, first_seen_ms, top_seq"
    return (
        f"INSERT INTO journal ({columns}, synced, findings) VALUES"  # noqa: S608
        f" ({number}, '{device}', '{number:016x}', 'b', {watermark}, {head}, 0, 1, {named}, 0, 0, 1, '{findings}')"
    )


def test_a_device_that_never_sent_anything_has_no_account(store: Store):
    assert say(store) == {}


def test_what_is_to_come_is_counted_over_all_journals(store: Store):
    found = say(store, journal(1, "d001", 5, 9), journal(2, "d001", 3, 3, named="7"), journal(3, "d002", 4, 4))
    assert {device: account.to_come for device, account in found.items()} == {"d001": 8, "d002": 0}


def test_lost_forked_and_quarantined_are_counted(store: Store):
    found = say(
        store,
        journal(1, "d001", 5, 5, findings="rolled_back copied"),
        "INSERT INTO lost_span (journal_id, first_seq, last_seq, source, said_ms) VALUES (1, 2, 4, 'device', 0)",
        "INSERT INTO forked_event (journal_id, seq, hash, line, kind, received_ms)"
        " VALUES (1, 5, x'00', x'00', 'punch', 0)",
        "INSERT INTO forked_event (journal_id, seq, hash, line, kind, received_ms, decided)"
        " VALUES (1, 4, x'00', x'00', 'punch', 0, '12/QD')",
        "INSERT INTO quarantine (received_ms, topic, device, code, problem, payload, digest, times)"
        " VALUES (0, 't', 'd002', 'unregistered', '', x'00', x'00', 1)",
    )
    assert found["d001"] == Account(0, 3, 1, 0, ("copied", "rolled_back"))
    assert found["d002"] == Account(quarantined=1)
