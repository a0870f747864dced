"""A technician lets a station in, replaces and revokes it with a browser: real pages, real broker, real stations."""

import html
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import segno

from central import logins
from central.clock import SystemClock
from central.commanding import Commander
from central.enrol import list_devices
from central.health import Liveness
from central.keys import load_key
from central.permits import Role
from central.roster.imports import import_office
from central.settings import CaSettings, EnrolSettings, KeySettings, Settings, WebSettings
from central.store import Store, audit, decisions
from central.trust.enrolling import slots
from central.web.app import Pages
from deploy.broker import free_port
from edge.enrolment import EnrolmentError, WaitingError, claim_of
from edge.wire.claim import Claim
from edge.wire.topics import Channel, topic
from tests.trust.conftest import DOOR, NOW_MS, Entrance
from tests.trust.stations import Station
from tests.visitor import Answered, Visitor
from tests.waiting import until

OFFICE = Path(__file__).parents[2] / "deploy" / "office"
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
ENGLISH = "?lang=en"


@dataclass
class Site:
    """The pages of an office whose stations may be let in."""

    entrance: Entrance
    store: Store
    url: str
    secrets: dict[Role, str]

    def visitor(self, role: Role) -> Visitor:
        return Visitor(self.url).log_in(role.value, PASSWORD, self.secrets[role])

    def state(self) -> str:
        return slots(self.store, self.entrance.office.authority, NOW_MS)[-1].state


@pytest.fixture
def site(entrance):
    office = entrance.office
    import_office(office.store, SystemClock(), OFFICE)
    roles = (Role.TECHNICIAN, Role.AUDITOR, Role.CLERK)
    secrets = {
        role: logins.add_user(
            office.store, SystemClock().now_ms(), role.value, role, PASSWORD, unit="", must_change=False
        ).secret
        for role in roles
    }
    settings = Settings(
        broker=office.settings, ca=CaSettings(office.folder / "office-ca.pem"), enrol=EnrolSettings(port=entrance.port),
        key=KeySettings(office.folder / "central-key.pem"),
    )  # fmt: skip
    port, clock = free_port(), SystemClock()
    pages = Pages(WebSettings(port=port, logins=True), office.store, clock, Liveness(clock), settings)
    with ExitStack() as stack:
        stack.callback(pages.stop)
        pages.start()
        yield Site(entrance, office.store, f"http://127.0.0.1:{port}", secrets)


@pytest.fixture
def technician(site):
    return site.visitor(Role.TECHNICIAN)


def open_slot(technician: Visitor, door: str = DOOR, **more: str) -> Claim:
    """Open a slot in the browser; the claim as the page shows it."""
    page = technician.send("/devices/new", "/devices/new", door=door, **more)
    assert page.status == 200, said(page)
    text = re.search(r'id="claim">([^<]+)<', page.text)
    assert text
    return claim_of(text[1], "page")


def said(page: Answered) -> str:
    found = re.search(r'class="warning"[^>]*>([^<]+)<', page.text)
    return html.unescape(found[1]) if found else ""


def digits_of(page: Answered) -> str:
    found = re.search(r'name="digits" value="(\d{6})"', page.text)
    assert found, "no digits to compare"
    return found[1]


def test_a_station_is_let_in_by_clicks_and_its_slot_turns_green(site, technician):
    office = site.entrance.office
    office.start()
    office.collect()
    claim = open_slot(technician)
    assert "t-waits" in technician.get("/devices").text
    folder = office.folder / "door"
    folder.mkdir()
    (folder / "claim.txt").write_text(claim.text)
    with Station(folder, f'[enrolment]\nclaim = "{folder / "claim.txt"}"\n[clock]\nquality = "ntp"\n') as station:
        station.start()
        until(lambda: site.state() == "asks", what="the station's question")
        page = technician.get("/devices")
        assert "t-asks" in page.text and 'data-watch="/devices/slot' in page.text
        assert "t-asks" in technician.get("/devices/slot").text
        digits = digits_of(page)
        until(lambda: digits in station.said().replace(" ", ""), what="the same digits at the station")
        assert technician.send("/devices", f"/devices/{DOOR}/confirm", digits=digits).status == 303
        until(lambda: "t-live" in technician.get("/devices").text, what="a green slot")
        fleet = technician.get(f"/devices{ENGLISH}").text
        assert "it works: enrolment is done" in fleet and "working" in fleet
        assert re.search(r"36\d days|39\d days", fleet), "the days of its certificate"
        device = technician.get(f"/devices/{DOOR}{ENGLISH}").text
        assert "started" in device and station.identity.device in device
    with site.store.read() as db:
        rows = audit.search(db, None, None, "technician", "device ")
    assert [(row.action, row.origin) for row in rows] == [("enrol confirm", "web 127.0.0.1")]


