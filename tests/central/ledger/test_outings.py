"""The field duty button, end to end: a remark in a sealed line, a verdict that accuses nobody, and the reason told."""

import json

import pytest

from central.ledger import presence_now
from central.web.board import board_page
from central.web.live import presence_rows
from edge.wire.events import Punch
from tests.central.ledger.office import Office


def test_who_went_to_the_field_by_the_button_is_asked_about_and_not_accused(office: Office) -> None:
    door, an, binh = office.door(), office.person("an"), office.person("binh")
    door.start("06:30")
    for badge in (an, binh):
        door.tap(badge, "07:20")
    door.tap(binh, "09:00")
    went = door.say(Punch(an, "main", ("known", "field_out")), "09:00")
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("binh") == ["AM present early_leave 180", "PM absent"]
    assert office.says("an") == ["AM present needs_checking 180", "PM incomplete needs_checking"]
    morning, afternoon = json.loads(office.day("an").why)["sessions"]
    assert [r["cause"] for s in (morning, afternoon) for r in s["reasons"]] == ["outing", "outing"]
    assert (morning["reasons"][0]["withheld"], afternoon["reasons"][0]["withheld"]) == ("early_leave", "absent")
    assert afternoon["reasons"][0]["taps"] == [f"{door.journal}:{went.event.seq}"]


def test_who_comes_back_from_the_field_is_not_called_late(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    door.say(Punch(an, "main", ("known", "field_in")), "08:00")
    office.until("08:01")
    assert office.sees("an").presence.state == "in"
    for time in ("12:00", "13:20", "17:10"):
        door.tap(an, time)
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an")[0].startswith("AM present needs_checking")


def test_a_badge_or_reader_that_is_called_so_is_no_remark(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    door.say(Punch(an, "field_out", ("known",), evidence='"field_out"'), "07:50")
    door.heartbeat("18:01")
    office.until("18:02")
    assert office.says("an")[0].startswith("AM incomplete late missing_out")


@pytest.mark.parametrize(
    ("language", "label"), [("vi", "đi cơ sở (chưa có kế hoạch)"), ("en", "in the field (not planned)")]
)
def test_the_board_shows_who_went_by_the_button_and_since_when(office: Office, language: str, label: str) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    door.tap(an, "07:20")
    door.say(Punch(an, "main", ("known", "field_out")), "09:00")
    office.until("09:01")
    with office.store.read() as db:
        seen = presence_now(db, office.clock.ms)
    (line,) = board_page(seen, office.clock.ms, language).units[0].others
    assert (line.state, line.label, line.detail) == ("field", label, "09:00")
    (row,) = presence_rows(seen)
    assert (row["state"], row["note"], row["device"]) == ("field", "not_planned", "D-X")
    door.say(Punch(an, "main", ("known", "field_in")), "13:50")
    office.until("13:51")
    (row,) = presence_rows(office.board())
    assert (row["state"], row["note"], row["since"][11:16]) == ("in", None, "13:50")
