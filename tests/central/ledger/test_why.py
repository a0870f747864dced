"""Why, from a database: facts gathered now, told in sentences; what is stored stands beside them."""

import datetime as dt
import json

import pytest

from central import months
from central.errors import UnknownStaffError
from central.explaining import Explanation, Section, lines_of
from central.months import Signing
from central.reports.why import explain
from central.tables import (
    Assignment,
    Badge,
    DutySlot,
    Leave,
    ManualEntry,
    OfficePolicy,
    RollCall,
    RollCallLine,
    Staff,
)
from central.web.texts import catalogue
from edge.wire import events as wire
from tests.central.ledger.office import DATE, HandClock, Office, at

SUNDAY = dt.date(2018, 11, 11)
NEXT = dt.date(2018, 11, 13)


def told(office: Office, staff: str = "A", on: dt.date = DATE) -> Explanation:
    with office.store.read() as db:
        return explain(db, staff, on, office.clock.ms)


def lines(office: Office, section: Section, staff: str = "A", on: dt.date = DATE) -> list[str]:
    found = lines_of(told(office, staff, on), catalogue("vi").gettext)
    return [line.text for line in found if line.section is section]


def a_morning(office: Office, *taps: str, until: str = "20:00") -> None:
    """Somebody's taps of the date at the one door, which then delivered up to that time."""
    badge, door = office.person("A"), office.door()
    door.start("06:00")
    for time in taps:
        door.tap(badge, time)
    door.heartbeat(until)
    office.until(until)


def test_a_lateness_is_told_with_its_hours_its_tap_and_its_remedy(office: Office):
    a_morning(office, "07:41:27", "12:01", "13:29", "17:01")
    assert lines(office, Section.VERDICT)[3].startswith("Đi muộn 11 phút: quẹt vào lúc 07:41:27; giờ bắt đầu là 07:30.")
    assert (
        lines(office, Section.OTHERWISE)[0]
        == "Nếu quẹt vào lúc 07:35:00 hoặc trước đó thì buổi sáng không bị tính đi muộn."
    )
    assert lines(office, Section.HOURS)[0] == (
        "Buổi sáng: từ 07:30 đến 12:00, châm chước 5 phút khi vào và 0 phút khi ra; giờ của Xã H, đơn vị cấp trên, "
        "không giới hạn thời gian, văn bản số 01/TB."
    )
    assert lines(office, Section.PUNCHES)[0] == (
        "07:41:27  D-X: lượt vào buổi sáng; giờ của đồng hồ tại cửa, đã đồng bộ qua mạng, chính xác đến giây."
    )
    assert "cũng như vậy" in lines(office, Section.RECORD)[-1]


def test_no_line_and_no_fact_holds_a_badge_number(office: Office):
    a_morning(office, "07:41", "12:01")
    from central.commands.why import facts

    found = told(office)
    account = json.dumps(facts(found, lines_of(found, catalogue("vi").gettext)), ensure_ascii=False)
    assert "em:A" not in account and '"differs": false' in account and "2018-11-12T07:41:00+07:00" in account


def test_an_open_day_says_what_it_waits_for(office: Office):
    a_morning(office, "07:25", until="11:00")
    office.clock.ms = at("13:00")
    assert "Buổi sáng: chưa kết luận." in lines(office, Section.VERDICT)
    waits = "Khi chưa có dữ liệu đến 13:30:00 thì chưa kết luận là đủ công."
    assert f"Dữ liệu chưa về đủ: D-X, đã gửi dữ liệu đến 11:00:00. {waits}" in lines(office, Section.VERDICT)
    assert "Khi D-X đã gửi dữ liệu quá 13:30:00 thì buổi sáng có kết quả cuối cùng." in lines(office, Section.OTHERWISE)


def test_a_door_that_never_delivered_is_named(office: Office):
    office.person("A")
    office.door()
    office.until("20:00")
    assert lines(office, Section.DOORS) == ["Các cửa của cơ quan: D-X.", "D-X, chưa từng gửi dữ liệu."]


