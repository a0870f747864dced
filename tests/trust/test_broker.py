"""Who is let in by the broker that `broker-config` configures, and what each may say and hear."""

import subprocess

import pytest

from central.__main__ import main
from central.enrol import add_device, revoke_device
from central.store.trust import newest_session, refused
from central.trust.authority import open_authority
from central.trust.broker import BrokerConfigError, Plan, broker_address, write_broker
from central.trust.refusing import refuse_at_broker
from deploy.broker import CONFIGURATION
from tests.central.intake.conftest import Door
from tests.trust.conftest import DAY_MS, NOW_MS
from tests.waiting import until

HERE, OTHER = "d00000000000000aa", "d00000000000000bb"


def test_a_station_is_heard_by_the_collector_and_hears_what_is_said_to_it(office):
    collector = office.collector()
    station = office.speaker(office.certificate(HERE), listen=f"dd/1/{HERE}/ack")
    station.say(f"dd/1/{HERE}/up", b"mine")
    assert collector.hears() == (f"dd/1/{HERE}/up", b"mine")
    collector.say(f"dd/1/{HERE}/ack", b"stored")
    assert station.hears() == (f"dd/1/{HERE}/ack", b"stored")


def test_without_a_certificate_nobody_is_let_in(office):
    assert office.speaker(None).problem


def test_a_certificate_of_a_strangers_authority_is_refused(office, tmp_path):
    stranger = open_authority(tmp_path / "stranger.pem", NOW_MS)
    assert office.speaker(office.certificate(HERE, authority=stranger)).problem


def test_an_expired_certificate_is_refused(office):
    assert office.speaker(office.certificate(HERE, days=30, now_ms=NOW_MS - 31 * DAY_MS)).problem
    assert not office.speaker(office.certificate(HERE, days=30, now_ms=NOW_MS - 29 * DAY_MS)).problem


