"""Collectors that are killed, before and after their commits; alone and two at a time; and a restored database."""

import random
import shutil
import threading

from tests.flow.mute import Mute
from tests.flow.site import Site
from tests.waiting import until

DOORS = ("D-1", "D-2", "D-3")


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


def test_a_collector_killed_ten_times_in_a_stream_loses_and_doubles_nothing(site: Site) -> None:
    for code in DOORS:
        site.door(code)
    site.power(*DOORS)
    draw = random.Random(2)  # noqa: S311
    with site.stream(*DOORS, every_s=0.03):
        for _ in range(10):
            site.collect()
            before = site.count("event")
            until(lambda before=before: site.count("event") > before, what="a commit")
            moment(draw, 0.2)
            site.kill()
    site.collect()
    site.settled(90)


def test_two_collectors_racing_over_one_device_leave_no_watermark_behind(site: Site) -> None:
    for code in DOORS:
        site.door(code)
    names = ("one", "two")
    for name in names:
        site.collect(name)
    site.power(*DOORS)
    draw = random.Random(9)  # noqa: S311
    with site.stream("D-1", every_s=0.005), site.stream(*DOORS, every_s=0.05):
        for _ in range(5):
            victim = draw.choice(names)
            moment(draw, 0.8)
            site.kill(victim)
            site.collect(victim)
    site.settled(90)
    assert all(journal.watermark == journal.top_seq for journal in site.journals())


def test_after_yesterdays_copy_of_the_database_everything_comes_back_by_itself(site: Site) -> None:
    for code in DOORS:
        site.door(code)
    site.collect()
    site.power(*DOORS)
    with site.stream(*DOORS):
        until(lambda: len(site.punches()) > 100, what="a stream")
    site.settled()
    site.stop()
    copy = site.folder / "yesterday"
    copy.mkdir()
    files = sorted(site.folder.glob("central.db*"))
    for file in files:
        shutil.copy2(file, copy)

    site.collect()
    with site.stream(*DOORS):
        until(lambda: len(site.punches()) > 200, what="a stream")
        site.fleet.kill("D-2")  # a journal that begins and ends after the copy was made
        site.power("D-2")
        until(lambda: len(site.punches()) > 300, what="a stream")
        site.fleet.stop("D-2")
        site.power("D-2")
        until(lambda: len(site.punches()) > 400, what="a stream")
    site.settled(unseen=1)
    known = site.punches()

    with site.stream(*DOORS, every_s=0.2):
        site.stop()
        for file in site.folder.glob("central.db*"):
            file.unlink()
        for file in copy.iterdir():
            shutil.copy2(file, site.folder)
        assert len(site.punches()) < len(known)
        site.collect()
    site.settled(90, unseen=1)
    assert known.items() <= site.punches().items()
