"""Who a station is."""

import pytest

from edge.identity import FILE, IdentityError, open_identity, verifier


def test_an_identity_is_made_once_and_kept(tmp_path):
    first = open_identity(tmp_path / "data")
    second = open_identity(tmp_path / "data")
    assert first.device == second.device
    assert first.public_key == second.public_key
    assert len(first.device) == 17
    assert first.device.startswith("d")
    assert len(first.public_key) == 43


def test_only_its_owner_may_read_the_key(tmp_path):
    open_identity(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_signature_holds_for_its_line_and_key_only(tmp_path):
    here, other = open_identity(tmp_path / "a"), open_identity(tmp_path / "b")
    signature = here.sign(b"line")
    assert here.verify(signature, b"line")
    assert not here.verify(signature, b"other line")
    assert not other.verify(signature, b"line")
    assert not verifier(None)(signature, b"line")


def test_the_id_of_the_settings_is_taken_at_the_first_start_and_never_changed(tmp_path):
    assert open_identity(tmp_path, "dxa-moi").device == "dxa-moi"
    with pytest.raises(IdentityError, match="an id never changes"):
        open_identity(tmp_path, "dxa-cu")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"device":"d1","private_key":"AA"}', b"\xff", b'"x"', b"[" * 20_000], ids=range(6)
)
def test_a_damaged_identity_stops_the_station_and_is_never_replaced(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(IdentityError, match="register the station anew"):
        open_identity(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content
