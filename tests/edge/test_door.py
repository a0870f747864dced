"""What the door answers, and what it journals. Times are local (Viet Nam), on 2026-11-23."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.door import (
    LCD_COLUMNS,
    PHRASES,
    VIETNAM,
    Feedback,
    Moment,
    RecentTaps,
    confirm,
    decide,
    fold,
    lcd_name,
    state,
)
from edge.readers.acceptance import Tap, TapKind
from edge.roster import View
from edge.wire.config import Boundary, RosterEntry
from edge.wire.events import Punch, Read

BADGE = "em:008EB2F9"


def at(clock: str) -> int:
    hour, minute, *second = (int(part) for part in clock.split(":"))
    moment = datetime(2026, 11, 23, hour, minute, *second, tzinfo=VIETNAM)
    return int(moment.timestamp() * 1000)


MORNING = Boundary("morning", at("05:00"), at("07:30"), at("07:35"), None)
AFTERNOON = Boundary("afternoon", at("12:30"), at("13:30"), at("13:35"), None)
ON_LEAVE = Boundary("morning", at("05:00"), at("07:30"), None, "leave")


@dataclass
class Door:
    """A door whose roster holds one person, with the sessions and the state given."""

    sessions: tuple[Boundary, ...] = (MORNING, AFTERNOON)
    state: str = "active"
    texts: dict[str, str] = field(default_factory=dict)
    online: bool = True
    recent: RecentTaps = field(default_factory=RecentTaps)

    @property
    def roster(self) -> View:
        entry = RosterEntry(BADGE, "Trần Thị Thu Phượng", self.state, self.sessions)
        return View(5, {BADGE: entry}, self.texts)

    def tap(self, clock: str | None, badge: str = BADGE, role: str = "punch", kind=TapKind.ACCEPTED, **of_tap):
        tap = Tap(kind, badge, "door", 0, 0, **of_tap)
        moment = Moment(None if clock is None else at(clock), self.online)
        verdict = decide(tap, role, moment, self.roster, self.recent)
        if verdict.event is not None:
            self.recent.note(badge, moment.utc_ms)
        return verdict

    def says(self, *clocks: str) -> list[str]:
        """The first LCD line of one person's taps at these times."""
        return [self.tap(clock).answer.lcd[0] for clock in clocks]


def test_a_day_of_taps_is_answered_with_the_time():
    assert Door().says("07:25", "11:31", "13:28", "17:03") == [
        "DA VAO 07:25",
        "DA GHI 11:31",
        "DA VAO 13:28",
        "DA GHI 17:03",
    ]


def test_the_screen_has_all_marks_and_the_lcd_has_none():
    answer = Door().tap("07:25").answer
    assert answer.feedback is Feedback.RECORDED
    assert answer.lines == ("Đã vào 07:25", "Trần Thị Thu Phượng")
    assert answer.lcd == ("DA VAO 07:25", "TRAN T.T. PHUONG")


@pytest.mark.parametrize(
    ("clock", "late_min"),
    [("07:30", None), ("07:35", None), ("07:35:01", 5), ("07:36", 6), ("09:30", 120), ("09:31", None)],
)
def test_a_first_tap_after_the_grace_is_provisionally_late_from_the_start_of_the_session(clock, late_min):
    answer = Door().tap(clock).answer
    assert answer.late_min == late_min
    assert (answer.feedback is Feedback.RECORDED_LATE) == (late_min is not None)


def test_late_is_said_with_the_minutes():
    answer = Door().tap("07:42").answer
    assert answer.lines[0] == "Đã ghi 07:42. Đi muộn 12 phút"
    assert answer.lcd[0] == "DI MUON 12 PHUT"


def test_only_the_first_tap_of_a_session_can_be_late():
    assert Door().says("07:20", "07:42", "13:40", "13:50") == [
        "DA VAO 07:20",
        "DA GHI 07:42",
        "DI MUON 10 PHUT",
        "DA GHI 13:50",
    ]


def test_nobody_is_late_where_a_plan_covers_the_session():
    assert Door(sessions=(ON_LEAVE,)).says("09:00") == ["DA VAO 09:00"]


def test_without_sessions_or_before_the_first_one_a_tap_is_just_recorded():
    assert Door(sessions=()).says("09:00") == ["DA GHI 09:00"]
    assert Door().says("04:59") == ["DA GHI 04:59"]


