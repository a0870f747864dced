"""The reports in a real browser: read by screen readers, on a phone, in the dark, printed, and without JavaScript."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from central.health import Liveness
from central.settings import Settings, WebSettings
from central.tables import DutySlot, FieldDuty
from central.web.app import Pages
from deploy.broker import free_port
from tests.central.timesheet import office

Open = Callable[..., Page]
SHEET = "/reports/month?month=2018-11&unit=X01"
MONTH = "from=2018-11-01&to=2018-11-30"
PATHS = (
    "/reports",
    SHEET,
    "/reports/day?date=2018-11-06",
    f"/reports/lateness?{MONTH}",
    f"/reports/field?{MONTH}",
    f"/reports/duty?{MONTH}",
    "/reports/month?month=x",
    "/reports/day?date=2017-01-01",
)
LONG = "Nguyễn Thị Phương Quỳnh Hoàng Ngọc Khánh"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("reports")
    made = office.make(lambda name: f"sqlite:///{folder / name}.db")
    for number in range(21):
        made.person(
            f"p{number:02}", "X01", name=LONG if number == 3 else f"Lê Văn {number}", position="Văn phòng – Thống kê"
        )
        made.whole_month(f"p{number:02}", "X01", "P" if number == 4 else "+", last=6)
    made.day("p00", "X01", 6, "V", "+")
    made.add(FieldDuty(staff="p01", date=dt.date(2018, 11, 7), session="AM", place="Xóm 3"))
    made.add(DutySlot(staff="p02", date=dt.date(2018, 11, 4), start_min=450, end_min=690, kind="reception"))
    port = free_port()
    pages = Pages(WebSettings(port=port), made.store, made.clock, Liveness(made.clock), Settings())
    pages.start()
    yield f"http://127.0.0.1:{port}"
    pages.stop()
    made.store.close()


@pytest.fixture
def show(browser: Browser, url: str) -> Iterator[Open]:
    """Open a page of the reports, with any option of a browser context."""
    contexts = []

    def opened(path: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.goto(url + path, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_finding_for_those_who_hear_it_or_see_little(show: Open, url: str, scheme: str):
    page = show(PATHS[0], color_scheme=scheme)
    found = []
    for path in PATHS:
        page.goto(url + path)
        answer = Axe().run(page).response
        found += [
            (path, one["id"], one["nodes"][0]["html"][:120])
            for one in answer["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    assert not found


def test_nothing_runs_out_of_a_phone_in_either_language(show: Open, url: str):
    page = show(PATHS[0], viewport={"width": 390, "height": 844})
    for path in PATHS:
        for language in ("vi", "en"):
            page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            expect(page.locator("html")).to_have_attribute("lang", language)


def test_the_sheet_of_a_commune_prints_on_one_landscape_page_without_the_tools(show: Open, tmp_path: Path):
    page = show(SHEET)
    page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    (printed,) = pypdf.PdfReader(tmp_path / "print.pdf").pages
    width, height = (float(side) for side in printed.mediabox[2:])
    text = printed.extract_text()
    assert width > height and LONG in text and "Người duyệt" in text
    assert "Excel" not in text and "Danh sách ngày" not in text


def test_without_javascript_a_file_is_asked_for_and_fetched(show: Open):
    page = show(SHEET, java_script_enabled=False, accept_downloads=True)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Excel (xlsx)").click()
        # On a busy machine a page that loads itself again comes between, and offers the file when it is ready.
        link = page.get_by_role("link", name="Tải tệp về")
        if page.locator("progress").count():
            link.click(timeout=60_000)
    assert download.value.suggested_filename == "bang-cham-cong-2018-11-X01-c01a.xlsx"


def test_everything_can_be_reached_by_keyboard(show: Open):
    page = show(SHEET)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.className"))
    assert {"month", "unit", "layout", "paper", "format", "wide"} <= reached
