"""The board as people see it: in both languages, on a phone and a TV, with and without JavaScript, while doors work."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import until

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
TV = {"width": 1920, "height": 1080}
LIVE_MS = 30_000


def badge_of(name: str) -> str:
    """The badge of a person of the demo's district."""
    import csv
    from pathlib import Path

    with (Path(__file__).parents[2] / "deploy" / "office" / "staff.csv").open(encoding="utf-8") as file:
        return next(row["badge_uid"] for row in csv.DictReader(file) if row["full_name"] == name)


def someone(page: Page, unit: str, number: int) -> str:
    """The name of one of the people behind the click of a unit."""
    page.locator(f"#unit-{unit} details summary").click()
    return page.locator(f"#unit-{unit} details .person .who b").nth(number).inner_text()


def test_a_tap_appears_without_reloading(open_page: Open, district: Any):
    page = open_page("?lang=en", viewport=TV)
    page.evaluate("window.stayed = true")
    name = someone(page, "X01", 3)
    district.fleet.tap("D-X01", badge_of(name))
    row = page.locator("#unit-X01 .person", has_text=name)
    expect(row.locator(".what")).to_contain_text("in", timeout=LIVE_MS)
    assert page.evaluate("window.stayed") is True


def test_an_opened_list_stays_open_when_its_unit_changes(open_page: Open, district: Any):
    page = open_page("?lang=en", viewport=TV)
    name = someone(page, "X02", 4)
    district.fleet.tap("D-X02", badge_of(name))
    row = page.locator("#unit-X02 details[open] .person", has_text=name)
    expect(row.locator(".what")).to_contain_text("in", timeout=LIVE_MS)


def test_the_counts_are_those_of_the_interface(open_page: Open, district: Any):
    page = open_page("?lang=en")

    def shown() -> int:
        return sum(int(text) for text in page.locator("#summary .chip b").all_inner_texts())

    rows = page.request.get(f"{district.url}api/v1/presence").json()
    assert shown() == len(rows) > 600


@pytest.mark.parametrize(
    ("language", "title", "word"),
    [("vi", "Bảng theo dõi hiện diện", "đi cơ sở"), ("en", "Attendance board", "in the field")],
)
def test_the_board_speaks_both_languages(open_page: Open, language: str, title: str, word: str):
    page = open_page(f"?lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#summary")).to_contain_text(word)


def test_vietnamese_is_the_first_language(open_page: Open):
    expect(open_page().locator("html")).to_have_attribute("lang", "vi")


@pytest.mark.parametrize("size", [PHONE, TV], ids=["phone", "tv"])
def test_nothing_runs_out_of_the_screen(open_page: Open, size: dict[str, int]):
    page = open_page(viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_without_javascript_the_board_is_whole_and_renews_itself(open_page: Open):
    page = open_page("?lang=en", java_script_enabled=False)
    expect(page.locator("#units .unit")).not_to_have_count(0)
    assert page.locator("noscript").count() == 1
    assert 'http-equiv="refresh"' in page.content()


def test_a_restarted_server_is_found_again(open_page: Open, district: Any):
    page = open_page("?lang=en")
    expect(page.locator("#link")).to_have_text("live", timeout=LIVE_MS)
    # The new process has another epoch: the page is told to start afresh.
    with page.expect_navigation(timeout=LIVE_MS):
        district.restart_web()
    expect(page.locator("#link")).to_have_text("live", timeout=LIVE_MS)


def test_everything_comes_from_this_host(open_page: Open, district: Any):
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload(wait_until="load")
    assert asked and all(url.startswith(district.url) for url in asked)


def test_the_console_has_nothing_to_say(open_page: Open, district: Any):
    district.console.clear()
    page = open_page("?lang=en")
    expect(page.locator("#link")).to_have_text("live", timeout=LIVE_MS)
    assert district.console == []


def test_units_with_people_missing_come_first(open_page: Open):
    page = open_page("?lang=en")
    trouble = page.locator("#units .unit").evaluate_all("all => all.map(unit => unit.classList.contains('trouble'))")
    assert trouble == sorted(trouble, reverse=True)


def test_on_a_wall_every_unit_takes_its_turn_and_nothing_has_to_be_scrolled(open_page: Open):
    page = open_page("?tv=1&seconds=5&lang=en", viewport=TV)
    expect(page.locator("#pages")).to_have_text(re.compile(r"page 1/\d+"), timeout=LIVE_MS)
    every = page.locator("#units .unit").count()
    seen: set[str] = set()

    def all_had_their_turn() -> bool:
        """Each on a page with nothing to scroll. Units grow meanwhile, and are divided into pages anew."""
        shown = page.locator("#units .unit:visible").evaluate_all(
            "all => all.map(unit => [unit.id, unit.getBoundingClientRect().bottom])"
        )
        if max(bottom for _, bottom in shown) <= TV["height"] and len(shown) < every:
            seen.update(unit for unit, _ in shown)
        return len(seen) == every

    until(all_had_their_turn, what="a turn of every unit")
    assert every > 20


def test_on_a_wall_no_names_stand_behind_a_click_and_no_reason_of_an_absence(open_page: Open):
    page = open_page("?tv=1&lang=en", viewport=TV)
    expect(page.locator("#pages")).to_have_text(re.compile("page 1"), timeout=LIVE_MS)
    assert page.locator("details:visible, .names:visible, .links a:visible").count() == 0
    assert page.locator(".person.leave:visible, .person.field:visible, .person.off:visible").count() == 0


def test_a_unit_that_is_higher_than_the_wall_says_how_many_are_not_shown(open_page: Open):
    page = open_page("?tv=1&seconds=120&lang=en", live=False, viewport={"width": 900, "height": 420})
    expect(page.locator("#pages")).to_have_text(re.compile("page 1"), timeout=LIVE_MS)
    page.evaluate(
        """() => {
          const card = document.querySelector("#units .unit:not([hidden])");
          const list = document.createElement("ul");
          list.className = "people";
          list.innerHTML = "<li class='person missing'>A</li>".repeat(60);
          card.append(list);
          document.dispatchEvent(new Event("changed"));
        }"""
    )
    expect(page.locator(".rest:visible")).to_have_text(re.compile(r"\+\d+"), timeout=LIVE_MS)
    assert page.locator("#units .unit:visible").evaluate("unit => unit.getBoundingClientRect().bottom") <= 420
