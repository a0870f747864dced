"""What central asks of a station goes out, is done once, and is answered: real broker, real processes."""

from contextlib import closing
from pathlib import Path

from central.clock import SystemClock
from central.store import open_store, orders
from central.store.orders import Order
from deploy.broker import start_broker
from tests.flow.site import Site
from tests.waiting import until


def test_a_door_that_is_told_to_send_all_it_has_answers(tmp_path: Path) -> None:
    with start_broker(tmp_path / "broker") as broker, Site(tmp_path, broker) as site:
        device = site.door("D-1").device
        site.collect()
        site.power("D-1")
        site.tap("D-1")
        with closing(open_store(site.url)) as store, store.write() as db:
            orders.give(db, Order(device, "round-1-a", "send_all", {}, "doan", SystemClock().now_ms()))
        until(
            lambda: (
                site.query("SELECT command, code FROM command_result WHERE device = ?", device)
                == [("round-1-a", "done")]
            ),
            what="the answer of the door",
        )
        site.settled()
