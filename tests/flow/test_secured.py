"""The whole system behind mutual TLS: what breaks is mended as without it, and who is revoked falls silent."""

import pytest

from deploy.secured import secure
from tests.flow.site import Site
from tests.waiting import until


@pytest.fixture
def secured_site(tmp_path):
    secured = secure(tmp_path / "trust")
    with secured.broker, Site(tmp_path, secured.broker, secured=secured) as site:
        yield site


def test_taps_are_stored_once_behind_tls_through_a_cut_cable_and_a_broker_that_is_killed(secured_site):
    site = secured_site
    site.collect()
    site.door("D-1", relay=True)
    site.door("D-2")
    site.power("D-1", "D-2")
    site.tap("D-1")
    site.tap("D-2")
    site.fleet.cut("D-1")
    site.tap("D-1")
    site.broker.kill()
    site.tap("D-2")
    site.broker.restart()
    site.fleet.join("D-1")
    site.tap("D-1")
    site.settled(90)


def test_a_revoked_station_falls_silent_at_the_broker_and_its_taps_stay_with_it(secured_site):
    site = secured_site
    site.collect()
    site.door("D-1")
    site.door("D-2")
    site.power("D-1", "D-2")
    site.tap("D-1")
    site.tap("D-2")
    site.settled(60)
    site.command("device", "revoke", "D-1")
    stored = len(site.punches())
    log = site.fleet["D-1"].folder / "station.log"
    said = log.read_text("utf-8").count("connection")
    site.tap("D-1")
    until(lambda: log.read_text("utf-8").count("connection") > said + 1, what="the refusal at the station")
    site.tap("D-2")
    until(lambda: len(site.punches()) == stored + 1, what="the other door's tap")
    assert site.count("quarantine") == 0, "nothing of it came past the broker"
