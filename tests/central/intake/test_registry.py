"""The device registry, central's key, and the schema."""

import stat

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from central.enrol import RegistryError, add_device, list_devices, revoke_device
from central.errors import UnknownDeviceError
from central.keys import KeyFileError, load_key
from central.store import engine


def add(central, door, code="D-1", **changes):
    with central.store.write() as db:
        db.exec_driver_sql("INSERT INTO unit (code, type, name, source) VALUES ('X01', 'commune', 'Xã', '')")
    given = {"device": door.device, "key": door.public_key, "unit": "X01", "location": "gate"} | changes
    return add_device(central.store, code, given["device"], given["key"], given["unit"], given["location"], 5)


def test_a_registered_device_is_listed(central, make_door):
    door = make_door()
    add(central, door)
    (row,) = list_devices(central.store)
    assert (row.code, row.id, row.key, row.unit, row.registered_ms) == ("D-1", door.device, door.public_key, "X01", 5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": "UPPER CASE"}, "device id"),
        ({"key": "short"}, "key"),
        ({"key": "*" * 43}, "key"),
        ({"code": " "}, "code"),
    ],
)
def test_what_cannot_be_a_device_is_refused(central, make_door, changes, said):
    with pytest.raises(ValueError, match=said):
        add(central, make_door(), **changes)
    assert list_devices(central.store) == []


def test_an_id_a_code_or_a_key_is_registered_once(central, make_door):
    door, other = make_door(), make_door()
    add(central, door)
    with pytest.raises(RegistryError, match="registered already, as D-1"):
        add(central, door, code="D-2")
    with pytest.raises(RegistryError, match="code D-1 is taken"):
        add(central, other)
    with pytest.raises(RegistryError, match="copied card"):
        add(central, other, code="D-2", key=door.public_key)


def test_an_imported_door_gets_its_station_and_keeps_what_is_known_of_it(central, make_door):
    with central.store.write() as db:
        db.exec_driver_sql(
            "INSERT INTO device (id, code, unit, location, key, registered_ms) "
            "VALUES ('door-d-1', 'D-1', 'X9', 'hall', '', 1)"
        )
    door = make_door()
    add(central, door, unit=None, location="")
    (row,) = list_devices(central.store)
    assert (row.id, row.unit, row.location, row.key) == (door.device, "X9", "hall", door.public_key)


def test_a_revoked_device_is_refused_from_then_on(central, make_door):
    door = make_door()
    central.register(door)
    journal = door.punch(door.journal(), "em:00000001")
    central.send(door, door.up(journal, 1, 1))
    revoke_device(central.store, door.device.upper(), 9)
    (ack,) = central.send(door, door.up(journal, 2))
    assert [(r.first, r.last, r.code) for r in ack.refused] == [(2, 2, "revoked")]
    assert central.stored(journal) == journal.lines[:1]


def test_an_unknown_code_cannot_be_revoked(central):
    with pytest.raises(UnknownDeviceError, match="no device has the code 'D-9'"):
        revoke_device(central.store, "D-9", 1)


def test_a_new_station_is_welcome_to_a_collector_that_runs(central, make_door):
    door = make_door()
    journal = door.journal()
    assert central.send(door, door.up(journal))[0].refused
    add_device(central.store, "D-1", door.device, door.public_key, None, "", 5)  # by another process
    assert not central.send(door, door.up(journal))[0].refused


def test_central_makes_its_key_on_first_need_and_keeps_it(tmp_path):
    file = tmp_path / "keys" / "central.pem"
    key = load_key(file)
    assert load_key(file).public_text == key.public_text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["central.pem"]
    assert key.verify(key.sign(b"line"), b"line")
    assert not key.verify(key.sign(b"line"), b"other")


def test_a_damaged_key_file_is_never_replaced(tmp_path):
    file = tmp_path / "central.pem"
    file.write_text("not a key")
    with pytest.raises(KeyFileError, match="put the backed-up file back"):
        load_key(file)
    assert file.read_text() == "not a key"


def test_the_newest_version_is_that_of_the_last_migration():
    config = Config()
    config.set_main_option("script_location", str(engine.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [engine.LATEST]


def test_the_migrated_schema_is_that_of_the_tables(central):
    with central.store.engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), SQLModel.metadata) == []


def test_a_second_upgrade_changes_nothing(central):
    before = central.query("SELECT version_num FROM alembic_version")
    central.store.upgrade()
    assert central.query("SELECT version_num FROM alembic_version") == before
