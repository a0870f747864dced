"""The JSON interface over a real database, asked as any client would."""

import datetime as dt
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from central.clock import ScaledClock
from central.health import PATIENCE_S, Liveness
from central.ledger import Ledger
from central.presence import State
from central.roster.imports import import_office
from central.settings import WebSettings
from central.sheets import Line, Value
from central.silence import Silence
from central.store import Store, collected, months, open_store
from central.web.app import Pages, PagesError
from central.web.texts import LANGUAGES, age, catalogue, chosen, long_date
from deploy.broker import free_port

OFFICE = Path(__file__).parents[3] / "deploy" / "office"
EIGHT_MS = 1_541_984_400_000  # Monday 12 November 2018, 08:00 in Vietnam


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Client:
    """Asks a running server."""

    url: str

    def get(self, path: str, headers: dict[str, str] | None = None, **params: str) -> Answer:
        question = self.url + path + ("?" + urllib.parse.urlencode(params) if params else "")
        request = urllib.request.Request(question, headers=headers or {})  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, timeout=30) as found:  # noqa: S310
                return Answer(found.status, found.headers, found.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.headers, refused.read().decode())


class Still(ScaledClock):
    """A clock that does not move; its seconds can be set."""

    seconds = 0.0

    def mono_s(self) -> float:
        return type(self).seconds


CLOCK = Still(EIGHT_MS, 0, 1e-12)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path_factory.mktemp('web') / 'central.db'}")
    found.upgrade()
    import_office(found, CLOCK, OFFICE)
    Ledger(found, CLOCK).settle()
    yield found
    found.close()


@pytest.fixture(scope="module")
def health() -> Liveness:
    return Liveness(CLOCK)


@pytest.fixture(scope="module")
def client(store: Store, health: Liveness) -> Iterator[Client]:
    port = free_port()
    pages = Pages(WebSettings(port=port, logins=False), store, CLOCK, health)
    pages.start()
    found = Client(f"http://127.0.0.1:{port}")
    for _ in range(600):
        if found.get("/api/v1/presence").json():
            break
        threading.Event().wait(0.05)
    yield found
    pages.stop()


def test_presence_has_a_row_for_everybody_employed(client: Client):
    rows = client.get("/api/v1/presence").json()
    assert len(rows) == 609
    assert set(rows[0]) == {
        "staff",
        "name",
        "unit",
        "state",
        "since",
        "device",
        "data_age_s",
        "reason",
        "doors",
        "note",
    }
    assert {row["state"] for row in rows} <= {state.value for state in State}


def test_before_any_door_has_spoken_nobody_is_missing(client: Client):
    states = {row["state"] for row in client.get("/api/v1/presence").json()}
    assert states == {"unknown", "field", "leave"}


def test_a_signed_month_gives_its_signed_values_and_says_where_the_facts_say_otherwise(client: Client, store: Store):
    asked = {"from": "2018-11-12", "to": "2018-11-12", "unit": "X03"}
    before = client.get("/api/v1/verdicts", **asked).json()
    assert not any(row["adjusted"] for row in before)
    staff, on, signed = before[0]["staff"], dt.date(2018, 11, 12), Value("present", "late", "+", 6, 0)
    sheet = months.Sheet(0, "2018-11", "X03", "Lê A", "11/BCC", EIGHT_MS, 2, "0", None)
    lines = [Line(staff, "X03", on, name, place, signed) for place, name in enumerate(("AM", "PM"))]
    with store.write() as db:
        number = months.add_sheet(db, sheet, lines)
        changed = months.Adjustment(
            number, staff, on, "AM", "2018-12", signed, Value("present"), "+ punch", EIGHT_MS, None
        )
        months.put_adjustments(db, [changed])
    told = [row for row in client.get("/api/v1/verdicts", **asked).json() if row["staff"] == staff]
    assert [(r["session"], r["flags"], r["late_min"], r["adjusted"]) for r in told] == [
        ("AM", "late", 6, True),
        ("PM", "late", 6, False),
    ]
    with store.write() as db:
        months.unlock_sheet(db, number, EIGHT_MS)
    assert client.get("/api/v1/verdicts", **asked).json() == before


def test_who_is_unknown_comes_with_the_reason_and_the_doors(client: Client):
    rows = client.get("/api/v1/presence", unit="X03").json()
    assert {(r["reason"], *r["doors"]) for r in rows if r["state"] == "unknown"} == {("old_data", "D-X03")}
    assert {(r["reason"], *r["doors"]) for r in rows if r["state"] != "unknown"} <= {(None,)}


