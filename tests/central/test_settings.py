"""Central's settings and clock."""

import time
from pathlib import Path

import pytest

from central.clock import ScaledClock, SystemClock
from central.errors import SettingsError
from central.settings import Settings, load_settings


def written(folder: Path, text: str) -> Path:
    file = folder / "central.toml"
    file.write_text(text, "utf-8")
    return file


def test_without_a_file_every_setting_has_a_default():
    assert load_settings(None, {}) == Settings()


def test_the_file_sets_and_the_environment_overrides(tmp_path: Path):
    file = written(tmp_path, '[web]\nport = 9000\nhost = "::1"\n[broker]\nshared = false\n')
    found = load_settings(file, {"DIEMDANH_WEB_PORT": "9001"})
    assert (found.web.port, found.web.host, found.broker.shared) == (9001, "::1", False)


def test_the_database_has_a_short_name_in_the_environment():
    assert load_settings(None, {"DIEMDANH_DB": "sqlite:///x.db"}).database.url == "sqlite:///x.db"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[wbe]\nport = 1\n", r"unknown section \[wbe\]"),
        ("[web]\nprot = 1\n", r"unknown key web\.prot"),
        ("web = 1\n", r"\[web\] must be a section"),
        ('[web]\nport = "many"\n', r"web\.port: 'many' is not of kind int"),
        ("[web]\nport = true\n", r"web\.port: True is not of kind int"),
        ("[web\n", "is not TOML"),
        ("deep = " + "[" * 5000, "is not TOML"),
        ("[broker]\nport = 99999\n", r"broker\.port = 99999 must lie between 1 and 65535"),
        ("[clock]\nscale = 0\n", r"clock\.scale = 0\.0 must lie between"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_reason(tmp_path: Path, text: str, said: str):
    with pytest.raises(SettingsError, match=said):
        load_settings(written(tmp_path, text), {})


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.toml", {})


def test_the_usual_clock_is_the_machines(monkeypatch: pytest.MonkeyPatch):
    assert isinstance(Settings().clock.clock(), SystemClock)
    assert abs(SystemClock().now_ms() - time.time() * 1000) < 1000


def test_a_scaled_clock_runs_faster_and_then_as_fast_as_the_world():
    hour_ago_ms = round(time.time() * 1000) - 3_600_000
    assert abs(ScaledClock(0, hour_ago_ms, 10.0).now_ms() - 36_000_000) < 100_000
    slowed = ScaledClock(0, hour_ago_ms, 10.0, fast_ms=6_000_000)  # fast for ten minutes, then fifty as they are
    assert abs(slowed.now_ms() - (6_000_000 + 3_000_000)) < 100_000


def test_a_scaled_clock_is_set_by_settings():
    found = load_settings(None, {"DIEMDANH_CLOCK_SCALE": "50", "DIEMDANH_CLOCK_EPOCH_MS": "7"})
    assert found.clock.clock() == ScaledClock(7, 0, 50.0)


def test_tls_needs_all_three_files_or_none(tmp_path: Path):
    whole = load_settings(written(tmp_path, '[broker]\nca = "ca.pem"\ncert = "c.pem"\nkey = "k.pem"'), {})
    assert whole.broker.tls and not Settings().broker.tls
    with pytest.raises(SettingsError, match=r"broker.cert is missing; TLS needs ca, cert and key"):
        load_settings(written(tmp_path, '[broker]\nca = "ca.pem"\nkey = "k.pem"'), {})
