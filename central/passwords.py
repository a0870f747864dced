"""Passwords (argon2id), one-time codes (RFC 6238), and what is drawn by chance. Nothing here is ever logged."""

import hmac
import secrets
from hashlib import sha256

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from central.errors import CentralError

LEAST = 12
MOST = 128
STEP_S = 30
_HASHER = PasswordHasher()
"""RFC 9106's second choice: 64 MiB, 3 rounds, 4 lanes."""
_NOBODY = _HASHER.hash(secrets.token_hex(16))


class PasswordError(CentralError, ValueError):
    """A password is not good enough; the message says why."""


def hashed(password: str) -> str:
    """What is stored of a password. Takes about 0.1 s and 64 MiB. Raises PasswordError."""
    if not LEAST <= len(password) <= MOST:
        raise PasswordError(f"a password has {LEAST} to {MOST} characters; several words are easier to remember")
    if len(set(password)) < 5:
        raise PasswordError("this password repeats few characters; take several words")
    return _HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one. None = there is no such user: takes as long, and is False."""
    try:
        return _HASHER.verify(stored or _NOBODY, password[: MOST + 1]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """A secret for one-time codes, base32."""
    return pyotp.random_base32()


def enrolment(secret: str, name: str) -> str:
    """The address (otpauth) by which a telephone takes the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Điểm Danh")


def step_of(code: str, secret: str, now_ms: int, used: int) -> int | None:
    """The time step to which a one-time code belongs: now, the one before or the one after, and later than `used`.
    None: the code is wrong, old, or was used already."""
    now, said = now_ms // 1000 // STEP_S, code.replace(" ", "").encode()
    for step in (now, now - 1, now + 1):
        if step > used and hmac.compare_digest(pyotp.TOTP(secret).at(step * STEP_S).encode(), said):
            return step
    return None


def new_token() -> str:
    """256 bits by chance, fit for a cookie, a header or an address."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """What is stored of a token, which is chance enough to need no slow hash."""
    return sha256(token.encode()).hexdigest()


def form_token(cookie: str) -> str:
    """What every form carries to prove that it came from a page shown to the browser with this cookie."""
    return hmac.new(cookie.encode(), b"form", sha256).hexdigest()
