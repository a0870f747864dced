"""Who gets through to which page: every route, asked as every role and as nobody."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi.routing import APIRoute

from central import logins
from central.clock import ScaledClock, SystemClock
from central.health import Liveness
from central.inspection import sign
from central.minutes import Signers
from central.networks import ANYWHERE
from central.permits import Action, Bearer, Reach, Role, reach_of
from central.rollcall import Kind, Opening, open_round
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, open_store, users
from central.store.roster import every_code
from central.web.app import Pages, PagesError, build_app
from central.web.needs import NEEDS
from deploy.broker import free_port

OFFICE = Path(__file__).parents[3] / "deploy" / "office"
CLOCK = ScaledClock(1_541_984_400_000, 0, 1e-12)  # Monday 12 November 2018, 08:00 in Vietnam
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
UNIT, OTHER = "X01", "X02"
FORBIDDEN = 403


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: where an answer leads is looked at."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Browser:
    """Keeps cookies, follows no redirect."""

    url: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, Any, str]:
        opener = urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor(self.jar))
        body = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310 - our own server
        try:
            with opener.open(request, timeout=30) as found:
                streams = "event-stream" in found.headers["Content-Type"]
                return found.status, found.headers, "" if streams else found.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read().decode()

    def post(self, page: str, path: str, **fields: str) -> tuple[int, Any, str]:
        """Send the form of a page, with what the page gave it."""
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.ask(page)[2])
        assert token
        return self.ask(path, {"form_token": token[1], **fields})

    def log_in(self, name: str, secret: str = "") -> tuple[int, Any, str]:
        code = pyotp.TOTP(secret).now() if secret else ""
        return self.post("/login", "/login", name=name, password=PASSWORD, code=code)


@dataclass
class Site:
    """A served office with a user of every role in one unit."""

    url: str
    store: Store
    secrets: dict[Role, str]
    staff: str
    keys: dict[Role, Browser] = field(default_factory=dict)

    def browser(self, role: Role) -> Browser:
        if role not in self.keys:
            browser = Browser(self.url)
            assert browser.log_in(role.value, self.secrets[role])[0] == 303
            self.keys[role] = browser
        return self.keys[role]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with closing(open_store(f"sqlite:///{tmp_path_factory.mktemp('gate') / 'central.db'}")) as store:
        store.upgrade()
        import_office(store, SystemClock(), OFFICE)
        with store.read() as db:
            staff = every_code(db)[0]
        now_ms = SystemClock().now_ms()
        secrets = {
            role: logins.add_user(
                store, now_ms, role.value, role, PASSWORD, unit=UNIT, staff=staff if role is Role.STAFF else "",
                doc_no="12/QĐ", ends_ms=now_ms + 3_600_000, must_change=False,
            ).secret
            for role in Role
        }  # fmt: skip
        open_round(store, CLOCK, Opening(Kind.ROLL_CALL, UNIT, "gate-0001"), "an")
        inspection = open_round(
            store, CLOCK, Opening(Kind.INSPECTION, UNIT, "gate-0002", "đoàn", "QĐ 1", "state"), "an"
        )
        sign(store, CLOCK, inspection, Signers("a", "b", "c"), "an")
        port = free_port()
        pages = Pages(WebSettings(port=port, logins=True), store, CLOCK, Liveness(CLOCK))
        pages.start()
        found = Site(f"http://127.0.0.1:{port}", store, secrets, staff)
        try:
            yield found
        finally:
            pages.stop()


def routes() -> list[str]:
    """Every route of the application, as `needs` names it."""
    with closing(open_store("sqlite://")) as store:
        app = build_app(store, CLOCK, Liveness(CLOCK), terminals=ANYWHERE, logins=True)
        found = [r for r in flat(app.routes) if isinstance(r, APIRoute)]
        strangers = [r for r in flat(app.routes) if not isinstance(r, APIRoute) and getattr(r, "path", "") != "/static"]
    assert not strangers, "what is no APIRoute passes no gate"
    return sorted(f"{method} {route.path}" for route in found for method in route.methods)


def flat(found: Any) -> Iterator[Any]:
    for route in found:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from flat(included.routes)


def test_every_route_says_what_it_needs_and_no_other_stands_in_the_list():
    assert routes() == sorted(NEEDS)


QUESTIONS = {"/api/v1/verdicts": "?from=2018-11-12&to=2018-11-12"}
SOME = {"{code}": "D-X01", "{roll_call}": "1", "{inspection}": "2"}
"""What stands for a part of an address."""
GETS = sorted(
    path.split(" ")[1] for path, need in NEEDS.items() if path.startswith("GET") and need is not Action.SIGN_IN
)


def asked(path: str) -> str:
    for part, value in SOME.items():
        path = path.replace(part, value)
    return path


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_it_may_and_nothing_else(site: Site, role: Role, path: str):
    status, headers, _ = site.browser(role).ask(asked(path) + QUESTIONS.get(path, ""))
    reach = reach_of(Bearer("", role, UNIT, site.staff), NEEDS[f"GET {path}"])
    if path == "/" and reach in (Reach.NOWHERE, Reach.OWN):
        assert (status, headers["Location"]) == (303, "/account")
    else:
        assert status == (FORBIDDEN if reach is Reach.NOWHERE else 200)


@pytest.mark.parametrize("path", GETS)
def test_nobody_gets_nothing(site: Site, path: str):
    status, headers, text = Browser(site.url).ask(asked(path))
    assert status in (401, 303) and "X01" not in text
    assert status == 401 or headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("path", GETS)
def test_a_wrong_key_and_a_wrong_cookie_open_nothing(site: Site, path: str):
    assert Browser(site.url).ask(asked(path), Authorization="Bearer nonsense")[0] in (401, 303)
    assert Browser(site.url).ask(asked(path), Cookie="diemdanh=nonsense")[0] in (401, 303)


@pytest.mark.parametrize("role", [role for role in Role if reach_of(Bearer("", role, UNIT), Action.SEE_PRESENCE)])
def test_presence_shows_the_own_unit_or_record_and_no_other(site: Site, role: Role):
    rows = json.loads(site.browser(role).ask("/api/v1/presence")[2])
    shown = {row["unit"] for row in rows}
    if role is Role.STAFF:
        assert [row["staff"] for row in rows] == [site.staff]
    elif role in (Role.AUDITOR, Role.ADMINISTRATOR):
        assert {UNIT, OTHER} <= shown
    else:
        assert shown and all(unit.startswith(UNIT) for unit in shown)
        assert f'id="unit-{OTHER}"' not in site.browser(role).ask("/")[2]


@pytest.mark.parametrize("role", [Role.CLERK, Role.HEAD, Role.INSPECTOR])
def test_another_unit_is_refused(site: Site, role: Role):
    for path in ("/api/v1/presence?", "/api/v1/verdicts?from=2018-11-12&to=2018-11-12&"):
        assert site.browser(role).ask(f"{path}unit={OTHER}")[0] == FORBIDDEN
        assert site.browser(role).ask(f"{path}unit={UNIT}")[0] == 200


def test_an_auditors_look_at_people_is_kept(site: Site):
    before = len(looks(site))
    site.browser(Role.AUDITOR).ask(f"/api/v1/presence?unit={OTHER}")
    site.browser(Role.ADMINISTRATOR).ask("/api/v1/presence")
    assert looks(site)[before:] == [("auditor", "/api/v1/presence", OTHER)]


def looks(site: Site) -> list[tuple[str, str, str]]:
    with site.store.read() as db:
        return users.views(db)


def test_a_form_without_proof_changes_nothing(site: Site):
    browser = Browser(site.url)
    browser.log_in("viewer")
    assert browser.ask("/logout", {})[0] == FORBIDDEN
    assert browser.ask("/logout", {"form_token": "0" * 64})[0] == FORBIDDEN
    assert browser.ask("/account")[0] == 200
    assert Browser(site.url).ask("/login", {"name": "viewer", "password": PASSWORD})[0] == FORBIDDEN


def test_a_stolen_cookie_is_worth_nothing_after_the_logout(site: Site):
    browser = Browser(site.url)
    browser.log_in("viewer")
    stolen = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)
    assert Browser(site.url).ask("/account", Cookie=stolen)[0] == 200
    assert browser.post("/account", "/logout")[0] == 303
    assert Browser(site.url).ask("/account", Cookie=stolen)[0] == 303


def test_a_machine_logs_in_with_its_key(site: Site):
    key = logins.add_token(site.store, SystemClock().now_ms(), "mạng", "api", Role.TECHNICIAN)
    assert Browser(site.url).ask("/api/v1/devices", Authorization=f"Bearer {key}")[0] == 200
    assert Browser(site.url).ask("/api/v1/presence", Authorization=f"Bearer {key}")[0] == FORBIDDEN


def test_a_screens_link_becomes_a_cookie_and_goes_dark_when_it_is_revoked(site: Site):
    link = logins.add_token(site.store, SystemClock().now_ms(), "sảnh", "wall", Role.VIEWER, UNIT)
    screen = Browser(site.url)
    status, headers, _ = screen.ask(f"/tv/{link}")
    assert (status, headers["Location"]) == (303, "/")
    assert f'id="unit-{UNIT}' in screen.ask("/")[2]
    with site.store.write() as db:
        users.revoke_token(db, max(token.id for token in users.tokens(db)), 1)
    assert screen.ask("/")[0] == 303
    assert screen.ask(f"/tv/{link}")[0] == 404


def test_a_screen_or_a_key_that_is_called_like_a_user_is_not_that_user(site: Site):
    now_ms = SystemClock().now_ms()
    logins.add_user(site.store, now_ms, "sảnh lớn", Role.VIEWER, PASSWORD, must_change=False)
    screen = Browser(site.url)
    screen.ask(f"/tv/{logins.add_token(site.store, now_ms, 'sảnh lớn', 'wall', Role.VIEWER)}")
    assert 'name="old"' not in screen.ask("/account")[2]
    wish = {"old": PASSWORD, "new": "sáu con chim hót sớm", "again": "sáu con chim hót sớm"}
    assert screen.post("/account", "/account", **wish)[0] == FORBIDDEN
    key = logins.add_token(site.store, now_ms, "sảnh lớn", "api", Role.VIEWER)
    assert Browser(site.url).ask("/account", wish, Authorization=f"Bearer {key}")[0] == FORBIDDEN
    assert Browser(site.url).log_in("sảnh lớn")[0] == 303


def test_a_first_password_has_to_be_changed_before_anything_else(site: Site):
    logins.add_user(site.store, SystemClock().now_ms(), "mới", Role.VIEWER, PASSWORD, unit=UNIT)
    browser = Browser(site.url)
    browser.log_in("mới")
    assert browser.ask("/")[1]["Location"] == "/account"
    new = "sáu con chim hót sớm"
    assert browser.post("/account", "/account", old=PASSWORD, new=new, again=new + "x")[0] == 400
    assert browser.post("/account", "/account", old="x", new=new, again=new)[0] == 400
    assert browser.post("/account", "/account", old=PASSWORD, new="short", again="short")[0] == 400
    assert browser.post("/account", "/account", old=PASSWORD, new=new, again=new)[0] == 303
    assert browser.ask("/")[0] == 200


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_a_login_never_leads_to_another_site(site: Site, to: str):
    browser = Browser(site.url)
    answer = browser.post("/login", "/login", name="viewer", password=PASSWORD, next=to)
    assert (answer[0], answer[1]["Location"]) == (303, "/")


def test_cookies_and_headers_are_strict_with_and_without_tls(site: Site):
    plain = Browser(site.url).log_in("viewer")[1]
    cookie = next(text for text in plain.get_all("Set-Cookie") if text.startswith("diemdanh="))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert plain["X-Frame-Options"] == "DENY" and "frame-ancestors 'none'" in plain["Content-Security-Policy"]
    assert "unsafe" not in plain["Content-Security-Policy"] and plain["Strict-Transport-Security"] is None
    behind = Browser(site.url).ask("/login", **{"X-Forwarded-Proto": "https"})[1]
    assert "Secure" in behind["Set-Cookie"] and behind["Strict-Transport-Security"]


def test_pages_without_logins_stay_on_this_machine(site: Site):
    with pytest.raises(PagesError, match=r"web\.logins"):
        Pages(WebSettings("0.0.0.0", free_port(), logins=False), site.store, CLOCK, Liveness(CLOCK)).start()  # noqa: S104
