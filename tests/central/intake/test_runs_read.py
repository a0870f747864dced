"""Of a door's runs only those are read that the asked span can need, and they are the same that all of them give."""

import pytest

from central.coverage import coverage_of
from central.store import coverage
from tests.central.intake.conftest import SEVEN_MS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def history(central, door):
    """A run a day for sixty days; each is cut off at noon."""
    parent, runs = None, []
    for day in range(60):
        at = SEVEN_MS + day * DAY_MS
        central.clock.ms = at + 2 * HOUR_MS
        parent = door.journal(parent, at=at)
        door.punch(parent, "em:00000001", at=at + 5 * HOUR_MS)
        central.send(door, door.up(parent))
        runs.append(parent)
    return runs


def asked(central, door, from_ms: int, to_ms: int):
    with central.store.read() as db:
        return coverage.door_facts(db, [door.device], from_ms, to_ms)[door.device]


def test_a_day_reads_its_own_run_and_its_neighbours(central, door, history):
    from_ms, to_ms = SEVEN_MS + 30 * DAY_MS - HOUR_MS, SEVEN_MS + 30 * DAY_MS + 10 * HOUR_MS
    with central.store.read() as db:
        read = list(coverage._runs(db, [door.device], from_ms, to_ms))
    assert len(read) <= 5
    found = asked(central, door, from_ms, to_ms)
    assert {j.journal for j in found.journals} == {history[n].name for n in (29, 30, 31)}


def test_what_is_found_is_what_all_runs_would_give(central, door, history):
    whole = asked(central, door, SEVEN_MS - DAY_MS, SEVEN_MS + 61 * DAY_MS)
    assert len(whole.journals) == 60
    for day in (0, 1, 30, 58, 59):
        span = (SEVEN_MS + day * DAY_MS - 2 * HOUR_MS, SEVEN_MS + day * DAY_MS + 3 * HOUR_MS)
        assert coverage_of(asked(central, door, *span), *span) == coverage_of(whole, *span)


def test_a_run_whose_beginning_is_not_known_is_read_while_it_is_news(central, door, history):
    late = door.punch(door.journal(history[-1]), "em:00000002", at=SEVEN_MS + 60 * DAY_MS)
    central.send(door, door.up(late, 2))
    span = (SEVEN_MS + 59 * DAY_MS, SEVEN_MS + 61 * DAY_MS)
    assert late.name in {j.journal for j in asked(central, door, *span).journals}
