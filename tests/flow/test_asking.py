"""What central asks of a station goes out, is done once, and is answered: real broker, real processes."""

from contextlib import closing
from pathlib import Path

from central.clock import SystemClock
from central.store import asked, open_store
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
            now_ms = SystemClock().now_ms()
            asked.ask(db, [("ask-1", device)], "send_all", None, "doan", now_ms, now_ms + 60_000)
        until(
            lambda: (
                site.query("SELECT command, code FROM command_result WHERE device = ?", device) == [("ask-1", "done")]
            ),
            what="the answer of the door",
        )
        assert site.query("SELECT count(*) FROM device_command WHERE sent_ms IS NULL") == [(0,)]
        site.settled()
