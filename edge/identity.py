"""Who this station is: a permanent device id and an Ed25519 key, made on the first start and never changed.

Both live in one file, `identity.json` (mode 0600): an id without its key, or a key under another id, can then not
come about. The id is random and not the commune's name, because devices move (wire R2).
"""

import json
import os
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.errors import EdgeError
from edge.files import replace_file
from edge.wire.notes import Verify

FILE = "identity.json"


class IdentityError(EdgeError, ValueError):
    """The identity file is damaged or of another device; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A device id and its key."""

    device: str
    key: Ed25519PrivateKey

    def sign(self, line: bytes) -> bytes:
        """The 64-byte signature of `line`."""
        return self.key.sign(line)

    def verify(self, signature: bytes, line: bytes) -> bool:
        """Whether this device made `signature`."""
        return verifier(self.key.public_key().public_bytes_raw())(signature, line)

    def certificate_request(self) -> str:
        """What central is asked to certify (PKCS #10, RFC 2986 and 8410; PEM): this id, with this key."""
        algorithm = _der(0x30, _ED25519)
        name = _der(0x30, _der(0x31, _der(0x30, _COMMON_NAME, _der(0x0C, self.device.encode()))))
        key = _der(0x30, algorithm, _der(0x03, b"\0", self.raw_public_key))
        wanted = _der(0x30, _der(0x02, b"\0"), name, key, _der(0xA0))
        return _pem("CERTIFICATE REQUEST", _der(0x30, wanted, algorithm, _der(0x03, b"\0", self.sign(wanted))))

    def key_pem(self) -> str:
        """The private key as TLS reads it from a file (PKCS #8, RFC 8410; PEM)."""
        seed = _der(0x04, _der(0x04, self.key.private_bytes_raw()))
        return _pem("PRIVATE KEY", _der(0x30, _der(0x02, b"\0"), _der(0x30, _ED25519), seed))

    @property
    def raw_public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    @property
    def public_key(self) -> str:
        """The public key as base64url without padding (43 characters), as central is given it."""
        return encode_key(self.key.public_key().public_bytes_raw())


def open_identity(data: Path, device: str | None = None) -> Identity:
    """The identity kept in folder `data`, made now if there is none.

    device: the id from the settings, None = the one made here. Raises IdentityError when the file is damaged or holds
    another id, OSError when it cannot be kept.
    """
    path = data / FILE
    try:
        identity = _read(path)
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
        identity = Identity(device or "d" + os.urandom(8).hex(), Ed25519PrivateKey.generate())
        replace_file(path, _encode(identity), 0o600)
    if device is not None and device != identity.device:
        raise IdentityError(
            f"{path}: this station is {identity.device}, the settings say {device}; an id never changes: "
            "remove station.device from the settings, or give another data folder"
        )
    return identity


def _read(path: Path) -> Identity:
    content = path.read_bytes()
    try:
        fields = json.loads(content)
        key = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(fields["private_key"] + "="))
        return Identity(str(fields["device"]), key)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IdentityError(
            f"{path}: damaged ({error}); put back a copy, or remove it and register the station anew at central"
        ) from error


def _encode(identity: Identity) -> bytes:
    private = encode_key(identity.key.private_bytes_raw())
    return json.dumps({"device": identity.device, "private_key": private}).encode() + b"\n"


_ED25519 = bytes.fromhex("06032b6570")
_COMMON_NAME = bytes.fromhex("0603550403")


def _der(tag: int, *parts: bytes) -> bytes:
    """One element (X.690) of at most 255 bytes. cryptography's own makers would cost a station 3 MB of memory."""
    content = b"".join(parts)
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])
    return bytes([tag]) + length + content


def _pem(label: str, der: bytes) -> str:
    text = b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def encode_key(raw: bytes) -> str:
    """32 bytes of a key as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_key(text: str) -> bytes:
    """The 32 bytes of a key in base64url. Raises IdentityError."""
    try:
        raw = urlsafe_b64decode(text + "=")
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise IdentityError(f"central's key {text[:50]!r} is no public key of 43 characters; enrol the station again")
    return raw


def verifier(public_key: bytes | None) -> Verify:
    """Whether a signature is that of `public_key` (32 raw bytes); None = no key is known, every signature is wrong."""
    if public_key is None:
        return lambda signature, line: False
    key = Ed25519PublicKey.from_public_bytes(public_key)

    def verify(signature: bytes, line: bytes) -> bool:
        try:
            key.verify(signature, line)
        except InvalidSignature:
            return False
        return True

    return verify
