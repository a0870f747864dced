"""Whoever is let in may still lie: what central and the stations make of it, and what they show.

Everything goes through the real broker, the collector takes it, and the registry says what awaits somebody's decision.
"""

import pytest

from central.enrol import add_device
from edge.wire.ack import Ack, encode_ack
from edge.wire.batch import decode_batch
from edge.wire.command import Command, encode_command
from edge.wire.config import Config, encode_config
from tests.central.intake.conftest import Door
from tests.trust.conftest import NOW_MS
from tests.trust.stations import Station
from tests.waiting import until

HERE, OTHER = "d00000000000000aa", "d00000000000000bb"


class Scene:
    """Two registered doors with connections of their own, and a collector."""

    def __init__(self, office) -> None:
        self.office = office
        self.doors = {name: Door(name) for name in (HERE, OTHER)}
        self.lines = {}
        for number, (name, door) in enumerate(self.doors.items()):
            add_device(office.store, f"D-{number}", name, door.public_key, None, "", NOW_MS)
            self.lines[name] = office.speaker(office.certificate(name, door.key), listen=f"dd/1/{name}/ack")
        office.collect()
        self.door = self.doors[HERE]

    def say(self, channel: str, payload: bytes, name: str = HERE) -> None:
        self.lines[name].say(f"dd/1/{name}/{channel}", payload)

    def query(self, sql: str):
        with self.office.store.read() as db:
            return [tuple(row) for row in db.exec_driver_sql(sql)]

    def stored(self, count: int) -> None:
        until(lambda: self.query("SELECT count(*) FROM event") == [(count,)], what=f"{count} stored events")

    def quarantined(self) -> list[tuple]:
        until(lambda: self.query("SELECT 1 FROM quarantine"), what="something in quarantine")
        return self.query("SELECT device, code FROM quarantine ORDER BY id")

    def findings(self) -> set[str]:
        return {word for (words,) in self.query("SELECT findings FROM journal") for word in words.split()}


@pytest.fixture
def scene(office):
    return Scene(office)


def test_a_replayed_batch_is_stored_once(scene):
    journal = scene.door.punch(scene.door.journal(at=NOW_MS), "em:00000001", at=NOW_MS)
    for _ in range(3):
        scene.say("up", scene.door.up(journal, sealed=True))
    scene.say("up", scene.door.up(scene.door.punch(journal, "em:00000002", at=NOW_MS), 3))
    scene.stored(3)
    assert scene.query("SELECT count(*) FROM quarantine") == [(0,)]


def test_a_batch_of_another_door_is_quarantined_whoever_replays_it(scene):
    journal = scene.door.punch(scene.door.journal(at=NOW_MS), "em:00000001", at=NOW_MS)
    scene.say("up", scene.door.up(journal, sealed=True), OTHER)
    assert scene.quarantined() == [(OTHER, "unreadable")]
    assert scene.query("SELECT count(*) FROM event") == [(0,)]


def test_a_changed_byte_opens_a_fork_and_the_seal_decides_for_the_true_one(scene):
    journal = scene.door.punch(scene.door.journal(at=NOW_MS), "em:00000001", at=NOW_MS)
    forged = scene.door.up(journal).replace(b"em:00000001", b"em:0000BAD1")
    scene.say("up", forged)
    scene.stored(2)
    scene.say("up", scene.door.up(journal, sealed=True))
    until(lambda: scene.query("SELECT badge FROM event WHERE seq = 2") == [("em:00000001",)], what="the true event")
    assert ("contradicts_seal",) in scene.query("SELECT code FROM quarantine")


def test_a_changed_byte_in_a_batch_that_is_stored_already_is_shown_as_a_fork(scene):
    journal = scene.door.punch(scene.door.journal(at=NOW_MS), "em:00000001", at=NOW_MS)
    scene.say("up", scene.door.up(journal))
    scene.stored(2)
    scene.say("up", scene.door.up(journal).replace(b"em:00000001", b"em:0000BAD1"))
    until(lambda: "fork" in scene.findings(), what="the finding")
    assert scene.query("SELECT badge FROM event WHERE seq = 2") == [("em:00000001",)]


def test_a_birth_signed_by_another_key_is_quarantined(scene):
    """Even on its own topic nobody can be another: what a birth says is signed."""
    journal = scene.door.journal(at=NOW_MS)
    scene.say("st", Door(HERE).birth(journal))
    assert scene.quarantined() == [(HERE, "signature")]
    assert scene.query("SELECT count(*) FROM device_state") == [(0,)]


