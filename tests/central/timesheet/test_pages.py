"""The reports' pages: who sees what, wrong questions, parts, lists, and files that are made beside the pages."""

import html
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from central import logins
from central.clock import SystemClock
from central.health import Liveness
from central.permits import Role
from central.reports.formats import guarded
from central.settings import Settings, WebSettings
from central.store import open_store, users
from central.tables import DutySlot, FieldDuty
from central.web.app import Pages
from central.web.jobs import MOST_WAITING, BusyError, Jobs, Order, State
from deploy.broker import free_port
from tests.central.timesheet import office
from tests.central.timesheet.office import Made
from tests.visitor import Visitor
from tests.waiting import until

PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
NOVEMBER = "month=2018-11"
MANY = 45
"""People of X02: more than one part."""


@dataclass
class Site:
    """A served office. keys: a token for each role, of the unit X01; inspector: their secret; at: where one was led."""

    url: str
    made: Made
    keys: dict[Role, str]
    inspector: str
    at: str = ""

    def ask(self, path: str, role: Role = Role.ADMINISTRATOR) -> tuple[int, str]:
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.url + path, headers={"Authorization": f"Bearer {self.keys[role]}", "Accept": "text/html"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as found:  # noqa: S310
                self.at = found.geturl()
                return found.status, found.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pages")
    made = office.make(lambda name: f"sqlite:///{folder / name}.db")
    made.person("an", "X01", name="=HYPERLINK(1)", rank=0)
    made.person("bo", "X01", name="Trần Văn Bổ")
    for number in range(MANY):
        made.person(f"z{number:02}", "X02", name=f"Lê Văn {number}")
    made.whole_month("an", "X01")
    made.whole_month("bo", "X01", last=15)
    made.day("bo", "X01", 5, "Ô", "+")
    made.day("an", "X01", 6, "V", "+", flags="")
    made.day("z00", "X02", 5, "+", "+")
    made.add(FieldDuty(staff="bo", date=office.on(7), session="AM", place="Xóm 3", confirmed_by="Trưởng xóm"))
    made.add(FieldDuty(staff="z00", date=office.on(7), session="PM", place="Xóm 4"))
    made.add(DutySlot(staff="bo", date=office.on(4), start_min=450, end_min=690, kind="reception"))
    now_ms = SystemClock().now_ms()
    keys = {role: _token(made, role, now_ms) for role in Role if role not in (Role.STAFF, Role.INSPECTOR)}
    logins.add_user(made.store, now_ms, "bo", Role.STAFF, PASSWORD, unit="X01", staff="bo", must_change=False)
    inspector = logins.add_user(
        made.store, now_ms, "doan", Role.INSPECTOR, PASSWORD, unit="X01", doc_no="12/QĐ", ends_ms=now_ms + 3_600_000,
        must_change=False,
    )  # fmt: skip
    port = free_port()
    pages = Pages(WebSettings(port=port, logins=True), made.store, made.clock, Liveness(made.clock), Settings())
    pages.start()
    yield Site(f"http://127.0.0.1:{port}", made, keys, inspector.secret)
    pages.stop()
    made.store.close()


def _token(made: Made, role: Role, now_ms: int) -> str:
    unit = "" if role is Role.ADMINISTRATOR else "X01"
    return logins.add_token(made.store, now_ms, role.value, "api", role, unit=unit, ends_ms=now_ms + 3_600_000)


@pytest.mark.parametrize("path", ["/reports", f"/reports/month?{NOVEMBER}", "/reports/day", "/reports/lateness"])
def test_nobody_sees_reports_without_a_login_or_the_right(site: Site, path: str):
    assert site.ask(path, Role.VIEWER)[0] == site.ask(path, Role.TECHNICIAN)[0] == 403
    assert Visitor(site.url).get(path).status == 303


def test_a_clerk_sees_the_unit_and_what_is_below_it_and_nothing_else(site: Site):
    assert "Trần Văn Bổ" in site.ask(f"/reports/month?{NOVEMBER}", Role.CLERK)[1]
    for path in ("month?month=2018-11&", "day?", "lateness?", "field?", "duty?", "month/file?format=csv&"):
        status, text = site.ask(f"/reports/{path}unit=X02", Role.CLERK)
        assert status == 403 and "Lê Văn" not in text
    status, text = site.ask("/reports/day?date=2018-11-05", Role.CLERK)
    assert "Trần Văn Bổ" in text and "Lê Văn" not in text and 'value="X02"' not in text


def test_a_member_of_staff_sees_one_line_and_no_choice_of_units(site: Site):
    visitor = Visitor(site.url).log_in("bo", PASSWORD, "")
    for path in (f"month?{NOVEMBER}", "day?date=2018-11-05", "lateness?from=2018-11-01&to=2018-11-30"):
        page = visitor.get(f"/reports/{path}").text
        assert "Trần Văn Bổ" in page and "HYPERLINK" not in page and 'name="unit"><' not in page, path
    assert "Xóm 3" in visitor.get("/reports/field?from=2018-11-01&to=2018-11-30").text
    assert "Xóm 4" not in visitor.get("/reports/field?from=2018-11-01&to=2018-11-30").text
    assert 'href="/reports' in visitor.get("/account").text


def test_an_inspector_sees_no_reason_of_an_absence_and_no_link_to_the_sheet_that_tells_it(site: Site):
    path = "/reports/day?date=2018-11-05&lang=en"
    visitor = Visitor(site.url).log_in("doan", PASSWORD, site.inspector)
    text = visitor.get(path).text
    assert "leave (excused)" in text and "Ô" not in text and "/reports/month" not in text
    assert "Ô" in site.ask(path, Role.CLERK)[1]
    assert visitor.get(f"/reports/month?{NOVEMBER}").status == 403
    with site.made.store.read() as db:
        assert "/reports/day" in {part for view in users.views(db) for part in view}


@pytest.mark.parametrize(
    ("path", "status", "english", "vietnamese"),
    [
        ("month?month=2018-13", 400, "is no month", "không phải là tháng"),
        ("month?month=%3Cscript%3E", 400, "&lt;script&gt; is no month", "&lt;script&gt; không phải"),
        ("month?month=2018-11&unit=X99", 404, "There is no unit X99", "không có đơn vị X99"),
        ("month?month=2018-11&layout=b02", 400, "There is no layout b02", "Không có mẫu b02"),
        ("month?month=2018-11&unit=X01&part=9", 404, "There is no part 9", "không có phần 9"),
        ("month?month=2018-11&unit=X01&part=0", 400, "There is no part 0", "không có phần 0"),
        ("month/file?month=2018-11&unit=X01&format=exe", 400, "no format exe", "định dạng exe"),
        ("day?date=31/12/2018", 400, "is no date", "không phải là ngày"),
        ("lateness?from=2018-11-30&to=2018-11-01", 400, "must not lie after", "không được sau"),
        ("duty?from=2016-01-01&to=2018-11-01", 400, "at most 366 days", "dài nhất 366 ngày"),
        ("field?from=x&to=2018-11-01", 400, "is no date", "không phải là ngày"),
        ("files/unknown", 404, "Ask for it again", "yêu cầu lại"),
    ],
)
def test_a_wrong_question_is_answered_with_what_to_do(
    site: Site, path: str, status: int, english: str, vietnamese: str
):
    joined = "&" if "?" in path else "?"
    assert site.ask(f"/reports/{path}{joined}lang=en")[0] == status
    assert english in site.ask(f"/reports/{path}{joined}lang=en")[1]
    assert vietnamese in site.ask(f"/reports/{path}")[1]


def test_a_large_sheet_is_shown_in_parts_that_lead_to_each_other(site: Site):
    first = site.ask(f"/reports/month?{NOVEMBER}&unit=X02&lang=en")[1]
    assert "Part 1 of 2" in first and 'rel="next"' in first and 'rel="prev"' not in first
    after = html.unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
    second = site.ask(f"/reports/month{after}")[1]
    assert "Part 2 of 2" in second and 'rel="prev"' in second and "<td>45</td>" in second


def test_the_first_days_of_a_month_show_the_month_before(site: Site):
    assert "Month 11 of 2018" in site.ask("/reports/month?unit=X01&lang=en")[1]


def test_lists_have_their_csv_in_which_nothing_is_worked_out(site: Site):
    for path, line in (
        ("day?date=2018-11-06&unit=X01", "an,'=HYPERLINK(1),X01,AM,absent,,V,,,0,0"),
        ("lateness?from=2018-11-01&to=2018-11-30&unit=X01", "an,'=HYPERLINK(1),X01,44,0,0,0,0,1,0,0,0"),
        (
            "field?from=2018-11-01&to=2018-11-30",
            "2018-11-07,bo,Trần Văn Bổ,X01,AM,Xóm 3,,yes,Trưởng xóm,present",
        ),
        ("duty?from=2018-11-01&to=2018-11-30", "2018-11-04,07:30,11:30,reception,yes,bo,Trần Văn Bổ (bo),X01,,,,0"),
    ):
        status, text = site.ask(f"/reports/{path}&format=csv")
        assert status == 200 and text.startswith("\ufeff") and line in text.splitlines(), text


def test_ratios_and_charts_say_what_they_show(site: Site):
    text = site.ask("/reports/lateness?from=2018-11-01&to=2018-11-30&unit=X01")[1]
    assert "1/65 (1,5%)" in text and '<rect class="h' in text and "06/11/2018: 1/4 (25,0%)" in text
    assert "1/65 (1.5%)" in site.ask("/reports/lateness?from=2018-11-01&to=2018-11-30&unit=X01&lang=en")[1]


def test_lists_cite_the_documents_they_rest_on(site: Site):
    assert "Căn cứ: 01/TB-TK" in site.ask("/reports/day?date=2018-11-06&unit=X01")[1]


@pytest.mark.parametrize("path", ["day?date=2017-01-01", "lateness?from=2017-01-01&to=2017-01-02", "field", "duty"])
def test_an_empty_list_says_what_to_do_next(site: Site, path: str):
    assert 'class="empty"' in site.ask(f"/reports/{path}")[1]


@pytest.mark.parametrize("form", ["pdf", "xlsx", "csv", "html"])
def test_a_file_is_made_beside_the_pages_and_fetched(site: Site, form: str):
    begins = {"pdf": "%PDF-", "xlsx": "PK", "csv": "\ufeff", "html": "<!doctype"}[form]
    status, text = site.ask(f"/reports/month/file?{NOVEMBER}&unit=X01&format={form}&lang=en")
    if "http-equiv" in text:  # on a busy machine the page says how far it is, and looks again
        number = re.findall(r"/reports/files/([\w-]+)", site.at)
        until(lambda: "http-equiv" not in site.ask(f"/reports/files/{number[0]}")[1], what="the file")
        status, text = site.ask(f"/reports/files/{number[0]}/fetch")
    assert status == 200 and text.lstrip().startswith(begins), text[:300]


ORDER = Order("2018-11", "X01", "c01a", "csv", "A4", "vi")


@pytest.fixture
def jobs(site: Site) -> Iterator[Jobs]:
    url = site.made.store.engine.url.render_as_string(hide_password=False)
    found = Jobs(url, Settings(), SystemClock())
    yield found
    found.close()


def test_somebodys_file_is_theirs_alone_and_asked_for_twice_it_is_made_once(jobs: Jobs):
    job = jobs.ask("an", ORDER)
    assert jobs.ask("an", ORDER) is job and jobs.ask("bo", ORDER) is not job
    assert jobs.find("an", job.number) is job and jobs.find("bo", job.number) is None
    until(lambda: job.ended, what="the file")
    assert (job.state, job.percent) == (State.READY, 100) and job.path.stat().st_size > 100
    assert job.order.name == "bang-cham-cong-2018-11-X01-c01a.csv"


def test_a_file_that_cannot_be_made_says_why(jobs: Jobs):
    job = jobs.ask("an", Order("2018-11", "X99", "c01a", "csv", "A4", "vi"))
    until(lambda: job.ended, what="the refusal")
    assert job.state is State.FAILED and "there is no unit 'X99'" in job.problem


def test_more_than_so_many_at_once_are_refused_and_the_end_removes_all(jobs: Jobs):
    made = [jobs.ask(f"{number}", ORDER) for number in range(MOST_WAITING)]
    with pytest.raises(BusyError, match="try again in a minute"):
        jobs.ask("one more", ORDER)
    folder = made[0].path.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    jobs.close()
    assert not folder.exists()


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "+P", "+/=1", "+1/+"])
def test_what_a_spreadsheet_would_work_out_is_guarded(text: str):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("value", ["+", "+/P", "+/CÔ", "+/+/P", "+/V?", "P/+", "An", "", 5, -1, 0.5])
def test_what_is_harmless_stays_as_it_is(value: object):
    assert guarded(value) == value


def test_without_any_unit_the_page_says_what_to_do_first(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path / 'empty.db'}")) as store:
        store.upgrade()
        port, clock = free_port(), SystemClock()
        pages = Pages(WebSettings(port=port), store, clock, Liveness(clock))
        pages.start()
        try:
            visitor = Visitor(f"http://127.0.0.1:{port}")
            answers = [visitor.get(f"/reports{path}?lang=en") for path in ("", "/month", "/day", "/lateness")]
        finally:
            pages.stop()
    assert [answer.status for answer in answers] == [200, 404, 200, 200]
    assert all("Import your office first" in answer.text for answer in answers[:2])
