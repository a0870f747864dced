"""Every page of the navigation, for everybody's eyes and hands: axe, large type, a phone, long names, nobody at all."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlmodel import SQLModel

from central import logins
from central.clock import SystemClock
from central.health import Liveness
from central.ledger import Ledger
from central.permits import Role
from central.rollcall import Kind, Opening, open_round
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, open_store
from central.store.audit import Deed, acting
from central.web.app import Pages
from central.web.navigation import PAGES
from deploy.broker import free_port
from tests.central.web.served import CLOCK, OFFICE, PASSWORD, UNIT

LONG = "Nguyễn Hoàng Thị Phương Khánh Quỳnh Trâm"
PHONE = {"width": 390, "height": 844}
ZOOMED = {"width": 640, "height": 400}
"""What a screen of 1280 x 800 has room for when everything is twice as large."""
OF_ONE = ("?q=hoa", "?state=unknown", "?tv=1", *(f"reports/{name}" for name in "day lateness field duty month".split()))
"""Of one unit: what stands on the page of six hundred people stands on that of twenty, and is looked over sooner."""
BELOW = (
    *(f"/{path}{'&' if '?' in path else '?'}unit={UNIT}" for path in OF_ONE),
    *("/?q=nobody+at+all", "/roll-calls/1", "/inspections/2", "/devices/D-X01", "/devices/new"),
    *("/account", "/privacy", "/not-there"),
)
PATHS = (*(page.path for page in PAGES), *BELOW)
MAIN = {Role.VIEWER: "/", Role.STAFF: "/account", Role.CLERK: "/roll-calls", Role.HEAD: "/reports",
        Role.INSPECTOR: "/inspections", Role.TECHNICIAN: "/devices", Role.AUDITOR: "/audit"}  # fmt: skip
"""What each role opens first; the administrator opens everything."""


@dataclass
class Site:
    """Pages of two offices: one at work, one in which nobody is yet; the cookies of a browser of each role."""

    url: str
    bare: str
    store: Store
    secrets: dict[tuple[str, Role], str]
    cookies: dict[tuple[str, Role], list[Any]]

    def context(self, browser: Browser, role: Role, url: str, **options: Any) -> Any:
        """A browser of this role at one of the offices, logged in once."""
        context = browser.new_context(**options)
        if (url, role) not in self.cookies:
            page = context.new_page()
            page.goto(f"{url}/login?lang=en")
            page.fill("[name=name]", role.value)
            page.fill("[name=password]", PASSWORD)
            page.fill("[name=code]", pyotp.TOTP(secret).now() if (secret := self.secrets[url, role]) else "")
            page.click("main button")
            page.wait_for_url(lambda to: "/login" not in to)
            self.cookies[url, role] = context.cookies()
            page.close()
        context.add_cookies(self.cookies[url, role])
        return context


def served(stack: ExitStack, folder: Path, roles: Any, *, people: bool) -> tuple[str, Store, dict[Role, str]]:
    store = stack.enter_context(closing(open_store(f"sqlite:///{folder / f'{people}.db'}")))
    store.upgrade()
    if people:
        import_office(store, SystemClock(), OFFICE)
        staff = SQLModel.metadata.tables["staff"]
        with acting(Deed("an", "names", "", "test")), store.write() as db:
            db.execute(sa.update(staff).where(staff.c.code.like("%1")).values(full_name=LONG))
        Ledger(store, CLOCK).settle()
        open_round(store, CLOCK, Opening(Kind.ROLL_CALL, UNIT, "every-0001"), "an")
        open_round(store, CLOCK, Opening(Kind.INSPECTION, UNIT, "every-0002", "đoàn", "QĐ 1", "state"), "an")
    now_ms = SystemClock().now_ms()
    secrets = {
        role: logins.add_user(
            store, now_ms, role.value, role, PASSWORD, unit=UNIT if people else "", must_change=False,
            staff="CB0001" if role is Role.STAFF else "", doc_no="12/QĐ", ends_ms=now_ms + 3_600_000,
        ).secret
        for role in roles
    }  # fmt: skip
    pages = Pages(WebSettings(port=(port := free_port()), logins=True), store, CLOCK, Liveness(CLOCK))
    stack.callback(pages.stop)
    pages.start()
    return f"http://127.0.0.1:{port}", store, secrets


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("every")
    with ExitStack() as stack:
        url, store, secrets = served(stack, folder, Role, people=True)
        bare, _, others = served(stack, folder, [Role.ADMINISTRATOR], people=False)
        found = {(where, role): word for where, all_ in ((url, secrets), (bare, others)) for role, word in all_.items()}
        yield Site(url, bare, store, found, {})


def is_right(page: Page) -> None:
    """No serious finding, one main part, and nothing beside the screen."""
    found = Axe().run(page).response["violations"]
    bad = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert not bad
    expect(page.locator("main")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], "it runs out sideways"  # type: ignore[index]
    assert page.locator("meta[http-equiv=refresh]").count() == 0


@pytest.fixture(scope="module", params=[(PHONE, "dark", "vi"), (ZOOMED, "light", "en")], ids=["dark phone", "200 %"])
def page(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, str]]:
    size, scheme, language = request.param
    context = site.context(browser, Role.ADMINISTRATOR, site.url, viewport=size, color_scheme=scheme)
    yield context.new_page(), language
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_usable_by_everybody_on_a_dark_phone_and_at_twice_the_size(
    site: Site, page: tuple[Page, str], path: str
):
    opened, language = page
    opened.goto(f"{site.url}{path}{'&' if '?' in path else '?'}lang={language}")
    is_right(opened)


@pytest.mark.parametrize("role", MAIN, ids=lambda role: role.value)
def test_the_first_page_of_a_role_is_right_and_another_leads_back(site: Site, browser: Browser, role: Role):
    context = site.context(browser, role, site.url)
    page = context.new_page()
    page.goto(f"{site.url}{MAIN[role]}")
    is_right(page)
    answer = page.goto(f"{site.url}{'/roll-calls/times' if role is Role.AUDITOR else '/devices/new'}")
    assert answer is not None
    if answer.status == 403 and role not in (Role.VIEWER, Role.STAFF):
        expect(page.locator("nav.pages")).to_have_count(1)
    context.close()


def test_pages_of_an_office_in_which_nobody_is_yet_say_what_to_do(site: Site, browser: Browser):
    context = site.context(browser, Role.ADMINISTRATOR, site.bare)
    page = context.new_page()
    for one in PAGES:
        answer = page.goto(f"{site.bare}{one.path}?lang=en")
        assert answer is not None and answer.status == 200, one.path
        is_right(page)
    context.close()