def test_a_birth_that_names_another_door_is_quarantined(scene):
    scene.say("st", scene.door.birth(scene.door.journal(at=NOW_MS)), OTHER)
    assert [device for device, _ in scene.quarantined()] == [OTHER]
    assert scene.query("SELECT count(*) FROM device_state") == [(0,)]


def test_a_copied_card_that_speaks_beside_the_original_is_found_out(scene):
    """Both have the same key and certificate; the two journals that name one parent betray them."""
    parent = scene.door.punch(scene.door.journal(at=NOW_MS), "em:00000001", at=NOW_MS)
    scene.say("up", scene.door.up(parent, sealed=True))
    copy = scene.office.speaker(scene.office.certificate(HERE, scene.door.key))
    original = scene.door.punch(scene.door.journal(parent, at=NOW_MS + 60_000), "em:00000002", at=NOW_MS + 60_000)
    second = scene.door.punch(scene.door.journal(parent, at=NOW_MS + 61_000), "em:00000003", at=NOW_MS + 61_000)
    scene.door.punch(original, "em:00000004", at=NOW_MS + 90_000)
    scene.say("up", scene.door.up(original, sealed=True))
    copy.say(f"dd/1/{HERE}/up", scene.door.up(second, sealed=True))
    scene.stored(7)
    until(lambda: "copied" in scene.findings(), what="the finding")
    assert scene.query("SELECT count(*) FROM forked_event WHERE decided IS NULL")[0][0] > 0, "somebody has to decide"


def test_who_is_not_registered_is_quarantined_and_told(scene):
    stranger = Door("d00000000000000cc")
    line = scene.office.speaker(
        scene.office.certificate(stranger.device, stranger.key), listen=f"dd/1/{stranger.device}/ack"
    )
    line.say(f"dd/1/{stranger.device}/up", stranger.up(stranger.journal(at=NOW_MS)))
    assert scene.quarantined() == [(stranger.device, "unregistered")]
    assert b"unregistered" in line.hears()[1]


def test_a_configuration_and_a_command_of_anybody_but_central_are_refused_by_the_station(office):
    """Said with the collector's own certificate: whoever has stolen that one still lacks central's key."""
    station = _station(office)
    thief = office.collector("dd/1/+/hb", "dd/1/+/res")
    device = station.identity.device
    with station:
        station.start()
        until(lambda: thief.hears()[0].endswith("/hb"), what="a heartbeat")
        stranger = Door(device)
        config = Config(device, 7, "Xã Một", "Cửa chính", ())
        thief.say(f"dd/1/{device}/cfg", encode_config(config, stranger.key.sign))
        command = Command(device, "c1", NOW_MS + 600_000, "restart")
        thief.say(f"dd/1/{device}/cmd", encode_command(command, stranger.key.sign))
        thief.say(f"dd/1/{device}/ack", b"no acknowledgement")
        until(lambda: station.said().count("is not used") == 3, what="three refusals in the log")
        assert station.process.poll() is None
    assert not (station.data / "cfg.note").exists()


def test_a_forged_acknowledgement_reaches_nobody_but_by_the_collectors_certificate(office):
    """And then it stops only the sending: the station keeps the events, and central asks for what it misses."""
    station = _station(office)
    identity = station.identity
    add_device(office.store, "D-1", identity.device, identity.public_key, None, "", NOW_MS)
    thief = office.collector()
    with station:
        station.start()
        batch = decode_batch(thief.hears()[1])
        thief.say(f"dd/1/{identity.device}/ack", encode_ack(Ack(batch.journal, batch.last)))
        office.collect()
        until(lambda: _heads(office) and all(a >= b for a, b in _heads(office)), what="everything stored after all")


def _heads(office):
    with office.store.read() as db:
        return [tuple(row) for row in db.exec_driver_sql("SELECT watermark, known_head FROM journal")]


def _station(office):
    folder = office.broker_folder
    station = Station(
        office.folder / "station",
        f'[broker]\nport = {office.port}\nca = "{folder}/ca.pem"\ncert = "{office.folder}/station.pem"\n'
        f'key = "{office.folder}/station/key.pem"\n[clock]\nquality = "ntp"\n',
    )
    own = station.identity
    station.key_file()
    (office.folder / "station.pem").write_bytes(office.certificate(own.device, own.key).read_bytes())
    return station
