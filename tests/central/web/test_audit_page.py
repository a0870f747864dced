"""The audit log in a browser: found by words, name, record and time, page by page, before beside after, as a file."""

import csv
import datetime as dt
import html
import io
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from central import logins
from central.clock import ScaledClock, SystemClock
from central.heads import sign_now
from central.health import Liveness
from central.keys import load_key
from central.permits import Role
from central.settings import WebSettings
from central.store import Store, open_store, users
from central.store.audit import Deed, acting, entries
from central.store.log import Wanted, latest
from central.web.app import Pages
from deploy.broker import free_port
from tests.visitor import Visitor

MONDAY_8 = 1_541_984_400_000
CLOCK = ScaledClock(MONDAY_8, 0, 1e-12)
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
MANY = 70


def table(name: str) -> sa.Table:
    return SQLModel.metadata.tables[name]


def do(store: Store, deed: Deed, *statements: object) -> None:
    with acting(deed), store.write() as db:
        for statement in statements:
            db.execute(statement)


def fill(store: Store) -> None:
    """A unit that is made, renamed and taken away, a device, and many sites."""
    unit, site, device = table("unit"), table("site"), table("device")
    an, binh = Deed("Nguyễn Văn Ân", "unit add", "QĐ-1", "an@office"), Deed("Bình", "unit rename", "=1+1", "web ::1")
    do(
        store,
        an,
        sa.insert(unit).values(code="X1", type="commune", name="Xã H'Hen <b>", valid_from=dt.date(2026, 3, 16)),
    )
    do(store, binh, sa.update(unit).where(unit.c.code == "X1").values(name="Xã Hoà Bình"))
    do(store, an, sa.insert(device).values(id="door-0001", code="D-X1", key="k", location="", registered_ms=MONDAY_8))
    do(store, Deed(), *(sa.insert(site).values(code=f"S{n:02}", name=f"Trụ sở {n}") for n in range(MANY)))
    do(store, binh, sa.delete(site).where(site.c.code == "S03"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path_factory.mktemp('audit') / 'central.db'}", clock=CLOCK)
    found.upgrade()
    fill(found)
    yield found
    found.close()


@pytest.fixture(scope="module")
def auditor(store: Store) -> Iterator[Visitor]:
    now_ms = SystemClock().now_ms()
    secret = logins.add_user(store, now_ms, "kiểm", Role.AUDITOR, PASSWORD, unit="", must_change=False).secret
    port = free_port()
    pages = Pages(WebSettings(port=port, logins=True), store, CLOCK, Liveness(CLOCK))
    pages.start()
    yield Visitor(f"http://127.0.0.1:{port}").log_in("kiểm", PASSWORD, secret)
    pages.stop()


def rows(text: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'id="row-(\d+)"', text)]


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


END = 3 + MANY + 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=hoa+binh", [2]),
        ("q=H%C3%92A", [2]),
        ("q=hhen", [2, 1]),
        ("who=nguyen+van+an", [3, 1]),
        ("table=unit", [2, 1]),
        ("table=site&record=S03", [END, 7]),
        ("table=unit&record=X1&q=rename", [2]),
        ("record=door-0001", [3]),
        ("from=2018-11-13", []),
        ("q=tru+so+69&to=2018-11-12", [3 + MANY]),
    ],
)
def test_changes_are_found_by_words_without_marks_name_record_and_time(auditor, asked, found):
    page = auditor.get(f"/audit?lang=en&{asked}")
    assert (page.status, rows(page.text)) == (200, found)


def test_pages_lead_from_the_newest_to_the_oldest_row_without_a_gap(auditor):
    found, path = [], "/audit?lang=en"
    while path:
        text = auditor.get(path).text
        found += rows(text)
        older = re.search(r'class="button" href="([^"]+)">Older', text)
        path = html.unescape(older[1]) if older else ""
    assert found == list(range(END, 0, -1))
    assert "Back to the newest" in text


