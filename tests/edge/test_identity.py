"""Who a station is."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

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


@pytest.mark.parametrize("device", ["d1aa", "d00112233445566aa", "a" * 40])
def test_a_certificate_request_and_a_key_file_are_what_others_read(tmp_path, device):
    identity = open_identity(tmp_path / device, device)
    request = x509.load_pem_x509_csr(identity.certificate_request().encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == f"CN={device}"
    assert request.public_key() == identity.key.public_key()
    key = load_pem_private_key(identity.key_pem().encode(), None)
    assert key.public_key() == identity.key.public_key()
    # As cryptography itself writes them, byte for byte.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    wanted = x509.CertificateSigningRequestBuilder().subject_name(name).sign(identity.key, None)
    assert identity.certificate_request().encode() == wanted.public_bytes(Encoding.PEM)
    assert identity.key_pem().encode() == key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
