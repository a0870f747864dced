"""Brokers that die with everything they hold, and networks that swallow bytes without a word."""

from pathlib import Path

from deploy.broker import Broker
from tests.flow.site import Site
from tests.waiting import until

DOORS = ("D-1", "D-2", "D-3")
BLINK_NS = 1_000_000_000
"""Far above the 20 ms of a machine that does nothing else, far below any timeout of a network."""


def grown(site: Site, what: str, by: int = 20) -> None:
    """Wait until so many more taps are green (`greens`) or stored (`punches`)."""
    found = getattr(site, what)
    more = len(found()) + by
    until(lambda: len(found()) >= more, what=f"{by} more {what}")


def test_a_broker_without_memory_killed_in_mid_stream_loses_nothing(site: Site) -> None:
    for code in DOORS:
        site.door(code)
    site.collect()
    site.power(*DOORS)
    with site.stream(*DOORS):
        for _ in range(3):
            grown(site, "punches")
            site.broker.kill()
            grown(site, "greens")
            site.broker.restart()
    site.settled(90)


def test_everything_restarted_with_an_empty_broker_goes_on_where_it_was(site: Site) -> None:
    for code in DOORS:
        site.door(code)
    site.collect()
    site.power(*DOORS)
    with site.stream(*DOORS):
        grown(site, "punches")
        site.kill()
        grown(site, "greens")
    site.fleet.kill("D-1")
    for code in DOORS[1:]:
        assert site.fleet.stop(code) == 0
    site.broker.kill()
    site.broker.restart()
    site.power(*DOORS)
    site.collect()
    with site.stream(*DOORS):
        grown(site, "punches")
    site.settled(unseen=1)


def test_a_network_that_swallows_everything_delays_no_light_and_loses_no_tap(tmp_path: Path, broker: Broker) -> None:
    with Site(tmp_path, broker, keepalive_s=2) as site:
        device = site.door("D-1", relay=True).device
        site.door("D-2")
        site.collect()
        site.power("D-1", "D-2")
        with site.stream("D-1", "D-2", every_s=0.1):
            grown(site, "punches")
            site.fleet.cut("D-1")
            until(lambda: site.query("SELECT online FROM device_state WHERE device = ?", device) == [(0,)], what="will")
            grown(site, "greens")
            site.fleet.join("D-1")
        site.settled(90)
        waits = [int(str(e["shown_ns"])) - int(str(e["tap_ns"])) for e in site.fleet.greens("D-1")]
        assert max(waits) < BLINK_NS