def test_a_door_says_why_it_is_silent(client: Client):
    (door,) = (d for d in client.get("/api/v1/devices").json() if d["code"] == "D-X03")
    assert (door["state"], door["reason"], door["since_ms"]) == ("never_delivered", "no_station", None)
    described = client.get("/api/openapi.json").json()["components"]["schemas"]["DeviceLine"]["description"]
    assert all(word.value in described for word in Silence)


def test_a_board_without_a_collector_says_so_until_one_has_worked(client: Client, store: Store):
    assert client.get("/healthz").json()["collected_ms"] is None
    assert "Chưa có bộ thu nào chạy" in client.get("/").text
    with store.write() as db:
        collected.collected_until(db, EIGHT_MS - 60_000)
        collected.collected_until(db, EIGHT_MS - 90_000)
    for _ in range(600):
        if client.get("/healthz").json()["collected_ms"] == EIGHT_MS - 60_000:
            break
        threading.Event().wait(0.05)
    assert 'class="warning"' not in client.get("/").text


def test_presence_can_be_asked_for_one_unit(client: Client):
    rows = client.get("/api/v1/presence", unit="X03").json()
    assert rows and {row["unit"] for row in rows} == {"X03"}


@pytest.mark.parametrize(
    ("path", "dates"), [("presence", {}), ("verdicts", {"from": "2018-11-12", "to": "2018-11-12"})]
)
def test_a_unit_means_it_and_all_below_it_and_one_that_there_is_not_is_said_not_to_be(
    client: Client, path: str, dates: dict[str, str]
):
    def people(unit: str | None) -> set[str]:
        asked = {**dates, **({} if unit is None else {"unit": unit})}
        return {row["staff"] for row in client.get(f"/api/v1/{path}", **asked).json()}

    district, office = people("H"), people("H.VP")
    assert district == people(None)
    assert office and office < district
    assert people("X03").isdisjoint(people("X05"))
    wrong = client.get(f"/api/v1/{path}", **dates, unit="H.VPP")
    assert wrong.status == 404
    assert wrong.json()["detail"].startswith("there is no unit 'H.VPP'; near it: H.VP")


def test_an_address_that_there_is_not_answers_people_in_their_language_and_machines_in_json(client: Client):
    person = {"Accept": "text/html,*/*"}
    page = client.get("/nowhere", headers=person)
    assert page.status == 404 and "Không có trang này" in page.text and 'href="/?lang=vi"' in page.text
    assert "No such page" in client.get("/nowhere", headers=person, lang="en").text
    assert client.get("/nowhere").json() == {"detail": "Not Found"}
    assert client.get("/api/v1/nowhere", headers=person).json() == {"detail": "Not Found"}


def test_verdicts_are_pending_until_the_doors_have_delivered(client: Client):
    rows = client.get("/api/v1/verdicts", **{"from": "2018-11-12", "to": "2018-11-12"}).json()
    assert {row["outcome"] for row in rows} == {"pending", "field_duty", "leave", "trip", "study"}
    assert all(row["flags"] == "" for row in rows)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"from": "2018-11-12"},
        {"from": "2018-11-12", "to": "2018-11-11"},
        {"from": "2000-01-01", "to": "2018-11-11"},
        {"from": "yesterday", "to": "2018-11-11"},
        {"from": "2018-11-12", "to": "2018-11-12", "unit": "x" * 41},
    ],
)
def test_a_wrong_question_is_refused_with_the_reason(client: Client, params: dict[str, str]):
    answer = client.get("/api/v1/verdicts", **params)
    assert answer.status == 422 and answer.json()["detail"]


def test_devices_say_what_each_door_is_worth(client: Client):
    rows = client.get("/api/v1/devices").json()
    assert len(rows) == 25
    assert {row["state"] for row in rows} == {"never_delivered"}
    assert {(row["to_come"], row["lost"], row["forked"], row["quarantined"]) for row in rows} == {(0, 0, 0, 0)}


def test_health_is_bad_while_a_loop_is_silent(client: Client, health: Liveness):
    health.tick("writer")
    assert client.get("/healthz").status == 200
    Still.seconds += PATIENCE_S + 1
    try:
        answer = client.get("/healthz")
        assert answer.status == 503 and "writer" in answer.json()["silent"]
    finally:
        Still.seconds = 0.0


def test_metrics_are_what_prometheus_reads(client: Client):
    text = client.get("/metrics").text
    assert 'diemdanh_presence{state="unknown"}' in text
    assert 'diemdanh_door_state{door="D-X00",state="never_delivered"} 1.0' in text
    assert 'diemdanh_unjudged{kind="day"} 0.0' in text


