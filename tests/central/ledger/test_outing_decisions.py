"""Ways to the field that nobody planned: listed until a person decides, judged again at once, and told in the why."""

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from central.errors import UnknownStaffError, UnknownUnitError
from central.explaining import Section, lines_of
from central.ledger.gathering import gather
from central.outings import Approval, Asked, OutingError, approve, found_between, refuse, withdraw
from central.reports.why import explain
from central.rules import evaluate
from central.rules.day import Outing
from central.store import duty, marks
from central.tables import DutySlot, OutingDecision
from central.web.texts import catalogue
from edge.wire.events import Punch
from tests.central.ledger.office import DATE, Office, Station, made

ONE = dt.timedelta(days=1)
AN = Asked("an", DATE)
DOUBTED = ["AM present needs_checking 180", "PM incomplete needs_checking"]
FIELD = ["AM field_duty", "PM field_duty"]
BY_TAPS = ["AM present early_leave 180", "PM absent"]


def press(door: Station, badge: str, word: str, on: dt.date = DATE) -> None:
    """`09:00>` is a tap after the button on going out, `11:00<` on coming back, `12:00` one without."""
    remarks = {">": ("known", "field_out"), "<": ("known", "field_in")}.get(word[-1], ("known",))
    door.say(Punch(badge, "main", remarks), word.strip("<>"), on)


def a_date(office: Office, words: str = "07:20 09:00>", staff: str = "an") -> Station:
    """Somebody's taps of the date at the one door, which has delivered all of it."""
    door = office.door()
    badge = office.person(staff)
    door.start("05:30")
    for word in words.split():
        press(door, badge, word)
    door.heartbeat("19:00")
    office.until("19:01")
    return door


def decide(office: Office, asked: Asked = AN, **told: object) -> int:
    number = approve(office.store, office.clock, asked, Approval(**told), "Trần Chủ tịch", "họp xóm")  # type: ignore[arg-type]
    office.ledger.settle()
    return number


def reject(office: Office, asked: Asked = AN) -> int:
    number = refuse(office.store, office.clock, asked, "Trần Chủ tịch", "không có ai cử đi", "05/TB")
    office.ledger.settle()
    return number


def take_back(office: Office, number: int) -> None:
    withdraw(office.store, office.clock, number, "Trần Chủ tịch", "nhầm ngày")
    office.ledger.settle()


def listed(office: Office, first: dt.date = DATE, last: dt.date = DATE, **more: object) -> list[str]:
    with office.store.read() as db:
        found = found_between(db, first, last, more.pop("unit", None), office.clock.ms, **more)  # type: ignore[arg-type]
    return [" ".join([one.key[0], f"{one.key[1]:%d}", one.at, *one.sessions]) for one in found]


def told(office: Office, section: Section = Section.PLANS, language: str = "vi") -> list[str]:
    with office.store.read() as db:
        found = lines_of(explain(db, "an", DATE, office.clock.ms), catalogue(language).gettext)
    return [line.text for line in found if line.section is section]


def test_an_approved_way_is_field_duty_until_that_is_withdrawn(office: Office) -> None:
    a_date(office)
    before = office.day("an")
    assert office.says("an") == DOUBTED
    assert listed(office) == ["an 12 09:00 to … AM PM"]
    number = decide(office)
    assert office.says("an") == FIELD
    assert office.day("an").sessions[0].symbol == "CS"
    assert listed(office) == []
    assert listed(office, decided=True) == ["an 12 09:00 to …"]
    take_back(office, number)
    assert office.says("an") == DOUBTED
    assert office.day("an").sessions == before.sessions
    assert listed(office) == ["an 12 09:00 to … AM PM"]


def test_a_refused_way_is_judged_by_the_taps_alone(office: Office) -> None:
    a_date(office)
    number = reject(office)
    assert office.says("an") == BY_TAPS
    assert '"outings":[{"row":"outing:' in office.day("an").why
    take_back(office, number)
    assert office.says("an") == DOUBTED


