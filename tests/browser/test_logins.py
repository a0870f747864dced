"""What a browser does for its user, and refuses to do for somebody else's page, with the logins of real pages."""

import csv
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from central import logins
from central.clock import ScaledClock, SystemClock
from central.health import Liveness
from central.permits import Role
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, open_store, users
from central.web.app import Pages
from deploy.broker import free_port

OFFICE = Path(__file__).parents[2] / "deploy" / "office"
CLOCK = ScaledClock(1_541_984_400_000, 0, 1e-12)  # Monday 12 November 2018, 08:00 in Vietnam
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
SCRIPT, APOSTROPHE = "<script>alert(1)</script><img src=x onerror=alert(2)> Xấu", "H'Hen Niê Kđăm"
UNIT = "X01"


@dataclass
class Site:
    """Pages with logins, and what is needed to come in."""

    url: str
    store: Store
    secrets: dict[Role, str]

    def log_in(self, context: BrowserContext, role: Role, password: str = PASSWORD) -> Page:
        page = context.new_page()
        page.goto(f"{self.url}/login?lang=en")
        page.get_by_label("Name").fill(role.value)
        page.get_by_label("Password").fill(password)
        if self.secrets[role]:
            page.get_by_label("One-time code").fill(pyotp.TOTP(self.secrets[role]).now())
        page.get_by_role("button", name="Log in").click()
        return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("logins")
    with closing(open_store(f"sqlite:///{folder / 'central.db'}")) as store:
        store.upgrade()
        import_office(store, SystemClock(), with_hostile_names(folder / "office"))
        now_ms = SystemClock().now_ms()
        secrets = {
            role: logins.add_user(store, now_ms, role.value, role, PASSWORD, must_change=False).secret
            for role in (Role.VIEWER, Role.TECHNICIAN, Role.ADMINISTRATOR)
        }
        port = free_port()
        pages = Pages(WebSettings(port=port, logins=True), store, CLOCK, Liveness(CLOCK))
        pages.start()
        try:
            yield Site(f"http://127.0.0.1:{port}", store, secrets)
        finally:
            pages.stop()


def with_hostile_names(folder: Path) -> Path:
    """The demo's office, with a script and an apostrophe for the names of two people of a unit."""
    shutil.copytree(OFFICE, folder)
    file = folder / "staff.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row, name in zip([row for row in rows if row["unit"] == UNIT], (SCRIPT, APOSTROPHE), strict=False):
        row["full_name"] = name
        row["family_middle"], row["given"] = name.rsplit(" ", 1)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context()
    yield found
    found.close()


@contextmanager
def strangers_page(body: str) -> Iterator[str]:
    """A page of somebody else's server; its address."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_name_password_and_code_lead_to_the_board_and_out_again(site: Site, context: BrowserContext) -> None:
    page = site.log_in(context, Role.ADMINISTRATOR)
    expect(page.locator(f"#unit-{UNIT}")).to_be_visible()
    page.goto(f"{site.url}/account?lang=en")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{site.url}/login")
    page.goto(f"{site.url}/account")
    expect(page).to_have_url(f"{site.url}/login?next=/account")


def test_a_wrong_password_is_told_in_words_and_lets_nobody_in(site: Site, context: BrowserContext) -> None:
    page = site.log_in(context, Role.VIEWER, "sai rồi sai nữa")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    assert not [cookie for cookie in context.cookies() if cookie["name"] == "diemdanh"]
    expect(site.log_in(context, Role.VIEWER).locator(f"#unit-{UNIT}")).to_be_visible()


def test_a_stolen_session_is_worth_nothing_after_the_logout(site: Site, browser: Browser) -> None:
    owner, thief = browser.new_context(), browser.new_context()
    page = site.log_in(owner, Role.VIEWER)
    expect(page.locator(f"#unit-{UNIT}")).to_be_visible()
    thief.add_cookies(owner.cookies())  # type: ignore[arg-type]
    with closing(thief):
        theirs = thief.new_page()
        theirs.goto(f"{site.url}/account?lang=en")
        expect(theirs.get_by_role("heading", level=1)).to_contain_text("viewer")
        page.goto(f"{site.url}/account?lang=en")
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(f"{site.url}/login")
        owner.close()
        theirs.goto(f"{site.url}/account")
        expect(theirs).to_have_url(f"{site.url}/login?next=/account")


def test_a_form_on_a_strangers_page_changes_nothing(site: Site, context: BrowserContext) -> None:
    """The other server is on the same host, so that the browser sends the cookie along: only the token is missing."""
    page = site.log_in(context, Role.VIEWER)
    expect(page.locator(f"#unit-{UNIT}")).to_be_visible()
    trap = f'<form method="post" action="{site.url}/logout"></form><script>document.forms[0].submit()</script>'
    with strangers_page(trap) as address, page.expect_response(f"{site.url}/logout") as answer:
        page.goto(address)
    assert answer.value.status == 403
    page.goto(f"{site.url}/account")
    expect(page).to_have_url(f"{site.url}/account")


def test_no_page_is_shown_inside_a_strangers_page(site: Site, context: BrowserContext) -> None:
    page = site.log_in(context, Role.VIEWER)
    expect(page.locator(f"#unit-{UNIT}")).to_be_visible()
    with strangers_page(f'<iframe src="{site.url}/account"></iframe>') as address:
        page.goto(address, wait_until="load")
        page.wait_for_function("document.querySelector('iframe').contentDocument === null")
        assert [frame for frame in page.frames if frame.url.startswith("chrome-error:")]


@pytest.mark.parametrize("path", ["/", "/?lang=en&tv=1"])
def test_a_name_that_is_a_script_is_only_a_name(site: Site, context: BrowserContext, path: str) -> None:
    said: list[str] = []
    page = site.log_in(context, Role.VIEWER)
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.url + path, wait_until="load")
    shown = page.locator("body").text_content() or ""
    assert SCRIPT in shown and APOSTROPHE in shown
    assert page.locator("img[src=x]").count() == 0 and not said


def test_a_screens_link_shows_the_board_until_it_is_revoked(site: Site, context: BrowserContext) -> None:
    link = logins.add_token(site.store, SystemClock().now_ms(), "sảnh", "wall", Role.VIEWER)
    page = context.new_page()
    page.goto(f"{site.url}/tv/{link}")
    expect(page.locator(f"#unit-{UNIT}")).to_be_visible()
    page.goto(f"{site.url}/devices")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bạn không có quyền xem")
    with site.store.write() as db:
        users.revoke_token(db, max(token.id for token in users.tokens(db)), SystemClock().now_ms())
    page.goto(f"{site.url}/")
    expect(page).to_have_url(f"{site.url}/login?next=/")
