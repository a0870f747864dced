"""A claim: the one-time secret by which a new station asks to be let in, and who it may believe. Pure.

As people see it: `DD1:HOST:PORT:CODE`, in capitals, so that a QR code of it is small. CODE is 45 characters of
Crockford's base 32 in nine groups: 128 random bits, the first 80 bits of the SHA-256 of the office's authority (DER),
and 17 bits against typing errors. Whoever would put another authority in its place had to find one with the same 80
bits within the claim's day.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from edge.wire.text import WireError

SECRET_BYTES, PIN_BYTES = 16, 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")
_CHARS, _GROUP, _CHECK_BITS = 45, 5, 17
_HOST = re.compile(r"[a-z0-9]([a-z0-9.:-]{0,250}[a-z0-9])?|::1?")


@dataclass(frozen=True, slots=True)
class Claim:
    """Where to ask, with what secret, and which authority to believe (`pin_of` its certificate)."""

    host: str
    port: int
    secret: bytes
    pin: bytes

    @property
    def text(self) -> str:
        """As people see it and as it stands in a file."""
        return f"DD1:{self.host.upper()}:{self.port}:{encode_code(self.secret, self.pin)}"


def decode_claim(text: str) -> Claim:
    """Read a claim, typed or scanned. Raises WireError that says what is wrong with it."""
    parts = "".join(text.split()).split(":")
    if len(parts) < 4 or parts[0].upper() != "DD1":
        raise WireError("a claim is written DD1:HOST:PORT:CODE; copy all of it")
    host, port = ":".join(parts[1:-2]).strip("[]").lower(), parts[-2]
    if not _HOST.fullmatch(host):
        raise WireError(f"claim: {host[:60]!r} is no name or address of a machine")
    if not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65535):
        raise WireError(f"claim: {port[:20]!r} is no port from 1 to 65535")
    return Claim(host, int(port), *_decode_code(parts[-1]))


def encode_code(secret: bytes, pin: bytes) -> str:
    """The code of a claim, in groups of five."""
    number = int.from_bytes(secret + pin) << _CHECK_BITS | _check(secret + pin)
    chars = "".join(_ALPHABET[number >> 5 * at & 31] for at in reversed(range(_CHARS)))
    return "-".join(chars[at : at + _GROUP] for at in range(0, _CHARS, _GROUP))


def _decode_code(code: str) -> tuple[bytes, bytes]:
    chars = code.upper().replace("-", "").translate(_ALIKE)
    if len(chars) != _CHARS:
        raise WireError(f"the claim's code has {len(chars)} characters, not {_CHARS}; copy all nine groups")
    number = 0
    for char in chars:
        if char not in _ALPHABET:
            raise WireError(f"the claim's code cannot hold {char!r}; look at it again")
        number = number << 5 | _ALPHABET.index(char)
    body = (number >> _CHECK_BITS).to_bytes(SECRET_BYTES + PIN_BYTES)
    if number & (1 << _CHECK_BITS) - 1 != _check(body):
        raise WireError("the claim's code has a typing error; compare it group by group")
    return body[:SECRET_BYTES], body[SECRET_BYTES:]


def _check(body: bytes) -> int:
    return int.from_bytes(sha256(b"dd1 check" + body).digest()) >> 256 - _CHECK_BITS


def pin_of(authority_der: bytes) -> bytes:
    """What a claim says of the authority."""
    return sha256(authority_der).digest()[:PIN_BYTES]


def hash_of(secret: bytes) -> bytes:
    """What central keeps of a claim's secret."""
    return sha256(b"dd1 claim" + secret).digest()


def six_digits(secret_hash: bytes, pin: bytes, device: str, public_key: bytes) -> str:
    """What both sides show and a person compares: that the station at the wall is the one that asked.

    secret_hash: `hash_of` the secret; public_key: 32 raw bytes.
    """
    said = sha256(b"dd1 digits" + secret_hash + pin + public_key + device.encode()).digest()
    return f"{int.from_bytes(said[:8]) % 1_000_000:06d}"
