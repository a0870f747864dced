"""Collectors over PostgreSQL: racing, killed between commit and acknowledgement, and the server restarted under them.

The server writes as a real one does; what it committed is on the disk.
"""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker import Broker
from tests.flow.mute import Mute
from tests.flow.site import Site
from tests.postgres import Cluster
from tests.waiting import until

DOORS = ("D-1", "D-2", "D-3")


@pytest.fixture
def site(tmp_path: Path, broker: Broker, durable_postgres: Cluster) -> Iterator[Site]:
    url = durable_postgres.database()
    with Site(tmp_path, broker, url=url) as made:
        yield made
    durable_postgres.drop(url)


def moment(draw: random.Random, most_s: float) -> None:
    """A random moment later."""
    threading.Event().wait(draw.random() * most_s)


def test_a_collector_killed_between_commit_and_acknowledgement_stores_nothing_twice(site: Site) -> None:
    device = site.door("D-1").device
    with Mute(site.broker.host, site.broker.port) as line:
        site.collect(DIEMDANH_BROKER_PORT=str(line.port))
        site.power("D-1")
        site.tap("D-1")
        until(lambda: site.acknowledged(device), what="an acknowledgement")
        line.hush()
        for _ in range(10):
            site.tap("D-1")
        until(lambda: set(site.greens()) <= set(site.punches()), what="the commit")
        until(lambda: not site.acknowledged(device), what="a heartbeat without the acknowledgement")
        site.kill()
    site.collect()
    site.settled()


def test_two_collectors_racing_over_one_device_leave_no_watermark_behind(site: Site) -> None:
    for code in DOORS:
        site.door(code)
    names = ("one", "two")
    for name in names:
        site.collect(name)
    site.power(*DOORS)
    draw = random.Random(9)  # noqa: S311
    with site.stream("D-1", every_s=0.005), site.stream(*DOORS, every_s=0.05):
        for _ in range(3):
            victim = draw.choice(names)
            moment(draw, 0.8)
            site.kill(victim)
            site.collect(victim)
    site.settled(90)
    assert all(journal.watermark == journal.top_seq for journal in site.journals())


def test_a_server_that_is_restarted_under_the_collectors_costs_nothing(site: Site, durable_postgres: Cluster) -> None:
    for code in DOORS:
        site.door(code)
    site.collect()
    site.power(*DOORS)
    with site.stream(*DOORS, every_s=0.05):
        for end in (durable_postgres.kill, durable_postgres.stop):
            before = site.count("event")
            until(lambda before=before: site.count("event") > before, what="a commit")
            end()
            threading.Event().wait(2.0)  # people go on tapping while there is no database
            durable_postgres.start()
            after = site.count("event")
            until(lambda after=after: site.count("event") > after, what="a commit after the restart")
    site.settled(90)
