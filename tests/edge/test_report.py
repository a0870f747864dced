"""What a heartbeat promises: whatever happened before its stamp is in the journals that it lists."""

import threading

import pytest

from edge.identity import open_identity
from edge.report import Reporter
from edge.roster import Roster
from edge.wire.events import Ok
from edge.wire.status import Heartbeat, decode_heartbeat
from tests.edge.door_bench import MS, Bench


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.disk.full = False
    made.journal.close()


def heartbeat(bench: Bench, folder, readers=tuple) -> Heartbeat:
    identity = open_identity(folder)
    roster = Roster(folder, identity.device, identity.verify)
    reporter = Reporter(
        identity, bench.journal, bench.clock, roster, bench.health, readers, folder, "0.1", threading.Lock(),
        bench.door.settled,
    )  # fmt: skip
    return decode_heartbeat(reporter.heartbeat(1), identity.verify).heartbeat


def test_a_fault_that_ends_while_the_heartbeat_is_made_is_in_it_or_its_end_is_in_the_journal(bench, tmp_path):
    """Else the heartbeat would say that the door had recorded all the time."""
    bench.disk.full = True
    bench.tap()
    assert bench.journal.head == 1

    def ends() -> tuple:
        bench.disk.full = False
        bench.wait(6_000)
        return ()

    said = heartbeat(bench, tmp_path, ends)
    assert isinstance(bench.bodies()[-1], Ok)
    assert said.faults == ("disk_full",)
    assert said.journals[-1].head == bench.journal.head


def test_it_promises_nothing_of_a_tap_that_waits(bench, tmp_path):
    before = bench.clock.stamp()
    bench.door.lost("ab" * 8, ((3, 4),))
    bench.ns += 10_000 * MS
    assert heartbeat(bench, tmp_path).stamp == before
    bench.door.turn(0)
    assert heartbeat(bench, tmp_path).stamp == bench.clock.stamp()
