"""Who is here at an office whose door is a terminal: one that is slow is not one that is silent."""

import pytest

from central.ledger.now import doors_now, presence_now
from central.presence import DoorNow, Presence
from central.terminals.pushing import Terminals
from tests.central.terminals.office import Office, at, pushed

MINUTE = 60_000


def board(office: Office) -> dict[str, Presence]:
    with office.store.read() as db:
        return {row.staff: row.presence for unit in presence_now(db, office.clock.ms) for row in unit.rows}


def sees(office: Office, staff: str) -> Presence:
    return board(office)[staff]


def door(office: Office) -> DoorNow:
    with office.store.read() as db:
        (found,) = doors_now(db, office.clock.ms)
    return found


def until(office: Office, time: str, every: int, taps: dict[str, bytes]) -> dict[str, set[str]]:
    """The terminal makes contact every so many minutes and pushes then what was tapped since; who was seen how, asked
    each minute, from a quarter of an hour before the session on."""
    terminal = Terminals(office.store, office.clock)
    seen: dict[str, set[str]] = {"an": set(), "binh": set()}
    waiting = dict(taps)
    while office.clock.ms < at(time):
        office.clock.ms += MINUTE
        if (office.clock.ms - at("06:00")) % (every * MINUTE) == 0:
            for tap in [tap for tap in waiting if at(tap) <= office.clock.ms]:
                assert terminal.pushed("AEX1", "ATTLOG", waiting.pop(tap)) == "OK: 1"
            assert terminal.asked("AEX1") == "OK"
        if office.clock.ms >= at("07:16"):
            for staff, presence in board(office).items():
                seen[staff].add(presence.state.value)
    return seen


@pytest.mark.parametrize("every", [1, 6])
def test_a_terminal_that_makes_contact_every_few_minutes_leaves_nobody_unknown(office: Office, every: int):
    seen = until(office, "08:10", every, {"07:10": pushed("1", "07:10")})
    assert seen == {"an": {"in"}, "binh": {"expected", "missing"}}
    assert sees(office, "an").since is not None
    assert (door(office).state, door(office).reason) == ("current", "")


def test_nobody_is_missing_before_the_terminals_data_reach_the_end_of_the_grace(office: Office):
    """They lag by ten minutes: at 07:36 nothing is known yet of whoever came at 07:30."""
    assert until(office, "07:41", 1, {})["binh"] == {"expected"}
    assert until(office, "07:44", 1, {})["binh"] == {"missing"}


def test_each_tap_of_a_busy_morning_leaves_the_others_known(office: Office):
    """Ten quiet minutes never come; what was tapped says how far the terminal has delivered."""
    taps = {f"07:{minute:02}": pushed("1", f"07:{minute:02}") for minute in range(10, 59, 6)}
    assert until(office, "08:10", 1, taps)["binh"] == {"expected", "missing"}


def test_a_terminal_that_makes_no_contact_is_silent_at_once(office: Office):
    until(office, "07:20", 1, {})
    office.clock.ms += 6 * MINUTE
    assert sees(office, "binh").state == "expected"
    office.clock.ms += 1
    found = sees(office, "binh")
    assert (found.state, found.why) == ("unknown", "old_data")
    assert (door(office).state, door(office).reason) == ("old_data", "no_heartbeat")


def test_a_tap_in_the_doubt_of_a_terminals_clock_is_seen_and_one_in_more_is_not(office: Office):
    until(office, "07:20", 1, {})
    Terminals(office.store, office.clock).pushed("AEX1", "ATTLOG", pushed("1", "07:14"))
    assert sees(office, "an").state == "in"
    Terminals(office.store, office.clock).pushed("AEX1", "ATTLOG", pushed("2", "07:05"))
    found = sees(office, "binh")
    assert (found.state, found.why) == ("unknown", "clock"), (
        "connected all the time, yet 15 minutes late: a lying clock"
    )
