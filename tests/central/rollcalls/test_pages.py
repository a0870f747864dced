"""Who gets to which round and what bad forms are told: real pages, real logins."""

import html
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from central import logins
from central.__main__ import main
from central.clock import ScaledClock, SystemClock
from central.health import Liveness
from central.permits import Role
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, audit, open_store
from central.web.app import Pages
from deploy.broker import free_port
from tests.visitor import Answered, Visitor

OFFICE = Path(__file__).parents[3] / "deploy" / "office"
CLOCK = ScaledClock(1_541_984_400_000, 0, 1e-12)  # Monday 12 November 2018, 08:00 in Vietnam
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
EN = "?lang=en"
OPENED = {"team": "đoàn", "decision": "QĐ 1", "unit": "X01"}


@dataclass
class Site:
    url: str
    database: str
    store: Store
    visitors: dict[Role, Visitor]

    def key(self, role: Role, page: str) -> str:
        found = re.search(r'name="key" value="([0-9a-f]+)"', self.visitors[role].get(page).text)
        assert found
        return found[1]

    def opened(self, role: Role, page: str, **fields: str) -> str:
        """Open a round; its address."""
        answer = self.visitors[role].send(page, f"{page}/open{EN}", key=self.key(role, page), **fields)
        assert answer.status == 303, said(answer)
        return answer.to.partition("?")[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path_factory.mktemp('rounds') / 'central.db'}"
    with closing(open_store(url)) as store:
        store.upgrade()
        import_office(store, SystemClock(), OFFICE)
        now_ms, port = SystemClock().now_ms(), free_port()
        wanted = (Role.VIEWER, Role.CLERK, Role.HEAD, Role.INSPECTOR, Role.ADMINISTRATOR)
        secrets = {
            role: logins.add_user(
                store, now_ms, role.value, role, PASSWORD, unit="" if role is Role.ADMINISTRATOR else "X01",
                doc_no="QĐ", ends_ms=now_ms + 3_600_000, must_change=False,
            ).secret
            for role in wanted
        }  # fmt: skip
        pages = Pages(WebSettings(port=port, logins=True), store, CLOCK, Liveness(CLOCK))
        pages.start()
        try:
            place = f"http://127.0.0.1:{port}"
            visitors = {role: Visitor(place).log_in(role.value, PASSWORD, secrets[role]) for role in wanted}
            yield Site(place, url, store, visitors)
        finally:
            pages.stop()


def said(page: Answered) -> str:
    found = re.search(r'class="warning"[^>]*>([^<]+)<', page.text)
    return html.unescape(found[1]) if found else page.text[:300]


def test_a_clerk_and_a_head_call_the_roll_of_their_own_unit_and_of_no_other(site: Site):
    page = site.opened(Role.CLERK, "/roll-calls", unit="X01")
    assert site.visitors[Role.HEAD].get(page).status == 200
    for unit, status in (("X02", 403), ("H", 403), ("", 403)):
        key = site.key(Role.CLERK, "/roll-calls")
        answer = site.visitors[Role.CLERK].send("/roll-calls", "/roll-calls/open", unit=unit, key=key)
        assert answer.status == status
    there = site.opened(Role.ADMINISTRATOR, "/roll-calls", unit="X02")
    assert site.visitors[Role.CLERK].get(there).status == 403
    assert site.visitors[Role.CLERK].send("/roll-calls", f"{there}/say", **{"s-CB0058": "1"}).status == 403


def test_a_viewer_sees_no_round_and_no_link_to_one(site: Site):
    viewer = site.visitors[Role.VIEWER]
    assert [viewer.get(path).status for path in ("/roll-calls", "/inspections", "/roll-calls/1")] == [403] * 3
    assert "/roll-calls" not in viewer.get("/account").text and "/inspections" not in viewer.get("/account").text


def test_an_inspector_sees_roll_calls_and_calls_none_and_a_clerk_sees_no_inspection(site: Site):
    inspector, clerk = site.visitors[Role.INSPECTOR], site.visitors[Role.CLERK]
    page = site.opened(Role.INSPECTOR, "/inspections", **OPENED)
    assert clerk.get(page).status == clerk.get("/inspections").status == 403
    assert "/inspections" not in clerk.get("/roll-calls").text
    listed = inspector.get("/roll-calls")
    assert listed.status == 200 and "/roll-calls/open" not in listed.text
    assert inspector.send("/inspections", "/roll-calls/open", unit="X01", key="k" * 24).status == 403
    assert inspector.get(page.replace("inspections", "roll-calls")).status == 404


def test_opening_twice_with_one_page_is_one_round(site: Site):
    inspector, key = site.visitors[Role.INSPECTOR], site.key(Role.INSPECTOR, "/inspections")
    answers = {inspector.send("/inspections", "/inspections/open", key=key, **OPENED).to for _ in range(3)}
    assert len(answers) == 1


@pytest.mark.parametrize("missing", ["team", "decision"])
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(site: Site, missing: str):
    inspector, key = site.visitors[Role.INSPECTOR], site.key(Role.INSPECTOR, "/inspections")
    typed = OPENED | {"issuer": "Phòng Nội vụ", missing: " "}
    answer = inspector.send("/inspections", f"/inspections/open{EN}", key=key, **typed)
    assert answer.status == 400 and "Name the team" in said(answer) and "Phòng Nội vụ" in answer.text