def test_offline_is_said_and_late_is_more_useful():
    door = Door(online=False)
    offline = door.tap("07:25").answer
    assert (offline.feedback, offline.lcd[0]) == (Feedback.RECORDED_OFFLINE, "MAT MANG-DA LUU")
    late = Door(online=False).tap("07:42").answer
    assert late.feedback is Feedback.RECORDED_LATE
    assert late.lines[-1] == "Mất mạng, đã lưu"


def test_without_a_time_the_tap_is_recorded_and_no_time_is_shown():
    answer = Door().tap(None).answer
    assert (answer.feedback, answer.lcd[0]) == (Feedback.CLOCK_NOT_SET, "CHUA CO GIO DUNG")
    assert answer.lines[0] == "Đã ghi. Chưa có giờ đúng"


@pytest.mark.parametrize(
    ("badge", "state_", "two_cards", "remarks", "feedback"),
    [
        (BADGE, "active", False, ("known",), Feedback.RECORDED),
        (BADGE, "blocked", False, ("blocked",), Feedback.BLOCKED),
        ("em:00000001", "active", False, ("unknown",), Feedback.UNKNOWN),
        (BADGE, "active", True, ("known", "two_cards"), Feedback.TWO_CARDS),
        ("em:00000001", "active", True, ("unknown", "two_cards"), Feedback.TWO_CARDS),
        (BADGE, "blocked", True, ("blocked", "two_cards"), Feedback.TWO_CARDS),
    ],
)
def test_every_accepted_read_is_a_punch_with_the_doors_remarks(badge, state_, two_cards, remarks, feedback):
    verdict = Door(state=state_).tap("07:25", badge, two_cards=two_cards, evidence="61")
    assert verdict.event == Punch(badge, "door", remarks, "uid", "61", 5)
    assert verdict.feedback is feedback


def test_an_unknown_badge_shows_no_name_and_no_time_that_would_look_recorded():
    answer = Door().tap("07:25", "em:00000001").answer
    assert answer.lines == ("Thẻ chưa đăng ký",)
    assert answer.lcd == ("THE CHUA D.KY", "")


def test_a_door_without_any_configuration_refuses_nobody():
    verdict = decide(
        Tap(TapKind.ACCEPTED, BADGE, "door", 0, 0), "punch", Moment(at("07:25"), False), View(), RecentTaps()
    )
    assert verdict.event == Punch(BADGE, "door", ("unknown",))
    assert verdict.answer.lcd == ("MAT MANG-DA LUU", "")
    without_time = decide(
        Tap(TapKind.ACCEPTED, BADGE, "door", 0, 0), "punch", Moment(None, False), View(), RecentTaps()
    )
    assert without_time.answer.lcd == ("CHUA CO GIO DUNG", "MAT MANG-DA LUU")


def test_a_repeated_tap_is_answered_with_the_first_ones_time_and_journals_nothing():
    door = Door()
    door.tap("07:28")
    verdict = door.tap("07:28:04", kind=TapKind.REPEATED)
    assert verdict.event is None
    assert verdict.answer.lines == ("Đã quẹt rồi 07:28", "Trần Thị Thu Phượng")
    assert verdict.answer.lcd == ("DA QUET ROI", "07:28")
    forgotten = Door().tap("07:28", kind=TapKind.REPEATED).answer
    assert forgotten.lcd == ("DA QUET ROI", "TRAN T.T. PHUONG")
    assert forgotten.lines[0] == "Đã quẹt rồi"


@pytest.mark.parametrize("role", ["info", "enrol", "test"])
def test_other_readers_make_reads_never_punches(role):
    verdict = Door().tap("07:25", role=role, evidence="61")
    assert verdict.event == Read(BADGE, "door", role, "uid", "61")
    assert (verdict.feedback, verdict.answer.lcd) == (Feedback.BADGE_READ, ("THE ****B2F9", ""))
    assert Door().tap("07:25", role=role, kind=TapKind.REPEATED).event is None


def test_a_card_left_lying_is_asked_to_be_taken_away():
    verdict = Door().tap("07:25", kind=TapKind.STUCK)
    assert (verdict.event, verdict.feedback) == (None, Feedback.STUCK_CARD)


