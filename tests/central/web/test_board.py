"""What the board says of a door that cannot be trusted."""

from dataclasses import replace

import pytest

from central.presence import DoorNow, DoorState, Presence, Row, State, UnitPresence, Why
from central.silence import Silence
from central.store.accounts import Account
from central.web.board import UnitCard, board_page
from central.web.texts import LANGUAGES

DOOR = DoorNow("d001", "D-X01", "X01", "Cổng", DoorState.CURRENT, data_age_s=5)


def remark(account: Account, language: str = "en") -> str:
    (card,) = board_page((UnitPresence("X01", "Xã", (), (DOOR,)),), 0, language, {"d001": account}).units
    return card.doors[0].remark


NOW_MS = 1_541_984_400_000  # Monday 12 November 2018, 08:00 in Vietnam
MINUTE_MS = 60_000


def why(reason: str, since_ms: int | None, language: str = "vi") -> str:
    door = replace(DOOR, state=DoorState.OLD, reason=reason, since_ms=since_ms)
    (card,) = board_page((UnitPresence("X01", "Xã", (), (door,)),), NOW_MS, language).units
    return card.doors[0].why


def test_a_silent_door_says_why_and_since_when():
    assert why("offline", NOW_MS - 48 * MINUTE_MS) == "thiết bị mất kết nối (mạng hoặc điện) từ 07:12"
    assert why("offline", NOW_MS - 24 * 60 * MINUTE_MS, "en") == (
        "connection lost (network or power) since 08:00 11/11/2018"
    )
    assert why("no_power", NOW_MS - 52 * MINUTE_MS) == "mất điện, tín hiệu cuối lúc 07:08"
    assert why("clock_not_set", None) == "đồng hồ chưa đồng bộ"
    assert why("", None) == ""


@pytest.mark.parametrize("reason", Silence)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(reason: Silence, language: str):
    said = why(reason.value, None, language)
    assert said and said != reason.value
    assert (said == why(reason.value, None, "en")) is (language == "en")


def warning(collected_ms: int | None, language: str = "en") -> str:
    return board_page((), NOW_MS, language, collected_ms=collected_ms).warning


def test_a_collector_that_is_dead_or_behind_is_said_above_everything():
    assert warning(NOW_MS - 2 * MINUTE_MS) == ""
    assert warning(NOW_MS - 2 * MINUTE_MS - 1).startswith("Nothing has been taken in from the doors since 07:57:")
    assert "từ 08:00 11/11/2018" in warning(NOW_MS - 24 * 60 * MINUTE_MS, "vi")
    assert warning(None).startswith("No collector is running")


def nobody_heard(collected_ms: int | None) -> UnitCard:
    """A unit whose door fell silent with the collector, 10 minutes ago, and one whose door did 50 minutes ago."""
    doors = tuple(
        replace(
            DOOR, device=code, code=code, state=DoorState.OLD, reason="no_heartbeat", since_ms=NOW_MS - min_ * MINUTE_MS
        )
        for code, min_ in (("D-1", 10), ("D-2", 50))
    )
    unknown = Presence(State.UNKNOWN, why=Why.OLD)
    rows = tuple(Row(code, code, code, "X01", 9, "", unknown, behind=(code,)) for code in ("D-1", "D-2"))
    return board_page((UnitPresence("X01", "Xã", rows, doors),), NOW_MS, "en", collected_ms=collected_ms).units[0]


def test_while_central_takes_nothing_in_no_door_is_blamed_for_its_silence():
    """But one that was silent before is."""
    heard = nobody_heard(NOW_MS)
    assert [line.reason for line in heard.unknown] == ["the door's data are old (D-1)", "the door's data are old (D-2)"]
    deaf = nobody_heard(NOW_MS - 10 * MINUTE_MS)
    assert [line.reason for line in deaf.unknown] == ["nothing arrives at the centre", "the door's data are old (D-2)"]
    assert [door.why for door in deaf.doors] == ["", "no sign of life, last sign of life at 07:10"]


def test_a_door_in_order_has_no_remark():
    assert remark(Account(to_come=3)) == ""


def test_lost_events_are_counted():
    assert remark(Account(lost=3)) == "3 events lost"
    assert remark(Account(lost=3), "vi") == "mất 3 sự kiện"


def test_a_copied_card_is_said_once_in_plain_words():
    assert remark(Account(findings=("branched", "copied", "fork"))) == (
        "two versions of one event; two devices speak with one card"
    )