def test_the_claim_is_shown_once_as_a_code_that_can_be_scanned(site, technician):
    page = technician.send("/devices/new", "/devices/new", door=DOOR)
    text = html.unescape(re.search(r'id="claim">([^<]+)<', page.text)[1])
    svg = re.search(r"<svg.*?</svg>", page.text, re.S)[0]
    assert svg == segno.make(text, error="m", micro=False).svg_inline(
        border=4, light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    assert "style=" not in page.text and "<script>" not in page.text
    assert text not in technician.get("/devices").text + technician.get(f"/devices/slot?door={DOOR}").text


def test_who_opened_confirmed_and_revoked_stands_in_the_audit_log_with_the_address(site, technician):
    claim = open_slot(technician)
    with pytest.raises(WaitingError) as waiting:
        site.entrance.way().enrol(claim)
    technician.send("/devices", f"/devices/{DOOR}/confirm", digits=waiting.value.digits)
    site.entrance.way().enrol(claim)
    technician.send(f"/devices/{DOOR}", f"/devices/{DOOR}/revoke", code=DOOR, reason="bị lấy cắp")
    with site.store.read() as db:
        rows = {(row.action, row.why, row.origin) for row in audit.search(db, None, None, "technician", None)}
        (decision,) = decisions.decisions(db, [row.id for row in list_devices(site.store)])
    assert rows == {
        ("enrol open", "", "web 127.0.0.1"),
        ("enrol confirm", "", "web 127.0.0.1"),
        ("device revoke", "bị lấy cắp", "web 127.0.0.1"),
    }
    assert (decision.what, decision.by, decision.detail) == ("revoked", "technician", f"{DOOR}: bị lấy cắp")


def test_refusing_ends_the_claim(site, technician):
    claim = open_slot(technician)
    with pytest.raises(WaitingError):
        site.entrance.way().enrol(claim)
    assert technician.send("/devices", f"/devices/{DOOR}/refuse").status == 303
    with pytest.raises(EnrolmentError, match="taken back"):
        site.entrance.way().enrol(claim)
    page = technician.send("/devices/new", f"/devices/{DOOR}/refuse")
    assert (page.status, "t-ended" in page.text) == (409, True)


def test_a_second_click_and_an_old_page_are_answered_by_how_it_stands_now(site, technician):
    claim = open_slot(technician)
    with pytest.raises(WaitingError) as waiting:
        site.entrance.way().enrol(claim)
    digits = waiting.value.digits
    assert technician.send("/devices", f"/devices/{DOOR}/confirm", digits=digits).status == 303
    again = technician.send("/devices/new", f"/devices/{DOOR}/confirm{ENGLISH}", digits=digits)
    assert again.status == 409 and "changed meanwhile" in said(again)
    assert len([row for row in list_devices(site.store) if row.key]) == 1


def test_a_station_is_replaced_and_the_one_before_is_refused(site, technician):
    site.entrance.office.start()
    first = open_slot(technician)
    with pytest.raises(WaitingError) as waiting:
        site.entrance.way("first").enrol(first)
    technician.send("/devices", f"/devices/{DOOR}/confirm", digits=waiting.value.digits)
    before = next(row.id for row in list_devices(site.store) if row.code == DOOR)
    refused = technician.send("/devices/new", f"/devices/new{ENGLISH}", door=DOOR)
    assert refused.status == 409 and "has a station already" in said(refused)
    assert "checked" in technician.get(f"/devices/new?door={DOOR}&replace=yes").text
    second = open_slot(technician, replace="yes")
    with pytest.raises(WaitingError) as waiting:
        site.entrance.way("second").enrol(second)
    assert technician.send("/devices", f"/devices/{DOOR}/confirm", digits=waiting.value.digits).status == 303
    after = next(row.id for row in list_devices(site.store) if row.code == DOOR)
    assert after != before


def test_revoking_needs_the_code_and_a_reason_and_reaches_the_broker(site, technician):
    site.entrance.office.start()
    with pytest.raises(WaitingError) as waiting:
        site.entrance.way().enrol(open_slot(technician))
    technician.send("/devices", f"/devices/{DOOR}/confirm", digits=waiting.value.digits)
    page, path = f"/devices/{DOOR}", f"/devices/{DOOR}/revoke{ENGLISH}"
    for fields in ({"code": "D-X02", "reason": "stolen"}, {"code": DOOR, "reason": " "}, {"reason": "stolen"}):
        answer = technician.send(page, path, **fields)
        assert answer.status == 400 and "Nothing was revoked" in said(answer)
    done = technician.send(page, path, code=DOOR, reason="stolen")
    assert (done.status, done.to) == (303, "/devices?lang=en&done=revoked")
    row = next(row for row in list_devices(site.store) if row.code == DOOR)
    assert row.revoked_ms is not None
    assert row.id in (site.entrance.office.broker_folder / "acl").read_text("utf-8")


def test_a_station_moves_to_another_unit_from_a_date_on(site, technician):
    with pytest.raises(WaitingError) as waiting:
        site.entrance.way().enrol(open_slot(technician))
    technician.send("/devices", f"/devices/{DOOR}/confirm", digits=waiting.value.digits)
    page, path = f"/devices/{DOOR}", f"/devices/{DOOR}/move{ENGLISH}"
    good = {"unit": "X02", "from": "2030-01-07", "why": "QĐ-7"}
    for spoiled in ({"unit": "NOWHERE"}, {"unit": "X01"}, {"from": "7/1/2030"}, {"from": ""}, {"why": " "}):
        answer = technician.send(page, path, **(good | spoiled))
        assert answer.status == 400 and "Nothing was moved" in said(answer)
    assert technician.send(page, path, **good).status == 303
    assert "from X01 to X02, from 07/01/2030 on · technician · QĐ-7" in technician.get(page + ENGLISH).text
    with site.store.read() as db:
        rows = [row for row in audit.search(db, None, None, "technician", None) if row.action == "device move"]
    assert {row.what.split()[0] for row in rows} == {"device", "door_decision"} and rows[0].why == "QĐ-7"


def test_a_technicians_click_is_done_by_the_station_and_its_answer_appears(site, technician):
    office = site.entrance.office
    office.start()
    work = office.collect()
    folder = office.folder / "door"
    folder.mkdir()
    (folder / "claim.txt").write_text(open_slot(technician).text)
    page, path = f"/devices/{DOOR}{ENGLISH}", f"/devices/{DOOR}/command{ENGLISH}"
    commander = Commander(site.store, SystemClock(), load_key(office.folder / "central-key.pem").sign)

    def answered() -> bool:
        for one in commander.due():
            work.publish(topic(one.device, Channel.CMD), one.payload, qos=1)
        return 'class="past checkup"' in technician.get(page).text

    with Station(folder, f'[enrolment]\nclaim = "{folder / "claim.txt"}"\n[clock]\nquality = "ntp"\n') as station:
        station.start()
        until(lambda: site.state() == "asks", what="the station's question")
        digits = digits_of(technician.get("/devices"))
        technician.send("/devices", f"/devices/{DOOR}/confirm", digits=digits)
        until(lambda: "d-live big" in technician.get(page).text, what="the station")
        refused = technician.send(page, path, operation="reader_mode", reader="door", mode="open", seconds="5")
        assert refused.status == 303, refused
        assert "Nothing was asked" in technician.get(refused.to.partition("#")[0]).text
        assert technician.send(page, path, operation="doctor").to == f"/devices/{DOOR}?lang=en&done=asked#commands"
        assert "its answer is awaited" in technician.get(page).text
        until(answered, what="the doctor's answer")
    text = technician.get(page).text
    assert "technician" in text and "Computer and system" in text and "door_decision" not in text
    with site.store.read() as db:
        rows = audit.search(db, None, None, "technician", "door_decision")
    assert [(row.action, row.origin) for row in rows] == [("device doctor", "web 127.0.0.1")]
    assert site.visitor(Role.AUDITOR).get(page).text.count('name="operation"') == 0


def test_whoever_may_only_look_finds_no_button_and_changes_nothing(site):
    auditor, clerk = site.visitor(Role.AUDITOR), site.visitor(Role.CLERK)
    pages = auditor.get("/devices").text + auditor.get(f"/devices/{DOOR}").text
    assert "/devices/new" not in pages and "/revoke" not in pages
    assert auditor.get("/devices/new").status == clerk.get("/devices").status == 403
    token = re.search(r'value="([0-9a-f]{64})"', auditor.get("/account").text)[1]
    for path in ("/devices/new", f"/devices/{DOOR}/confirm", f"/devices/{DOOR}/refuse", f"/devices/{DOOR}/revoke"):
        assert auditor.get(path, {"form_token": token, "code": DOOR, "reason": "because"}).status == 403
    assert 'href="/devices' in auditor.get("/account").text and 'href="/devices' not in clerk.get("/account").text


def test_a_form_from_elsewhere_opens_nothing(site, technician):
    assert technician.get("/devices/new", {"door": DOOR}).status == 403
    assert technician.get("/devices/new", {"door": DOOR, "form_token": "0" * 64}).status == 403
    assert slots(site.store, site.entrance.office.authority, NOW_MS) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"door": "a/b"}, "code has 1 to 39"),
        ({"door": "<script>"}, "code has 1 to 39"),
        ({"door": "new"}, "code has 1 to 39"),
        ({"door": "x" * 41}, "code has 1 to 39"),
        ({"door": "D-9", "unit": "NOWHERE"}, "no such unit"),
    ],
)
def test_a_slot_that_cannot_be_says_why_and_keeps_what_was_typed(technician, fields, problem):
    page = technician.send("/devices/new", f"/devices/new{ENGLISH}", location="H'Hen <cổng>", **fields)
    assert page.status == 409 and problem in said(page)
    assert "H&#39;Hen &lt;cổng&gt;" in page.text and "<script>" not in page.text


def test_the_whole_fleet_is_shown_by_unit_before_any_station_is_there(technician):
    page = technician.get(f"/devices{ENGLISH}").text
    assert "no station is registered for it" in page and ">D-X01</a>" in page
    assert "Open a slot for this door" in technician.get(f"/devices/{DOOR}{ENGLISH}").text
    assert technician.get("/devices/D-NONE").status == 404
