"""The log, the system's health and a device in a real browser: both languages, phone and desk, dark, without script."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlmodel import SQLModel

from central import logins
from central.clock import SystemClock
from central.commanding import command_station
from central.enrol import add_device
from central.heads import sign_now
from central.health import Liveness
from central.keys import load_key
from central.permits import Role
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, fleet, open_store, orders
from central.store.audit import Deed, acting
from central.store.decisions import Answered, keep_results
from central.web.app import Pages
from deploy.broker import free_port
from tests.browser.conftest import ROOT

PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
WATCHING = ("/audit?q=xa+doi+ten", "/health", "/devices/D-X01")
FOUND = "pass 1 2 3 4 16 17 19 | left_out 14 | fail 18 power: Điện áp đang thấp. -> Thay nguồn 5 V 3 A và dây ngắn, to."
REPORT = '{"oldest_unacked_s":3,"disk_free_bytes":11800000000,"readers":[{"reader":"door","state":"ok"}]}'


@dataclass
class Office:
    """Served pages, and somebody who may see and change all of it."""

    url: str
    store: Store
    cookies: list[Any]

    def answer_newest(self, detail: str) -> None:
        """The station answers the newest command."""
        with self.store.write() as db:
            id_ = orders.given(db, "door-0001", 1)[0].order.id
            keep_results(db, [Answered("door-0001", id_, "done", detail, SystemClock().now_ms())])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Office]:
    folder, clock = tmp_path_factory.mktemp("watching"), SystemClock()
    with closing(open_store(f"sqlite:///{folder / 'central.db'}")) as store:
        store.upgrade()
        import_office(store, clock, ROOT / "deploy" / "office")
        now_ms, key = clock.now_ms(), load_key(folder / "key.pem")
        add_device(store, "D-X01", "door-0001", key.public_text, None, "", now_ms)
        word = {
            "device": "door-0001",
            "heard_ms": now_ms,
            "delivered_until_ms": now_ms,
            "online": True,
            "connection": 1,
        }
        unit = SQLModel.metadata.tables["unit"]
        with acting(Deed("ky-thuat", "unit rename", "QĐ 12/2026", "web 10.0.0.7")), store.write() as db:
            fleet.save_words(db, [word | {"clock": "none", "cfg": 1, "version": "0.1.0", "report": REPORT}])
            db.execute(sa.update(unit).where(unit.c.code == "X01").values(name="Xã đổi tên " + "dài " * 12))
        with acting(Deed("ky-thuat", "device doctor", "", "web 10.0.0.7")):
            for id_, operation in (("c1", "doctor"), ("c2", "identify")):
                command_station(store, "D-X01", operation, {"lang": "vi"}, "ky-thuat", id_, now_ms - 120_000)
        with store.write() as db:
            keep_results(db, [Answered("door-0001", "c1", "done", FOUND, now_ms - 100_000)])
        sign_now(store, clock, key.sign)
        secret = logins.add_user(store, now_ms, "quan-tri", Role.ADMINISTRATOR, PASSWORD, must_change=False).secret
        pages = Pages(WebSettings(port=(port := free_port()), logins=True), store, clock, Liveness(clock))
        pages.start()
        try:
            yield Office(url := f"http://127.0.0.1:{port}", store, log_in(browser, url, secret))
        finally:
            pages.stop()


def log_in(browser: Browser, url: str, secret: str) -> list[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/login?next=/health")
    page.fill("[name=name]", "quan-tri")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.click("main button")
    page.wait_for_url("**/health")
    cookies = list(context.cookies())
    context.close()
    return cookies


@pytest.fixture(params=[(PHONE, "dark", False), (DESK, "light", True)], ids=["dark phone, no script", "desk"])
def page(office: Office, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    size, scheme, scripts = request.param
    context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts)
    context.add_cookies(office.cookies)
    yield context.new_page()
    context.close()


def open_at(page: Page, office: Office, path: str, language: str) -> None:
    page.goto(f"{office.url}{path}{'&' if '?' in path else '?'}lang={language}", wait_until="load")


@pytest.mark.parametrize("path", WATCHING)
def test_a_page_fits_the_screen_in_both_languages_and_marks_its_link(page: Page, office: Office, path: str):
    for language, marked in (("vi", "Thiết bị"), ("en", "Devices")):
        open_at(page, office, path, language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        here = page.locator("nav.pages [aria-current=page]")
        expect(here).to_have_count(1)
        assert path != "/devices/D-X01" or here.inner_text() == marked
        width, screen = page.locator("body").bounding_box()["width"], page.viewport_size["width"]  # type: ignore[index]
        assert width <= screen
        for part in page.locator("main > *").all():
            box = part.bounding_box()
            assert box is None or box["x"] + box["width"] <= screen + 1, part.inner_html()[:80]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(office: Office, browser: Browser, scheme: Any):
    context = browser.new_context(viewport=DESK, color_scheme=scheme)
    context.add_cookies(office.cookies)
    page = context.new_page()
    for path in WATCHING:
        open_at(page, office, path, "vi")
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, path
    context.close()


def test_a_command_is_given_with_the_keyboard_and_awaits_its_answer(page: Page, office: Office):
    open_at(page, office, "/devices/D-X01", "en")
    button = page.get_by_role("button", name="Try the lights")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".orders li").first).to_contain_text("its answer is awaited")
    expect(page.locator(".checkup li").first).to_contain_text("Điện áp đang thấp.")
    office.answer_newest("amber and red were lit")
    if page.viewport_size == PHONE:  # without script somebody has to look
        page.get_by_role("link", name="Look again").click()
    expect(page.locator(".orders li").first).to_contain_text("amber and red were lit")


def test_the_log_is_searched_and_followed_to_the_record(page: Page, office: Office):
    open_at(page, office, "/audit", "vi")
    page.get_by_label("Từ cần tìm").fill("xa doi ten")
    page.get_by_role("button", name="Tìm").click()
    expect(page.locator(".change")).to_have_count(1)
    expect(page.locator(".change ins")).to_contain_text("Xã đổi tên")
    page.locator(".change h2 a").first.click()
    expect(page.locator(".change")).not_to_have_count(0)


def test_links_stay_off_a_wall_and_off_paper(office: Office, browser: Browser):
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.add_cookies(office.cookies)
    page = context.new_page()
    open_at(page, office, "/?tv=1", "vi")
    expect(page.locator("nav.pages")).to_have_count(0)
    open_at(page, office, "/audit", "vi")
    page.emulate_media(media="print")
    for part in ("nav.pages", "form.search"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator(".change").first).to_be_visible()
    context.close()
