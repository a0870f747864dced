"""The sentences: complete in both languages, their places kept, every word of the rules covered, nobody accused."""

import ast
import datetime as dt
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from central.coverage import LOST, NO_DOOR, NO_POWER, NOT_THERE, STOPPED
from central.explaining import (
    Explanation,
    Section,
    choices,
    hinting,
    lines_of,
    proofs,
    sentences,
    sessions,
    stored,
    voice,
)
from central.explaining.facts import (
    CalendarTold,
    Conflict,
    ConflictKind,
    DoorBehind,
    DoorDown,
    DutyTold,
    EntryTold,
    HoursTold,
    Lock,
    OutingState,
    OutingTold,
    OvertimeTold,
    PlanTold,
    PolicyTold,
    PunchTold,
    ReasonTold,
    Record,
    SessionTold,
    StoredVerdict,
    Use,
)
from central.explaining.remedies import Remedy, RemedyKind
from central.rules.day import LOCAL, Cause, DayStatus, Flag, Outcome, Span
from central.rules.nights import WorkedOn
from central.rules.policy import POLICY_NAMES, PolicyError, read_value
from central.timing import Method
from central.web.texts import LANGUAGES, catalogue
from central.workdays import CalendarKind

ROOT = Path(__file__).parents[3]
ON = dt.date(2018, 11, 12)
GRACE = dt.timedelta(minutes=5)


def at(text: str, days: int = 0) -> dt.datetime:
    return dt.datetime.combine(ON + dt.timedelta(days=days), dt.time.fromisoformat(text), LOCAL)


def said_in_code() -> set[str]:
    """Every sentence that stands in a call of `say`, and those of the tables."""
    found = {*voice.words(), *sessions.sentences(), *proofs.phrases(), *sentences.phrases(), *stored.phrases()}
    found |= {*hinting.SENTENCES.values(), *choices.phrases()}
    for path in (ROOT / "central/explaining").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                said = node.args[0]
                found |= {said.value} if isinstance(said, ast.Constant) and isinstance(said.value, str) else set()
    return found


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("sentence", sorted(said_in_code()))
def test_every_sentence_is_said_in_vietnamese_with_the_same_places(sentence: str):
    vietnamese = catalogue("vi").gettext(sentence)
    assert vietnamese != sentence, "add it to central/web/locale/vi.po"
    assert places(vietnamese) <= places(sentence)
    assert places(sentence) - places(vietnamese) <= {"out", "in"}
    assert vietnamese == unicodedata.normalize("NFC", vietnamese)


def test_every_word_of_the_rules_has_its_sentence():
    assert set(sessions.OUTCOMES) == set(Outcome)
    assert set(sessions.FLAGS) == set(Flag)
    assert (set(stored.OUTCOMES), set(stored.FLAGS)) == (set(Outcome), set(Flag))
    assert set(sessions.CAUSES) == set(Cause)
    assert set(sessions.REMEDIES) == set(RemedyKind)
    assert set(sentences.STATUSES) == set(DayStatus)
    assert set(sentences.HEADINGS) == set(Section) - {Section.TITLE}
    assert set(proofs.USES) == set(Use)
    assert set(proofs.CONFLICTS) == set(ConflictKind)
    assert set(proofs.OUTINGS) == set(OutingState)
    assert set(proofs.METHODS) == {m.value for m in Method}
    assert set(proofs.CALENDAR) == {k.value for k in CalendarKind}
    assert {*choices.AMOUNTS, *(name for name, _ in choices.WORDS)} == set(POLICY_NAMES)
    assert {NO_POWER, STOPPED, NOT_THERE, LOST, NO_DOOR} <= set(sessions.DOWN)


MORNING = SessionTold(
    "AM", at("07:30"), at("12:00"), Outcome.PRESENT, time_in=at("07:25:10"), time_out=at("12:01"), grace_late=GRACE
)


def day(*told: SessionTold, **facts: object) -> Explanation:
    base = Explanation("CB0001", "Trần Minh Lực", ON, at("18:00"), DayStatus.PRESENT, "Xã Khê Dũng", "Xã Khê Dũng")
    return replace(base, sessions=told, **facts)  # type: ignore[arg-type]


def part(section: Section, told: Explanation, language: str = "vi") -> list[str]:
    lines = lines_of(told, catalogue(language).gettext)
    assert not [line.text for line in lines if re.search(r"[{}]|None", line.text)]
    return [line.text for line in lines if line.section is section]


LATE = replace(MORNING, flags=(Flag.LATE,), time_in=at("07:41:27"), late_min=11)