def test_doors_that_were_down_are_named_with_their_decision(office: Office):
    badge, door = office.person("A"), office.door()
    door.start("06:00")
    door.tap(badge, "07:50")
    for time in ("12:01", "13:29", "17:01"):
        door.tap(badge, time)
    door.heartbeat("20:00")
    office.close_door(door, "07:10", "07:45")
    office.until("20:00")
    assert lines(office, Section.VERDICT)[-3] == (
        "Từ 07:30:00 đến 07:45:00 không cửa nào của cơ quan ghi được (D-X: mất kết nối đầu đọc thẻ từ 07:10:00 đến "
        "07:45:00, văn bản số 03/QĐ); nếu có quẹt thẻ lúc đó cũng không ghi lại được, nên không kết luận là đi muộn."
    )
    assert "D-X: mất kết nối đầu đọc thẻ từ 07:10:00 đến 07:45:00, văn bản số 03/QĐ." in lines(office, Section.DOORS)


def test_leave_is_told_by_its_kind_and_dates_and_never_by_its_reason(office: Office):
    a_morning(office, "07:41")
    office.add(Leave(staff="A", date_from=DATE, date_to=NEXT, symbol="P", reason="chữa bệnh"))
    assert lines(office, Section.PLANS) == ["Nghỉ có phép (P), cả ngày, từ 12/11/2018 đến 13/11/2018."]
    assert lines(office, Section.CONFLICTS) == [
        "Có lượt quẹt trong buổi sáng dù đã có kế hoạch vắng. Cả hai đều được nêu; kế hoạch quyết định."
    ]
    assert not [line for line in lines_of(told(office), catalogue("vi").gettext) if "bệnh" in line.text]


def test_two_plans_of_one_session_are_shown_as_not_agreeing(office: Office):
    a_morning(office)
    office.leave("A", "AM")
    office.field_duty("A", "AM")
    assert lines(office, Section.CONFLICTS)[0].startswith("Có nhiều kế hoạch cho buổi sáng")


def test_a_stored_verdict_that_the_facts_no_longer_bear_out_is_said_to_differ(office: Office):
    a_morning(office, "07:41", "12:01", "13:29", "17:01")
    office.leave("A", "AM")
    stored = lines(office, Section.RECORD)
    assert "ghi khác: buổi sáng: có mặt, đi muộn 11 phút; buổi chiều: có mặt." in stored[1]
    assert "Dữ liệu đã thay đổi" in stored[2]
    office.mark("A")
    assert "đang chờ xét lại" in lines(office, Section.RECORD)[2]
    office.until("20:00")
    assert "cũng như vậy" in lines(office, Section.RECORD)[-1]


def test_days_off_holidays_and_dates_before_employment_have_their_word(office: Office):
    a_morning(office)
    assert lines(office, Section.VERDICT, on=SUNDAY) == [
        "Cả ngày: ngày nghỉ hằng tuần; không có giờ làm việc trong ngày này."
    ]
    office.holiday()
    assert lines(office, Section.HOURS)[0] == "12/11/2018 là ngày lễ của Xã H, văn bản số 02/TB."
    office.add(
        Staff(code="N", full_name="Lê N", name_sort="N", name_search="n", joined=NEXT),
        Assignment(staff="N", unit="X", rank=9),
    )
    assert lines(office, Section.VERDICT, "N") == [
        "Cả ngày: không thuộc thời gian làm việc tại cơ quan.", "Ngày bắt đầu làm việc: 13/11/2018.",
    ]  # fmt: skip
    assert "Chưa có kết quả nào được lưu cho ngày này." in lines(office, Section.RECORD, "N")


