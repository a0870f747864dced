"""The cached configuration."""

import pytest

from edge.identity import open_identity
from edge.roster import FILE, Roster
from edge.wire.config import Config, RosterEntry, encode_config
from edge.wire.notes import SignatureError
from edge.wire.text import WireError


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    return open_identity(tmp_path_factory.mktemp("central"))


def config(version: int, badge: str = "em:008EB2F9", device: str = "d0001") -> Config:
    return Config(device, version, "Xã Một", "Cửa chính", (RosterEntry(badge, "N. V. Đạt", "active"),))


def roster(tmp_path, central) -> Roster:
    made = Roster(tmp_path, "d0001", central.verify)
    made.load()
    return made


def test_without_a_configuration_everybody_is_unknown(tmp_path, central):
    here = roster(tmp_path, central)
    assert here.view.version == 0
    assert here.view.lookup("em:008EB2F9") is None


def test_a_configuration_is_in_force_at_once_and_after_a_restart(tmp_path, central):
    here = roster(tmp_path, central)
    assert here.accept(encode_config(config(5), central.sign))
    for view in (here.view, roster(tmp_path, central).view):
        assert view.version == 5
        assert view.lookup("em:008EB2F9").name == "N. V. Đạt"


def test_only_a_higher_version_replaces_it_and_replaces_it_whole(tmp_path, central):
    here = roster(tmp_path, central)
    assert here.accept(encode_config(config(5), central.sign))
    assert not here.accept(encode_config(config(5, "em:00000001"), central.sign))
    assert not here.accept(encode_config(config(4, "em:00000001"), central.sign))
    assert here.accept(encode_config(config(6, "em:00000002"), central.sign))
    assert here.view.lookup("em:008EB2F9") is None
    assert here.view.lookup("em:00000002") is not None


def test_a_configuration_of_another_key_or_device_is_refused(tmp_path, central):
    here = roster(tmp_path, central)
    other = open_identity(tmp_path / "other")
    with pytest.raises(SignatureError):
        here.accept(encode_config(config(5), other.sign))
    with pytest.raises(WireError, match="for device d0002"):
        here.accept(encode_config(config(5, device="d0002"), central.sign))
    assert here.view.version == 0


def test_a_damaged_cache_is_an_empty_roster_and_a_warning(tmp_path, central, caplog):
    roster(tmp_path, central).accept(encode_config(config(5), central.sign))
    whole = (tmp_path / FILE).read_bytes()
    for damaged in (whole[:-1], whole[:40], b"", whole.replace("Đạt".encode(), "Đoạt".encode())):
        (tmp_path / FILE).write_bytes(damaged)
        caplog.clear()
        assert roster(tmp_path, central).view.version == 0
        assert "every badge is unknown until central" in caplog.text
