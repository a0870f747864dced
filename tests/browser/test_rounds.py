"""Roll calls and inspections in a real browser: a phone in the corridor, the network gone in the middle, no script."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from central import logins
from central.clock import SystemClock
from central.health import Liveness
from central.inspection import view_of
from central.permits import Role
from central.replay import replay
from central.rollcall import Kind
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, open_store, rollcalls
from central.web.app import Pages
from deploy.broker import free_port
from tests.central.ledger.office import DATE, HandClock, at
from tests.central.rollcalls.test_recorded_walks import MONDAY, WEDNESDAY, paper
from tests.visitor import Visitor
from tests.waiting import until

WEEK = Path(__file__).parents[1] / "data" / "office"
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
CLERK, OTHER, INSPECTOR = "thu-ky", "van-phong", "doan"
CONFLICT = {"vi": "quẹt thẻ 07:21, không thấy lúc 07:45", "en": "tapped 07:21, not seen at 07:45"}


@dataclass
class Office:
    """The recorded week, served at a moment that a test sets."""

    url: str
    store: Store
    clock: HandClock
    cookies: dict[str, list[dict[str, str]]]

    def last_round(self, kind: Kind) -> int:
        with self.store.read() as db:
            return max(one.id for one in rollcalls.rounds(db, kind, MONDAY, WEDNESDAY))

    def view(self, kind: Kind):
        number = self.last_round(kind)
        with self.store.read() as db:
            return view_of(db, number, self.clock.ms)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    clock = HandClock(at("08:00", WEDNESDAY))
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('rounds') / 'week.db'}")
    store.upgrade()
    import_office(store, clock, WEEK)
    replay(store, clock, WEEK, None)
    now_ms, port = SystemClock().now_ms(), free_port()
    roles = {CLERK: Role.CLERK, OTHER: Role.HEAD, INSPECTOR: Role.INSPECTOR}
    made = {
        name: logins.add_user(
            store, now_ms, name, role, PASSWORD, unit="X01", doc_no="QĐ 78", ends_ms=now_ms + 3_600_000,
            must_change=False,
        )
        for name, role in roles.items()
    }  # fmt: skip
    pages = Pages(WebSettings(port=port, logins=True), store, clock, Liveness(clock))
    pages.start()
    try:
        url = f"http://127.0.0.1:{port}"
        cookies = {}
        for name, user in made.items():
            visitor = Visitor(url).log_in(name, PASSWORD, user.secret)
            cookies[name] = [{"name": c.name, "value": c.value or "", "url": url} for c in visitor.jar]
        yield Office(url, store, clock, cookies)
    finally:
        pages.stop()
        store.close()


Open = Callable[..., Page]


@pytest.fixture
def look(browser: Browser, office: Office) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def opened(path: str, who: str = CLERK, **options: object) -> Page:
        context = browser.new_context(viewport=PHONE, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_cookies(office.cookies[who])  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(office.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()


def box(page: Page, staff: str):
    return page.locator(f'[data-person="{staff}"]')


def all_sent(page: Page) -> None:
    until(lambda: page.evaluate("localStorage.length") == 0, what="that all is sent")


def opened_roll(page: Page) -> None:
    page.locator("section:has(#call) button").click()
    page.wait_for_url(re.compile(r"/roll-calls/\d+"))


def no_serious_finding(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    assert not serious


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_demo_mondays_roll_call_on_a_phone(look: Open, office: Office, language: str, script: bool):
    office.clock.ms = at("07:45", MONDAY)
    page = look(f"/roll-calls?lang={language}", java_script_enabled=script)
    opened_roll(page)
    expect(page.locator("[data-person]")).to_have_count(21)
    expect(page.locator("section.room")).to_have_count(7)
    box(page, "CB0036").locator("label.no").click()  # the one exception: everybody else is filled in
    page.locator(".finish button").click()
    page.wait_for_url(re.compile("done=finished"))
    expect(page.locator(".card.torn li")).to_have_count(1)
    expect(page.locator(".card.torn li")).to_contain_text(CONFLICT[language])
    view = office.view(Kind.ROLL_CALL)
    assert len(view.last) == 21 and view.round.ended_ms is not None and view.counts.present == 19
    assert view.counts.leave == 1


def test_ticks_are_kept_while_the_network_is_gone_and_sent_when_it_is_back(look: Open, office: Office):
    office.clock.ms = at("07:45", MONDAY)
    page = look("/roll-calls?lang=en")
    opened_roll(page)
    page.context.set_offline(True)
    box(page, "CB0036").locator("label.no").click()
    box(page, "CB0036").locator("select").select_option("errand")
    box(page, "CB0038").locator("label.no").click()
    page.locator(".finish button").click()
    expect(page.locator("#kept")).to_contain_text("Will be finished")
    before = office.view(Kind.ROLL_CALL)
    assert not before.words and before.round.ended_ms is None
    page.context.set_offline(False)
    page.wait_for_url(re.compile("done=finished"))
    view = office.view(Kind.ROLL_CALL)
    assert {s for s, word in view.last.items() if not word.saying.seen} == {"CB0033", "CB0036", "CB0038"}
    assert view.last["CB0036"].saying.reason == "errand"
    assert len(view.words) == 21, "nothing is said twice"
    assert page.evaluate("localStorage.length") == 0


def test_what_was_kept_outlives_a_reload(look: Open, office: Office):
    office.clock.ms = at("07:46", MONDAY)
    page = look("/roll-calls?lang=en")
    opened_roll(page)
    page.route("**/say*", lambda route: route.abort())
    box(page, "CB0040").locator("label.no").click()
    expect(page.locator("#kept")).to_contain_text("1 kept on this phone")
    page.unroute("**/say*")
    page.reload()
    expect(box(page, "CB0040").locator("label.no input")).to_be_checked()
    all_sent(page)
    assert not office.view(Kind.ROLL_CALL).last["CB0040"].saying.seen
    page.locator(".finish button").click()
    page.wait_for_url(re.compile("done=finished"))


def test_two_at_once_see_both_words_and_a_page_of_before_says_that_it_is_stale(look: Open, office: Office):
    office.clock.ms = at("07:47", MONDAY)
    first = look("/roll-calls?lang=en", java_script_enabled=False)
    opened_roll(first)
    second = look(first.url.replace(office.url, ""), OTHER)
    box(second, "CB0041").locator("label.no").click()
    all_sent(second)
    first.locator(".finish button").click()
    expect(first.locator(".warning")).to_contain_text("Somebody else ticked")
    assert not office.view(Kind.ROLL_CALL).last["CB0041"].saying.seen, "the page of before did not undo it"
    office.clock.ms += 60_000
    box(first, "CB0041").locator("label.yes").click()
    first.locator(".finish button").click()
    first.wait_for_url(re.compile("done=finished"))
    assert office.view(Kind.ROLL_CALL).last["CB0041"].saying.seen
    expect(box(first, "CB0041").locator(".history li")).to_have_count(2)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_demo_inspection_from_the_opening_to_the_minutes(look: Open, office: Office, language: str):
    office.clock.ms = at("09:40", WEDNESDAY)
    page = look(f"/inspections?lang={language}", INSPECTOR)
    page.fill("[name=team]", "Đoàn kiểm tra của Phòng Nội vụ")
    page.fill("[name=decision]", "QĐ 78/QĐ-UBND")
    page.locator("section:has(#open) button").click()
    page.wait_for_url(re.compile(r"/inspections/\d+"))
    for one in paper("inspection", WEDNESDAY):
        if one.reason == "":
            box(page, one.staff).locator("label.yes" if one.seen else "label.no").click()
    box(page, "CB0034").locator("summary").click()
    box(page, "CB0034").locator("[name$=-alcohol]").check()
    page.locator(".finish button").first.click()
    page.wait_for_url(re.compile("done=walked"))
    no_serious_finding(page)
    comma = "," if language == "vi" else "."
    expect(page.locator(".counts")).to_contain_text(f"7/21 (33{comma}3%)")
    expect(page.locator(".counts")).to_contain_text(f"7/19 (36{comma}8%)")
    counts = office.view(Kind.INSPECTION).counts
    assert (counts.present, counts.unexcused, counts.with_tap, counts.without_tap) == (12, 7, 4, 3)
    for name in ("team", "unit", "clerk"):
        page.fill(f"section:has(#sign) [name={name}]", "Lò Văn Kiểm")
    page.locator("section:has(#sign) button").click()
    page.wait_for_url(re.compile("done=signed"))
    page.locator("a.button").first.click()
    expect(page.locator(".sheet h1")).to_contain_text("BIÊN BẢN")
    expect(page.locator(".grid tbody tr")).to_have_count(21)
    no_serious_finding(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_finding_and_nothing_runs_out_of_a_phone(look: Open, office: Office, scheme: str):
    office.clock.ms = at("07:45", DATE)
    page = look("/roll-calls", color_scheme=scheme)
    no_serious_finding(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    opened_roll(page)
    no_serious_finding(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(office.url + "/inspections", wait_until="load")
    assert page.locator("h1").count() == 1
    page = look("/inspections", INSPECTOR, color_scheme=scheme)
    no_serious_finding(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