def test_nothing_is_shown_as_recorded_that_the_journal_did_not_take():
    verdict = Door().tap("07:25")
    assert confirm(verdict, True, Door().roster) == verdict.answer
    refused = confirm(verdict, False, Door().roster)
    assert (refused.feedback, refused.lcd[0]) == (Feedback.NOT_RECORDED, "CHUA GHI DUOC")
    assert not refused.feedback.recorded


def test_an_answer_without_an_event_needs_no_journal():
    verdict = Door().tap("07:25", kind=TapKind.REPEATED)
    assert confirm(verdict, False, Door().roster) == verdict.answer


def test_states_of_the_door_have_words_too():
    assert state(Feedback.READY, View()).lines == ("Xin mời quẹt thẻ",)
    assert state(Feedback.READER_LOST, View()).lcd == ("MAT DAU DOC", "")


def test_central_may_choose_other_words_and_none_of_them_can_break_the_door():
    texts = {
        "recorded": "Chào buổi sáng {time}",
        "unknown": "Gặp anh Đạt {0} {minutes}{",
        "recorded_late": "{time} {minutes}",
    }
    door = Door(texts=texts)
    assert door.tap("07:25").answer.lines[0] == "Chào buổi sáng 07:25"
    assert Door(texts=texts).tap("07:25").answer.lcd[0] == "CHAO BUOI SANG 0"
    assert door.tap("07:25", "em:00000001").answer.lines == ("Gặp anh Đạt {0} {",)
    assert Door(texts=texts).tap("07:42").answer.lcd[0] == "07:42 12"


def test_recent_taps_are_bounded_and_the_oldest_goes():
    recent = RecentTaps(most=2)
    for badge, utc_ms in (("a", 1), ("b", 2), ("a", 3), ("c", None), ("d", 4)):
        recent.note(badge, utc_ms)
    assert [recent.last_ms(badge) for badge in "abcd"] == [3, None, None, 4]


@pytest.mark.parametrize("feedback", Feedback)
def test_every_feedback_has_a_phrase_that_fits_the_lcd(feedback):
    phrase = PHRASES[feedback]
    lcd = phrase.lcd.replace("{time}", "07:25").replace("{minutes}", "120").replace("{badge}", "****B2F9")
    assert len(lcd) <= LCD_COLUMNS
    assert lcd == fold(lcd)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Trần Thị Thu Phượng", "TRAN T.T. PHUONG"),
        ("Nguyễn Văn Đạt", "NGUYEN VAN DAT"),
        ("Nguyễn Văn Đường", "NGUYEN VAN DUONG"),
        ("Nguyễn Hoàng Phương", "NGUYEN H. PHUONG"),
        ("Nguyễn Thị Ngọc Khương", "N.T.N. KHUONG"),
        ("Y-Bhiêng Niê Kđăm Hmok", "Y.N.K. HMOK"),
        ("Đ. T. Hà", "D.T. HA"),
        ("Đào", "DAO"),
        ("Aaaaaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAA"),
        ("N. V. Aaaaaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAA"),
        ("", ""),
    ],
)
def test_names_fit_the_lcd_with_the_given_name_whole(name, shown):
    assert lcd_name(name) == shown


def test_letters_that_the_lcd_shows_as_something_else_are_left_out():
    assert fold("a\\b~c€") == "A B C "


@given(st.text(max_size=80))
def test_any_name_fits_the_lcd_in_ascii(name):
    shown = lcd_name(name)
    assert len(shown) <= LCD_COLUMNS
    assert shown.isascii()


@given(st.booleans(), st.booleans(), st.booleans(), st.none() | st.integers(0, 2**45), st.sampled_from(TapKind))
def test_only_a_punch_is_ever_answered_as_recorded(known, two_cards, online, utc_ms, kind):
    tap = Tap(kind, BADGE if known else "em:00000001", "door", 0, 0, two_cards=two_cards)
    verdict = decide(tap, "punch", Moment(utc_ms, online), Door().roster, RecentTaps())
    assert (verdict.event is not None) == (kind is TapKind.ACCEPTED)
    assert verdict.event is not None or not verdict.feedback.recorded
    assert not confirm(verdict, False, Door().roster).feedback.recorded
