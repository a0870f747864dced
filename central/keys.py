"""Keys: central's own Ed25519 key, made on first need and readable by its owner alone, and the public keys of devices.

Central signs `cfg` and `cmd` with it; a station is told the public half at registration and trusts nothing else.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from central.errors import CentralError
from edge.wire.notes import Verify


class KeyFileError(CentralError, ValueError):
    """A key cannot be read; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class CentralKey:
    """Central's key pair."""

    private: Ed25519PrivateKey

    def sign(self, line: bytes) -> bytes:
        """The 64-byte signature of `line`."""
        return self.private.sign(line)

    @property
    def verify(self) -> Verify:
        """Whether central made a signature."""
        return verifier(self.public_text)

    @property
    def public_text(self) -> str:
        """The public key as base64url without padding (43 characters), as stations are given it."""
        return encode_key(self.private.public_key().public_bytes_raw())


def load_key(file: Path) -> CentralKey:
    """Central's key from `file`, made now where there is none. Raises KeyFileError for a file that holds no such key.

    Two processes that need it first at one time agree on one: the file appears whole, and the first to link it wins.
    """
    try:
        return _read(file)
    except FileNotFoundError:
        create_once(file, _new_pem)
        return _read(file)


def _read(file: Path) -> CentralKey:
    content = file.read_bytes()
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise KeyFileError(f"{file}: no private key ({error}); put the backed-up file back") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{file}: not an Ed25519 key; name another file in key.file, or put the right one back")
    return CentralKey(key)


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def create_once(file: Path, content: Callable[[], bytes]) -> None:
    """Make `file` with `content`, whole, durably and readable by its owner alone, unless it is there already."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, content())
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was quicker; its key is the one
    finally:
        draft.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def encode_key(raw: bytes) -> str:
    """32 bytes of a public key as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_key(text: str) -> bytes:
    """The 32 bytes of a public key in base64url. Raises KeyFileError for anything else."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise KeyFileError(f"key {text[:50]!r} is not base64url; copy it from `diemdanh-edge identity`") from error
    if len(raw) != 32 or urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise KeyFileError(f"key {text[:50]!r} is not 32 bytes in 43 base64url characters")
    return raw


def verifier(public_key: str) -> Verify:
    """Whether a signature is that of `public_key` (base64url)."""
    key = Ed25519PublicKey.from_public_bytes(decode_key(public_key))

    def verify(signature: bytes, line: bytes) -> bool:
        try:
            key.verify(signature, line)
        except InvalidSignature:
            return False
        return True

    return verify
