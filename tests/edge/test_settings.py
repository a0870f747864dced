"""Settings: one file, the environment over it, and errors that say what to do."""

from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.identity import encode_key
from edge.settings import Settings, load_settings, parse_settings

WHOLE = f"""
[station]
data = "/var/lib/diemdanh"
[broker]
host = "broker.example"
port = 8883
[central]
public_key = "{encode_key(bytes(range(32)))}"
[[reader]]
id = "door"
driver = "rdm6300"
port = "/dev/diemdanh-reader"
[[reader]]
id = "desk"
driver = "id12la"
port = "/dev/diemdanh-desk"
role = "enrol"
[panel]
pins = "mock"
trace = "/run/diemdanh/panel"
[uplink]
heartbeat_s = 30
[journal]
ring_events = 1000
[policy]
repeat_guard_ms = 8000
[clock]
source = "scaled"
scale = 60
"""


def parse(text: str, **environment: str) -> Settings:
    return parse_settings(text, "station.toml", environment)


def refusal(text: str, **environment: str) -> str:
    with pytest.raises(SettingsError) as raised:
        parse(text, **environment)
    return str(raised.value)


def test_a_file_says_everything():
    settings = parse(WHOLE)
    assert settings.station.data == Path("/var/lib/diemdanh")
    assert (settings.broker.host, settings.broker.port) == ("broker.example", 8883)
    assert settings.central.public_key == bytes(range(32))
    assert [(reader.id, reader.role) for reader in settings.readers] == [("door", "punch"), ("desk", "enrol")]
    assert settings.panel.trace == Path("/run/diemdanh/panel")
    assert settings.policy.repeat_guard_ms == 8000
    assert settings.clock.scale == 60.0


def test_only_the_data_folder_must_be_said():
    settings = parse('[station]\ndata = "d"')
    assert settings.broker.port == 1883
    assert settings.central.public_key is None
    assert settings.uplink.heartbeat_s == 60
    assert "[station] lacks data; add a line 'data = ...'" in refusal("")


def test_the_environment_overrides_one_key():
    settings = parse('[station]\ndata = "d"', DIEMDANH_BROKER_PORT="1999", DIEMDANH_PANEL_PINS="none", HOME="/root")
    assert (settings.broker.port, settings.panel.pins) == (1999, "none")
    assert "DIEMDANH_BROKER_PORT is 'x', a number is needed" in refusal(
        '[station]\ndata = "d"', DIEMDANH_BROKER_PORT="x"
    )
    assert "[broker] has no key hots" in refusal('[station]\ndata = "d"', DIEMDANH_BROKER_HOTS="x")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[brocker]\n", "[brocker] is no section"),
        ("[broker]\nhots = 'x'", "[broker] hots is no key; there are host, port"),
        ("[broker]\nport = '1883'", "broker.port = '1883' must be a whole number"),
        ("[broker]\nport = 0", "broker.port = 0 must be from 1 to 65535"),
        ("[broker]\nport = true", "broker.port = True must be a whole number"),
        ("[panel]\npins = 'rpigpio'", "panel.pins = 'rpigpio' must be one of gpio, mock, none"),
        ("[panel]\ntrace = ''", "must be a text in quotes that is not empty"),
        ("[central]\npublic_key = 'abc'", "the 43 characters that 'diemdanh-central device add' prints"),
        ("[clock]\nscale = 'fast'", "clock.scale = 'fast' must be a number"),
        ("[reader]\nid = 'x'", "written [[reader]]"),
        ("[[reader]]\nid = 'x'\ndriver = 'rdm6300'", "[reader] lacks port"),
        ("broker = 3", "broker must be a section"),
        ("[broker", "is not TOML"),
        ("deep = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_file_key_and_remedy(line, said):
    station = "[station]\ndata = 'd'\n"
    message = refusal(station + line if line.startswith("[") else line + "\n" + station)
    assert message.startswith("station.toml: ")
    assert said in message


def test_two_readers_cannot_share_a_name_or_a_port():
    reader = "[[reader]]\nid = '{}'\ndriver = 'rdm6300'\nport = '{}'\n"
    text = "[station]\ndata = 'd'\n" + reader.format("a", "/dev/x")
    assert "two readers have id = 'a'" in refusal(text + reader.format("a", "/dev/y"))
    assert "two readers have port = '/dev/x'" in refusal(text + reader.format("b", "/dev/x"))


def test_a_device_id_must_fit_a_topic():
    assert "4 to 40 of a-z" in refusal("[station]\ndata = 'd'\ndevice = 'A/B'")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match="name the station's file with --config"):
        load_settings(tmp_path / "none.toml", {})


def test_a_file_is_read(tmp_path):
    (tmp_path / "station.toml").write_text(WHOLE, encoding="utf-8")
    assert load_settings(tmp_path / "station.toml", {}) == parse(WHOLE)


def test_tls_needs_all_three_files_or_none():
    whole = parse('[station]\ndata = "d"\n[broker]\nca = "ca.pem"\ncert = "c.pem"\nkey = "k.pem"')
    assert (whole.broker.ca, whole.broker.cert, whole.broker.key) == (Path("ca.pem"), Path("c.pem"), Path("k.pem"))
    assert "[broker] lacks key; TLS needs ca, cert and key" in refusal(
        '[station]\ndata = "d"\n[broker]\nca = "x"\ncert = "y"'
    )
