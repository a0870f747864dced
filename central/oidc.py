"""Logging in with an office's own identity provider (OpenID Connect Core 1.0, code flow with PKCE, RFC 7636).

The provider only says who somebody is: nobody becomes a user by it, and what a user may do stands in our own database.
An ID token counts when it is signed by a key of the provider's, meant for us, of this very attempt (nonce) and in time.
Needs the extra `oidc` (authlib, requests).
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from central.clock import Clock
from central.errors import CentralError, SettingsError
from central.settings import OidcSettings

BACK = "/login/oidc/back"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures by a public key alone: with HS256 whoever holds the client's secret could sign, with none everybody."""
LEEWAY_S = 120
TIMEOUT_S = 10
KEPT_S = 3600.0
SCOPE = "openid profile email"


class Problem(StrEnum):
    """Why somebody did not come in by the provider."""

    AWAY = "away"
    """It does not answer, or answers what cannot be."""
    REFUSED = "refused"
    """It said no, or what came back does not belong to what was asked."""
    UNKNOWN = "unknown"
    """It knows this person, we do not, or not any more."""
    FACTOR = "factor"
    """This user needs a second factor, and the provider asked for none."""


class OidcError(CentralError, PermissionError):
    """Nobody comes in; `problem` for the page, the message for the log: it holds no code, token or secret."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(f"single sign-on: {message}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Pending:
    """What a browser keeps while its user is at the provider: what came back has to fit."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser is sent, and what it keeps meanwhile."""

    url: str
    pending: Pending


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for. name: our user's; second_factor: the provider asked for one."""

    name: str
    second_factor: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider publishes, and when (seconds of the monotonic clock) that was read."""

    endpoints: Mapping[str, Any]
    keys: Any
    read_s: float


class Provider:
    """The office's provider. Threads may share it; a call may take as long as the provider does (10 s a request)."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        """Raises SettingsError where a setting or the extra `oidc` is missing."""
        _check(settings)
        self._settings, self._clock = settings, clock
        self._secret = _secret(settings)
        self._known: _Known | None = None
        self._reading = threading.Lock()

    @property
    def name(self) -> str:
        """What the button says."""
        return self._settings.name or urlsplit(self._settings.issuer).netloc

    def leave(self) -> Leaving:
        """Begin an attempt. Raises OidcError (AWAY)."""
        pending = Pending(*(secrets.token_urlsafe(32) for _ in range(3)))
        endpoint = self._provider().endpoints["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint, state=pending.state, code_verifier=pending.verifier, nonce=pending.nonce
            )
        return Leaving(str(url), pending)

    def back(self, pending: Pending, query: str) -> Person:
        """Who came back with `query` (what follows the ? of the address). Raises OidcError."""
        claims = self._claims(self._id_token(pending, query), pending.nonce)
        name = claims.get(self._settings.claim)
        if not isinstance(name, str) or not name:
            raise OidcError(Problem.UNKNOWN, f"the ID token has no {self._settings.claim!r}; see oidc.claim")
        if self._settings.claim == "email" and claims.get("email_verified") is False:
            raise OidcError(Problem.UNKNOWN, "the provider has not verified this address")
        factors = claims.get("amr", [])
        asked = isinstance(factors, list) and not set(self._settings.factors.split()).isdisjoint(map(str, factors))
        return Person(name, asked)

    def _id_token(self, pending: Pending, query: str) -> str:
        from authlib.common.errors import AuthlibBaseError
        from requests import RequestException

        address = f"{self._settings.pages}{BACK}?{query}"
        endpoint = self._provider().endpoints["token_endpoint"]
        try:
            with self._session() as session:
                found = session.fetch_token(
                    endpoint, authorization_response=address, state=pending.state, code_verifier=pending.verifier,
                    grant_type="authorization_code", timeout=TIMEOUT_S,
                )  # fmt: skip
        except AuthlibBaseError as error:
            raise OidcError(Problem.REFUSED, f"the provider refused ({error.error})") from error
        except (RequestException, ValueError) as error:
            raise OidcError(Problem.AWAY, f"{urlsplit(endpoint).netloc}: {type(error).__name__}") from error
        token = found.get("id_token")
        if not isinstance(token, str):
            raise OidcError(Problem.REFUSED, "the answer holds no ID token")
        return token

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of a token that counts; keys that the provider has changed are read again, once."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        rules = jwt.JWTClaimsRegistry(
            now=self._clock.now_ms() // 1000, leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer}, sub={"essential": True}, exp={"essential": True},
            aud={"essential": True, "value": self._settings.client_id}, nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        for fresh in (False, True):
            try:
                claims = jwt.decode(token, self._provider(fresh=fresh).keys, algorithms=list(ALGORITHMS)).claims
                break
            except (JoseError, ValueError) as error:
                if fresh:
                    raise OidcError(Problem.REFUSED, f"the ID token cannot be believed ({error})") from error
        try:
            rules.validate(claims)
        except JoseError as error:
            raise OidcError(Problem.REFUSED, f"the ID token does not count ({error})") from error
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise OidcError(Problem.REFUSED, "the ID token is another client's")
        return dict(claims)

    def _provider(self, *, fresh: bool = False) -> _Known:
        with self._reading:
            known, now_s = self._known, self._clock.mono_s()
            if known is None or fresh or now_s - known.read_s > KEPT_S:
                self._known = known = self._read(now_s)
            return known

    def _read(self, now_s: float) -> _Known:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
        from requests import RequestException

        try:
            with self._session() as session:
                place = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
                said = _json(session, place)
                if said.get("issuer") != self._settings.issuer:
                    raise OidcError(Problem.AWAY, f"{place} speaks for another issuer: {said.get('issuer')!r}")
                endpoints = {name: _endpoint(said, name) for name in ENDPOINTS}
                keys = KeySet.import_key_set(_json(session, endpoints["jwks_uri"]))  # type: ignore[arg-type]
        except (RequestException, JoseError, ValueError, TypeError, KeyError) as error:
            raise OidcError(Problem.AWAY, f"{self._settings.issuer}: {type(error).__name__}: {error}") from error
        return _Known(endpoints, keys, now_s)

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        session = OAuth2Session(
            self._settings.client_id, self._secret, scope=SCOPE, redirect_uri=self._settings.pages + BACK,
            code_challenge_method="S256",
        )  # fmt: skip
        session.verify = self._settings.ca or True
        session.trust_env = False
        return session


ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def _endpoint(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not found.startswith("https://"):
        raise ValueError(f"{name} is no https address: {found!r}")
    return found


def _json(session: Any, url: str) -> dict[str, Any]:
    answer = session.request("GET", url, withhold_token=True, timeout=TIMEOUT_S, allow_redirects=False)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError(f"{url} holds no object")
    return found


def _check(settings: OidcSettings) -> None:
    for key in ("issuer", "pages"):
        if not getattr(settings, key).startswith("https://"):
            raise SettingsError(f"oidc.{key} = {getattr(settings, key)!r} must be an https address")
    if settings.pages.endswith("/") or not settings.client_id:
        raise SettingsError("oidc.pages has no / at its end, and oidc.client_id is what the provider calls us")
    try:
        import authlib.integrations.requests_client  # noqa: F401
    except ModuleNotFoundError as error:
        raise SettingsError(f"oidc needs the extra: pip install 'diemdanh[oidc]' ({error.name} is missing)") from error


def _secret(settings: OidcSettings) -> str | None:
    """The client's secret; None for a public client, which PKCE alone protects."""
    if not settings.secret_file:
        return None
    try:
        return Path(settings.secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"oidc.secret_file {settings.secret_file}: cannot be read ({error})") from error
