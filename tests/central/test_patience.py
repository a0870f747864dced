"""How long each kind of door may be silent."""

from datetime import timedelta

import pytest

from central.patience import DOUBT_MS, PAUSE_MS, QUIET_MS, STATION, TERMINAL, patience_with, too_old

NOW_MS = 1_542_000_000_000
MINUTE_MS = 60_000


def test_what_a_terminal_is_allowed_is_what_it_may_take_while_all_is_well():
    assert DOUBT_MS == 311_040
    assert TERMINAL.delivered == timedelta(milliseconds=DOUBT_MS + PAUSE_MS + QUIET_MS + PAUSE_MS)
    assert TERMINAL.heard == TERMINAL.sure == timedelta(minutes=6)
    assert timedelta(milliseconds=DOUBT_MS) < TERMINAL.sure
    assert (patience_with(terminal=True), patience_with(terminal=False)) == (TERMINAL, STATION)


@pytest.mark.parametrize(
    ("heard", "delivered", "terminal", "old"),
    [
        (0, 180, False, False),
        (0, 180.001, False, True),
        (3600, 180, False, False),  # what it delivered is what counts
        (0, None, False, True),
        (0, None, True, True),
        (None, 60, True, True),
        (360, 1631, True, False),
        (360.001, 600, True, True),
        (0, 1631.041, True, True),
    ],
)
def test_a_door_says_nothing_about_now_once_its_patience_is_over(
    heard: float | None, delivered: float | None, terminal: bool, old: bool
):
    heard_ms = None if heard is None else NOW_MS - round(heard * 1000)
    delivered_ms = None if delivered is None else NOW_MS - round(delivered * 1000)
    assert too_old(heard_ms, delivered_ms, NOW_MS, terminal=terminal) is old