def test_the_interface_describes_itself_and_loads_nothing_from_elsewhere(client: Client):
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/v1/presence", "/api/v1/verdicts", "/api/v1/devices", "/api/v1/stream", "/healthz"} <= set(paths)
    assert client.get("/docs").status == client.get("/redoc").status == 404


def test_every_answer_carries_the_headers_that_shut_a_page_in(client: Client):
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_an_unknown_language_is_answered_in_vietnamese(client: Client):
    assert '<html lang="vi">' in client.get("/", lang="xx").text


def test_a_taken_port_is_said_with_the_setting_to_change(store: Store, client: Client):
    port = int(client.url.rsplit(":", 1)[1])
    with pytest.raises(PagesError, match=r"set web\.host and web\.port"):
        Pages(WebSettings(port=port, logins=False), store, CLOCK, Liveness(CLOCK)).start()


def test_a_name_is_shown_and_never_run(client: Client):
    assert "<script>" not in client.get("/", lang="<script>").text


def test_both_catalogues_say_everything():
    def keys(language: str) -> dict[str, str]:
        return {k: v for k, v in catalogue(language)._catalog.items() if k}  # type: ignore[attr-defined]

    vietnamese, english = keys("vi"), keys("en")
    assert vietnamese.keys() == english.keys()
    assert all(vietnamese.values()) and all(key == value for key, value in english.items())


def test_every_text_of_templates_and_board_is_in_the_catalogues():
    import re

    web = Path(__file__).parents[3] / "central" / "web"
    texts = {
        text for file in web.glob("templates/*.html") for text in re.findall(r'_\("([^"]+)"\)', file.read_text("utf-8"))
    }
    for name in ("board.py", "fleet.py", "device_story.py", "system_health.py"):
        texts |= set(re.findall(r'say\("([^"]+)"\)', (web / name).read_text("utf-8")))
    from central.web import device_words as words
    from central.web import fleet

    for said in (words.SLOT, words.REMARKS, words.CODES, words.DECISIONS, words.REMEDIES, words.FINDING_REMEDIES):
        texts |= set(said.values())
    texts |= {*fleet.STATES.values(), *fleet.CLOCKS.values(), *fleet.KINDS.values(), words.LOST, words.REFUSED}
    texts |= {words.NO_LOGINS, words.NO_ENTRANCE, words.NO_UNIT, words.BAD_CODE, words.A_STATION, words.A_TERMINAL}
    texts |= {words.CHANGED, words.NOT_CONFIRMED, words.NOT_MOVED, *words.DONE.values()}
    from central.web import audit_words, device_orders, order_words, system_words
    from central.web.board import FINDINGS, LABELS, REASONS, UNPLANNED
    from central.web.navigation import PAGES
    from central.web.pages.audit import CANNOT

    texts |= {*LABELS.values(), *REASONS.values(), *FINDINGS.values(), UNPLANNED, *(page.title for page in PAGES)}
    texts |= {*audit_words.TABLES.values(), *audit_words.COLUMNS.values(), CANNOT}
    texts |= {audit_words.NO_TABLE, audit_words.NO_DATE, audit_words.NOBODY, "added", "changed", "removed", "yes", "no"}
    texts |= {*system_words.STATES.values(), *system_words.TITLES.values(), *system_words.TODO.values()}
    texts |= {*order_words.OPERATIONS.values(), *order_words.MODES.values(), *order_words.ANSWERS.values()}
    texts |= {*order_words.CHECKS.values(), *device_orders.WORDS.values(), order_words.WAITS}
    texts |= {order_words.ASKED, order_words.NOT_ASKED, system_words.NO_FOLDER, system_words.SET_FOLDER}
    assert texts <= set(catalogue("vi")._catalog)  # type: ignore[attr-defined]


def test_ages_and_dates_are_written_as_people_write_them():
    import datetime as dt

    assert [age(n, "vi") for n in (None, 0, 59, 60, 7200, 200_000)] == [
        "–",
        "0 giây",
        "59 giây",
        "1 phút",
        "2 giờ",
        "2 ngày",
    ]
    assert age(61, "en") == "1 min"
    assert long_date(dt.date(2018, 11, 12), "vi") == "Thứ Hai, ngày 12/11/2018"
    assert long_date(dt.date(2018, 11, 18), "en") == "Sunday, 18 November 2018"
    assert chosen(None) == "vi" and set(LANGUAGES) == {"vi", "en"}