def test_one_half_day_may_be_approved_and_the_other_goes_by_the_taps(office: Office) -> None:
    a_date(office)
    decide(office, sessions=["AM"], document="06/QĐ")
    assert office.says("an") == ["AM field_duty", "PM absent"]
    assert '"06/QĐ"' in office.day("an").why
    assert listed(office) == []


def test_what_a_plan_covers_wholly_is_no_question(office: Office) -> None:
    a_date(office, "07:20 09:00> 11:00< 12:00 13:20 17:00")
    assert listed(office) == ["an 12 09:00 to 11:00 AM"]
    office.field_duty("an", "AM")
    assert listed(office) == []
    with pytest.raises(OutingError, match="no way to the field that is open"):
        decide(office)


def test_the_tap_coming_back_belongs_to_what_was_decided_when_it_had_not_come_yet(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    press(door, an, "07:20")
    press(door, an, "09:00>")
    office.until("09:30")
    decide(office, sessions=["AM"])
    assert office.sees("an").presence.state == "field" and not office.sees("an").presence.unplanned
    press(door, an, "14:30<")
    press(door, an, "17:01")
    door.heartbeat("19:00")
    office.until("19:01")
    assert office.says("an") == ["AM field_duty", "PM present late 60"]
    assert listed(office) == []


def test_each_of_several_ways_is_decided_by_its_tap(office: Office) -> None:
    a_date(office, "07:20 09:00> 10:00< 12:00 13:20 15:00>")
    assert listed(office) == ["an 12 09:00 to 10:00 AM", "an 12 15:00 to … PM"]
    with pytest.raises(OutingError, match="09:00 to 10:00, 15:00 to …"):
        decide(office)
    decide(office, Asked("an", DATE, "15:00"))
    assert office.says("an") == ["AM present", "PM field_duty"]
    assert listed(office) == ["an 12 09:00 to 10:00 AM"]
    with pytest.raises(OutingError, match="is decided already, by Trần Chủ tịch"):
        reject(office, Asked("an", DATE, "15:00"))
    with pytest.raises(OutingError, match="an on 2018-11-12 at 08:00 has no way"):
        reject(office, Asked("an", DATE, "08:00"))


@pytest.mark.parametrize("by", ["an", "LÊ AN", " Lê  an ", "Lê an (an)"])
def test_nobody_approves_a_way_of_his_own(office: Office, by: str) -> None:
    a_date(office)
    with pytest.raises(OutingError, match="pressed the button; somebody else approves it"):
        approve(office.store, office.clock, AN, Approval(), by, "họp xóm")
    assert office.says("an") == DOUBTED


def test_the_database_lets_nobody_approve_a_way_of_his_own_either(office: Office) -> None:
    a_date(office)
    row = {"staff": "an", "date": DATE, "taps": "x:1", "sessions": "", "place": "", "reason": "r", "doc_no": ""}
    insert = sa.insert(OutingDecision.__table__)  # type: ignore[attr-defined]
    with pytest.raises(IntegrityError), office.store.write() as db:
        db.execute(insert.values(row | {"approved": True, "decided_by": "an", "decided_ms": 0}))
    with office.store.write() as db:
        db.execute(insert.values(row | {"approved": False, "decided_by": "an", "decided_ms": 0}))


def test_what_cannot_be_decided_is_refused_with_its_reason(office: Office) -> None:
    a_date(office)
    with pytest.raises(UnknownStaffError):
        decide(office, Asked("am", DATE))
    with pytest.raises(UnknownUnitError):
        listed(office, unit="Z")
    with pytest.raises(OutingError, match="touches AM, PM, not NIGHT"):
        decide(office, sessions=["AM", "NIGHT"])
    for by, reason in (("", "họp"), ("Trần", " ")):
        with pytest.raises(OutingError, match="who decided this and why"):
            approve(office.store, office.clock, AN, Approval(), by, reason)
    with pytest.raises(OutingError, match="write it shorter"):
        approve(office.store, office.clock, AN, Approval(), "Trần", "x" * 201)
    with pytest.raises(OutingError, match="there is no decision 7"):
        take_back(office, 7)
    number = reject(office)
    take_back(office, number)
    with pytest.raises(OutingError, match=f"Trần Chủ tịch has withdrawn decision {number}"):
        take_back(office, number)
    assert listed(office) == ["an 12 09:00 to … AM PM"]


def test_a_way_on_a_day_without_hours_is_listed_and_decided(office: Office) -> None:
    sunday = DATE - ONE
    door, an = office.door(), office.person("an")
    door.start("06:30", sunday)
    press(door, an, "08:00>", sunday)
    office.add(DutySlot(staff="an", date=sunday, start_min=600, end_min=660, kind="sunday_duty"))
    office.mark("an", sunday)
    door.heartbeat("23:00", sunday)
    office.until("23:01", sunday)

    def slots() -> list[str]:
        with office.store.read() as db:
            return [line.outcome for line in duty.duty_verdicts(db, sunday, sunday)]

    assert slots() == ["needs_checking"]
    assert listed(office, sunday, DATE) == ["an 11 08:00 to …"]
    asked = Asked("an", sunday)
    number = reject(office, asked)
    assert slots() == ["no_show"]
    take_back(office, number)
    decide(office, asked)
    assert slots() == ["needs_checking"]  # no words accuse whoever was in the field, and no tap shows him at the slot
    assert listed(office, sunday, DATE) == []


def test_a_decision_about_a_stand_in_judges_the_slot_of_the_person_stood_in_for(office: Office) -> None:
    a_date(office, "08:30>")
    office.person("binh")
    office.add(DutySlot(staff="binh", date=DATE, start_min=600, end_min=660, kind="reception", stand_in="an"))
    office.mark("binh")
    office.until("19:02")
    with office.store.read() as db:
        assert [line.outcome for line in duty.duty_verdicts(db, DATE, DATE)] == ["needs_checking"]
    reject(office)
    with office.store.read() as db:
        assert [line.outcome for line in duty.duty_verdicts(db, DATE, DATE)] == ["no_show"]


def test_the_list_keeps_to_its_dates_and_its_unit(office: Office) -> None:
    door = a_date(office)
    office.unit("Y", "H")
    other = office.person("binh", unit="Y")
    press(door, other, "10:00<", DATE + ONE)
    office.until("12:00", DATE + ONE)
    assert listed(office, DATE, DATE + ONE) == ["an 12 09:00 to … AM PM", "binh 13 … to 10:00 AM"]
    assert listed(office, DATE, DATE + ONE, unit="Y") == ["binh 13 … to 10:00 AM"]
    assert listed(office, DATE + ONE, DATE + ONE, unit="H") == ["binh 13 … to 10:00 AM"]


def test_somebody_who_has_left_has_no_way_to_decide_about(office: Office) -> None:
    door = office.door()
    badge = office.person("an", left=DATE - ONE)
    door.start("06:30")
    press(door, badge, "09:00>")
    office.until("10:00")
    assert listed(office) == []


def test_a_badge_that_changes_hands_takes_its_decision_along_to_nobody(office: Office) -> None:
    a_date(office)
    decide(office)
    with office.store.write() as db:
        db.exec_driver_sql("UPDATE badge SET state = 'lost' WHERE number = 'em:an'")
        marks.mark_days(db, [("an", DATE)], office.clock.ms)
    office.ledger.settle()
    assert [line.split()[1] for line in office.says("an")] == ["absent", "absent"]


def test_a_fork_that_is_decided_keeps_what_was_decided_about_the_way(office: Office) -> None:
    door, an = office.door(), office.person("an")
    door.start("06:30")
    door.tap(an, "07:20")
    went = door.say(Punch(an, "main", ("known", "field_out")), "09:00")
    office.fork(went, "09:05", an)
    door.heartbeat("19:00")
    office.until("19:01")
    assert listed(office) == ["an 12 09:00 to 09:05 AM", "an 12 09:05 to … AM PM"]
    decide(office, Asked("an", DATE, "09:00"))
    assert listed(office) == []  # one event, whatever its version
    with office.store.write() as db:
        db.exec_driver_sql("UPDATE forked_event SET decided = '07/QĐ'")
        marks.mark_days(db, [("an", DATE)], office.clock.ms)
    office.ledger.settle()
    assert (listed(office), office.says("an")[0]) == ([], "AM field_duty")


def test_the_why_tells_the_question_the_answer_and_what_was_withdrawn(office: Office) -> None:
    a_date(office)
    assert told(office) == ["Bấm “Đi cơ sở” tại D-X, từ 09:00:00: chưa có kế hoạch, chưa có người xem xét."]
    assert told(office, Section.OTHERWISE)[-2] == (
        "Nếu lượt đi cơ sở này được duyệt thì buổi chiều là đi cơ sở; nếu không được duyệt thì chỉ tính theo lượt quẹt."
    )
    number = decide(office, place="xóm Gia", sessions=["AM", "PM"])
    assert told(office, language="en") == [
        "Field duty, the morning, at xóm Gia.",
        "Field duty, the afternoon, at xóm Gia.",
        "“Field duty” pressed at D-X, from 09:00:00 on: approved as field duty by Trần Chủ tịch at 19:01:00 "
        "12/11/2018, for the morning and the afternoon; reason: họp xóm.",
    ]
    take_back(office, number)
    reject(office)
    first, second = told(office)
    assert first.endswith("lý do: họp xóm; Trần Chủ tịch đã rút lại nên không tính.")
    assert second == (
        "Bấm “Đi cơ sở” tại D-X, từ 09:00:00: Trần Chủ tịch không duyệt, lúc 19:01:00 12/11/2018; chỉ tính "
        "theo lượt quẹt; lý do: không có ai cử đi, văn bản số 05/TB."
    )
    assert not any("xem xét" in line for line in told(office, Section.VERDICT))


WORDS = st.lists(
    st.tuples(st.integers(6 * 60, 18 * 60), st.sampled_from(["", "", "<", ">"])),
    min_size=1,
    max_size=6,
    unique_by=lambda t: t[0],
)


@given(WORDS, st.lists(st.booleans(), max_size=4))
@settings(max_examples=15, deadline=None)
def test_deciding_and_withdrawing_restores_the_verdict(taps: list[tuple[int, str]], answers: list[bool]) -> None:
    with TemporaryDirectory() as folder, made(f"sqlite:///{folder}/office.db") as office:
        a_date(office, " ".join(f"{minute // 60:02}:{minute % 60:02}{button}" for minute, button in sorted(taps)))
        before, numbers = office.says("an"), []
        plain = _by_taps(office)
        for approved in answers:
            if open_ones := listed(office):
                _, _, out, _, back, *_ = open_ones[0].split()
                asked = Asked("an", DATE, out if out != "…" else back)
                with suppress(OutingError):  # two ways may share a tap: then nothing is decided
                    numbers.append(decide(office, asked) if approved else reject(office, asked))
        if not any(answers) and not listed(office):
            assert office.says("an") == plain
        for number in numbers:
            take_back(office, number)
        assert office.says("an") == before


def _by_taps(office: Office) -> list[str]:
    """What the rules say of the same taps without any button."""
    with office.store.read() as db:
        day = gather(db, "an", DATE, office.clock.ms)
    plain = evaluate(replace(day, taps=tuple(replace(tap, outing=Outing.NONE) for tap in day.taps)))
    return [
        " ".join([s.session.name, s.outcome, *s.flags, *(str(m) for m in (s.late_min, s.early_min) if m)])
        for s in plain.sessions
    ]