def test_a_tap_at_another_units_door_names_that_unit(office: Office):
    office.unit("Y", "H")
    badge, door = office.person("A"), office.door()
    other = office.door("D-Y", "Y")
    for station in (door, other):
        station.start("06:00")
    other.tap(badge, "07:20")
    door.heartbeat("20:00")
    other.heartbeat("20:00")
    office.until("20:00")
    assert "; cửa của Xã Y; " in lines(office, Section.PUNCHES)[0]


def test_a_clock_that_never_learned_the_time_is_told_in_words(office: Office):
    badge, door = office.person("A"), office.door(clock=wire.Clock.NONE)
    door.start("06:00")
    door.tap(badge, "07:30")
    door.tap(badge, "09:40")
    door.heartbeat("20:00")
    office.until("20:00")
    assert all("đồng hồ của cửa chưa đồng bộ" in line for line in lines(office, Section.PUNCHES))


def test_a_tap_of_another_uncounted_kind_is_listed(office: Office):
    a_morning(office, "07:25", "09:00", "12:01")
    assert "trong buổi sáng, không phải lượt vào hay lượt ra" in lines(office, Section.PUNCHES)[1]


def test_somebody_without_a_unit_is_told_so(office: Office):
    office.add(Staff(code="S", full_name="Lê S", name_sort="s", name_search="s"), Badge(number="em:S", staff="S"))
    assert "hãy bổ sung phân công" in lines(office, Section.VERDICT, "S")[1]


def entry(session: str, **more: object) -> ManualEntry:
    told = {"staff": "A", "date": DATE, "in_s": 7 * 3600 + 29 * 60, "out_s": 12 * 3600, "reason": "quên thẻ"}
    return ManualEntry(session=session, entered_by="B", entered_ms=0, **told | more)


def test_entries_are_told_with_who_made_and_who_approved_them(office: Office):
    office.person("B")
    office.person("C")
    a_morning(office, "07:50", "12:01", "13:29", "17:01")
    office.add(
        entry("AM", approved_by="C", approved_ms=1, doc_no="06/GT"),
        entry("PM"),
        entry("PM", out_s=None, approved_by="C", withdrawn_by="C", withdrawn_ms=2),
    )
    assert lines(office, Section.PLANS) == [
        "Bổ sung công buổi sáng: giờ vào 07:29:00, giờ ra 12:00:00; lý do: quên thẻ; người nhập: Lê B (B); "
        "người duyệt: Lê C (C), văn bản số 06/GT.",
        "Bổ sung công buổi chiều: giờ vào 07:29:00, giờ ra 12:00:00; lý do: quên thẻ; người nhập: Lê B (B); chưa được "
        "duyệt nên không tính.",
        "Bổ sung công buổi chiều: giờ vào 07:29:00, giờ ra theo lượt quẹt; lý do: quên thẻ; người nhập: Lê B (B); "
        "người duyệt: Lê C (C); Lê C (C) đã rút lại nên không tính.",
    ]
    assert "nhưng giờ lấy theo bổ sung công được duyệt" in lines(office, Section.PUNCHES)[0]
    assert "ghi giờ khác nhau" in lines(office, Section.CONFLICTS)[0]
    assert "Buổi sáng: có mặt, đúng giờ và đủ giờ." in lines(office, Section.VERDICT)


def test_duty_slots_are_told_beside_the_sessions(office: Office):
    office.person("B")
    a_morning(office, "06:50", "12:01", "13:29", "17:01")
    office.add(
        DutySlot(
            staff="A",
            date=DATE,
            start_min=405,
            end_min=450,
            kind="early_reception_am",
            swapped_with="B",
            doc_no="10/LT",
        ),
        DutySlot(staff="A", date=DATE, start_min=1140, end_min=1860, kind="night_duty", stand_in="B"),
    )
    early, night = lines(office, Section.DUTY)
    assert early == (
        "Nhiệm vụ tiếp công dân đầu giờ sáng, từ 06:45 đến 07:30: Lê A (A) đến muộn 5 phút; giờ trực không có châm "
        "chước. Đổi trực với Lê B (B). Văn bản số 10/LT."
    )
    assert night.startswith("Nhiệm vụ trực đêm, từ 19:00 đến 07:00 ngày 13/11/2018: chưa kết luận.")