def test_bad_times_are_told_and_good_ones_stand_with_their_document(site: Site):
    clerk, path = site.visitors[Role.CLERK], f"/roll-calls/times{EN}"
    for bad in ({"times": "7h45"}, {"from": "tomorrow"}, {"doc": ""}):
        fields = {"unit": "X01", "times": "07:45", "from": "2018-11-12", "doc": "78-KH/HU"} | bad
        assert "Write times" in said(clerk.send("/roll-calls", path, **fields))
    good = clerk.send("/roll-calls", path, unit="X01", times="07:45", **{"from": "2018-11-12"}, doc="78-KH/HU")
    assert good.status == 303
    page = clerk.get(f"/roll-calls{EN}").text
    assert "78-KH/HU" in page and "07:45" in page


def test_words_that_are_none_of_ours_and_absurd_numbers_change_nothing(site: Site):
    inspector, page = site.visitors[Role.INSPECTOR], site.opened(Role.INSPECTOR, "/inspections", **OPENED)
    fields = {
        "s-CB0024": "2", "s-NOBODY": "1", "s-CB0025": "0", "r-CB0025": "because", "shown": "9" * 30, "ago_ms": "-5",
        "key": "k" * 900,
    }  # fmt: skip
    assert inspector.send("/inspections", f"{page}/say", **fields).status == 303
    text = inspector.get(f"{page}{EN}").text
    assert re.search(r'name="s-CB0025" value="0" checked', text) and "no reason known" in text
    assert not re.search(r'name="s-CB0024" value="\d" checked', text)
    large = {f"s-{n:06}": "1" for n in range(41_000)}
    assert inspector.send("/inspections", f"{page}/say", **large).status == 413


def test_signed_minutes_are_given_as_they_are_and_take_no_later_word(site: Site, tmp_path: Path):
    inspector, page = site.visitors[Role.INSPECTOR], site.opened(Role.INSPECTOR, "/inspections", **OPENED)
    assert inspector.get(f"{page}/minutes").status == 404
    bad = inspector.send(page, f"{page}/sign{EN}", team="Lò Văn Kiểm", unit="", clerk="c")
    assert bad.status == 400 and "Lò Văn Kiểm" in bad.text
    names = {"team": "a", "unit": "b", "clerk": "c", "remarks": "<b>nhất trí</b>"}
    for _ in range(2):
        assert inspector.send("/inspections", f"{page}/sign", **names).status == 303
    number = page.rpartition("/")[2]
    assert "&lt;b&gt;" in inspector.get(f"{page}/minutes").text
    late = inspector.send("/inspections", f"{page}/say{EN}", **{"s-CB0024": "1"})
    assert late.status == 409 and "signed" in said(late)
    kept = inspector.send("/inspections", f"{page}/say", **{"s-CB0024": "1"}, ago_ms="5", key="k" * 9)
    assert (kept.status, kept.text) == (409, "")
    for name in ("one.pdf", "two.pdf"):
        assert main(["--db", site.database, "inspection", "minutes", number, "--out", str(tmp_path / name)]) == 0
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert one == two and one.startswith(b"%PDF")


def test_who_opened_said_and_signed_stands_in_the_audit_log(site: Site):
    site.opened(Role.INSPECTOR, "/inspections", **OPENED)
    with site.store.read() as db:
        rows = {(row.action, row.origin) for row in audit.search(db, None, None, "inspector", None)}
    assert {("inspection open", "web 127.0.0.1"), ("inspection sign", "web 127.0.0.1")} <= rows


def test_commands_list_and_show_what_was_seen(site: Site, capsys: pytest.CaptureFixture[str]):
    number = site.opened(Role.HEAD, "/roll-calls", unit="X01").rpartition("/")[2]
    words = ["--db", site.database]
    period = ["--from", "2018-11-12", "--to", "2018-11-12"]
    assert main([*words, "rollcall", "list", *period, "--unit", "X01"]) == 0
    assert f"\n{number},2018-11-12,08:00,X01," in capsys.readouterr().out
    assert main([*words, "rollcall", "show", number]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 22 and shown.err.startswith("21 on the list")
    assert main([*words, "inspection", "show", number]) == 1
    assert "is no inspection" in capsys.readouterr().err
    assert (
        main([*words, "rollcall", "time", "X05", "--at", "07:45", "--from", "2018-11-12", "--doc", "1", "--by", "An"])
        == 0
    )
    capsys.readouterr()
    assert main([*words, "rollcall", "list", *period, "--unit", "X05", "--missed"]) == 0
    assert "2018-11-12,07:45,X05,missed,,1" in capsys.readouterr().out
    assert main([*words, "inspection", "list", *period, "--unit", "X09"]) == 0
    assert "there was no inspection" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/roll-calls", "/inspections"])
def test_without_logins_nothing_can_be_changed_and_the_page_says_so(site: Site, path: str):
    port = free_port()
    pages = Pages(WebSettings(port=port), site.store, CLOCK, Liveness(CLOCK))
    pages.start()
    try:
        visitor = Visitor(f"http://127.0.0.1:{port}")
        page = visitor.get(path + EN)
        assert page.status == 200 and "switch logins on" in page.text and "<form" not in page.text
        assert visitor.get(f"{path}/open", {"unit": "X01"}).status == 403
    finally:
        pages.stop()