def test_a_lateness_names_the_tap_the_hour_the_grace_and_how_the_minutes_count():
    assert part(Section.VERDICT, day(LATE)) == [
        "Cả ngày: có mặt.",
        "Buổi sáng: có mặt.",
        "Vào lúc 07:41:27, ra lúc 12:01:00.",
        "Đi muộn 11 phút: quẹt vào lúc 07:41:27; giờ bắt đầu là 07:30. Được châm chước 5 phút, nên chỉ vào sau "
        "07:35:00 mới tính là muộn; số phút tính từ 07:30.",
    ]
    assert part(Section.VERDICT, day(LATE), "en")[-1] == (
        "Late by 11 minutes: arrived at 07:41:27; work starts at 07:30. With 5 minutes of grace an arrival counts as "
        "late only after 07:35:00; the minutes count from 07:30."
    )


def test_an_office_that_counts_from_the_end_of_grace_or_by_the_minute_is_told_so():
    (line,) = part(Section.VERDICT, day(replace(LATE, from_grace=True, by_minute=True)))[3:]
    assert "chỉ vào sau 07:35:59 mới tính là muộn; số phút tính từ 07:35." in line


def test_where_taps_are_in_turn_the_time_outside_is_named():
    told = replace(MORNING, away=(Span(at("09:00"), at("09:40")), Span(at("10:10"), at("10:20"))))
    assert part(Section.VERDICT, day(told))[-1] == (
        "Ra ngoài giữa buổi, không tính là thời gian làm việc: từ 09:00:00 đến 09:40:00 và từ 10:10:00 đến 10:20:00."
    )
    assert part(Section.VERDICT, day(told), "en")[-1] == (
        "Out in between, and not counted as worked: from 09:00:00 to 09:40:00 and from 10:10:00 to 10:20:00."
    )


def test_where_nights_are_divided_each_dates_time_is_named():
    told = replace(MORNING, worked=(WorkedOn(ON, 120), WorkedOn(ON + dt.timedelta(days=1), 360)))
    assert part(Section.VERDICT, day(told))[-1] == (
        "Thời gian làm việc, chia tại nửa đêm: 120 phút (12/11/2018) và 360 phút (13/11/2018)."
    )


def test_work_on_a_holiday_is_said_to_be_proposed():
    told = OvertimeTold(150, at("08:00"), at("10:30"), on_holiday=True)
    assert proofs.overtime(told, ON, catalogue("vi").gettext) == (
        "150 phút trong ngày lễ, từ 08:00 đến 10:30:00: đề nghị tính làm thêm giờ, do người có thẩm quyền duyệt "
        "hoặc không duyệt."
    )


def test_times_that_nobody_tapped_are_said_to_be_taken_from_the_hours():
    assert part(Section.VERDICT, day(replace(MORNING, assumed_out=True)))[-1] == (
        "Không quẹt, lấy theo giờ làm việc vì cơ quan này chỉ yêu cầu hai lượt quẹt mỗi ngày: giờ ra."
    )


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "Về sớm chưa đến 1 phút"), (1, "Về sớm 1 phút"), (25, "Về sớm 25 phút")]
)
def test_an_early_leave_below_a_minute_is_not_told_as_zero(minutes: int, said: str):
    early = replace(MORNING, flags=(Flag.EARLY_LEAVE,), time_out=at("11:59:40"), early_min=minutes)
    assert part(Section.VERDICT, day(early))[-1].startswith(said)


@pytest.mark.parametrize(
    ("remedy", "vietnamese", "english"),
    [
        (
            Remedy(RemedyKind.COME_BY, None, at("07:35")),
            "Nếu quẹt vào lúc 07:35:00 hoặc trước đó thì buổi sáng không bị tính đi muộn.",
            "With a first tap at 07:35:00 or before, the morning is not late.",
        ),
        (
            Remedy(RemedyKind.TAP_OUT, at("12:00"), at("12:45")),
            "Thêm một lượt quẹt từ 12:00:00 đến 12:45:00 thì buổi sáng đủ lượt quẹt ra.",
            "One more tap between 12:00:00 and 12:45:00 is the departure that is missing in the morning.",
        ),
        (
            Remedy(RemedyKind.DOORS_DELIVER, at("12:30")),
            "Khi D-X01 (Cổng chính) đã gửi dữ liệu quá 12:30:00 thì buổi sáng có kết quả cuối cùng.",
            "When D-X01 (Cổng chính) has delivered past 12:30:00, the morning becomes final.",
        ),
    ],
)
def test_what_would_have_to_be_different_is_said_plainly(remedy: Remedy, vietnamese: str, english: str):
    behind = DoorBehind("D-X01", "Cổng chính", at("12:00"))
    reason = ReasonTold(Cause.UNDELIVERED, at("12:00"), at("12:30"), behind=(behind,))
    told = day(replace(LATE, reasons=(reason,), remedies=(remedy,)))
    assert part(Section.OTHERWISE, told)[0] == vietnamese
    assert part(Section.OTHERWISE, told, "en")[0] == english


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (at("09:00"), at("15:00"), "từ 09:00:00 đến 15:00:00"),
        (at("09:00"), None, "từ 09:00:00"),
        (None, at("10:00"), "đến 10:00:00"),
    ],
)
def test_an_outing_is_told_as_far_as_its_taps_go(start: dt.datetime | None, end: dt.datetime | None, span: str):
    reason = ReasonTold(Cause.OUTING, start, end, Flag.LATE)
    told = day(replace(LATE, flags=(Flag.NEEDS_CHECKING,), reasons=(reason,)))
    assert f"ở cơ sở {span}. " in part(Section.VERDICT, told)[-1]