@pytest.mark.parametrize(
    ("status", "taps", "said"),
    [
        ("absent", ["07:21", "12:01"], "không thấy người này, dù có lượt quẹt thẻ"),
        ("present", ["07:21", "12:01"], None),
        ("present", [], "thấy người này có mặt, dù không có lượt quẹt thẻ"),
        ("present", ["08:10", "12:01"], "thấy người này có mặt, dù không có lượt quẹt thẻ"),
        ("absent", [], None),
        ("leave", ["07:21", "12:01"], None),
    ],
)
def test_a_roll_call_that_saw_something_else_is_shown(office: Office, status: str, taps: list[str], said: str | None):
    office.person("B")
    a_morning(office, *taps)
    office.add(
        RollCall(id=1, date=DATE, at_min=465, room="X.R1", taken_by="B"),
        RollCallLine(roll_call_id=1, staff="A", status=status),
    )
    found = lines(office, Section.CONFLICTS)
    assert found == [] if said is None else said in found[0] and "lúc 07:45:00 do Lê B (B) thực hiện" in found[0]


def test_a_signed_month_is_told_with_what_it_says_and_what_was_proposed_since(office: Office):
    a_morning(office, "07:41", "12:01", "13:29", "17:01")
    later = at("08:00", dt.date(2018, 12, 3))
    months.lock(office.store, HandClock(later), Signing("2018-11", "H", "Lê C", "12/BC"), accept_open=True)
    office.leave("A", "AM")
    office.mark("A")
    office.clock.ms = later
    office.ledger.settle()
    *_, signed, says, proposed = lines(office, Section.RECORD)
    assert signed.startswith("Bảng công tháng này đã được Lê C ký lúc 08:00:00 03/12/2018, văn bản số 12/BC;")
    assert says == "Bảng công đã ký ghi: buổi sáng: có mặt, đi muộn 11 phút; buổi chiều: có mặt."
    assert proposed == "Đã có đề nghị điều chỉnh trong bảng công tháng 2018-12."


def test_a_policy_that_the_office_set_is_told_with_its_document(office: Office):
    office.add(OfficePolicy(unit="H", name="dedup_s", value="90", valid_from=DATE, doc_no="08/QĐ"))
    a_morning(office)
    assert lines(office, Section.HOURS)[-1] == (
        "Quy định riêng của Xã H: các lượt quẹt của một thẻ trong vòng 90 giây tính là một lượt (quẹt trùng), áp dụng "
        "từ 12/11/2018, văn bản số 08/QĐ."
    )


def test_a_date_before_the_hours_were_announced_is_told_apart_from_a_day_off(office: Office):
    with office.store.write() as db:
        db.exec_driver_sql("UPDATE schedule_row SET valid_from = '2018-11-12'")
    a_morning(office)
    assert lines(office, Section.VERDICT, on=SUNDAY)[1].startswith(
        "Chưa có thông báo giờ làm việc áp dụng cho Xã X hoặc"
    )
    saturday = DATE + dt.timedelta(days=5)
    assert lines(office, Section.VERDICT, on=saturday) == [
        "Cả ngày: ngày nghỉ hằng tuần; không có giờ làm việc trong ngày này."
    ]


@pytest.mark.parametrize(("out", "said"), [("17:29:59", []), ("17:47", ["Ở lại 47 phút sau giờ kết thúc 17:00"])])
def test_the_overtime_that_is_proposed_is_told(office: Office, out: str, said: list[str]):
    a_morning(office, "07:25", "12:01", "13:29", out)
    assert [line[:36] for line in lines(office, Section.OVERTIME)] == said


def test_an_unknown_person_is_refused(office: Office):
    with pytest.raises(UnknownStaffError, match="nobody has the code 'Z'"):
        told(office, "Z")