def test_a_row_says_before_after_who_why_when_locally_from_where_and_its_hash(auditor, store):
    text = auditor.get("/audit?lang=en&q=rename").text
    (row,) = re.findall(r'<li id="row-2".*?</li>', text, re.S)
    assert "changed: unit 1" in words(row) and "08:00:00 12/11/2018" in words(row)
    assert "Bình · unit rename · from web ::1 · why: =1+1" in words(row)
    assert "name Xã H'Hen <b> Xã Hoà Bình" in words(row), "the column that changed, before and after, and no other"
    assert row.count("<tr>") == 2 and "<b>" not in row.replace("<b>=1+1</b>", "")
    with store.read() as db:
        hash_ = entries(db)[1].hash.hex()
    assert hash_[:16] in row.replace(" ", "")
    device = auditor.get("/audit?lang=en&table=device").text
    assert 'href="/devices/D-X1?lang=en"' in device and ">place</th>" not in device, "what is empty says nothing"


def test_the_file_holds_every_row_that_fits_and_no_formula(auditor):
    page = auditor.get("/audit/csv?who=binh")
    assert page.text.startswith("\ufeffseq,at,who,action,what,before,after,why,origin,hash")
    found = list(csv.DictReader(io.StringIO(page.text.lstrip("\ufeff"))))
    assert [row["seq"] for row in found] == [str(END), "2"]
    assert (found[1]["why"], found[1]["at"][:19]) == ("'=1+1", "2018-11-12T08:00:00")
    assert len(found[1]["hash"]) == 64


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("table=moon", "no such kind"),
        ("from=mai", "Write dates"),
        ("from=2026-03-17&to=2026-03-16", "Write dates"),
        ("table=unit%00", ""),
        ("q=%00&record=%00", ""),
    ],
)
def test_a_question_that_cannot_be_is_answered_in_the_page_and_keeps_what_was_typed(auditor, asked, problem):
    page = auditor.get(f"/audit?lang=en&who=%3Cscript%3E&{asked}")
    assert page.status == (400 if problem else 200) and problem in page.text
    assert 'value="&lt;script&gt;"' in page.text and "<script>" not in page.text
    assert auditor.get(f"/audit/csv?{asked}").status == page.status


def test_nothing_that_fits_says_what_to_do(auditor):
    assert "fewer words, or a longer time" in auditor.get("/audit?lang=en&q=khongco").text


def test_the_last_signed_head_and_what_verify_cannot_prove_stand_below(auditor, store, tmp_path):
    assert "No head is signed yet" in auditor.get("/audit?lang=en").text
    head = sign_now(store, CLOCK, load_key(tmp_path / "key.pem").sign)
    said = words(auditor.get("/audit").text)
    assert "Thứ Hai, ngày 12/11/2018" in said and head.hash.hex()[:4] in said
    assert "Số dòng sau đó, chưa được ký: 0" in said
    assert "chiếc thẻ nằm trong tay chủ của nó" in said


def test_a_look_at_the_log_is_itself_kept(auditor, store):
    with store.read() as db:
        before = len(users.views(db))
    auditor.get("/audit")
    auditor.get("/audit/csv")
    with store.read() as db:
        assert users.views(db)[before:] == [("kiểm", "/audit", ""), ("kiểm", "/audit/csv", "")]


def test_an_empty_log_says_what_will_stand_there(new_database: Callable[[str], str]):
    store, port = open_store(new_database("empty")), free_port()
    store.upgrade()
    pages = Pages(WebSettings(port=port), store, CLOCK, Liveness(CLOCK))
    pages.start()
    try:
        assert "Nothing was changed yet" in Visitor(f"http://127.0.0.1:{port}").get("/audit?lang=en").text
    finally:
        pages.stop()
        store.close()


def test_a_look_gives_up_after_so_many_rows_and_goes_on_from_there(new_database: Callable[[str], str]):
    store = open_store(new_database("long"), clock=CLOCK)
    store.upgrade()
    fill(store)
    with store.read() as db:
        found, before = [], None
        for _ in range(END):
            look = latest(db, Wanted(words="hoà"), before, 5, most=20)
            found, before = [*found, *(row.seq for row in look.rows)], look.older
            if before is None:
                break
        assert found == [2]
        assert [row.seq for row in latest(db, Wanted(), 4, 9).rows] == [3, 2, 1]
    store.close()