def test_doors_that_could_not_record_are_named_with_their_times_and_document():
    down = DoorDown("D-X07", at("07:12"), at("07:41:30"), "power_cut", "03/QĐ")
    reason = ReasonTold(Cause.DOORS_DOWN, at("07:30"), at("07:41:30"), Flag.LATE, down=(down,))
    told = day(replace(LATE, flags=(Flag.NEEDS_CHECKING,), reasons=(reason,)))
    assert part(Section.VERDICT, told)[-1] == (
        "Từ 07:30:00 đến 07:41:30 không cửa nào của cơ quan ghi được (D-X07: mất điện từ 07:12:00 đến 07:41:30, văn "
        "bản số 03/QĐ); nếu có quẹt thẻ lúc đó cũng không ghi lại được, nên không kết luận là đi muộn."
    )


def test_a_door_without_a_word_of_its_own_is_told_as_it_said_it():
    down = DoorDown("D-X07", at("07:12"), at("08:00", 1), "strange")
    assert part(Section.DOORS, day(MORNING, down=(down,), waiting=(DoorBehind("D-X07", "", None),))) == [
        "D-X07: strange từ 07:12:00 đến 08:00:00 ngày 13/11/2018.",
        "D-X07, chưa từng gửi dữ liệu.",
    ]


HOURS = HoursTold("AM", at("07:30"), at("12:00"), GRACE, dt.timedelta(), "Huyện X", True, ON, None, "01/TB")


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (ON, ON, "áp dụng từ 12/11/2018 đến 12/11/2018"),
        (ON, None, "áp dụng từ 12/11/2018,"),
        (None, ON, "áp dụng đến 12/11/2018"),
        (None, None, "không giới hạn thời gian"),
    ],
)
def test_hours_name_their_version_their_unit_and_their_document(first: dt.date | None, last: dt.date | None, said: str):
    (line,) = part(Section.HOURS, day(MORNING, hours=(replace(HOURS, valid_from=first, valid_to=last),)))
    assert line.startswith("Buổi sáng: từ 07:30 đến 12:00, châm chước 5 phút khi vào và 0 phút khi ra; giờ của Huyện X")
    assert said in line and line.endswith(", văn bản số 01/TB.")


@pytest.mark.parametrize(("name", "value"), choices.WORDS)
def test_every_word_of_a_policy_is_one_that_it_knows(name: str, value: str):
    assert read_value(name, value) == value
    assert part(Section.HOURS, day(MORNING, policies=(PolicyTold(name, value, "Huyện X"),)))


@pytest.mark.parametrize("name", POLICY_NAMES)
def test_every_word_that_a_policy_knows_has_its_sentence(name: str):
    try:
        read_value(name, "?")
    except PolicyError as error:
        words = str(error).partition(": write ")[2]
    known = {value for said, value in choices.WORDS if said == name}
    assert known == (set() if name in choices.AMOUNTS else set(words.split(" or ")))


