"""Single sign-on against a provider that runs: real TLS, real tokens, and every way in which they may be wrong."""

import datetime as dt
import hmac
import http.server
import ipaddress
import json
import ssl
import threading
import urllib.parse
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from central import logins
from central.clock import SystemClock
from central.errors import SettingsError
from central.health import Liveness
from central.oidc import OidcError, Problem, Provider
from central.permits import Role
from central.settings import OidcSettings, Settings, WebSettings
from central.store import Store, open_store
from central.web.app import Pages
from deploy.broker import free_port
from tests.visitor import Visitor

CLIENT, SECRET, PERSON = "diemdanh", "bí mật", "canbo@tankhe.example"
PAGES = "https://pages.example"
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
CLOCK = SystemClock()


@dataclass
class Giver:
    """A provider: it lets PERSON in and gives tokens. change: what a hostile or broken one does to the claims; sign:
    how they are signed; said: what its discovery says besides."""

    url: str = ""
    ca: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[["Giver", dict[str, Any]], str] | None = None
    said: dict[str, Any] = field(default_factory=dict)
    published: ECKey | None = None

    def settings(self, **changes: str) -> OidcSettings:
        return replace(OidcSettings(self.url, CLIENT, "", PAGES, "Thẻ công vụ", ca=self.ca), **changes)

    def approve(self, address: str) -> str:
        """What the browser brings back after its user has agreed: the query of the address."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
        assert asked["redirect_uri"] == f"{PAGES}/login/oidc/back" and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return urllib.parse.urlencode({"code": code, "state": asked["state"]})

    def discovery(self) -> dict[str, Any]:
        ends = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token")}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **ends, **self.said}

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.published or self.key]).as_dict(private=False))

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        proof = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if asked is None or proof != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now_s = CLOCK.now_ms() // 1000
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "exp": now_s + 300, "iat": now_s, "nonce": asked["nonce"]}
        claims = self.change({**claims, "email": PERSON, "email_verified": True, "amr": ["pwd", "otp"]})
        signed = self.sign(self, claims) if self.sign else jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Giver]:
    folder, giver = tmp_path_factory.mktemp("provider"), Giver()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {"/.well-known/openid-configuration": giver.discovery, "/keys": giver.keys}.get(self.path)
            self._send(200 if found else 404, found() if found else {})

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(*giver.token(dict(urllib.parse.parse_qsl(form))))

        def _send(self, status: int, said: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(folder))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        giver.url, giver.ca = f"https://127.0.0.1:{server.server_port}", str(folder / "server.pem")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield giver
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")]),
    )
    now = dt.datetime.fromtimestamp(CLOCK.now_ms() / 1000, dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(hours=1))
    made = made.add_extension(address, False).add_extension(x509.BasicConstraints(True, None), True)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def giver(served: Giver) -> Iterator[Giver]:
    """The provider, honest at the beginning of each test."""
    key = served.key
    yield served
    served.change, served.sign, served.said, served.published, served.key = (lambda claims: claims), None, {}, None, key


def come_back(giver: Giver, **changes: str) -> Any:
    provider = Provider(giver.settings(**changes), CLOCK)
    leaving = provider.leave()
    return provider.back(leaving.pending, giver.approve(leaving.url))


def test_whom_the_provider_vouches_for_is_told_with_the_factors_that_it_asked_for(giver: Giver) -> None:
    found = come_back(giver)
    assert (found.name, found.second_factor) == (PERSON, True)
    giver.change = lambda claims: {**claims, "amr": ["pwd"], "preferred_username": "lan"}
    found = come_back(giver, claim="preferred_username")
    assert (found.name, found.second_factor) == ("lan", False)


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {name: value for name, value in claims.items() if name not in names}


def other(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {**claims, **values}


PAST_S = CLOCK.now_ms() // 1000 - 3600


@pytest.mark.parametrize(
    "change",
    [
        other(iss="https://evil.example"), other(aud="another"), other(aud=["another"]), other(nonce="x"),
        other(exp=PAST_S), other(exp="soon"), other(azp="another"), other(iat=PAST_S + 10_000_000),
        without("nonce"), without("exp"), without("aud"), without("iss"), without("sub"),
    ],
)  # fmt: skip
def test_a_token_that_is_not_ours_of_this_attempt_and_in_time_does_not_count(giver: Giver, change: Any) -> None:
    giver.change = change
    with pytest.raises(OidcError) as refused:
        come_back(giver)
    assert refused.value.problem is Problem.REFUSED


def unsigned(_: Giver, claims: dict[str, Any]) -> str:
    return f"{part({'alg': 'none'})}.{part(claims)}."


def part(words: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(words).encode()).decode().rstrip("=")


def by_another_key(_: Giver, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, ECKey.generate_key("P-256"))


def by_the_public_key_as_a_secret(giver: Giver, claims: dict[str, Any]) -> str:
    """What a library would take that lets the token choose how it is checked (joserfc will not even make it)."""
    words = ".".join(part(words) for words in ({"alg": "HS256", "kid": "one"}, claims))
    signature = hmac.digest(giver.key.as_pem(private=False), words.encode(), "sha256")
    return f"{words}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "sign", [unsigned, by_another_key, by_the_public_key_as_a_secret, lambda *_: "", lambda *_: "a.b.c", lambda *_: 7]
)
def test_a_token_that_the_provider_did_not_sign_does_not_count(giver: Giver, sign: Any) -> None:
    giver.sign = sign
    with pytest.raises(OidcError) as refused:
        come_back(giver)
    assert refused.value.problem is Problem.REFUSED


def test_keys_that_the_provider_changed_are_read_again(giver: Giver) -> None:
    provider = Provider(giver.settings(), CLOCK)
    provider.leave()
    giver.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
    leaving = provider.leave()
    assert provider.back(leaving.pending, giver.approve(leaving.url)).name == PERSON


def test_what_comes_back_counts_once_and_only_for_who_left(giver: Giver) -> None:
    provider = Provider(giver.settings(), CLOCK)
    mine, theirs = provider.leave(), provider.leave()
    query = giver.approve(mine.url)
    other_browser = replace(mine.pending, state=theirs.pending.state)
    for pending in (theirs.pending, other_browser):
        with pytest.raises(OidcError):
            provider.back(pending, query)
    assert provider.back(mine.pending, query).name == PERSON
    with pytest.raises(OidcError):
        provider.back(mine.pending, query)
    wrong_proof = provider.leave()
    with pytest.raises(OidcError):
        provider.back(replace(wrong_proof.pending, verifier="x" * 43), giver.approve(wrong_proof.url))


@pytest.mark.parametrize(
    "query", ["", "error=access_denied&state={state}", "code=x", "state={state}", "code=x&state={state}"]
)
def test_a_refusal_and_a_mutilated_address_let_nobody_in(giver: Giver, query: str) -> None:
    provider = Provider(giver.settings(), CLOCK)
    pending = provider.leave().pending
    with pytest.raises(OidcError) as refused:
        provider.back(pending, query.format(state=pending.state))
    assert refused.value.problem is Problem.REFUSED


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://127.0.0.1/token"}, {"jwks_uri": None},
        {"authorization_endpoint": 7},
    ],
)  # fmt: skip
def test_a_discovery_that_cannot_be_is_not_believed(giver: Giver, said: dict[str, Any]) -> None:
    giver.said = said
    with pytest.raises(OidcError) as refused:
        Provider(giver.settings(), CLOCK).leave()
    assert refused.value.problem is Problem.AWAY


def test_a_provider_that_is_away_or_not_known_to_be_itself_is_told(giver: Giver) -> None:
    for settings in (giver.settings(issuer=f"https://127.0.0.1:{free_port()}"), giver.settings(ca="")):
        with pytest.raises(OidcError) as refused:
            Provider(settings, CLOCK).leave()
        assert refused.value.problem is Problem.AWAY


def test_an_address_that_nobody_has_verified_is_nobodys(giver: Giver) -> None:
    for change in (other(email_verified=False), without("email"), other(email=7)):
        giver.change = change
        with pytest.raises(OidcError) as refused:
            come_back(giver)
        assert refused.value.problem is Problem.UNKNOWN


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://idp"},
        {"pages": "http://pages"},
        {"pages": f"{PAGES}/"},
        {"client_id": ""},
        {"secret_file": "/no"},
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_name(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        Provider(replace(OidcSettings("https://idp.example", CLIENT, "", PAGES), **changes), CLOCK)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path_factory.mktemp('oidc') / 'central.db'}")) as store:
        store.upgrade()
        for name, role in (
            (PERSON, Role.VIEWER),
            ("gone@tankhe.example", Role.VIEWER),
            ("kt@tankhe.example", Role.TECHNICIAN),
        ):
            logins.add_user(store, CLOCK.now_ms(), name, role, PASSWORD, must_change=False)
        logins.disable(store, "gone@tankhe.example", CLOCK.now_ms())
        yield store


@pytest.fixture
def pages(office: Store, giver: Giver) -> Iterator[str]:
    port = free_port()
    web = WebSettings(port=port, logins=True)
    whole = Settings(web=web, oidc=giver.settings())
    served_pages = Pages(web, office, CLOCK, Liveness(CLOCK), whole)
    served_pages.start()
    yield f"http://127.0.0.1:{port}"
    served_pages.stop()


def visit(giver: Giver, pages: str) -> tuple[Visitor, str]:
    """Somebody who presses the button and comes back; where they end."""
    visitor = Visitor(pages)
    assert "/login/oidc?next=" in visitor.get("/login").text
    query = giver.approve(visitor.get("/login/oidc?next=/account").to)
    return visitor, visitor.get(f"/login/oidc/back?{query}").to


def test_a_user_comes_in_by_the_button_and_the_way_back_works_once(giver: Giver, pages: str) -> None:
    visitor, to = visit(giver, pages)
    assert to == "/account" and PERSON in visitor.get("/account").text
    assert visitor.get("/login/oidc/back?code=code-0&state=x").to == "/login?problem=refused"


@pytest.mark.parametrize(
    ("claims", "problem", "word"),
    [
        ({"email": "stranger@tankhe.example"}, "unknown", "chưa có người dùng"),
        ({"email": "gone@tankhe.example"}, "unknown", "chưa có người dùng"),
        ({"email": "kt@tankhe.example", "amr": ["pwd"]}, "factor", "hai lớp"),
        ({"nonce": "x"}, "refused", "không thành công"),
    ],
)
def test_who_is_no_user_here_or_lacks_a_factor_is_told_what_to_do(
    giver: Giver, pages: str, claims: dict[str, Any], problem: str, word: str
) -> None:
    giver.change = other(**claims)
    visitor, to = visit(giver, pages)
    assert to == f"/login?problem={problem}" and word in visitor.get(to).text
    assert visitor.get("/account").to.startswith("/login")


def test_a_second_factor_of_the_provider_is_enough_for_a_role_that_changes_facts(giver: Giver, pages: str) -> None:
    giver.change = other(email="kt@tankhe.example", amr=["pwd", "otp"])
    visitor, to = visit(giver, pages)
    assert to == "/account" and visitor.get("/devices").status == 200


def test_a_cookie_that_was_tampered_with_leads_back_to_the_login(giver: Giver, pages: str) -> None:
    visitor = Visitor(pages)
    for cookie in ("", "x", urlsafe_b64encode(b"[]").decode(), urlsafe_b64encode(b'{"state": 1}').decode()):
        assert (
            visitor.get("/login/oidc/back?code=x&state=1", Cookie=f"diemdanh-oidc={cookie}").to
            == "/login?problem=refused"
        )


def test_without_a_provider_there_is_no_button_and_no_way(office: Store) -> None:
    port = free_port()
    plain = Pages(WebSettings(port=port, logins=True), office, CLOCK, Liveness(CLOCK))
    plain.start()
    try:
        visitor = Visitor(f"http://127.0.0.1:{port}")
        assert "oidc" not in visitor.get("/login").text
        assert visitor.get("/login/oidc").status == visitor.get("/login/oidc/back").status == 404
    finally:
        plain.stop()
