"""The office's own certificate authority: made on first need, known to stations by its fingerprint.

An office's broker has an address and no public name, so no public authority could vouch for it. The authority and the
servers have ECDSA P-256 keys, which every client takes; a station's certificate is for its own Ed25519 key (the one
that signs its journal), so that a copied certificate is worth nothing without it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from central.errors import CentralError
from central.keys import KeyFileError, create_once
from edge.wire.text import is_device_id

AUTHORITY_DAYS = 30 * 365
OWN_DAYS = 10 * 365
"""Of servers and of central's own processes: their keys lie where the authority's key lies."""
DEVICE_DAYS = 400
BEFORE = dt.timedelta(hours=1)
"""Certificates hold from an hour ago: the broker's clock may be a little behind."""
PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey


class RequestError(CentralError, ValueError):
    """A certificate was asked for in a way that cannot be granted; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a station asks for. key: 32 raw bytes; that it has the private half is proven."""

    device: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate. serial: hex. Times are UTC milliseconds."""

    serial: str
    pem: str
    issued_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that shall not be taken any more. serial: hex."""

    serial: str
    revoked_ms: int


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """Its certificate, which is no secret."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        """Its certificate as bytes, over which a claim's fingerprint goes."""
        return self.certificate.public_bytes(Encoding.DER)

    def server(self, names: Sequence[str], key: PublicKey, now_ms: int) -> Issued:
        """The certificate of a server that clients reach by `names`: host names and IP addresses."""
        alternative = x509.SubjectAlternativeName([_name(name) for name in names])
        return self._issue(names[0][:64], key, ExtendedKeyUsageOID.SERVER_AUTH, OWN_DAYS, now_ms, alternative)

    def process(self, name: str, key: PublicKey, now_ms: int) -> Issued:
        """The certificate of one of central's own processes, such as COLLECTOR."""
        return self._issue(name, key, ExtendedKeyUsageOID.CLIENT_AUTH, OWN_DAYS, now_ms)

    def device(self, request: Request, now_ms: int, days: float = DEVICE_DAYS) -> Issued:
        """The certificate of a station: its common name is the device id."""
        key = Ed25519PublicKey.from_public_bytes(request.key)
        return self._issue(request.device, key, ExtendedKeyUsageOID.CLIENT_AUTH, days, now_ms)

    def _issue(
        self,
        name: str,
        key: PublicKey,
        usage: ObjectIdentifier,
        days: float,
        now_ms: int,
        alternative: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        now = _moment(now_ms)
        last = min(now + dt.timedelta(days=days), self.certificate.not_valid_after_utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BEFORE)
            .not_valid_after(last)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_signing(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if alternative is not None:
            builder = builder.add_extension(alternative, critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        expires_ms = int(made.not_valid_after_utc.timestamp() * 1000)
        return Issued(f"{made.serial_number:x}", made.public_bytes(Encoding.PEM).decode(), now_ms, expires_ms)

    def revocations(self, revoked: Iterable[Revoked], now_ms: int) -> str:
        """The list of revoked certificates (PEM).

        It has no end of its own before the authority's: a broker refuses everybody when its list has expired, and
        this one is written anew whenever something is revoked.
        """
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(_moment(now_ms) - BEFORE)
            .next_update(self.certificate.not_valid_after_utc)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(int(one.serial, 16))
            builder = builder.add_revoked_certificate(entry.revocation_date(_moment(one.revoked_ms)).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def open_authority(file: Path, now_ms: int) -> Authority:
    """The authority kept in `file` (key and certificate), made now where there is none. Raises KeyFileError."""
    try:
        return _read(file)
    except FileNotFoundError:
        create_once(file, lambda: _new(now_ms))
        return _read(file)


def _read(file: Path) -> Authority:
    content = file.read_bytes()
    try:
        key, certificate = load_pem_private_key(content, password=None), x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError) as error:
        raise KeyFileError(
            f"{file}: no authority's key and certificate ({error}); put the backed-up file back"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise KeyFileError(f"{file}: its certificate is not of its key; put the backed-up file back")
    return Authority(certificate, key)


def _new(now_ms: int) -> bytes:
    key, now = new_key(), _moment(now_ms)
    # Two authorities with one name would be taken for each other, where a station was moved between offices.
    name = _subject(f"Diem Danh {x509.random_serial_number():x}"[:26])
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + dt.timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signing(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key_pem(key) + certificate.public_bytes(Encoding.PEM)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as it is written to a file."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_request(pem: str) -> Request:
    """A station's request (PKCS #10, PEM): signed by the Ed25519 key it is for. Raises RequestError."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        names = [str(part.value) for part in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        signed = request.is_signature_valid
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise RequestError(
            f"the certificate request cannot be read ({error}); the station's program is damaged"
        ) from error
    if not isinstance(key, Ed25519PublicKey) or not signed:
        raise RequestError("the certificate request is not signed by an Ed25519 key of its own")
    # Names of central's own processes are in capitals, which no device id has.
    if len(names) != 1 or not is_device_id(names[0]):
        raise RequestError("the certificate request names no device id (4 to 40 of a-z, 0-9 and '-')")
    return Request(names[0], key.public_bytes_raw())


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _signing(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _moment(utc_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(utc_ms // 1000, dt.UTC)