def test_a_policy_is_told_in_words_and_not_by_its_name():
    (line,) = part(Section.HOURS, day(MORNING, policies=(PolicyTold("dedup_s", "90", "Huyện X", ON, None, "8/QĐ"),)))
    assert line == (
        "Quy định riêng của Huyện X: các lượt quẹt của một thẻ trong vòng 90 giây tính là một lượt (quẹt trùng), áp "
        "dụng từ 12/11/2018, văn bản số 8/QĐ."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_fact_can_be_told(language: str):
    plan = PlanTold(Outcome.FIELD_DUTY, "AM", "CS", "05/KH", ON, ON, "X01.T01", "Bám sát cơ sở", "hamlet_head")
    away = PlanTold(Outcome.LEAVE, None, "P", "", ON, ON + dt.timedelta(days=2))
    approved = EntryTold("AM", at("07:29"), None, "quên thẻ", "Lê A", "Lê B", "06/GT", True)
    open_one = EntryTold("TRUC", None, at("12:00"))
    punches = [
        PunchTold(
            "1", at("07:29"), "D-1", "Cổng", "Xã khác", m.value, dt.timedelta(seconds=s), at("09:00"), True, u, "AM"
        )
        for m, s, u in zip(Method, (0, 40, 600, 9000, 1), list(Use)[:5], strict=True)
    ]
    punches += [PunchTold("2", at("07:29"), "D-1", use=u, session="PM") for u in list(Use)[5:]]
    behind, down = DoorBehind("D-1", "", None), DoorDown("D-1", at("07:00"), at("07:40"), "no_power")
    reasons = tuple(ReasonTold(c, at("07:30"), at("07:40"), w, ("1",)) for c in Cause for w in (None, Flag.LATE))
    reasons += (ReasonTold(Cause.CLOCK, None, None), ReasonTold(Cause.UNDELIVERED, None, None, behind=(behind,)))
    told = day(
        *(replace(MORNING, outcome=o, flags=tuple(Flag), reasons=reasons, plan=plan) for o in Outcome),
        replace(LATE, session="TRUC", time_in=None, time_out=None, remedies=tuple(Remedy(k) for k in RemedyKind)),
        replace(MORNING, outcome=Outcome.PENDING),
        replace(MORNING, outcome=Outcome.PENDING, time_in=None),
        hours=(HOURS, replace(HOURS, inherited=False, grace_late=dt.timedelta(seconds=90), start=at("07:30:30"))),
        calendar=tuple(CalendarTold(k.value, "Huyện X", "AM", "9/QĐ", ON) for k in CalendarKind),
        plans=(plan, away),
        entries=(approved, open_one),
        punches=tuple(punches),
        duties=tuple(
            DutyTold("night_duty", at("19:00"), at("07:00", 1), o, "Lê A", 17, "Lê C", "Lê D") for o in proofs.DUTIES
        ),
        conflicts=tuple(Conflict(k, "AM", at("07:45"), "Lê B") for k in ConflictKind),
        waiting=(behind,),
        down=(down,),
        office_doors=("D-1", "D-2"),
        record=Record(at("17:30"), DayStatus.ABSENT, (StoredVerdict("AM", Outcome.ABSENT, (), 0, 0),), True),
        lock=Lock(at("18:00"), "Lê E", "12/BC", "", tuple(StoredVerdict("PM", o, tuple(Flag), 0, 7) for o in Outcome)),
        outings=tuple(OutingTold(at("09:00"), None, ("D-1",), s, ("AM",), "Lê F", at("18:00")) for s in OutingState),
        untimed=True,
        overtime=OvertimeTold(47, at("17:00"), at("17:47:12")),
        workplace_name="Bộ phận một cửa",
    )
    lines = lines_of(told, catalogue(language).gettext)
    assert {line.section for line in lines} == set(Section)
    assert not [line.text for line in lines if re.search(r"[{}]|None|  \(", line.text)]


@pytest.mark.parametrize("status", DayStatus)
def test_every_status_has_its_word_and_a_title_with_the_weekday(status: DayStatus):
    told = day(status=status, joined=ON, left=ON, unit_name="", punches=())
    assert part(Section.TITLE, told) == ["Trần Minh Lực (CB0001), Thứ Hai, ngày 12/11/2018"]
    assert part(Section.VERDICT, told)[0].startswith("Cả ngày: ")


def test_a_date_without_announced_hours_is_no_weekly_day_off():
    told = day(status=DayStatus.DAY_OFF, announced=False)
    assert part(Section.VERDICT, told, "en") == [
        "The day: nothing is judged, for no hours are known.",
        "No hours were announced for Xã Khê Dũng or a unit above it on 12/11/2018. Once the announcement is entered "
        "with its document number and dates (schedules.csv, `import`), the day is judged.",
    ]
    assert part(Section.VERDICT, replace(told, announced=True)) == [
        "Cả ngày: ngày nghỉ hằng tuần; không có giờ làm việc trong ngày này."
    ]
    assert len(part(Section.VERDICT, replace(told, status=DayStatus.HOLIDAY))) == 1


def test_staying_late_is_told_as_a_proposal():
    told = day(MORNING, overtime=OvertimeTold(47, at("17:00"), at("17:47:12")))
    assert part(Section.OVERTIME, told) == [
        "Ở lại 47 phút sau giờ kết thúc 17:00, đến 17:47:12: đề nghị tính làm thêm giờ, do người có thẩm quyền duyệt "
        "hoặc không duyệt."
    ]
    assert part(Section.OVERTIME, replace(told, overtime=None)) == []


def test_somebody_not_employed_is_told_the_dates_of_employment_alone():
    told = day(status=DayStatus.NOT_EMPLOYED, joined=ON, left=None)
    assert part(Section.VERDICT, told)[1:] == ["Ngày bắt đầu làm việc: 12/11/2018."]
    assert part(Section.PUNCHES, told) == []


@pytest.mark.parametrize(("marked", "said"), [(True, "đang chờ xét lại"), (False, "Dữ liệu đã thay đổi")])
def test_a_stored_verdict_that_says_something_else_is_shown_beside(marked: bool, said: str):
    record = Record(at("17:30"), DayStatus.PRESENT, (StoredVerdict("AM", Outcome.PRESENT, (), 0, 0),), marked)
    told = day(LATE, record=record)
    assert told.differs
    _, kept, why = part(Section.RECORD, told)
    assert kept.endswith("ghi khác: buổi sáng: có mặt.") and said in why


def test_a_way_to_the_field_is_told_with_what_was_decided_about_it():
    way = OutingTold(at("09:00"), at("13:20"), ("D-1", "D-2"))
    refused = replace(way, state=OutingState.REFUSED, by="Lê F", at=at("18:00"), reason="họp riêng", document="05/TB")
    assert part(Section.PLANS, day(outings=(way, refused, replace(refused, withdrawn_by="Lê G"))), "en") == [
        "“Field duty” pressed at D-1 and D-2, from 09:00:00 to 13:20:00: not planned, and nobody has decided about it.",
        "“Field duty” pressed at D-1 and D-2, from 09:00:00 to 13:20:00: not approved, by Lê F at 18:00:00 12/11/2018; "
        "the taps alone count; reason: họp riêng, document 05/TB.",
        "“Field duty” pressed at D-1 and D-2, from 09:00:00 to 13:20:00: not approved, by Lê F at 18:00:00 12/11/2018; "
        "the taps alone count; reason: họp riêng; withdrawn by Lê G, so that it counts for nothing, document 05/TB.",
    ]


def test_a_slot_says_which_way_to_the_field_stands_in_for_an_accusation():
    ways = (ReasonTold(Cause.OUTING, None, at("10:00"), Flag.LATE),)
    told = DutyTold("reception", at("09:00"), at("11:00"), "needs_checking", outings=ways)
    assert part(Section.DUTY, day(duties=(told,)), "en") == [
        "Duty citizen reception, 09:00 to 11:00: needs checking; nothing is held against anybody. “Field duty” was "
        "pressed at a door: in the field until 10:00:00, so late arrival is not said."
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "the morning: present, late by 11 minutes, left less than a minute early; the afternoon: only partly "
            "known, needs checking",
        ),
        (
            "vi",
            "buổi sáng: có mặt, đi muộn 11 phút, về sớm chưa đến 1 phút; buổi chiều: mới biết được một phần, "
            "cần xác minh",
        ),
    ],
)
def test_what_is_stored_is_told_in_words_and_minutes_only_where_they_are_held_against_somebody(language, said):
    both = (
        StoredVerdict("AM", Outcome.PRESENT, (Flag.LATE, Flag.EARLY_LEAVE), 11, 0),
        StoredVerdict("PM", Outcome.INCOMPLETE, (Flag.NEEDS_CHECKING,), 180, 0),
    )
    record, lock = Record(at("17:30"), DayStatus.PRESENT, both), Lock(at("18:00"), "Lê E", signed=both)
    lines = part(Section.RECORD, day(record=record, lock=lock), language)
    assert len([line for line in lines if line.endswith(f": {said}.")]) == 2


def test_a_stored_day_without_sessions_is_told_by_its_status():
    record = Record(at("17:30"), DayStatus.DAY_OFF, ())
    assert "says something else: the day: a weekly day off; " in part(Section.RECORD, day(LATE, record=record), "en")[1]


def test_a_stored_verdict_that_says_the_same_is_said_to():
    record = Record(at("17:30"), DayStatus.PRESENT, (StoredVerdict("AM", Outcome.PRESENT, (Flag.LATE,), 11, 0),))
    assert not day(LATE, record=record).differs
    assert "cũng như vậy" in part(Section.RECORD, day(LATE, record=record))[-1]


def test_a_day_that_was_never_judged_differs_from_nothing():
    assert not day(LATE, record=None).differs
