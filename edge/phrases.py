"""What the door says: the words of every answer, for a screen and for sixteen letters of ASCII. Pure.

A display with an HD44780 has no Vietnamese, and Vietnamese without its marks is ambiguous ("MUON" is late, borrow or
want); so its words are fixed phrases, none longer than a line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import combining, normalize

LCD_COLUMNS = 16


class Feedback(StrEnum):
    """Everything that lights, buzzer and display can say."""

    RECORDED = "recorded"
    RECORDED_OFFLINE = "recorded_offline"  # on this disk; central hears of it later
    RECORDED_LATE = "recorded_late"  # provisionally late
    CLOCK_NOT_SET = "clock_not_set"  # recorded; the time is worked out later
    TWO_CARDS = "two_cards"  # recorded; please one card at a time
    UNKNOWN = "unknown"  # recorded as the badge of nobody that this door knows
    BLOCKED = "blocked"  # recorded as a badge that may not be used
    ALREADY_RECORDED = "already_recorded"
    NOT_RECORDED = "not_recorded"  # the journal did not take it: tap again, tell somebody
    BADGE_READ = "badge_read"  # read on a reader that makes no punches
    STUCK_CARD = "stuck_card"
    BAD_READ = "bad_read"  # something was there, but no badge
    READER_LOST = "reader_lost"
    NO_JOURNAL = "no_journal"  # nothing can be recorded at all: the station cannot open its journal
    FIELD_CHOSEN = "field_chosen"  # the button was pressed: the next badge goes to or comes from field duty
    READY = "ready"

    @property
    def recorded(self) -> bool:
        """Whether it tells a person "your tap is recorded": it may be shown only when the tap is on disk."""
        return self in _RECORDED


_RECORDED = frozenset(
    {
        Feedback.RECORDED,
        Feedback.RECORDED_OFFLINE,
        Feedback.RECORDED_LATE,
        Feedback.CLOCK_NOT_SET,
        Feedback.TWO_CARDS,
    }
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """screen: Vietnamese with all marks. lcd: at most 16 ASCII characters. `{time}`, `{minutes}` are filled in."""

    screen: str
    lcd: str


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on a display.

    lines: Vietnamese, the most important first. lcd: two lines of at most 16 ASCII characters.
    """

    lines: tuple[str, ...]
    lcd: tuple[str, str]


PHRASES: Mapping[Feedback, Phrase] = {
    Feedback.RECORDED: Phrase("Đã ghi {time}", "DA GHI {time}"),
    Feedback.RECORDED_OFFLINE: Phrase("Đã ghi {time}. Mất mạng, đã lưu", "MAT MANG-DA LUU"),
    Feedback.RECORDED_LATE: Phrase("Đã ghi {time}. Đi muộn {minutes} phút", "DI MUON {minutes} PHUT"),
    Feedback.CLOCK_NOT_SET: Phrase("Đã ghi. Chưa có giờ đúng", "CHUA CO GIO DUNG"),
    Feedback.TWO_CARDS: Phrase("Đã ghi {time}. Hai thẻ: mỗi lần một thẻ", "MOI LAN MOT THE"),
    Feedback.UNKNOWN: Phrase("Thẻ chưa đăng ký", "THE CHUA D.KY"),
    Feedback.BLOCKED: Phrase("Thẻ bị khóa", "THE BI KHOA"),
    Feedback.ALREADY_RECORDED: Phrase("Đã quẹt rồi {time}", "DA QUET ROI"),
    Feedback.NOT_RECORDED: Phrase("Chưa ghi được, xin quẹt lại", "CHUA GHI DUOC"),
    Feedback.BADGE_READ: Phrase("Số thẻ {badge}", "THE {badge}"),
    Feedback.STUCK_CARD: Phrase("Xin lấy thẻ ra khỏi đầu đọc", "XIN LAY THE RA"),
    Feedback.BAD_READ: Phrase("Không đọc được, xin quẹt lại", "XIN QUET LAI"),
    Feedback.READER_LOST: Phrase("Đầu đọc bị ngắt", "MAT DAU DOC"),
    Feedback.NO_JOURNAL: Phrase("Chưa ghi được, báo văn phòng", "CHUA GHI DUOC"),
    Feedback.FIELD_CHOSEN: Phrase("Chọn: đi cơ sở. Mời quẹt thẻ", "CHON: DI CO SO"),
    Feedback.READY: Phrase("Xin mời quẹt thẻ", "XIN MOI QUET THE"),
}
ARRIVED = Phrase("Đã vào {time}", "DA VAO {time}")
"""Instead of "recorded", for somebody's first tap in a session."""
FIELD_OUT = Phrase("Đã ghi {time}. Đi cơ sở", "DI CO SO {time}")
FIELD_IN = Phrase("Đã ghi {time}. Đi cơ sở về", "CO SO VE {time}")
"""Instead of "recorded", for a tap after the field duty button."""


def digits_words(digits: str) -> Words:
    """What a display shows until a person at central has confirmed these six digits."""
    spaced = f"{digits[:3]} {digits[3:]}"
    return Words((f"Mã của trạm: {spaced}", "Đọc mã này cho trung tâm"), (f"MA TRAM {spaced}", "DOC CHO TR.TAM"))


def fold(text: str) -> str:
    """`text` in upper-case ASCII, one letter for one letter: an HD44780 display has no Vietnamese (domain.md 5.3).

    Characters that it shows as something else, and those that have no ASCII letter, become blanks.
    """
    letters = normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in letters if not combining(letter)).upper()
    return "".join(letter if " " <= letter < "\x7f" and letter not in "\\~" else " " for letter in plain)


def lcd_name(name: str) -> str:
    """`name` folded to at most 16 characters: middle names become initials from the left, then the family name.

    The given name, the last word, stays whole as far as it fits: `TRAN T.T. PHUONG`.
    """
    words = fold(name).split()
    if not words:
        return ""
    order = [*range(1, len(words) - 1), *([0] if len(words) > 1 else [])]
    for index in order:
        if len(_joined(words)) <= LCD_COLUMNS:
            break
        words[index] = words[index][0] + "."
    return _joined(words)[:LCD_COLUMNS] if len(_joined(words)) <= LCD_COLUMNS else words[-1][:LCD_COLUMNS]


def _joined(words: list[str]) -> str:
    return " ".join(words).replace(". ", ".", max(0, sum(word.endswith(".") for word in words) - 1))
