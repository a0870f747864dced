"""A station that central does not know: its people see green, and nothing of theirs is lost."""

from tests.flow.site import Site
from tests.waiting import until


def test_what_an_unregistered_station_sent_is_stored_once_it_is_registered(site: Site) -> None:
    member = site.door("D-1", register=False)
    site.collect()
    site.power("D-1")
    for _ in range(5):
        site.tap("D-1")
    until(lambda: site.count("quarantine") > 0, what="quarantine")
    site.tap("D-1")
    assert site.punches() == {}

    printed = site.command("device", "add", "D-1", "--id", member.device, "--key", member.public_key)
    assert printed.strip() == site.key
    site.tap("D-1")
    site.settled()
    assert site.query("SELECT count(*) FROM quarantine WHERE code = 'unregistered' AND released_ms IS NULL") == [(0,)]
