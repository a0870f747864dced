"""On PostgreSQL the account that serves can add to the record, and neither change it nor remove from it."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from central.__main__ import main
from central.heads import close_days
from central.keys import load_key
from central.proving.proof import Witnesses, prove
from central.store import open_store
from central.store.rights import ADD_ONLY, WORKED_OUT, AccountError, statements
from tests.postgres import OWNER, find_program

ACCOUNT = "diemdanh_serve"


@pytest.fixture
def served(postgres, make_central):
    """A central whose account owns nothing; its rights come from what the command prints, run by psql as the owner."""
    url = postgres.database()
    if ACCOUNT not in postgres.sql("SELECT rolname FROM pg_roles").splitlines():
        postgres.sql(f"CREATE ROLE {ACCOUNT} LOGIN")
    printed = subprocess.run(
        [sys.executable, "-m", "central", "rights", ACCOUNT], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    name = url.rpartition("@/")[2].partition("?")[0]
    words = [str(find_program("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(postgres.folder), "-U", OWNER]
    subprocess.run([*words, "-d", name], input=printed, text=True, check=True, timeout=60)
    yield make_central(url.replace(f"{OWNER}@", f"{ACCOUNT}@"))
    postgres.drop(url)


def refused(central, sql: str) -> bool:
    try:
        with central.store.write() as db:
            db.execute(sa.text(sql))
    except sa.exc.DBAPIError as error:
        return getattr(error.orig, "sqlstate", "") == "42501"
    return False


def test_the_serving_account_works_and_can_undo_nothing(served, make_door, clock, tmp_path):
    door = make_door()
    served.register(door)
    journal = door.punch(door.journal(), *[f"em:{n:08X}" for n in range(1, 6)])
    served.send(door, door.up(journal, 1, 4, sealed=True), door.up(journal, 5))
    served.send(door, door.beat(journal), channel="hb")
    key = load_key(tmp_path / "key.pem")
    assert len(close_days(served.store, clock, key.sign)) >= 1
    with served.store.write() as db:
        db.execute(sa.text("UPDATE event SET time_ms = time_ms"))
    with served.store.read() as db:
        tally = prove(db, witnesses=Witnesses((), key.verify))
    assert (tally.findings, tally.events, tally.audited) == ([], 6, 1)
    for table in ADD_ONLY:
        column = next(iter(SQLModel.metadata.tables[table].columns)).name
        assert refused(served, f"UPDATE {table} SET {column} = {column}"), table  # noqa: S608
        assert refused(served, f"DELETE FROM {table}"), table  # noqa: S608
    for sql in (
        "UPDATE event SET badge = NULL",
        "UPDATE event SET line = 'x'",
        "TRUNCATE event",
        "TRUNCATE audit",
        "DROP TRIGGER audit_no_update ON audit",
        "ALTER TABLE audit DISABLE TRIGGER USER",
        "DROP TABLE seal",
        "CREATE OR REPLACE FUNCTION add_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0001'",
    ):
        assert refused(served, sql), sql
    with pytest.raises(sa.exc.DBAPIError, match="what is sealed stays"), served.store.write() as db:
        db.execute(sa.text("DELETE FROM event WHERE seq = 2"))


def test_what_is_only_added_by_rights_is_what_has_a_trigger(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    store.upgrade()
    with store.read() as db:
        names = [row[0] for row in db.execute(sa.text("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"))]
        sql = db.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'event_no_update'")).scalar_one()
    store.close()
    assert set(names) == {*ADD_ONLY, "event"}
    guarded = {name.strip() for name in sql.split("UPDATE OF ")[1].split(" ON ")[0].split(",")}
    assert guarded | set(WORKED_OUT) == {column.name for column in SQLModel.metadata.tables["event"].columns}


def test_a_name_that_could_say_something_else_is_refused(capsys):
    for name in ("x; DROP TABLE event", "", "Anna", "1st"):
        with pytest.raises(AccountError, match="small letters"):
            statements(name)
    assert main(["rights", "an-na"]) == 1
    assert "diemdanh_serve" in capsys.readouterr().err
