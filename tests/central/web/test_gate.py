"""Who gets through to which page: every route, asked as every role and as nobody."""

import json
import re

import pytest

from central import logins
from central.clock import SystemClock
from central.health import Liveness
from central.permits import Action, Bearer, Reach, Role, reach_of
from central.settings import WebSettings
from central.store import users
from central.web.app import Pages, PagesError
from central.web.navigation import PAGES
from central.web.needs import NEEDS
from deploy.broker import free_port
from tests.central.web.served import CLOCK, FORBIDDEN, OTHER, PASSWORD, UNIT, Browser, Site, asked, routes


def test_every_route_says_what_it_needs_and_no_other_stands_in_the_list():
    assert routes() == sorted(NEEDS)


QUESTIONS = {"/privacy/export": "?staff=CB0001", "/api/v1/verdicts": "?from=2018-11-12&to=2018-11-12"}
ANSWERS = {"/reports/files/{number}": 404, "/reports/files/{number}/fetch": 404, "/reports/month/file": 400}
"""What whoever may ask is answered, where it is no page: nobody asked for a file, or for which format."""
OF_OTHERS = frozenset({"/board/stream"})
"""Of no use to whoever may see nobody but themselves."""
GETS = sorted(
    path.split(" ")[1] for path, need in NEEDS.items() if path.startswith("GET") and need is not Action.SIGN_IN
)


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_it_may_and_nothing_else(site: Site, role: Role, path: str):
    status, headers, _ = site.browser(role).ask(asked(path) + QUESTIONS.get(path, ""))
    reach = reach_of(Bearer("", role, UNIT, site.staff), NEEDS[f"GET {path}"])
    if path == "/" and reach in (Reach.NOWHERE, Reach.OWN):
        assert (status, headers["Location"]) == (303, "/account")
    else:
        refused = reach is Reach.NOWHERE or (path in OF_OTHERS and reach is Reach.OWN)
        assert status == (FORBIDDEN if refused else ANSWERS.get(path, 200))


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_the_links_of_its_pages_and_no_others(site: Site, role: Role):
    text = site.browser(role).ask("/account?lang=en")[2]
    shown = re.findall(r'<li><a href="([^"?]+)\?lang=en"', text)
    opened = [page.path for page in PAGES if site.browser(role).ask(page.path)[0] == 200]
    assert shown == opened


def test_whoever_is_not_logged_in_or_looks_at_a_screen_on_a_wall_sees_no_links(site: Site):
    for browser, path in ((Browser(site.url), "/login"), (site.browser(Role.AUDITOR), "/?tv=1")):
        status, _, text = browser.ask(path)
        assert status == 200 and '<nav class="pages"' not in text


def test_the_page_that_is_looked_at_is_marked_also_from_below_it(site: Site):
    for path, here in (("/", "/"), ("/devices", "/devices"), ("/devices/D-X01", "/devices")):
        text = site.browser(Role.AUDITOR).ask(path)[2]
        assert re.findall(r'href="([^"?]+)\?lang=vi" aria-current="page"', text) == [here]


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
