"""What the board says of a door that cannot be trusted."""

from central.presence import DoorNow, DoorState, UnitPresence
from central.store.accounts import Account
from central.web.board import board_page

DOOR = DoorNow("d001", "D-X01", "X01", "Cổng", DoorState.CURRENT, data_age_s=5)


def remark(account: Account, language: str = "en") -> str:
    (card,) = board_page((UnitPresence("X01", "Xã", (), (DOOR,)),), 0, language, {"d001": account}).units
    return card.doors[0].remark


def test_a_door_in_order_has_no_remark():
    assert remark(Account(to_come=3)) == ""


def test_lost_events_are_counted():
    assert remark(Account(lost=3)) == "3 events lost"
    assert remark(Account(lost=3), "vi") == "mất 3 sự kiện"


def test_a_copied_card_is_said_once_in_plain_words():
    assert remark(Account(findings=("branched", "copied", "fork"))) == (
        "two versions of one event; two devices speak with one card"
    )