def test_plain_mqtt_and_old_tls_are_refused(office):
    """openssl s_client, because Python will not speak TLS 1.1 at all."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{office.port}", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
        input=b"", capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode != 0 or b"Cipher is (NONE)" in done.stdout


def test_nobody_speaks_on_anothers_topic_nor_as_central(office):
    collector = office.collector("dd/1/+/st", "dd/1/+/hb", "dd/1/+/res")
    other = office.speaker(office.certificate(OTHER), listen=f"dd/1/{OTHER}/#")
    station = office.speaker(office.certificate(HERE))
    for channel in ("up", "st", "hb", "res", "ack", "cfg", "cmd"):
        station.say(f"dd/1/{OTHER}/{channel}", b"forged")
    for channel in ("ack", "cfg", "cmd"):
        station.say(f"dd/1/{HERE}/{channel}", b"forged")
    station.say("dd/1/everybody", b"forged")
    station.say(f"dd/1/{HERE}/up", b"the only word")
    assert collector.hears() == (f"dd/1/{HERE}/up", b"the only word")
    collector.say(f"dd/1/{OTHER}/ack", b"the only answer")
    assert other.hears() == (f"dd/1/{OTHER}/ack", b"the only answer")
    assert collector.heard.empty() and other.heard.empty()


def test_a_subscription_to_everything_brings_what_is_said_to_oneself_alone(office):
    collector = office.collector()
    office.collector().say(f"dd/1/{OTHER}/cfg", b"for the other")
    curious = office.speaker(office.certificate(HERE), listen="#")
    curious.listen("$share/intake/dd/1/+/up")
    curious.listen("$SYS/#")
    office.speaker(office.certificate(OTHER)).say(f"dd/1/{OTHER}/up", b"somebody's punch")
    assert collector.hears()[1] == b"somebody's punch"
    collector.say(f"dd/1/{OTHER}/ack", b"for the other")
    collector.say(f"dd/1/{HERE}/cmd", b"for the curious")
    assert curious.hears() == (f"dd/1/{HERE}/cmd", b"for the curious")
    assert curious.heard.empty()


def test_the_pages_certificate_reads_no_punches_and_writes_no_configuration(office):
    collector = office.collector()
    pages = office.speaker(office.broker_folder / "web.pem", key=office.broker_folder / "web-key.pem")
    pages.listen("dd/1/#")
    station = office.speaker(office.certificate(HERE), listen=f"dd/1/{HERE}/#")
    station.say(f"dd/1/{HERE}/up", b"punch")
    station.say(f"dd/1/{HERE}/hb", b"heartbeat")
    assert pages.hears() == (f"dd/1/{HERE}/hb", b"heartbeat")
    assert collector.hears()[1] == b"punch"
    pages.say(f"dd/1/{HERE}/cfg", b"forged")
    pages.say(f"dd/1/{HERE}/cmd", b"a command")
    assert station.hears()[1] == b"a command"
    assert pages.heard.empty() and station.heard.empty()


def _revoked_station(office, client_id_of_its_birth=True):
    door = Door(HERE)
    add_device(office.store, "D-1", HERE, door.public_key, None, "", NOW_MS)
    office.collect()
    file = office.certificate(HERE, door.key)
    journal = door.journal(at=NOW_MS)
    station = office.speaker(file, f"{HERE}-{journal.name}" if client_id_of_its_birth else "another-client-id")
    station.say(f"dd/1/{HERE}/st", door.birth(journal))
    until(lambda: _session(office), what="the birth at central")
    revoke_device(office.store, "D-1", NOW_MS)
    return station, file


def _session(office):
    with office.store.read() as db:
        return newest_session(db, HERE)


def test_who_is_revoked_loses_the_open_connection_and_gets_no_new_one(office):
    station, file = _revoked_station(office)
    assert not station.ended
    assert refuse_at_broker(office.store, office.settings, office.authority, HERE, NOW_MS) == ""
    until(lambda: station.ended, what="the end of the open connection")
    assert office.speaker(file).problem
    # Whoever is not revoked was not disturbed.
    assert not office.speaker(office.certificate(OTHER)).problem


def test_who_is_revoked_and_hides_under_another_client_id_is_silenced(office):
    station, file = _revoked_station(office, client_id_of_its_birth=False)
    witness = office.collector()
    station.listen(f"dd/1/{HERE}/ack")
    station.say(f"dd/1/{HERE}/up", b"before")
    assert witness.hears()[1] == b"before"
    assert refuse_at_broker(office.store, office.settings, office.authority, HERE, NOW_MS) == ""
    other = office.speaker(office.certificate(OTHER))  # the broker has read its lists: it took a new connection
    station.say(f"dd/1/{HERE}/up", b"after")
    witness.say(f"dd/1/{HERE}/ack", b"after")
    other.say(f"dd/1/{OTHER}/up", b"the next word")
    assert witness.hears() == (f"dd/1/{OTHER}/up", b"the next word")
    assert station.heard.empty()
    assert office.speaker(file).problem


def test_a_broker_that_does_not_run_is_said_not_to_have_been_told(bare_office):
    bare_office.configure()
    left = refuse_at_broker(bare_office.store, bare_office.settings, bare_office.authority, HERE, NOW_MS)
    assert "systemctl reload diemdanh-broker" in left


def test_a_plain_listener_anywhere_but_on_loopback_is_refused(bare_office):
    for plain in ("0.0.0.0:1883", "192.168.1.9:1883", "[::]:1883"):
        with pytest.raises(BrokerConfigError, match="without TLS"):
            write_broker(
                bare_office.folder / "b", Plan(("x",), plain=plain), bare_office.authority, _nobody(bare_office), NOW_MS
            )
    with pytest.raises(BrokerConfigError, match="ADDRESS:PORT"):
        write_broker(
            bare_office.folder / "b", Plan(("x",), plain="1883"), bare_office.authority, _nobody(bare_office), NOW_MS
        )


def test_a_plain_listener_on_loopback_is_written_apart(bare_office):
    plan = Plan(("x",), plain="127.0.0.1:1999")
    write_broker(bare_office.folder / "b", plan, bare_office.authority, _nobody(bare_office), NOW_MS)
    written = (bare_office.folder / "b" / "mosquitto.conf").read_text()
    assert written.endswith("listener 1999 127.0.0.1\nallow_anonymous true\n")


def test_keys_are_kept_while_names_and_time_are_good(bare_office):
    folder, authority, nobody = bare_office.broker_folder, bare_office.authority, _nobody(bare_office)
    files = ("server-key.pem", "collector-key.pem", "server.pem")

    def written(*names: str, now_ms: int = NOW_MS) -> list[bytes]:
        write_broker(folder, Plan(names), authority, nobody, now_ms)
        return [(folder / file).read_bytes() for file in files]

    first = written("10.1.2.3", "trungtam.xa")
    assert broker_address(folder).names == ("10.1.2.3", "trungtam.xa")
    assert written("10.1.2.3", "trungtam.xa") == first
    assert written("10.1.2.4")[1] == first[1] and written("10.1.2.4")[0] != first[0]
    assert written("10.1.2.4", now_ms=NOW_MS + 6 * 365 * DAY_MS)[1] != first[1]
    assert (folder / "server-key.pem").stat().st_mode & 0o007 == 0
    with pytest.raises(BrokerConfigError, match="punycode"):
        written("xã.vn")
    with pytest.raises(BrokerConfigError, match="no broker's folder"):
        broker_address(bare_office.folder)


def test_the_limits_are_those_of_the_other_configuration(bare_office):
    bare_office.configure()
    written = set((bare_office.broker_folder / "mosquitto.conf").read_text().splitlines())
    limits = [
        line for line in CONFIGURATION.read_text("utf-8").splitlines() if line.startswith(("max_", "set_", "persist"))
    ]
    assert limits and set(limits) <= written


def test_the_command_writes_the_folder_and_says_what_central_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "broker"
    words = ["--db", f"sqlite:///{tmp_path}/c.db", "broker-config", "--out", str(out), "--host", "10.0.0.7"]
    assert main([*words, "--port", "8884"]) == 0
    said = capsys.readouterr()
    assert f"{out}/mosquitto.conf" in said.out.splitlines()
    assert f'ca = "{out}/ca.pem"' in said.err and "port = 8884" in said.err
    assert "listener 8884 0.0.0.0" in (out / "mosquitto.conf").read_text()
    assert (tmp_path / "office-ca.pem").stat().st_mode & 0o077 == 0
    assert main([*words, "--plain", "10.0.0.7:1883"]) == 1
    assert "only 127.0.0.1" in capsys.readouterr().err


def _nobody(office):
    with office.store.read() as db:
        return refused(db, NOW_MS)
