"""Memory cards that were copied, or put back as they were: found, shown, and nobody's tap is lost."""

import shutil

from tests.flow.site import Site
from tests.waiting import until


def test_a_copied_card_is_found_and_both_stations_taps_are_kept(site: Site) -> None:
    original = site.door("D-1")
    site.collect()
    site.power("D-1")
    site.tap("D-1")
    site.settled()
    site.fleet.stop("D-1")
    shutil.copytree(original.folder / "data", site.folder / "doors" / "D-copy" / "data")
    copy = site.door("D-copy", register=False)
    assert copy.device == original.device

    site.power("D-1", "D-copy")
    with site.stream("D-1", "D-copy", every_s=0.1):
        until(lambda: any("copied" in j.findings for j in site.journals()), what="the finding")
    site.settled(findings=frozenset({"branched", "copied"}))
    first, second = sorted(site.query("SELECT first_time_ms, findings FROM journal WHERE parent_journal IS NOT NULL"))
    assert (first[1], second[1]) == ("branched", "branched copied")
    assert site.shown("D-1")["findings"] == ["branched", "copied"]
    # Everything from the second's start is a fork until a documented decision.
    doubted = site.query(
        "SELECT count(*) FROM forked_event f JOIN journal j ON j.id = f.journal_id AND j.findings LIKE '%copied%' "
        "WHERE f.decided IS NULL"
    )
    assert doubted == site.query(
        "SELECT count(*) FROM event e JOIN journal j ON j.id = e.journal_id AND j.findings LIKE '%copied%'"
    )


def test_a_card_that_was_rolled_back_is_found_and_both_children_count(site: Site) -> None:
    member = site.door("D-1")
    site.collect()
    site.power("D-1")
    site.tap("D-1")
    site.settled()
    site.fleet.stop("D-1")
    data, image = member.folder / "data", site.folder / "image"
    shutil.copytree(data, image)

    site.power("D-1")
    for _ in range(3):
        site.tap("D-1")
    site.settled()
    site.fleet.stop("D-1")
    shutil.rmtree(data)
    image.rename(data)

    site.power("D-1")
    for _ in range(3):
        site.tap("D-1")
    found = frozenset({"branched", "rolled_back"})
    site.settled(findings=found)
    assert len(site.punches()) == 7
    assert {j.findings for j in site.journals()} == {frozenset(), frozenset({"branched"}), found}
    assert site.count("forked_event") == 0
    assert site.shown("D-1")["findings"] == sorted(found)
